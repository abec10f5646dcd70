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
 * @property {"message"|"other"|"entry"|"unread"|"opening"|"unreadable"} kind  other: of an encrypted conversation that is
 *   not the chosen one. entry: no message, but part of the log. unread: not read yet, or nothing that counts
 * @property {string} [conversation]
 * @property {Message} [message]
 * @property {import("./held.js").MessageRow} [row]  the same with all that is told of it, where it is not too old
 */
import { blocked } from "../../widget/standing.js";
import { AgentKit } from "../kit.js";
import { Choices, chosenOf, decide, undecided } from "./choice.js";
import { Held } from "./held.js";
import { Starting } from "./starting.js";

/**
 * What the plugin needs of the client's transports: `over()` gives it, T is any transport.
 * @template T
 * @typedef {object} Carried
 * @property {(transport: T) => void} add
 * @property {(transport: T) => void} delete
 * @property {(transport: T) => readonly string[]} conversations
 * @property {(transport: T) => boolean} live  all that was there was read
 * @property {(transport: T, sequence: number) => {conversation: string, sequence: number}|undefined} place
 */

/** How long a conversation that was just opened may take until it is known what is in it (ms). */
const reading = 5_000;
/** How long it may take, once the log was read, until it is known which conversations in it this end is in; and until that is looked at again (ms). */
const settling = 2_000;
const pause = 200;

/**
 * @template T
 * @typedef {object} Open
 * @property {T} transport
 * @property {number} since
 * @property {number} [live]  since when all was read
 * @property {import("./choice.js").Choice} [choice]  as of the last change
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

/** @template {{close: () => unknown}} T */
export class Sessions {
  #options;
  #choices;
  /** @type {Map<string, Open<T>>} */
  #open = new Map();
  #starting;
  /** What each conversation holds, since the last change. @type {Map<string, Held>} */
  #held = new Map();
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #unsubscribe;
  #ended = false;
  kit;

