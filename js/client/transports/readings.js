// @ts-check
/**
 * When a platform's conversation is read: where there may be something new, and
 * again while there is something to look at once more; no more often than so, for
 * platforms count readings.
 *
 * @typedef {object} ReadingsHost
 * @property {() => Promise<void>} read   one reading
 * @property {() => boolean} online
 * @property {() => boolean} open         there is something to look at once more
 * @property {(error: Error | null) => void} trouble  readings go on failing; null: they do not
 */
import { asError } from "../thrown.js";

/** Readings that fail one after another before it is told why. */
const FAILURES = 4;

export class Readings {
  #host;
  #pause;
  /** @type {Promise<void> | null} */
  #reading = null;
  #wanted = false;
  #failures = 0;
  /** Who waits for the next one. @type {(() => void)[]} */
  #readers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {ReadingsHost} host
   * @param {number} pause  ms between two
   */
  constructor(host, pause) {
    this.#host = host;
    this.#pause = pause;
  }

  /** There may be something to read. */
  hint() {
    if (this.#reading) this.#wanted = true;
    else if (this.#timer === undefined) this.#later(0);
  }

  /** One that begins after now. @returns {Promise<void>} */
  next() {
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.hint();
    });
  }

  /** The connection is another. */
  restart() {
    this.#failures = 0;
    this.stop();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {number} ms */
  #later(ms) {
    if (!this.#host.online()) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#readNow(), ms);
  }

  /** Never throws. */
  async #readNow() {
    if (this.#reading) return this.#reading;
    clearTimeout(this.#timer);
    this.#wanted = false;
    const readers = this.#readers;
    this.#readers = [];
    this.#reading = this.#host.read().then(
      () => this.#succeeded(),
      (error) => this.#failed(error),
    );
    await this.#reading;
    this.#reading = null;
    for (const reader of readers) reader();
    this.#timer = undefined;
    if (this.#wanted || this.#host.open()) this.#later(this.#pause);
  }

  #succeeded() {
    this.#failures = 0;
    this.#host.trouble(null);
  }

  /** It is tried again; that it goes on failing is not to look as if nothing came. @param {unknown} error */
  #failed(error) {
    this.#wanted = true;
    if (!this.#host.online() || ++this.#failures < FAILURES) return;
    this.#host.trouble(asError(error));
  }
}
