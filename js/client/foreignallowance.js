// @ts-check
/**
 * How often something may be done: some times at once, then one in a while. It
 * keeps what anybody can ask for from being done as often as it is asked; as
 * bytes it is remembered where it must not begin anew with the page.
 */
import { Reader, Writer } from "./bytes.js";

/** Parts of one that are counted. */
const PARTS = 1_000;

export class Allowance {
  #most;
  #every;
  #left;
  #at = Date.now();

  /**
   * @param {number} most   at once
   * @param {number} every  ms, until another is allowed
   * @param {Uint8Array} [bytes]  what was left, and when; empty: nothing was spent yet
   */
  constructor(most, every, bytes = new Uint8Array()) {
    this.#most = most;
    this.#every = every;
    this.#left = most;
    if (bytes.length === 0) return;
    const r = new Reader(bytes);
    this.#left = Math.min(most, r.u32() / PARTS);
    // A clock that was put back gives nothing, and takes nothing for ever.
    this.#at = Math.min(this.#at, r.u64());
  }

  /** One is allowed now. */
  get some() {
    this.#grow();
    return this.#left >= 1;
  }

  spend() {
    this.#left--;
  }

  get bytes() {
    this.#grow();
    return new Writer().u32(Math.max(0, Math.floor(this.#left * PARTS))).u64(this.#at).take();
  }

  #grow() {
    const now = Date.now();
    this.#left = Math.min(this.#most, this.#left + Math.max(0, now - this.#at) / this.#every);
    this.#at = now;
  }
}
