/** Listeners that are told once a turn, after something changed, however often it did. */
export class Changes {
  /** @type {Set<() => unknown>} */
  #listeners = new Set();
  #telling = false;

  /**
   * @param {() => unknown} listener
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell() {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
