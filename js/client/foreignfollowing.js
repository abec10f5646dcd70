// @ts-check
/**
 * What of foreign conversations is followed: their entries, given out in order
 * and as fast as they are read.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 *
 * @typedef {object} FollowingHost
 * @property {() => number} unread
 * @property {(conversation: Uint8Array, sequence: number, entry: Uint8Array) => void} onEntry
 */
import { fromHex } from "./bytes.js";

/** Bytes that were given out and not read, beyond which the rest waits; and how long, until it is looked at again (ms). */
const MAX_UNREAD = 4 * 1024 * 1024;
const UNREAD_PAUSE = 20;
const NOTHING = new Uint8Array();

export class Following {
  #host;
  /** Which entry is given out next. @type {Map<string, { next: number, waits: boolean }>} */
  #followed = new Map();

  /** @param {FollowingHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * @param {string} conversation  hex
   * @param {number} after
   * @param {Link} link  where it is
   */
  begin(conversation, after, link) {
    this.#followed.set(conversation, { next: after + 1, waits: false });
    void this.give(conversation, link);
  }

  /** @param {string} conversation */
  end(conversation) {
    this.#followed.delete(conversation);
  }

  clear() {
    this.#followed.clear();
  }

  /**
   * What is there of one, if it is followed.
   * @param {string} id
   * @param {Link} link
   */
  async give(id, link) {
    const followed = this.#followed.get(id);
    if (!followed || followed.waits) return;
    const conversation = fromHex(id);
    while (this.#followed.get(id) === followed) {
      const entry = link.log.at(id, followed.next);
      if (!entry) return;
      if (this.#host.unread() <= MAX_UNREAD) this.#host.onEntry(conversation, followed.next++, entry);
      else {
        followed.waits = true;
        await new Promise((resolve) => setTimeout(resolve, UNREAD_PAUSE));
        followed.waits = false;
      }
    }
  }

  /**
   * What was given out of it is another now: nothing, in the place of what was last there, says so to whoever follows it.
   * @param {string} id
   * @param {Link} link
   */
  forked(id, link) {
    if (this.#followed.has(id)) this.#host.onEntry(fromHex(id), link.log.length(id), NOTHING);
  }
}
