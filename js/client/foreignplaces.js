// @ts-check
/**
 * Which foreign conversation carries what: a conversation of Sealwire is where
 * its genesis was seen first.
 *
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./foreignlink.js").Link} Link
 */
import { SealwireError } from "../errors.js";
import { fromHex } from "./bytes.js";

export class Places {
  /** @type {Map<Transport, Link>} */
  #links = new Map();
  /** Conversation → where it is. @type {Map<string, Link>} */
  #places = new Map();

  /** @returns {Link[]} */
  get links() {
    return [...this.#links.values()];
  }

  /** Those that can be read and written now. */
  get reachable() {
    return this.links.filter(({ live, forked }) => live && !forked);
  }

  /** @param {Transport} transport */
  link(transport) {
    return this.#links.get(transport);
  }

  /** @param {Link} link */
  add(link) {
    this.#links.set(link.transport, link);
  }

  /**
   * @param {Link} link
   * @returns {string[]} what it carried
   */
  remove(link) {
    const gone = this.in(link);
    this.#links.delete(link.transport);
    for (const conversation of gone) this.#places.delete(conversation);
    return gone;
  }

  /**
   * A genesis was read there.
   * @param {string} conversation
   * @param {Link} link
   */
  begins(conversation, link) {
    if (!this.#places.has(conversation)) this.#places.set(conversation, link);
  }

  /**
   * Where a conversation is, as far as is known.
   * @param {string} conversation
   */
  at(conversation) {
    return this.#places.get(conversation);
  }

  /** @param {string} conversation */
  of(conversation) {
    const link = this.#places.get(conversation);
    if (!link) throw new SealwireError("unavailable", "no conversation of the platform carries this one, as far as is known");
    return link;
  }

  /**
   * The conversations there, in the order in which they began.
   * @param {Link} link
   */
  in(link) {
    return link.log.conversations.filter((id) => this.#places.get(id) === link);
  }

  /** @returns {import("./carrier.js").Listed[]} */
  get listed() {
    return [...this.#places.keys()].map((id) => this.list(id));
  }

  /** @param {string} conversation */
  list(conversation) {
    return { conversation: fromHex(conversation), sequence: this.of(conversation).log.length(conversation) };
  }
}
