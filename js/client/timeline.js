// @ts-check
/**
 * The messages of one conversation as the page sees them: those of the log, in
 * its order, then those that are not in it yet. Each is a frozen snapshot; a
 * change makes a new one with the same id and is told.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").MessageFile} MessageFile
 * @typedef {import("./types.js").Note} Note
 * @typedef {import("./content.js").FileFields} FileFields
 *
 * @typedef {object} Place  of a file in the log
 * @property {string} entry  the id of what tells of it
 * @property {FileFields} fields
 */
import { toHex } from "./bytes.js";
import { Chronicle } from "./chronicle.js";
import { shownOf } from "./content.js";
import { shownFileName } from "./names.js";

const LOST = { error: /** @type {const} */ ("unavailable") };

export class Timeline {
  #tell;
  /** @type {Message[]} */
  #log = [];
  /** Of each of the log. @type {number[]} */
  #sequences = [];
  /** That messages are missed from there on. @type {import("./records.js").NoteItem[]} */
  #missed = [];
  #chronicle = new Chronicle();
  /** @type {Message[]} */
  #waiting = [];
  /** What failed by itself, not because of the conversation: only a person sets it going again. @type {Set<string>} */
  #stuck = new Set();
  /** Files of the log, by message. @type {Map<string, Place>} */
  #files = new Map();

  /** @param {(message: Message) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  get all() {
    return [...this.#log, ...this.#waiting];
  }

  get ledger() {
    return this.#chronicle.ledger;
  }

  /** When it began, as the log says; 0 if not known. */
  get since() {
    return this.#chronicle.since;
  }

