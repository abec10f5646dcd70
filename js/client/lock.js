// @ts-check
/**
 * One live tab for one identity, by a Web Lock. Where there are none, the
 * store's owner mark alone decides: whoever opened last goes on.
 *
 * @typedef {object} Lock
 * @property {() => void} release
 */

/**
 * @param {string} name
 * @param {boolean} steal  take it from the tab that holds it
 * @param {() => void} onLost  another tab has taken it
 * @returns {Promise<Lock | null>} null when another tab holds it
 */
export function acquire(name, steal, onLost) {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (!locks) return Promise.resolve({ release: () => {} });
  return new Promise((resolve, reject) => {
    let held = false;
    let released = false;
    /** @param {unknown} lock */
    const hold = (lock) => {
      if (!lock) return resolve(null);
      return new Promise((/** @type {(v: void) => void} */ done) => {
        held = true;
        resolve({
          release: () => {
            released = true;
            done();
          },
        });
      });
    };
    locks.request(name, steal ? { steal: true } : { ifAvailable: true }, hold).catch((error) => {
      // A held lock's request fails only when somebody steals it.
      if (!held) reject(error);
      else if (!released) onLost();
    });
  });
}
