// @ts-check
/**
 * The outbox of the end service: each message is sealed and saved here before
 * anything leaves, and stays until it has been read back from the log. One
 * record holds the content, its newest sealed form, and the ids of all forms
 * it was ever given, so that it is known again whichever of them the log holds.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./records.js").OutboxRecord} OutboxRecord
 *
 * @typedef {object} OutboxItem  what the page is told
 * @property {string} id
 * @property {string} conversation
 * @property {number} time
 * @property {Uint8Array} content
 */
import { Mutex } from "./mutex.js";
import { toHex } from "./bytes.js";
import { decodeOutbox, encodeOutbox } from "./records.js";

export class Outbox {
  #context;
  #mutex = new Mutex();
  /** @type {Map<string, OutboxRecord>} by store key, in order of writing */
  #records = new Map();
  #next = 1;

  /** @param {() => Promise<Context>} context */
  constructor(context) {
    this.#context = context;
  }

  async load() {
    const { store, keystore } = await this.#context();
    this.#records.clear();
    for (const [key, blob] of await store.list("outbox", "")) {
      this.#records.set(key, decodeOutbox(keystore.unseal("outbox", key, blob)));
      this.#next = Number(key) + 1;
    }
  }

  /** @returns {OutboxItem[]} */
  items() {
    return [...this.#records.values()].map(view);
  }

  /**
   * @param {string} conversation
   * @param {Uint8Array} content
   * @returns {Promise<OutboxItem>}
   */
  add(conversation, content) {
    return this.#mutex.run("", async () => {
      const { store, keystore } = await this.#context();
      const key = String(this.#next).padStart(16, "0");
      const id = crypto.getRandomValues(new Uint8Array(16));
      const record = { conversation, id, time: Date.now(), epoch: 0, content, entry: new Uint8Array(), ids: [] };
      await store.write([keystore.seal("outbox", key, encodeOutbox(record))]);
      this.#next++;
      this.#records.set(key, record);
      return view(record);
    });
  }

  /**
   * The oldest record of a conversation.
   * @param {string} conversation
   * @returns {[string, OutboxRecord] | undefined}
   */
  first(conversation) {
    for (const pair of this.#records) if (pair[1].conversation === conversation) return pair;
    return undefined;
  }

  /**
   * The record that an entry in the log is a form of.
   * @param {string} conversation
   * @param {Uint8Array} entryId
   * @returns {[string, OutboxRecord] | undefined}
   */
  holding(conversation, entryId) {
    const wanted = toHex(entryId);
    for (const pair of this.#records) {
      if (pair[1].conversation === conversation && pair[1].ids.some((id) => toHex(id) === wanted)) return pair;
    }
    return undefined;
  }

  /**
   * A changed record: the write to put in the caller's transaction, and what to do once that is saved.
   * @param {Context} context
   * @param {string} key
   * @param {OutboxRecord | null} record null removes it
   */
  change({ keystore }, key, record) {
    const write = record ? keystore.seal("outbox", key, encodeOutbox(record)) : { table: /** @type {const} */ ("outbox"), key, value: null };
    const saved = () => {
      record ? this.#records.set(key, record) : this.#records.delete(key);
    };
    return { write, saved };
  }

  /**
   * Moves every record of one conversation to another, as `change` does.
   * @param {Context} context
   * @param {string} from
   * @param {string} to
   */
  move(context, from, to) {
    return [...this.#records]
      .filter(([, record]) => record.conversation === from)
      .map(([key, record]) => this.change(context, key, { ...record, conversation: to, entry: new Uint8Array(), epoch: 0, ids: [] }));
  }

  /**
   * Keeps `add` out while the records of a conversation move.
   * @template T
   * @param {() => Promise<T>} task
   */
  hold(task) {
    return this.#mutex.run("", task);
  }
}

/**
 * @param {OutboxRecord} record
 * @returns {OutboxItem}
 */
function view(record) {
  return { id: toHex(record.id), conversation: record.conversation, time: record.time, content: record.content };
}