  /** @returns {Note[]} */
  get notes() {
    const missed = this.#missed.map(({ sequence, note, time, from }) => ({ sequence, kind: note, time, member: from, by: null }));
    const all = [...this.#chronicle.told, ...missed].sort((a, b) => a.sequence - b.sequence);
    let at = 0;
    let nth = 0;
    return all.map(({ sequence, ...told }, i) => {
      while (at < this.#sequences.length && Number(this.#sequences[at]) < sequence) at++;
      nth = all[i - 1]?.sequence === sequence ? nth + 1 : 0;
      return Object.freeze({ id: `note ${sequence}${nth === 0 ? "" : ` ${nth}`}`, ...told, after: this.#log[at - 1]?.id ?? "" });
    });
  }

  /** Something waits that can still be sent. */
  get pending() {
    return this.#waiting.some((m) => m.status !== "failed");
  }

  /** A text waits that can be sent now; files may still be on their way. */
  get writing() {
    return this.#waiting.some((m) => m.status !== "failed" && !m.file);
  }

  /**
   * The last that this end wrote is this note, and it has not left since: it tried to, and may try again.
   * @param {string} text
   */
  noted(text) {
    const last = this.all.findLast((m) => m.self);
    if (!last?.note || last.text !== text || last.status === "failed") return false;
    const sequence = this.#sequences[this.#log.indexOf(last)];
    return sequence === undefined || !this.#chronicle.leftAfter(sequence);
  }

  /** Something has been sealed and is not read back. */
  get sending() {
    return this.#waiting.some((m) => m.status === "sending");
  }

  /** @param {string} id */
  find(id) {
    return this.#waiting.find((m) => m.id === id) ?? this.#log.find((m) => m.id === id);
  }

  /**
   * Where the log tells of this file.
   * @param {string} id
   */
  place(id) {
    return this.#files.get(id);
  }

  /**
   * A message of the log; only texts and files are shown. Told unless it comes from the store.
   * @param {import("./records.js").MessageItem} item
   * @param {boolean} [restored]
   */
  read(item, restored = false) {
    const shown = shownOf(item.content);
    if (shown === null || (shown.type === "file" && shown.held)) return undefined;
    const id = toHex(item.id);
    if (shown.type === "file") this.#files.set(id, { entry: item.entry, fields: shown.fields });
    /** @type {Message} */
    const message = Object.freeze({
      id,
      sequence: item.sequence,
      from: item.from,
      self: item.own,
      text: shown.type === "text" ? shown.text : "",
      time: item.time,
      status: item.own ? "sent" : "received",
      ...(item.gap > 0 ? { gap: item.gap } : {}),
      ...(shown.type === "text" && shown.note ? { note: true } : {}),
      ...(shown.type === "unknown" ? { unknown: true } : {}),
      ...(shown.type === "file" ? { file: fileOf(shown.fields, item.own ? "sent" : "available") } : {}),
    });
    // What was granted stands before what was read already.
    const before = this.#sequences.findLastIndex((sequence) => sequence < item.sequence);
    this.#log.splice(before + 1, 0, message);
    this.#sequences.splice(before + 1, 0, item.sequence);
    this.#missed = this.#missed.filter(({ sequence }) => sequence !== item.sequence);
    if (!restored) this.#tell(message);
    return message;
  }

  /**
   * Something else that stands in the log.
   * @param {import("./records.js").NoteItem | import("./records.js").CommitItem} item
   */
  mark(item) {
    if ("note" in item) this.#missed.push(item);
    else this.#chronicle.add(item);
  }

  /**
   * A message of the outbox. A file that is still held there and comes from the
   * store is lost: its content was in the memory of a page that is gone.
   * @param {import("./outbox.js").OutboxItem} item
   * @param {Member | null} from
   * @param {boolean} [restored]
   */
  wait({ id, time, content, held }, from, restored = false) {
    const shown = shownOf(content);
    const lost = restored && shown?.type === "file" && shown.held;
    const shelved = restored && held && !lost;
    if (lost || shelved) this.#stuck.add(id);
    /** @type {Message} */
    const message = Object.freeze({
      id,
      from,
      self: true,
      text: shown?.type === "text" ? shown.text : "",
      time,
      status: lost || shelved ? "failed" : "queued",
      ...(shelved ? { reason: /** @type {const} */ ("left") } : {}),
      ...(shown?.type === "text" && shown.note ? { note: true } : {}),
      ...(shown?.type === "file" ? { file: { ...fileOf(shown.fields, lost ? "failed" : "uploading"), ...(lost ? LOST : {}) } } : {}),
    });
    this.#waiting.push(message);
    if (!restored) this.#tell(message);
    return message;
  }

  /**
   * It is in the log now.
   * @param {string} id
   */
  done(id) {
    this.#waiting = this.#waiting.filter((m) => m.id !== id);
    this.#stuck.delete(id);
  }

  /**
   * @param {string} id
   * @param {import("./types.js").MessageStatus} status
   * @param {Message["reason"]} [reason]  why it failed
   */
  change(id, status, reason) {
    const old = this.#waiting.find((m) => m.id === id);
    if (!old || (old.status === status && old.reason === reason)) return;
    const { reason: _, ...message } = old;
    this.#put({ ...message, status, ...(reason ? { reason } : {}) });
  }

  /**
   * @param {string} id
   * @param {Partial<MessageFile>} change  with another state an error that is not named is over
   */
  changeFile(id, change) {
    const old = this.find(id);
    if (!old?.file) return;
    const { error, ...file } = old.file;
    this.#put({ ...old, file: Object.freeze({ ...file, ...(error && !change.state ? { error } : {}), ...change }) });
  }

  /**
   * An own file goes up again, or does not go on by itself.
   * @param {string} id
   * @param {"uploading" | "failed" | "cancelled"} state
   * @param {import("../errors.js").Code} [error]
   */
  settleFile(id, state, error) {
    const old = this.#waiting.find((m) => m.id === id);
    if (!old?.file) return;
    if (state === "uploading") this.#stuck.delete(id);
    else this.#stuck.add(id);
    const { error: _, ...file } = old.file;
    const changed = { ...file, state, progress: 0, ...(error ? { error } : {}) };
    this.#put({ ...old, status: state === "uploading" ? "queued" : "failed", file: Object.freeze(changed) });
  }

  /** All that waits is only kept now, sealed for nobody. */
  requeue() {
    for (const { id } of this.#moving()) this.change(id, "queued");
  }

  /**
   * Where nothing more can be sent, what waits has failed; its text stays.
   * @param {Message["reason"] | null} shut  why; null: it is open
   */
  settle(shut) {
    for (const { id, status } of this.#moving()) {
      if (shut) this.change(id, "failed", shut);
      else if (status === "failed") this.change(id, "queued");
    }
  }

  /** This end left: what waits stays behind, even if it comes back. */
  shelve() {
    for (const message of this.#moving()) if (!message.file) this.#stuck.add(message.id);
  }

  /**
   * A person says that it is to be sent after all.
   * @param {string} id
   */
  unshelve(id) {
    this.#stuck.delete(id);
  }

  #moving() {
    return this.#waiting.filter(({ id }) => !this.#stuck.has(id));
  }

  /** @param {Message} changed */
  #put(changed) {
    const message = Object.freeze(changed);
    for (const list of [this.#waiting, this.#log]) {
      const at = list.findIndex((m) => m.id === message.id);
      if (at < 0) continue;
      list[at] = message;
      return this.#tell(message);
    }
  }
}

/**
 * @param {FileFields} fields
 * @param {import("./types.js").FileState} state
 * @returns {MessageFile}
 */
function fileOf({ name, media, size }, state) {
  return Object.freeze({ name: shownFileName(name), media, size, thumbnail: null, state, progress: 0 });
}
