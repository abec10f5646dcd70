// @ts-check
/**
 * Which foreign conversation carries what. A conversation of Sealwire is where
 * its genesis stands, and who was in it, or the platform, can copy its log into
 * another one. So one that this device knows is where it was, and nowhere else.
 * One that is new to it is looked for in all of them, as far as they can be read
 * within some seconds: where its genesis stands in several, the longest log is
 * the one that is written in. That choice is then remembered. No end can tell
 * for certain, for the genesis names no place.
 *
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./foreignlink.js").Link} Link
 */
import { SealwireError } from "../errors.js";
import { fromHex } from "./bytes.js";

/** How long one that is not there may be waited for (ms). */
const SETTLING = 10_000;

export class Places {
  #memory;
  #onPlaced;
  /** @type {Map<Transport, Link>} */
  #links = new Map();
  /** Conversation → where it is. @type {Map<string, Link>} */
  #places = new Map();
  /** Not decided yet: conversation → where its genesis stands. @type {Map<string, Set<Link>>} */
  #open = new Map();
  /** Those that are waited for. @type {Map<Link, ReturnType<typeof setTimeout>>} */
  #settling = new Map();

  /**
   * @param {import("./foreignmemory.js").Memory} memory
   * @param {(conversation: string, link: Link) => void} onPlaced
   */
  constructor(memory, onPlaced) {
    this.#memory = memory;
    this.#onPlaced = onPlaced;
  }

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
    this.#settling.set(link, setTimeout(() => this.settle(link), SETTLING));
  }

  /**
   * @param {Link} link
   * @returns {string[]} what it carried
   */
  remove(link) {
    const gone = this.in(link);
    this.#links.delete(link.transport);
    for (const conversation of gone) this.#places.delete(conversation);
    for (const links of this.#open.values()) links.delete(link);
    this.settle(link);
    return gone;
  }

  /**
   * A genesis was read there.
   * @param {string} conversation
   * @param {Link} link
   */
  begins(conversation, link) {
    if (this.#places.has(conversation)) return;
    const links = this.#open.get(conversation) ?? new Set();
    this.#open.set(conversation, links.add(link));
    this.#decide(conversation, links);
  }

  /** All that was there was read, or cannot be now: it is waited for no more. @param {Link} link */
  settle(link) {
    clearTimeout(this.#settling.get(link));
    if (this.#settling.delete(link)) this.decide();
  }

  /** What can be decided now. */
  decide() {
    for (const [conversation, links] of this.#open) this.#decide(conversation, links);
  }

  stop() {
    for (const timer of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
    this.#open.clear();
  }

  /**
   * @param {string} conversation
   * @param {ReadonlySet<Link>} links
   */
  #decide(conversation, links) {
    if (!this.#memory.recalled) return;
    const where = this.#memory.where(conversation);
    if (where === undefined && this.#settling.size > 0) return;
    const length = (/** @type {Link} */ link) => link.log.length(conversation);
    const fit = [...links].filter(({ transport }) => where === undefined || transport.id === where);
    const [first] = fit.sort((a, b) => length(b) - length(a));
    if (!first) return;
    this.#open.delete(conversation);
    this.#places.set(conversation, first);
    this.#onPlaced(conversation, first);
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

  /** The transport that carries a conversation, as far as is known. @param {string} conversation */
  carrying(conversation) {
    return this.#places.get(conversation)?.transport;
  }

  /**
   * The conversations there, in the order in which they began.
   * @param {Transport} transport
   */
  conversationsOf(transport) {
    const link = this.link(transport);
    return link ? this.in(link) : [];
  }

  /**
   * Where what stands at a place of a transport stands in its conversation's log.
   * @param {Transport} transport
   * @param {number} sequence  in the transport
   */
  placeOf(transport, sequence) {
    const link = this.link(transport);
    const place = link?.places.get(sequence);
    // A copy of what is elsewhere is nothing here.
    return place && this.at(place.conversation) === link ? place : undefined;
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
