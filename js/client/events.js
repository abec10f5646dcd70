// @ts-check
/**
 * Events whose handlers are awaited, one event after another, in the order in
 * which they happened. "pre:send" stands aside from that line: the sender waits
 * for it, and a handler may itself be sending.
 *
 * @typedef {import("./types.js").ClientEvents} ClientEvents
 */
import { asError } from "./thrown.js";

/** Kept for a handler that comes later: a page attaches its handlers after connect() has resolved. */
const KEPT = ["notice", "error"];
const MAX_KEPT = 16;

export class Events {
  /** @type {Map<string, Set<(detail: unknown) => unknown>>} */
  #handlers = new Map();
  /** @type {Map<string, unknown[]>} */
  #kept = new Map();
  /** @type {Promise<void>} */
  #line = Promise.resolve();

  /**
   * @template {keyof ClientEvents} K
   * @param {K} type
   * @param {(detail: ClientEvents[K]) => unknown} handler
   */
  on(type, handler) {
    if (typeof handler !== "function") throw new TypeError(`expected a function as handler of "${type}", got ${typeof handler}`);
    const set = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, set.add(/** @type {(detail: unknown) => unknown} */ (handler)));
    const kept = /** @type {ClientEvents[K][]} */ (this.#kept.get(type) ?? []);
    this.#kept.delete(type);
    for (const detail of kept) this.emit(type, detail);
  }

  /**
   * @template {keyof ClientEvents} K
   * @param {K} type
   * @param {(detail: ClientEvents[K]) => unknown} handler
   */
  off(type, handler) {
    this.#handlers.get(type)?.delete(/** @type {(detail: unknown) => unknown} */ (handler));
  }

  /**
   * Puts an event in the line. A handler that throws is told to the handlers of "error".
   * @template {keyof ClientEvents} K
   * @param {K} type
   * @param {ClientEvents[K]} detail
   */
  emit(type, detail) {
    if (type === "notice:over") this.#dropKept(/** @type {ClientEvents["notice:over"]} */ (detail));
    if (KEPT.includes(type) && !this.#handlers.get(type)?.size) {
      const kept = this.#kept.get(type) ?? [];
      if (kept.length < MAX_KEPT) this.#kept.set(type, [...kept, detail]);
      return;
    }
    this.#line = this.#line.then(async () => {
      for (const handler of [...(this.#handlers.get(type) ?? [])]) {
        try {
          await handler(detail);
        } catch (error) {
          if (type !== "error") this.emit("error", { error: asError(error) });
        }
      }
    });
  }

  /**
   * What is over before anybody was told need not be told.
   * @param {ClientEvents["notice:over"]} over
   */
  #dropKept({ code }) {
    const kept = /** @type {ClientEvents["notice"][] | undefined} */ (this.#kept.get("notice"));
    if (kept) this.#kept.set("notice", kept.filter((notice) => notice.code !== code));
  }

  /**
   * Asks every handler now; the first that throws is thrown on.
   * @template {keyof ClientEvents} K
   * @param {K} type
   * @param {ClientEvents[K]} detail
   */
  async ask(type, detail) {
    for (const handler of [...(this.#handlers.get(type) ?? [])]) await handler(detail);
  }
}
