/**
 * The sealed side of the host's conversations: for each, its transport in the client, and what stands at the place of
 * one of its messages. The client may still be on its way, or not be to be had: then nothing is sent.
 *
 * @typedef {import("../../widget/facade.js").Client} Client
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 * @typedef {import("../../widget/facade.js").Message} Message
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 *
 * @typedef {ReturnType<import("./guard.js").Guard["own"]>} OwnConversation
 *
 * @typedef {object} Found  what stands at the place of a message of the host
 * @property {"message"|"entry"|"unread"|"opening"|"unreadable"} kind  entry: no message, but part of the log. unread: not
 *   read yet, or nothing that counts
 * @property {string} [conversation]
 * @property {Message} [message]
 */
import { AgentKit } from "../kit.js";
import { refusal } from "./refusal.js";
import { flexWords } from "./words.js";

/**
 * What the plugin needs of the client's transports: `over()` gives it, T is any transport.
 * @template T
 * @typedef {object} Carried
 * @property {(transport: T) => void} add
 * @property {(transport: T) => void} delete
 * @property {(transport: T) => readonly string[]} conversations
 * @property {(transport: T, sequence: number) => {conversation: string, sequence: number}|undefined} place
 */

/** How long a conversation that was just opened may take until it is known what is in it (ms). */
const reading = 5_000;

/** @template {{close: () => unknown}} T */
export class Sessions {
  #options;
  /** @type {Map<string, {transport: T, since: number}>} */
  #open = new Map();
  /** @type {Promise<Client>|null} */
  #starting = null;
  /** @type {Client|null} */
  #client = null;
  #failed = false;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  kit;

  /**
   * @param {object} options
   * @param {() => Client|Promise<Client>} options.client
   * @param {Carried<T>} options.over
   * @param {(conversation: OwnConversation) => T} options.transport
   * @param {(conversation: SDKConversation) => OwnConversation} options.own
   * @param {import("../types.js").KitOptions} [options.kit]
   */
  constructor(options) {
    this.#options = options;
    this.kit = new AgentKit(options.kit);
    this.kit.subscribe(() => this.changed());
  }

  /** @param {() => void} listener @returns {() => void} */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** "failed": it is tried again when something is to be sent. @returns {"starting"|"ready"|"failed"} */
  get state() {
    return this.#client ? "ready" : this.#failed ? "failed" : "starting";
  }

  /** @returns {Promise<Client>} */
  start() {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start() {
    try {
      const client = await this.#options.client();
      this.#client = client;
      this.#failed = false;
      this.kit.attach(client);
      return client;
    } catch (cause) {
      this.#starting = null;
      this.#failed = true;
      throw Object.assign(refusal("unavailable", flexWords.missing), { cause });
    } finally {
      this.changed();
    }
  }

  /** Follows a conversation of the host that is sealed. @param {SDKConversation} conversation */
  open(conversation) {
    const { sid } = conversation;
    if (this.#open.has(sid)) return;
    const transport = this.#options.transport(this.#options.own(conversation));
    this.#open.set(sid, { transport, since: Date.now() });
    this.#options.over.add(transport);
    this.start().catch(() => {});
  }

  /** It is followed no more, and nothing of it is held here. @param {string} sid */
  close(sid) {
    const open = this.#open.get(sid);
    if (!open) return;
    this.#open.delete(sid);
    this.#options.over.delete(open.transport);
    open.transport.close();
    this.changed();
  }

  /** The sids of those that are followed. */
  get opened() {
    return [...this.#open.keys()];
  }

  /** An encrypted conversation has begun in it, as far as was read. @param {string} sid */
  begun(sid) {
    const open = this.#open.get(sid);
    return open !== undefined && this.#options.over.conversations(open.transport).length > 0;
  }

  /**
   * As conversation(), once it was read: for what must not be decided on a conversation that was only just opened.
   * @param {string} sid
   * @returns {Promise<Conversation|undefined>}  rejects: encryption could not be started
   */
  async read(sid) {
    await this.start();
    const open = this.#open.get(sid);
    const left = open ? open.since + reading - Date.now() : 0;
    if (open && left > 0 && !this.begun(sid)) await this.#until(() => this.begun(sid) || this.#open.get(sid) !== open, left);
    return this.conversation(sid);
  }

  /** @param {() => boolean} so @param {number} most  ms */
  #until(so, most) {
    return new Promise((/** @type {(v: void) => void} */ resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, most);
      const stop = this.subscribe(() => so() && done());
    });
  }

  /** The one that goes on in it: the newest that this end knows. @param {string} sid @returns {Conversation|undefined} */
  conversation(sid) {
    const open = this.#open.get(sid);
    if (!open || !this.#client) return undefined;
    const ids = this.#options.over.conversations(open.transport);
    return ids.map((id) => this.kit.find(id)).findLast((one) => one !== undefined);
  }

  /**
   * What stands at the place of a message of the host.
   * @param {string} sid
   * @param {number} index
   * @returns {Found}
   */
  find(sid, index) {
    if (this.#failed) return { kind: "unreadable" };
    const open = this.#open.get(sid);
    if (!open || !this.#client) return { kind: "opening" };
    // A transport of this platform counts from 1.
    const place = this.#options.over.place(open.transport, index + 1);
    if (!place) return { kind: "unread" };
    const conversation = this.kit.find(place.conversation);
    if (!conversation) return { kind: "unreadable" };
    const message = conversation.messages.find(({ sequence }) => sequence === place.sequence);
    return message ? { kind: "message", conversation: conversation.id, message } : { kind: "entry" };
  }

  /** Whoever draws it looks again. */
  changed() {
    for (const listener of [...this.#listeners]) listener();
  }
}
