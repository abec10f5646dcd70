/**
 * Which conversations of the host are followed: those that lie in its store, and of these the sealed ones by a transport.
 * What left the store, or whose task has ended, is let go of: its transport, what listened to it, every reference. The same
 * conversation may come back, with another task or another object of the SDK; then it is opened anew.
 *
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {{source?: unknown, messages?: readonly {source?: unknown}[]}} HostConversation
 *
 * @typedef {object} Shown  what of the host's store counts
 * @property {Record<string, HostConversation>} conversations
 * @property {Iterable<unknown>} tasks
 */
import { isConversation } from "./leaving.js";
import { sidOfTask } from "./tasks.js";

/** @template {{close: () => unknown}} T */
export class Following {
  #guard;
  #knowledge;
  #sessions;
  #store;
  #forgotten;
  #unsubscribe;
  /** The newest object of each, and how it is listened to no more. @type {Map<string, {source: SDKConversation, stop: () => void}>} */
  #met = new Map();
  /** Those with a task of this agent. @type {Set<string>} */
  #tasked = new Set();
  /** Lists of messages that were looked at, as long as they were then. @type {WeakMap<readonly unknown[], number>} */
  #read = new WeakMap();
  /** Those whose task has ended, and which still lie in the store. @type {Set<string>} */
  #ended = new Set();

  /**
   * @param {object} parts
   * @param {import("./guard.js").Guard} parts.guard
   * @param {import("./knowledge.js").Knowledge} parts.knowledge
   * @param {import("./sessions.js").Sessions<T>} parts.sessions
   * @param {() => Shown} parts.store
   * @param {(sid: string) => void} [parts.forgotten]
   */
  constructor({ guard, knowledge, sessions, store, forgotten = () => {} }) {
    this.#guard = guard;
    this.#knowledge = knowledge;
    this.#sessions = sessions;
    this.#store = store;
    this.#forgotten = forgotten;
    this.#unsubscribe = knowledge.onSealed((sid) => this.#open(sid));
  }

  /** Nothing is followed any more. */
  end() {
    this.#unsubscribe();
    for (const sid of [...this.#met.keys()]) this.#forget(sid);
  }

  /** @param {string} sid @returns {SDKConversation|undefined} */
  find(sid) {
    const source = this.#store().conversations[sid]?.source;
    return isConversation(source) ? source : undefined;
  }

  /** The store has changed. */
  look() {
    const { conversations, tasks } = this.#store();
    this.#count(tasks);
    for (const [sid, { source, messages = [] }] of Object.entries(conversations)) {
      if (isConversation(source)) this.#meet(sid, source);
      // The host makes its lists anew when they change, and tells of much else besides: each key that is pressed.
      if (this.#read.get(messages) === messages.length) continue;
      this.#read.set(messages, messages.length);
      for (const message of messages) {
        const one = /** @type {{body?: unknown}|undefined} */ (message.source);
        this.#guard.watchMessage(one);
        this.#knowledge.saw(sid, one?.body);
      }
    }
    for (const sid of this.#met.keys()) {
      if (isConversation(conversations[sid]?.source)) continue;
      this.#forget(sid);
      this.#ended.delete(sid);
    }
  }

  /** @param {Iterable<unknown>} tasks */
  #count(tasks) {
    const now = new Set([...tasks].map(sidOfTask).filter((sid) => sid !== ""));
    const ended = [...this.#tasked].filter((sid) => !now.has(sid));
    const came = [...now].filter((sid) => !this.#tasked.has(sid) && this.#ended.delete(sid));
    this.#tasked = now;
    for (const sid of ended) {
      this.#ended.add(sid);
      this.#sessions.close(sid);
      this.#forgotten(sid);
    }
    for (const sid of came) this.#open(sid);
  }

  /** @param {string} sid @param {SDKConversation} source */
  #meet(sid, source) {
    const before = this.#met.get(sid);
    if (before?.source === source) return;
    // Another object of the SDK for it: the old one may be dead.
    if (before) this.#forget(sid);
    this.#guard.watch(source);
    const heard = (/** @type {{body?: unknown}} */ message) => {
      this.#guard.watchMessage(message);
      this.#knowledge.saw(sid, message.body);
    };
    source.on("messageAdded", heard);
    const stop = () => {
      source.off("messageAdded", heard);
      this.#knowledge.release(source);
    };
    this.#met.set(sid, { source, stop });
    this.#knowledge.learn(source).then((standing) => standing === "sealed" && this.#open(sid), () => {});
  }

  /** @param {string} sid */
  #open(sid) {
    const source = this.find(sid);
    if (source && this.#knowledge.of(sid) === "sealed" && !this.#ended.has(sid)) this.#sessions.open(source);
  }

  /** @param {string} sid */
  #forget(sid) {
    this.#met.get(sid)?.stop();
    this.#met.delete(sid);
    this.#sessions.close(sid);
    this.#forgotten(sid);
  }
}
