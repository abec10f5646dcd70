// @ts-check
/**
 * Waiting for something to be read in a conversation's log, for as long as the
 * log goes on to be read.
 *
 * @typedef {import("./status.js").LogEvent} LogEvent
 */
import { SealwireError } from "../errors.js";

/** How long it may take until the next entry is read (ms). */
const PATIENCE = 30_000;

export class Awaited {
  #able;
  /** @type {Set<(event: LogEvent | null) => void>} */
  #watchers = new Set();

  /** @param {() => boolean} able  the log is being read */
  constructor(able) {
    this.#able = able;
  }

  /**
   * An entry was read; null: the work ended.
   * @param {LogEvent | null} event
   */
  read(event) {
    for (const watcher of [...this.#watchers]) watcher(event);
  }

  /**
   * @template T
   * @param {(event: LogEvent | null) => T | undefined} look
   * @returns {Promise<T>}
   */
  until(look) {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
      };
      const late = () => {
        done();
        reject(new SealwireError("unavailable", "not read back in time; it may still be done"));
      };
      let timer = setTimeout(late, PATIENCE);
      /** @param {LogEvent | null} event */
      const watch = (event) => {
        if (event === null && !this.#able()) {
          done();
          return reject(new SealwireError("unavailable", "the connection ended; it may still be done"));
        }
        const found = look(event);
        if (found === undefined) {
          clearTimeout(timer);
          timer = setTimeout(late, PATIENCE);
          return;
        }
        done();
        resolve(found);
      };
      this.#watchers.add(watch);
    });
  }
}
