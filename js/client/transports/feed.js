// @ts-check
/**
 * What a transport has read so far of its platform's conversation, for whoever
 * wants it: kept from the beginning, given out in order, then live.
 *
 * @typedef {import("./transport.js").TransportEntry} TransportEntry
 */
import { SealwireError } from "../../errors.js";
import { equalBytes } from "../bytes.js";

/** Bytes of Sealwire that are kept of one conversation. */
const MAX_KEPT = 128 * 1024 * 1024;

export class Feed {
  /** @type {{ sequence: number, bytes: Uint8Array }[]} */
  #entries = [];
  #size = 0;
  /** Sequence up to which all was read; counts how often that was said. */
  #head = 0;
  #marks = 0;
  /** @type {Error | null} */
  #error = null;
  /** Why nothing is read for now. @type {Error | null} */
  #trouble = null;
  #closed = false;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** Sequence of the newest entry. */
  get last() {
    return this.#entries.at(-1)?.sequence ?? 0;
  }

  /**
   * @param {number} sequence above all before
   * @param {Uint8Array} bytes
   */
  push(sequence, bytes) {
    if (sequence <= this.last) throw new RangeError("expected a sequence above the last");
    this.#size += bytes.length;
    if (this.#size > MAX_KEPT) return this.fail(new SealwireError("too large", "the conversation is too long to be followed here"));
    this.#entries.push({ sequence, bytes });
    this.#wake();
  }

  /**
   * All that is there was pushed.
   * @param {number} head
   */
  mark(head) {
    this.#head = head;
    this.#marks++;
    this.#wake();
  }

  /** @param {Error} error */
  fail(error) {
    this.#error ??= error;
    this.#wake();
  }

  /**
   * Nothing can be read for now, and who follows is told; null: it can again.
   * @param {Error | null} error
   */
  trouble(error) {
    this.#trouble = error;
    if (error) this.#wake();
  }

  close() {
    this.#closed = true;
    this.#wake();
  }

  /** @param {number} sequence */
  at(sequence) {
    return this.#entries.find((entry) => entry.sequence === sequence);
  }

  /**
   * The sequence under which these bytes stand, or 0.
   * @param {Uint8Array} bytes
   */
  find(bytes) {
    return this.#entries.findLast((entry) => equalBytes(entry.bytes, bytes))?.sequence ?? 0;
  }

  /**
   * @param {number} after
   * @returns {AsyncIterable<TransportEntry>}
   */
  entries(after) {
    // Not a generator: one that waits for an entry that does not come cannot be ended.
    return { [Symbol.asyncIterator]: () => this.#iterator(after) };
  }

  /**
   * @param {number} after
   * @returns {AsyncIterator<TransportEntry, undefined>}
   */
  #iterator(after) {
    let at = this.#entries.findIndex(({ sequence }) => sequence > after);
    if (at < 0) at = this.#entries.length;
    let marks = 0;
    let over = false;
    /** @type {(() => void) | null} */
    let wake = null;
    /** @returns {Promise<IteratorResult<TransportEntry, undefined>>} */
    const next = async () => {
      for (;;) {
        if (over) break;
        const value = this.#entries[at];
        if (value) {
          at++;
          return { done: false, value };
        }
        const error = this.#error ?? this.#trouble;
        if (error) throw error;
        if (this.#closed) break;
        if (marks < this.#marks) {
          marks = this.#marks;
          return { done: false, value: { sequence: this.#head, bytes: null } };
        }
        await new Promise((/** @type {(v: void) => void} */ resolve) => this.#waiting.add((wake = resolve)));
      }
      return { done: true, value: undefined };
    };
    return {
      next,
      return: async () => {
        over = true;
        wake?.();
        return { done: true, value: undefined };
      },
    };
  }

  #wake() {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** Who hears of a transport's state. */
export class States {
  /** @type {"online" | "offline" | "closed"} */
  now;
  /** @type {Set<(state: "online" | "offline" | "closed") => void>} */
  #handlers = new Set();

  /** @param {"online" | "offline"} first */
  constructor(first) {
    this.now = first;
  }

  /** @param {"online" | "offline" | "closed"} state */
  set(state) {
    if (this.now === state || this.now === "closed") return;
    this.now = state;
    for (const handler of [...this.#handlers]) handler(state);
  }

  /** @param {(state: "online" | "offline" | "closed") => void} handler */
  on(handler) {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }
}
