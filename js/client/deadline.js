// @ts-check
/** The time that a request for a file has: an abort of one's own, by the caller's signal or when time is up. */
import { FileRefusal } from "./filerefusal.js";

export class Deadline {
  #controller = new AbortController();
  #outer;
  #follow = () => this.#controller.abort(this.#outer?.reason);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {AbortSignal | undefined} outer */
  constructor(outer) {
    this.#outer = outer;
    if (outer?.aborted) this.#follow();
    outer?.addEventListener("abort", this.#follow);
  }

  get signal() {
    return this.#controller.signal;
  }

  /** @param {number} ms */
  set(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new FileRefusal("unavailable", "the relay does not answer", { later: true })), ms);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** What is still under way ends. */
  end() {
    this.stop();
    this.#outer?.removeEventListener("abort", this.#follow);
    this.#controller.abort(new FileRefusal("unavailable", "ended", { later: true }));
  }
}
