// @ts-check
/**
 * Going on with something that may fail for now: it waits until the relay is
 * there, tries, and after a failure waits a growing, jittered pause, or for the
 * relay to come back. Failures in a row while the relay is there are counted,
 * so that a thing that never works ends.
 *
 * @typedef {object} Going
 * @property {() => boolean} ready   the relay is there, and the conversation with it
 * @property {(act: () => void) => (() => void)} watch  calls back whenever that may have changed; returns how to stop
 * @property {number} [pause]        ms, before the second attempt; doubles
 */
import { FileRefusal } from "./filerefusal.js";

const PAUSE = 1_000;
const LONGEST = 30_000;
const MOST = 8;

export class Patience {
  #going;
  #signal;
  #failures = 0;

  /**
   * @param {Going} going
   * @param {AbortSignal} signal
   */
  constructor(going, signal) {
    this.#going = going;
    this.#signal = signal;
  }

  /**
   * @template T
   * @param {(again: boolean) => Promise<T>} act  again: an attempt failed before, and may have been done for all that is known
   * @returns {Promise<T>}
   */
  async until(act) {
    for (let again = false; ; again = true) {
      await this.ready();
      try {
        const result = await act(again);
        this.well();
        return result;
      } catch (error) {
        await this.failed(error);
      }
    }
  }

  /** Resolves when there is a relay to ask. */
  async ready() {
    await this.#wait((check) => this.#going.watch(check), () => this.#going.ready());
  }

  /** Something got through. */
  well() {
    this.#failures = 0;
  }

  /**
   * Throws what is not to be tried again; else returns after a pause.
   * @param {unknown} error
   */
  async failed(error) {
    this.#signal.throwIfAborted();
    if (!(error instanceof FileRefusal) || !error.later) throw error;
    if (this.#going.ready() && ++this.#failures >= MOST) throw error;
    // A ticket that has run out is no reason to wait.
    if (error.soon && this.#failures <= 1) return;
    const most = Math.min(LONGEST, (this.#going.pause ?? PAUSE) * 2 ** Math.max(0, this.#failures - 1));
    let over = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    await this.#wait(
      (check) => {
        const wake = () => {
          over = true;
          check();
        };
        timer = setTimeout(wake, most / 2 + (Math.random() * most) / 2);
        return this.#going.watch(wake);
      },
      () => over,
    ).finally(() => clearTimeout(timer));
  }

  /**
   * @param {(check: () => void) => () => void} watch
   * @param {() => boolean} over
   */
  async #wait(watch, over) {
    this.#signal.throwIfAborted();
    if (over()) return;
    await new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const signal = this.#signal;
      const stop = watch(check);
      signal.addEventListener("abort", abort);
      function check() {
        if (!over()) return;
        leave();
        resolve();
      }
      function abort() {
        leave();
        reject(signal.reason);
      }
      function leave() {
        stop();
        signal.removeEventListener("abort", abort);
      }
    });
  }
}
