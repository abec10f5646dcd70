/**
 * Which conversations are sealed. A conversation is sealed once one message in it is a sealed one by its form, once the
 * `isSealed` option says so, or once this browser has known it to be; and once sealed, it is sealed for ever. Until that
 * is known it is unknown, and the guard treats it as sealed. That it is not is learnt from its first and its last
 * hundred messages, and only for as long as no message says otherwise: each object of the SDK that is asked about is
 * listened to from then on.
 *
 * What is remembered across reloads is a list of conversation sids. Where the store is missing or full, the messages
 * tell. A platform that shows an agent none of the sealed messages, in a browser that never saw the conversation, makes
 * it look like one that is not sealed: only `isSealed` by the company's own word is a defence against that.
 *
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {"sealed"|"plain"|"unknown"} Standing
 * @typedef {(conversation: SDKConversation) => boolean|undefined|Promise<boolean|undefined>} IsSealed
 *   true: it is. false: it is not, unless a message says it is. undefined: its messages tell
 */
import { isFrame } from "./envelope.js";
import { refusal } from "./refusal.js";

/** @typedef {{getItem: (key: string) => string|null, setItem: (key: string, value: string) => void}} Memory */

const page = 100;
const mostKept = 5000;

export class Knowledge {
  #isSealed;
  #memory;
  #key;
  /** @type {Map<string, "sealed"|"plain">} */
  #known = new Map();
  /** @type {Map<SDKConversation, Promise<Standing>>} */
  #asking = new Map();
  /** @type {Set<(sid: string) => void>} */
  #listeners = new Set();
  /** How each object of the SDK is listened to no more. @type {WeakMap<SDKConversation, () => void>} */
  #heard = new WeakMap();
  /** Those that were asked about since they are listened to. @type {WeakSet<SDKConversation>} */
  #asked = new WeakSet();

  /** @param {{isSealed?: IsSealed, memory?: Memory|undefined, key?: string}} [options] */
  constructor({ isSealed = () => undefined, memory, key = "sealwire flex sealed" } = {}) {
    this.#isSealed = isSealed;
    this.#memory = memory;
    this.#key = key;
    for (const sid of this.#kept()) this.#known.set(sid, "sealed");
  }

  /** @param {string} sid @returns {Standing} */
  of(sid) {
    return this.#known.get(sid) ?? "unknown";
  }

  /** @param {string} sid */
  seal(sid) {
    if (this.#known.get(sid) === "sealed") return;
    this.#known.set(sid, "sealed");
    this.#keep(sid);
    for (const listener of [...this.#listeners]) listener(sid);
  }

  /**
   * @param {(sid: string) => void} listener  told of each that is known to be sealed from now on
   * @returns {() => void} ends it
   */
  onSealed(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A message was seen, wherever. @param {string} sid @param {unknown} body */
  saw(sid, body) {
    if (isFrame(body)) this.seal(sid);
  }

  /**
   * Every message that comes to this object counts, from now on.
   * @param {SDKConversation} conversation
   */
  hear(conversation) {
    if (this.#heard.has(conversation)) return;
    const heard = (/** @type {{body?: unknown}} */ message) => this.saw(conversation.sid, message.body);
    conversation.on("messageAdded", heard);
    this.#heard.set(conversation, () => void conversation.off("messageAdded", heard));
  }

  /** The object is listened to no more: what it was known for is asked anew when it is to send. @param {SDKConversation} conversation */
  release(conversation) {
    this.#heard.get(conversation)?.();
    this.#heard.delete(conversation);
    this.#asked.delete(conversation);
  }

  /**
   * What is known now, without asking anybody who takes time. "plain" holds only until the next call.
   * @param {SDKConversation} conversation
   * @returns {Standing}
   */
  now(conversation) {
    const { sid } = conversation;
    if (this.of(sid) === "plain") {
      try {
        const said = this.#isSealed(conversation);
        if (said === true) this.seal(sid);
        // An answer that takes time counts when it is there.
        if (said instanceof Promise) said.then((late) => late === true && this.seal(sid), () => {});
      } catch {
        this.#known.delete(sid);
      }
    }
    // Messages may have come that nobody has heard of.
    return this.of(sid) === "plain" && !this.#asked.has(conversation) ? "unknown" : this.of(sid);
  }

  /**
   * @param {SDKConversation} conversation
   * @returns {Promise<"sealed"|"plain">}
   * @throws {Error} "unavailable" when it cannot be known now
   */
  async learn(conversation) {
    const { sid } = conversation;
    const known = this.now(conversation);
    if (known !== "unknown") return known;
    const asking = this.#asking.get(conversation) ?? this.#ask(conversation).finally(() => this.#asking.delete(conversation));
    this.#asking.set(conversation, asking);
    const standing = await asking;
    if (standing === "unknown") throw refusal("unavailable", "it is not known yet whether this conversation is encrypted, so nothing is sent");
    return standing;
  }

  /** @param {SDKConversation} conversation @returns {Promise<Standing>} */
  async #ask(conversation) {
    const { sid } = conversation;
    try {
      this.hear(conversation);
      const said = await this.#isSealed(conversation);
      if (said === true) this.seal(sid);
      if (this.of(sid) === "sealed") return "sealed";
      const [last, first] = await Promise.all([conversation.getMessages(page), conversation.getMessages(page, 0, "forward")]);
      for (const { body } of [...last.items, ...first.items]) this.saw(sid, body);
      // A message may have come meanwhile that says it.
      if (this.of(sid) === "unknown") this.#known.set(sid, "plain");
      this.#asked.add(conversation);
      return this.of(sid);
    } catch {
      this.release(conversation);
      return this.of(sid) === "sealed" ? "sealed" : "unknown";
    }
  }

  /** @returns {string[]} */
  #kept() {
    try {
      const list = /** @type {unknown} */ (JSON.parse(this.#memory?.getItem(this.#key) ?? "[]"));
      return Array.isArray(list) ? list.filter((sid) => typeof sid === "string") : [];
    } catch {
      return [];
    }
  }

  /** @param {string} sid */
  #keep(sid) {
    try {
      this.#memory?.setItem(this.#key, JSON.stringify([...new Set([...this.#kept(), sid])].slice(-mostKept)));
    } catch {
      // The messages tell.
    }
  }
}
