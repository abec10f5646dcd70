// @ts-check
/**
 * The end service's files: what is being sealed for the way up, and what is
 * being opened on the way down, by number. Keys of files are made, kept and
 * used here alone; the page carries ciphertext and, where there is no shelf,
 * the content that was opened.
 *
 * Memory: on a device with a shelf some 30 MB in the page's processes, whatever
 * the size of the file. Without one (mode "none", some private windows) the
 * browser keeps the parts that were sent until it collects them.
 *
 * A transfer keeps the core that it began with, whatever becomes of the others.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./content.js").FileFields} FileFields
 *
 * @typedef {object} OpenedFile
 * @property {number} transfer
 * @property {string} file     the relay's name of it, base64url
 * @property {number} length   bytes of its ciphertext
 * @property {boolean} shelved its content goes to the shelf; else `openPart` gives it
 *
 * @typedef {object} OpenedPart
 * @property {Uint8Array} content   empty when it went to the shelf
 * @property {ArrayBuffer} buffer   that the ciphertext was in, to be filled again
 */
import { SealwireError } from "../errors.js";
import { fromBase64url, toBase64url } from "./bytes.js";
import { encodeFileContent, fileOf } from "./content.js";
import { historyKey } from "./kept.js";
import { Opening } from "./opening.js";
import { Parts } from "./parts.js";
import { decodeHistory } from "./records.js";
import { Sealing } from "./sealing.js";
import { openShelf } from "./shelf.js";

export class Transfers {
  #context;
  #outbox;
  /** @type {Map<number, Parts>} */
  #up = new Map();
  /** @type {Map<number, { opening: Opening, shelved: import("./shelved.js").ShelfFile | null }>} */
  #down = new Map();
  #last = 0;
  /** @type {Promise<import("./shelf.js").Shelf | null>} */
  #shelf = Promise.resolve(null);

  /**
   * @param {() => Promise<Context>} context
   * @param {import("./outbox.js").Outbox} outbox
   */
  constructor(context, outbox) {
    this.#context = context;
    this.#outbox = outbox;
  }

  /**
   * Finds the shelf, and clears away what earlier pages left on it.
   * @param {string} namespace
   */
  begin(namespace) {
    this.#shelf = openShelf(namespace);
  }

  /**
   * @param {Blob} blob
   * @returns {Promise<{ transfer: number, length: number }>}
   */
  async seal(blob) {
    const { core } = await this.#context();
    const shelf = await this.#shelf;
    const sealing = new Sealing(core, blob);
    this.#up.set(++this.#last, new Parts(sealing, shelf));
    return { transfer: this.#last, length: sealing.length };
  }

  /**
   * @param {number} transfer
   * @param {number} slot  the part that was given for it before is no longer needed
   */
  async sealPart(transfer, slot) {
    return this.#parts(transfer).next(slot);
  }

  /**
   * All of it is at the relay: the message that was held for it can be sent now.
   * @param {number} transfer
   * @param {string} message
   * @param {string} file  the relay's name of it
   * @param {FileFields} fields
   */
  async sealed(transfer, message, file, fields) {
    const { secret, hash } = this.#parts(transfer).finish();
    await this.#outbox.release(message, encodeFileContent({ ...fields, file: fromBase64url(file), secret, hash }));
    await this.drop(transfer);
  }

  /**
   * @param {string} conversation
   * @param {string} entry    id of the entry of the message that tells of it
   * @param {boolean} shelve   put it on the shelf, where there is one
   * @returns {Promise<OpenedFile>}
   */
  async open(conversation, entry, shelve) {
    const { core, keystore, store } = await this.#context();
    const key = historyKey(conversation, entry);
    const kept = await store.get("history", key);
    const content = kept && fileOf(decodeHistory(keystore.unseal("history", key, kept)).content);
    if (!content) throw new SealwireError("bad argument", "no file there");
    const shelf = shelve ? await this.#shelf : null;
    const shelved = shelf ? await shelf.file().catch(() => null) : null;
    const opening = new Opening(core, content, shelved);
    const transfer = ++this.#last;
    this.#down.set(transfer, { opening, shelved });
    return { transfer, file: toBase64url(content.file), length: opening.length, shelved: shelved !== null };
  }

  /**
   * @param {number} transfer
   * @param {Uint8Array} bytes  the next of its ciphertext
   * @returns {Promise<OpenedPart>}
   */
  async openPart(transfer, bytes) {
    const content = this.#opening(transfer).opening.part(bytes);
    return { content, buffer: /** @type {ArrayBuffer} */ (bytes.buffer) };
  }

  /**
   * Checks the whole. A shelved file stays until it is dropped.
   * @param {number} transfer
   * @returns {Promise<Blob | null>} null when it was not shelved
   */
  async opened(transfer) {
    const { opening, shelved } = this.#opening(transfer);
    opening.finish();
    opening.close();
    return shelved ? shelved.take() : null;
  }

  /** @param {number} transfer */
  async drop(transfer) {
    const parts = this.#up.get(transfer);
    const down = this.#down.get(transfer);
    this.#up.delete(transfer);
    this.#down.delete(transfer);
    down?.opening.close();
    await parts?.close();
    await down?.shelved?.remove();
  }

  async close() {
    for (const transfer of [...this.#up.keys(), ...this.#down.keys()]) await this.drop(transfer);
    const shelf = await this.#shelf;
    this.#shelf = Promise.resolve(null);
    await shelf?.close();
  }

  /** @param {number} transfer */
  #parts(transfer) {
    const found = this.#up.get(transfer);
    if (!found) throw new SealwireError("bad handle", "no such transfer");
    return found;
  }

  /** @param {number} transfer */
  #opening(transfer) {
    const found = this.#down.get(transfer);
    if (!found) throw new SealwireError("bad handle", "no such transfer");
    return found;
  }
}