  /**
   * @param {object} options
   * @param {() => Client|Promise<Client>} options.client
   * @param {Carried<T>} options.over
   * @param {(conversation: OwnConversation) => T} options.transport
   * @param {(conversation: SDKConversation) => OwnConversation} options.own
   * @param {import("../types.js").KitOptions} [options.kit]
   * @param {Choices} [options.choices]
   * @param {number} [options.wait]  how long somebody waits for the client, ms
   * @param {{first: number, most: number}} [options.pauses]  before it is asked for again, ms
   */
  constructor(options) {
    this.#options = options;
    this.#choices = options.choices ?? new Choices();
    this.kit = new AgentKit(options.kit);
    this.#unsubscribe = this.kit.subscribe(() => this.changed());
    this.#starting = new Starting({
      client: options.client,
      came: (client) => this.kit.attach(client),
      gone: () => this.kit.close(),
      changed: () => this.changed(),
      ...(options.wait === undefined ? {} : { wait: options.wait }),
      ...(options.pauses === undefined ? {} : { pauses: options.pauses }),
    });
  }

  /** @param {() => void} listener @returns {() => void} */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get #client() {
    return this.#starting.client;
  }

  /**
   * "failed": it is tried again by itself (starting.js). "elsewhere": another tab of this browser has it. "refused": the
   * client stopped, as it cannot verify who it would talk to.
   * @returns {"starting"|"ready"|"failed"|"elsewhere"|"refused"}
   */
  get state() {
    const { client, failed } = this.#starting;
    if (!client) return failed ? "failed" : "starting";
    return client.state === "elsewhere" || client.state === "refused" ? client.state : "ready";
  }

  /** Why nothing at all can be sent from here, in words; "". */
  get blocked() {
    return this.#client ? blocked(this.#client, undefined) : "";
  }

  /** @returns {Promise<Client>} rejects: it could not be had, or not in time */
  start() {
    return this.#starting.start();
  }

  /** Somebody presses "Try again". */
  again() {
    this.#starting.again();
  }

  /** It goes on here, and in the other tab no longer. */
  async takeOver() {
    this.#choices.again();
    await this.#client?.takeOver();
    this.changed();
  }

  /** Everything is let go of, and nothing is begun any more. The client is its maker's to close. */
  end() {
    this.#ended = true;
    this.#starting.end();
    for (const sid of this.opened) this.close(sid);
    this.#unsubscribe();
    this.kit.close();
    this.#listeners.clear();
  }

  /** Follows a conversation of the host that is sealed. @param {SDKConversation} conversation */
  open(conversation) {
    const { sid } = conversation;
    if (this.#open.has(sid) || this.#ended) return;
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
    clearTimeout(open.timer);
    this.#options.over.delete(open.transport);
    open.transport.close();
    this.changed();
  }

  /** The sids of those that are followed. */
  get opened() {
    return [...this.#open.keys()];
  }

  /** Which of the followed a conversation is in; "". @param {string} id */
  sidOf(id) {
    for (const [sid, { transport }] of this.#open) if (this.#options.over.conversations(transport).includes(id)) return sid;
    return "";
  }

  /** All that there is in it was read. @param {string} sid */
  live(sid) {
    const open = this.#open.get(sid);
    return open !== undefined && this.#options.over.live(open.transport);
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
    const told = () => this.choice(sid).conversation !== undefined || this.choice(sid).asks || this.#open.get(sid) !== open;
    if (open && left > 0 && !told()) await this.#until(told, left);
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

  /** The one that is answered in it (choice.js), where this end is in that. @param {string} sid @returns {Conversation|undefined} */
  conversation(sid) {
    return this.choice(sid).conversation;
  }

  /** Which it is, as things stand now. @param {string} sid @returns {import("./choice.js").Choice} */
  choice(sid) {
    const open = this.#open.get(sid);
    if (!open || !this.#client) return undecided;
    const ids = this.#options.over.conversations(open.transport);
    const known = new Map(this.#client.conversations.map((one) => [one.id, one]));
    const settled = this.#settled(open, ids.every((id) => (known.get(id)?.state ?? "waiting") !== "waiting"));
    const choice = decide({ ids, find: (id) => (ids.includes(id) ? known.get(id) : undefined), chosen: this.#choices.get(sid), settled });
    if (choice.chosen) this.#choices.keep(sid, choice.chosen);
    else if (!choice.asks && ids.length > 0) this.#lookAgain(open);
    open.choice = choice;
    return choice;
  }

  /**
   * The agent says which it is.
   * @param {string} sid
   * @param {string} id
   */
  choose(sid, id) {
    const { chosen, others } = this.choice(sid);
    const one = others.find((other) => other.id === id);
    if (!one) return;
    this.#choices.keep(sid, { ...chosenOf(one, chosen), own: true });
    this.changed();
  }

  /** Id of the one that whoever presses Send now has been shown; "". @param {string} sid */
  shown(sid) {
    const { conversation, asks } = this.choice(sid);
    // Before it is found again it is the one of before: no other takes its place unseen.
    return conversation?.id ?? (asks ? "" : this.#choices.get(sid)?.id ?? "");
  }

  /** All that is there was read, and this end knows of each whether it is in it, or has had the time. @param {Open<T>} open @param {boolean} all */
  #settled(open, all) {
    if (!this.#options.over.live(open.transport)) return false;
    open.live ??= Date.now();
    return all || Date.now() - open.live >= settling;
  }

  /** @param {Open<T>} open */
  #lookAgain(open) {
    if (open.timer !== undefined || (open.live !== undefined && Date.now() - open.live >= settling)) return;
    open.timer = setTimeout(() => {
      open.timer = undefined;
      this.changed();
    }, pause);
  }

  /**
   * What stands at the place of a message of the host.
   * @param {string} sid
   * @param {number} index
   * @returns {Found}
   */
  find(sid, index) {
    if (this.state === "failed") return { kind: "unreadable" };
    const open = this.#open.get(sid);
    if (!open || !this.#client) return { kind: "opening" };
    // A transport of this platform counts from 1.
    const place = this.#options.over.place(open.transport, index + 1);
    if (!place) return { kind: "unread" };
    const conversation = this.kit.find(place.conversation);
    if (!conversation) return { kind: "unreadable" };
    const held = this.#heldOf(conversation);
    const message = held.at(place.sequence);
    const choice = open.choice ?? this.choice(sid);
    if (message && !choice.reads.has(conversation.id)) return { kind: choice.chosen || choice.asks ? "other" : "opening", conversation: conversation.id };
    if (!message) return { kind: "entry" };
    const row = held.row(message.id);
    return { kind: "message", conversation: conversation.id, message, ...(row ? { row } : {}) };
  }

  /**
   * What belongs beside a message of the host: that some are missing before it, who came and went.
   * @param {Found} found
   * @returns {import("./held.js").Beside}
   */
  beside({ kind, conversation: id, message }) {
    const conversation = kind === "message" && id !== undefined ? this.kit.find(id) : undefined;
    return conversation && message ? this.#heldOf(conversation).beside(message) : { above: [], below: [] };
  }

  /** @param {Conversation} conversation */
  #heldOf(conversation) {
    const held = this.#held.get(conversation.id);
    if (held?.isOf(conversation)) return held;
    const now = new Held(conversation, () => this.kit.conversation(conversation.id)?.rows ?? []);
    this.#held.set(conversation.id, now);
    return now;
  }

  /** Whoever draws it looks again. */
  changed() {
    this.#held.clear();
    for (const open of this.#open.values()) delete open.choice;
    for (const listener of [...this.#listeners]) listener();
  }
}
