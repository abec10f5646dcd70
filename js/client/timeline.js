// @ts-check
/**
 * The messages of one conversation as the page sees them: those of the log, in
 * its order, then those that are not in it yet. Each is a frozen snapshot; a
 * change makes a new one with the same id and is told.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").Message} Message
 */
import { toHex } from "./bytes.js";
import { textOf } from "./content.js";

export class Timeline {
  #tell;
  /** @type {Message[]} */
  #log = [];
  /** @type {Message[]} */
  #waiting = [];

  /** @param {(message: Message) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  get all() {
    return [...this.#log, ...this.#waiting];
  }

  /** Something waits that can still be sent. */
  get pending() {
    return this.#waiting.some((m) => m.status !== "failed");
  }

  /** Something has been sealed and is not read back. */
  get sending() {
    return this.#waiting.some((m) => m.status === "sending");
  }

  /**
   * A message of the log; only a text is shown. Told unless it comes from the store.
   * @param {import("./records.js").HistoryItem} item
   * @param {boolean} [restored]
   */
  read(item, restored = false) {
    const text = textOf(item.content);
    if (text === null) return;
    /** @type {Message} */
    const message = Object.freeze({
      id: toHex(item.id),
      from: item.from,
      self: item.own,
      text,
      time: item.time,
      status: item.own ? "sent" : "received",
      ...(item.gap > 0 ? { gap: item.gap } : {}),
    });
    this.#log.push(message);
    if (!restored) this.#tell(message);
  }

  /**
   * A message of the outbox.
   * @param {import("./outbox.js").OutboxItem} item
   * @param {Member | null} from
   * @param {boolean} [restored]
   */
  wait({ id, time, content }, from, restored = false) {
    /** @type {Message} */
    const message = Object.freeze({ id, from, self: true, text: textOf(content) ?? "", time, status: "queued" });
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
  }

  /**
   * @param {string} id
   * @param {import("./types.js").MessageStatus} status
   */
  change(id, status) {
    const at = this.#waiting.findIndex((m) => m.id === id);
    const old = this.#waiting[at];
    if (!old || old.status === status) return;
    const message = Object.freeze({ ...old, status });
    this.#waiting[at] = message;
    this.#tell(message);
  }

  /** All that waits is only kept now, sealed for nobody. */
  requeue() {
    for (const { id } of this.#waiting) this.change(id, "queued");
  }

  /**
   * Where nothing more can be sent, what waits has failed; its text stays.
   * @param {boolean} open
   */
  settle(open) {
    for (const { id, status } of this.#waiting) {
      if (!open) this.change(id, "failed");
      else if (status === "failed") this.change(id, "queued");
    }
  }
}
