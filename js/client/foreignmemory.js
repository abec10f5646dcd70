// @ts-check
/**
 * What the carrier over foreign conversations keeps on this device, over
 * restarts: in which of them each conversation of this end is, so that a log
 * that somebody copies elsewhere takes none away; and what was spent of an
 * allowance.
 */
import { Reader, Writer, decodeText, encodeText, fromHex, toHex } from "./bytes.js";
import { keepNewest } from "./newest.js";

/** Conversations, the newest. */
const MAX_KEPT = 2_048;
const ID = 16;
const MAX_NAME = 255;

export class Memory {
  #remember;
  /** Conversation → the platform's name of where it is. @type {Map<string, string>} */
  #where = new Map();
  /** @type {Uint8Array} */
  #spent = new Uint8Array();
  /** What is kept was read. */
  recalled = false;

  /** @param {(bytes: Uint8Array) => Promise<void>} remember */
  constructor(remember) {
    this.#remember = remember;
  }

  /**
   * What was kept; what is known since then stays. Once.
   * @param {Uint8Array} bytes  empty: nothing. Of a form that is not known: an error each time, and what lies there stays
   */
  recall(bytes) {
    if (this.recalled) return;
    if (bytes.length > 0) {
      const r = new Reader(bytes);
      const spent = r.bytes8();
      const where = new Map(Array.from({ length: r.u16() }, () => [toHex(r.raw(ID)), decodeText(r.bytes8())]));
      for (const [conversation, name] of this.#where) where.set(conversation, name);
      this.#spent = spent;
      this.#where = where;
    }
    // Only now: nothing is written over what could not be read.
    this.recalled = true;
  }

  get spent() {
    return this.#spent;
  }

  /** @param {Uint8Array} spent */
  async spend(spent) {
    this.#spent = spent;
    await this.#save();
  }

  /** The platform's name of where a conversation is. @param {string} conversation */
  where(conversation) {
    return this.#where.get(conversation);
  }

  /**
   * @param {string} conversation
   * @param {string | undefined} name
   */
  async keep(conversation, name) {
    if (name === undefined || encodeText(name).length > MAX_NAME || this.#where.get(conversation) === name) return;
    this.#where.delete(conversation); // the newest last
    this.#where.set(conversation, name);
    keepNewest(this.#where, MAX_KEPT);
    await this.#save();
  }

  async #save() {
    if (!this.recalled) return;
    const w = new Writer().bytes8(this.#spent).u16(this.#where.size);
    for (const [conversation, name] of this.#where) w.raw(fromHex(conversation)).bytes8(encodeText(name));
    await this.#remember(w.take());
  }
}
