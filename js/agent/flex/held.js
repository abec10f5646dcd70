/**
 * What a conversation holds, as the host's messages ask for it: by place in the log, made once for each change. Each of
 * the host's bubbles asks, so none may search.
 *
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 * @typedef {import("../../widget/facade.js").Message} Message
 * @typedef {import("../../widget/messagerow.js").MessageRow} MessageRow
 * @typedef {import("../../widget/rows.js").Row} Row
 *
 * @typedef {object} Line  what nobody wrote
 * @property {string} key
 * @property {string} text
 * @property {string} time
 * @property {boolean} doubt  something is not there to read
 *
 * @typedef {{above: readonly Line[], below: readonly Line[]}} Beside
 */
import { missingText } from "../../widget/words.js";

export class Held {
  #last;
  #count;
  /** @type {Message|undefined} */
  #newest;
  #makeRows;
  /** @type {Map<number, Message>} */
  #at = new Map();
  /** @type {Map<string, MessageRow>|undefined} */
  #rows;
  /** @type {Map<string, Line[]>} */
  #above = new Map();
  /** After the last message. @type {Line[]} */
  #below = [];

  /** @param {Conversation} conversation @param {() => readonly Row[]} rows  the newest of it */
  constructor({ messages }, rows) {
    this.#last = messages.at(-1);
    this.#count = messages.length;
    this.#makeRows = rows;
    for (const message of messages) {
      if (message.sequence === undefined) continue;
      this.#at.set(message.sequence, message);
      // What is not in the log yet stands in no bubble.
      this.#newest = message;
    }
  }

  /** Nothing has come since it was made. @param {Conversation} conversation */
  isOf({ messages }) {
    return messages.length === this.#count && messages.at(-1) === this.#last;
  }

  /** @param {number} sequence */
  at(sequence) {
    return this.#at.get(sequence);
  }

  /** @param {string} id  of a message */
  row(id) {
    return this.#read().get(id);
  }

  /** @param {Message} message @returns {Beside} */
  beside(message) {
    const rows = this.#read();
    const gap = !rows.has(message.id) && message.gap ? [lineOf({ key: `gap ${message.id}`, text: missingText(message.gap), doubt: true })] : [];
    return { above: this.#above.get(message.id) ?? gap, below: message === this.#newest ? this.#below : [] };
  }

  #read() {
    if (this.#rows) return this.#rows;
    this.#rows = new Map();
    /** @type {Line[]} */
    let lines = [];
    for (const row of this.#makeRows()) {
      if (row.kind === "gap") lines.push(lineOf({ ...row, doubt: true }));
      else if (row.kind === "note") lines.push(lineOf(row));
      else if (row.kind === "message") {
        this.#rows.set(row.message.id, row);
        if (row.message.sequence === undefined) continue;
        this.#above.set(row.message.id, lines);
        lines = [];
      }
    }
    this.#below = lines;
    return this.#rows;
  }
}

/** @param {{key: string, text: string, time?: string, doubt: boolean}} row @returns {Line} */
function lineOf({ key, text, time = "", doubt }) {
  return { key, text, time, doubt };
}
