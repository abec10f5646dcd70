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
 * @property {Uint8Array} content  for the page: without a file's key
 * @property {boolean} held        not to be sent: its file is not at the relay yet, or this end left
 */
import { SealwireError } from "../errors.js";
import { Mutex } from "./mutex.js";
import { fromHex, toHex } from "./bytes.js";
import { forPage, isHeldFile } from "./content.js";
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
   * @param {string} [hold]  the id of a message that is not to be sent before it is released; the same one again is the one that is there
   * @returns {Promise<OutboxItem>}
   */
  add(conversation, content, hold) {
    return this.#mutex.run("", async () => {
      const { store, keystore } = await this.#context();
      const there = hold === undefined ? undefined : this.#find(hold);
      if (there) return view(there[1]);
      const key = String(this.#next).padStart(16, "0");
      const id = hold === undefined ? crypto.getRandomValues(new Uint8Array(16)) : fromHex(hold);
      const record = { conversation, id, time: Date.now(), epoch: 0, content, entry: new Uint8Array(), ids: [], held: hold !== undefined };
      await store.write([keystore.seal("outbox", key, encodeOutbox(record))]);
      this.#next++;
      this.#records.set(key, record);
      return view(record);
    });
  }

  /**
   * What was held for this message is there: it can be sent.
   * @param {string} message
   * @param {Uint8Array} content
   */
  release(message, content) {
    return this.#mutex.run("", async () => {
      const context = await this.#context();
      const found = this.#find(message);
      if (!found?.[1].held) throw new SealwireError("bad argument", "no such message is held");
      const change = this.change(context, found[0], { ...found[1], content, held: false });
      await context.store.write([change.write]);
      change.saved();
    });
  }

  /**
   * What waits in a conversation that this end left is not sent, not even when it comes back, unless a person says so.
   * As `change` does, for each of them.
   * @param {Context} context
   * @param {string} conversation
   */
  shelve(context, conversation) {
    return [...this.#records]
      .filter(([, record]) => record.conversation === conversation && !record.held)
      .map(([key, record]) => this.change(context, key, { ...record, entry: new Uint8Array(), epoch: 0, held: true }));
  }

  /**
   * A person says so.
   * @param {string} message
   */
  unshelve(message) {
    return this.#mutex.run("", async () => {
      const context = await this.#context();
      const found = this.#find(message);
      if (!found?.[1].held || isHeldFile(found[1].content)) throw new SealwireError("bad argument", "no such message waits");
      const change = this.change(context, found[0], { ...found[1], held: false });
      await context.store.write([change.write]);
      change.saved();
    });
  }

  /**
   * The conversation of a message that waits here.
   * @param {string} message
   */
  conversationOf(message) {
    return this.#find(message)?.[1].conversation;
  }

  /**
   * The caller keeps everything else away from its conversation meanwhile.
   * @param {string} message
   */
  async remove(message) {
    const context = await this.#context();
    const found = this.#find(message);
    if (!found) return;
    const change = this.change(context, found[0], null);
    await context.store.write([change.write]);
    change.saved();
  }

  /**
   * The oldest record of a conversation that can be sent.
   * @param {string} conversation
   * @returns {[string, OutboxRecord] | undefined}
   */
  first(conversation) {
    for (const pair of this.#records) if (pair[1].conversation === conversation && !pair[1].held) return pair;
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
   * @param {(record: OutboxRecord) => boolean} [which]
   */
  move(context, from, to, which = () => true) {
    return [...this.#records]
      .filter(([, record]) => record.conversation === from && which(record))
      .map(([key, record]) => {
        const moved = { ...record, conversation: to, entry: new Uint8Array(), epoch: 0, ids: [] };
        return { ...this.change(context, key, moved), item: view(moved) };
      });
  }

  /**
   * The same of what waits there and was never sealed, so that nobody can have it.
   * @param {Context} context
   * @param {string} from
   * @param {string} to
   */
  moveUnsealed(context, from, to) {
    return this.move(context, from, to, ({ held, entry, ids }) => !held && entry.length === 0 && ids.length === 0);
  }

  /**
   * Keeps `add` out while the records of a conversation move.
   * @template T
   * @param {() => Promise<T>} task
   */
  hold(task) {
    return this.#mutex.run("", task);
  }

  /**
   * @param {string} message
   * @returns {[string, OutboxRecord] | undefined}
   */
  #find(message) {
    for (const pair of this.#records) if (toHex(pair[1].id) === message) return pair;
    return undefined;
  }
}

/**
 * @param {OutboxRecord} record
 * @returns {OutboxItem}
 */
function view(record) {
  return { id: toHex(record.id), conversation: record.conversation, time: record.time, content: forPage(record.content), held: record.held };
}
