// @ts-check
const FIRST = 1_000;
const LONGEST = 60_000;

/** Does something again after a pause that grows, with jitter, until `reset`. */
export class Retry {
  #act;
  #pause = FIRST;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} act */
  constructor(act) {
    this.#act = act;
  }

  /** Once, however often it is asked while it waits. */
  later() {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#act();
    }, this.#pause / 2 + (Math.random() * this.#pause) / 2);
    this.#pause = Math.min(LONGEST, this.#pause * 2);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** It went well: the next pause is a short one. One that waits goes on. */
  reset() {
    this.#pause = FIRST;
  }
}
