// @ts-check
/**
 * Keeps a sender under a rate with a burst, by making it wait its turn: the
 * relay cuts a connection that goes beyond, which would cost far more.
 */
import { pause } from "./pause.js";

export class Pace {
  #rate;
  #burst;
  #tokens;
  #at = performance.now();
  /** @type {Promise<void>} */
  #line = Promise.resolve();

  /**
   * @param {number} rate  a second
   * @param {number} burst
   */
  constructor(rate, burst) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Resolves when it is the caller's turn, in order of asking. */
  turn() {
    this.#line = this.#line.then(() => this.#wait());
    return this.#line;
  }

  async #wait() {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    await pause((-this.#tokens * 1000) / this.#rate);
  }
}
