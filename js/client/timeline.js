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
 * @property {number} sequence
 * @property {FileFields} fields
 */
import { toHex } from "./bytes.js";
import { shownOf } from "./content.js";
import { shownFileName } from "./names.js";

const LOST = { error: /** @type {const} */ ("unavailable") };

export class Timeline {
  #tell;
  /** @type {Message[]} */
  #log = [];
  /** @type {Note[]} */
  #notes = [];
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

  get notes() {
    return [...this.#notes];
  }

  /** Something waits that can still be sent. */
  get pending() {
    return this.#waiting.some((m) => m.status !== "failed");
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
   * @param {import("./records.js").HistoryItem} item
   * @param {boolean} [restored]
   */
  read(item, restored = false) {
    const shown = shownOf(item.content);
    if (shown === null || (shown.type === "file" && shown.held)) return undefined;
    const id = toHex(item.id);
    if (shown.type === "file") this.#files.set(id, { sequence: item.sequence, fields: shown.fields });
    /** @type {Message} */
    const message = Object.freeze({
      id,
      from: item.from,
      self: item.own,
      text: shown.type === "text" ? shown.text : "",
      time: item.time,
      status: item.own ? "sent" : "received",
      ...(item.gap > 0 ? { gap: item.gap } : {}),
      ...(shown.type === "unknown" ? { unknown: true } : {}),
      ...(shown.type === "file" ? { file: fileOf(shown.fields, item.own ? "sent" : "available") } : {}),
    });
    this.#log.push(message);
    if (!restored) this.#tell(message);
    return message;
  }

  /**
   * Something that happened after the last message that was read.
   * @param {import("./records.js").NoteItem} item
   */
  mark({ sequence, note, time, from }) {
    this.#notes.push(Object.freeze({ id: `note ${sequence}`, kind: note, time, member: from, by: null, after: this.#log.at(-1)?.id ?? "" }));
  }

  /**
   * A message of the outbox. A file that is still held there and comes from the
   * store is lost: its content was in the memory of a page that is gone.
   * @param {import("./outbox.js").OutboxItem} item
   * @param {Member | null} from
   * @param {boolean} [restored]
   */
  wait({ id, time, content }, from, restored = false) {
    const shown = shownOf(content);
    const lost = restored && shown?.type === "file" && shown.held;
    if (lost) this.#stuck.add(id);
    /** @type {Message} */
    const message = Object.freeze({
      id,
      from,
      self: true,
      text: shown?.type === "text" ? shown.text : "",
      time,
      status: lost ? "failed" : "queued",
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
   */
  change(id, status) {
    const old = this.#waiting.find((m) => m.id === id);
    if (old && old.status !== status) this.#put({ ...old, status });
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
   * @param {boolean} open
   */
  settle(open) {
    for (const { id, status } of this.#moving()) {
      if (!open) this.change(id, "failed");
      else if (status === "failed") this.change(id, "queued");
    }
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
