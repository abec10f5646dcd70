// @ts-check
/**
 * @param {number} ms
 * @param {AbortSignal} [signal]  ends it
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}
