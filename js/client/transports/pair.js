// @ts-check
/**
 * A conversation in memory, for examples and tests: any number of ends in one
 * process. It keeps everything, refuses nothing, and is gone with the page.
 *
 *   const room = new Room();
 *   const customer = await sw.connect({ transport: over(room.join("customer")), … });
 *   const agent = await sw.connect({ transport: over(room.join("agent")), … });
 *
 * @typedef {import("./transport.js").Transport} Transport
 */
import { SealwireError } from "../../errors.js";
import { Feed, States } from "./feed.js";

const MAX_BODY = 32_000;

export class Room {
  #id = crypto.randomUUID();
  #maxBody;
  /** @type {{ bytes: Uint8Array, id: string }[]} */
  #log = [];
  /** @type {Map<string, Blob>} */
  #files = new Map();
  /** @type {{ name: string, value: Uint8Array }[]} */
  #records = [];
  /** @type {Set<{ heard: (sequence: number, bytes: Uint8Array) => void, changed: () => void }>} */
  #ends = new Set();

  /** @param {{ maxBody?: number }} [options] */
  constructor({ maxBody = MAX_BODY } = {}) {
    this.#maxBody = maxBody;
  }

  /**
   * One more end.
   * @param {string} self
   * @returns {Transport}
   */
  join(self) {
    const feed = new Feed();
    const states = new States("online");
    /** @type {Set<() => void>} */
    const watchers = new Set();
    const end = {
      heard: (/** @type {number} */ sequence, /** @type {Uint8Array} */ bytes) => feed.push(sequence, bytes.slice()),
      changed: () => watchers.forEach((watch) => watch()),
    };
    this.#log.forEach(({ bytes }, at) => end.heard(at + 1, bytes));
    feed.mark(this.#log.length);
    this.#ends.add(end);
    const open = () => {
      if (states.now === "closed") throw new SealwireError("unavailable", "the transport is closed");
    };
    return {
      id: this.#id,
      self,
      maxBody: this.#maxBody,
      get state() {
        return states.now;
      },
      append: async (bytes, { id }) => {
        open();
        if (bytes.length > this.#maxBody) throw new SealwireError("too large", `at most ${this.#maxBody} bytes fit`);
        const there = this.#log.findIndex((entry) => entry.id === id);
        if (there >= 0) return there + 1;
        const copy = bytes.slice();
        const sequence = this.#log.push({ bytes: copy, id });
        for (const { heard } of [...this.#ends]) heard(sequence, copy);
        return sequence;
      },
      entries: (after) => feed.entries(after),
      upload: async (id, file, { signal }) => {
        open();
        signal.throwIfAborted();
        if (!this.#files.has(id)) this.#files.set(id, new Blob([await file.arrayBuffer()]));
      },
      download: async (id, { signal }) => {
        open();
        signal.throwIfAborted();
        const file = this.#files.get(id);
        if (!file) throw new SealwireError("unavailable", "no such file");
        return file.stream();
      },
      records: {
        put: async (name, value) => {
          open();
          this.#records.unshift({ name, value: value.slice() });
          for (const { changed } of [...this.#ends]) changed();
        },
        get: (name) => this.#records.flatMap((record) => (record.name === name ? [record.value.slice()] : [])),
        list: (prefix) => this.#records.filter(({ name }) => name.startsWith(prefix)),
        onChange: (handler) => {
          watchers.add(handler);
          return () => void watchers.delete(handler);
        },
      },
      onState: (handler) => states.on(handler),
      close: () => {
        this.#ends.delete(end);
        states.set("closed");
        feed.close();
      },
    };
  }
}
