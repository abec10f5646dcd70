// @ts-check
/** Lets so many in at a time, in the order in which they came. */
export class Slots {
  #free;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {number} count */
  constructor(count) {
    this.#free = count;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<() => void>} leaves
   */
  async enter(signal) {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const [next] = this.#waiting;
      if (next) next();
      else this.#free++;
    };
  }

  /** @param {AbortSignal} signal */
  #turn(signal) {
    const waiting = this.#waiting;
    return new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const leave = () => {
        waiting.delete(go);
        signal.removeEventListener("abort", abort);
      };
      function go() {
        leave();
        resolve();
      }
      function abort() {
        leave();
        reject(signal.reason);
      }
      waiting.add(go);
      signal.addEventListener("abort", abort);
    });
  }
}
