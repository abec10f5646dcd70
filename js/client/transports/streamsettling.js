// @ts-check
/**
 * What place each message of a channel has, for good. The order is that of a
 * clock, so another may still come to stand before what was seen: a message is
 * held back until two readings, some time apart, give it the same place. What
 * changes after that is a forked log.
 *
 * @typedef {import("./streammessages.js").Seen} Seen
 */
import { SealwireError } from "../../errors.js";
import { equalBytes } from "../bytes.js";
import { order } from "./streammessages.js";
import { fromText, toText } from "./text.js";

export class Settling {
  #feed;
  #settle;
  #onSettled;
  /** Id → place, of what is settled. @type {Map<string, number>} */
  #places = new Map();
  /** The last of it. @type {Seen | null} */
  last = null;
  /** What is not settled yet, in the order of the last reading. @type {Seen[]} */
  #pending = [];
  /** When all that was there is settled: the last of it; unknown until it is read. @type {Seen | null | undefined} */
  #due = undefined;
  #marked = false;

  /**
   * @param {import("./feed.js").Feed} feed  what settled goes there
   * @param {number} settle  ms between the two readings
   * @param {(seen: Seen) => void} onSettled
   */
  constructor(feed, settle, onSettled) {
    this.#feed = feed;
    this.#settle = settle;
    this.#onSettled = onSettled;
  }

  /** Something is not settled. */
  get open() {
    return this.#pending.length > 0;
  }

  /** All that is there from now on is to be told of anew. */
  restart() {
    this.#due = undefined;
    this.#marked = false;
  }

  /**
   * The text of a message that was read; undefined: it was not.
   * @param {string} id
   */
  shows(id) {
    const pending = this.#pending.find((seen) => seen.id === id);
    if (pending) return pending.text;
    const place = this.#places.get(id);
    const bytes = place ? this.#feed.at(place)?.bytes : undefined;
    return bytes ? toText(bytes) : place && "";
  }

  /**
   * A message was edited. True if it is not known to be another for good.
   * @param {{ id?: string, text?: string } | undefined} message
   */
  edited(message) {
    const place = this.#places.get(message?.id ?? "");
    const before = place ? this.#feed.at(place)?.bytes : undefined;
    const now = fromText(message?.text);
    if (!before || (now && equalBytes(before, now))) return true;
    this.#fork("a message is another than before");
    return false;
  }

  /**
   * A reading.
   * @param {readonly Seen[]} list  in order, from before the last that is settled
   */
  read(list) {
    /** @type {Seen[]} */
    const open = [];
    for (const seen of list) {
      if (this.last && order(seen, this.last) <= 0) this.#look(seen);
      else if (this.#places.has(seen.id)) this.#moved(seen);
      else open.push(seen);
    }
    // From the first that has another place on all have.
    const same = open.findIndex((seen, at) => this.#pending[at]?.id !== seen.id || this.#pending[at]?.text !== seen.text);
    open.forEach((seen, at) => {
      const before = this.#pending[at];
      if (before && (same < 0 || at < same)) seen.since = before.since;
    });
    if (this.#due === undefined) this.#due = open.at(-1) ?? null;
    const now = Date.now();
    let settled = 0;
    for (const seen of open) {
      if (now - seen.since < this.#settle) break;
      this.#take(seen);
      settled++;
    }
    this.#pending = open.slice(settled);
    if (!this.#marked && (!this.#due || (this.last && order(this.#due, this.last) <= 0))) {
      this.#marked = true;
      this.#feed.mark(this.#places.size);
    }
  }

  /** What is settled was seen again. @param {Seen} seen */
  #look({ id, text }) {
    const place = this.#places.get(id);
    const bytes = fromText(text);
    if (!place) {
      if (bytes) this.#fork("a message came before others that were there");
      return;
    }
    const before = this.#feed.at(place)?.bytes;
    // What was deleted has no text: who has read it needs it no more.
    if (before && bytes && !equalBytes(before, bytes)) this.#fork("a message is another than before");
  }

  /** What is settled stands behind all that is: its time is another. @param {Seen} seen */
  #moved({ id, text }) {
    const before = this.#feed.at(Number(this.#places.get(id)));
    // What is nobody's of Sealwire has its one place, and needs no other.
    if (before || fromText(text)) this.#fork("a message stands at a later place than before");
  }

  /** @param {Seen} seen */
  #take(seen) {
    this.last = seen;
    const place = this.#places.size + 1;
    this.#places.set(seen.id, place);
    const bytes = fromText(seen.text);
    if (bytes) this.#feed.push(place, bytes);
    this.#onSettled(seen);
  }

  /** @param {string} why */
  #fork(why) {
    this.#feed.fail(new SealwireError("forked log", why));
  }
}
