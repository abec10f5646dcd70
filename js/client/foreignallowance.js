// @ts-check
/**
 * How often something may be done: some times at once, then one in a while. It
 * keeps what anybody can ask for from being done as often as it is asked.
 */
export class Allowance {
  #most;
  #every;
  #left;
  #at = Date.now();

  /**
   * @param {number} most   at once
   * @param {number} every  ms, until another is allowed
   */
  constructor(most, every) {
    this.#most = most;
    this.#every = every;
    this.#left = most;
  }

  /** One is allowed now. */
  get some() {
    const now = Date.now();
    this.#left = Math.min(this.#most, this.#left + Math.max(0, now - this.#at) / this.#every);
    this.#at = now;
    return this.#left >= 1;
  }

  spend() {
    this.#left--;
  }
}
