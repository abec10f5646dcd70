/**
 * The agent kit itself: what it shows, as snapshots, and what can be done. kit.js says what each is for.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/messagerow.js").Action} Action
 * @typedef {import("../widget/safety.js").SafetyView} SafetyView
 * @typedef {import("./choices.js").Choice} Choice
 * @typedef {import("./view.js").ConversationView} ConversationView
 * @typedef {import("./types.js").KitOptions} KitOptions
 * @typedef {import("./types.js").KitView} KitView
 * @typedef {import("./types.js").Asked} Asked
 */
import { Notices } from "../widget/notices.js";
import { SafetyNumbers } from "../widget/safety.js";
import { Changes } from "./changes.js";
import { colleagueChoices, targetChoices } from "./choices.js";
import { Doings } from "./doings.js";
import { kitView } from "./kitview.js";
import { Listening } from "./listening.js";
import { Snapshots } from "./snapshots.js";
import { Unread } from "./unread.js";
import { conversationView } from "./view.js";

export class AgentKit {
  #options;
  #clock;
  #unread;
  #doings;
  #failure = "";
  #changes = new Changes();
  #notices = new Notices(() => this.#changed());
  #safety = new SafetyNumbers(() => this.#changed());
  #listening;
  #snapshots = new Snapshots({ whole: () => this.#whole(), view: (id, limit) => this.#viewOf(id, limit) });

  /** @param {KitOptions} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#unread = new Unread(options.store, options.storeKey ?? "sealwire-desk read");
    this.#listening = new Listening(() => {
      this.#doings.transfers.check();
      this.#changed();
    }, options.tick);
    this.#doings = new Doings({
      client: () => this.#client,
      find: (id) => this.find(id),
      tell: (text) => this.tell(text),
      changed: () => this.#changed(),
      say: options.say,
      back: options.back,
      download: options.download,
    });
  }

  /** @param {Client} client */
  attach(client) {
    this.close();
    this.#listening.attach(client);
    this.#notices.attach(client);
    this.#changed();
  }

  /** Listens no more. The client is the caller's to close. */
  close() {
    this.#listening.close();
    this.#notices.attach(undefined);
  }

  /**
   * @param {() => unknown} listener  told once a turn, after something changed
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    return this.#changes.subscribe(listener);
  }

  /** @returns {KitView} */
  get view() {
    return this.#snapshots.whole;
  }

  /** @param {string} id @returns {ConversationView|undefined}  undefined: there is none of this id here */
  conversation(id) {
    return this.#snapshots.of(id);
  }

  /** As the client has it, for what no view tells. @param {string} id @returns {Conversation|undefined} */
  find(id) {
    return this.#client?.conversations.find((c) => c.id === id);
  }

  /**
   * What to compare with a member, by another way than this conversation.
   * @param {string} id
   * @param {string} member
   * @returns {SafetyView|undefined}
   */
  safety(id, member) {
    const conversation = this.find(id);
    return conversation && this.#safety.look(conversation, member);
  }

  /** @param {string} id @param {string} member */
  safetyAgain(id, member) {
    const conversation = this.find(id);
    if (conversation) this.#safety.again(conversation, member);
  }

  /** Who it can be handed to: colleagues and bots, those who are there first, and queues. @param {string} id @returns {Choice[]} */
  targets(id) {
    const conversation = this.find(id);
    return conversation ? targetChoices(conversation, this.#client?.queues) : [];
  }

  /** Who can be brought in. @param {string} id @returns {(Choice & {target: {to: string}})[]} */
  invitees(id) {
    const conversation = this.find(id);
    return conversation ? colleagueChoices(conversation, this.#client?.queues) : [];
  }

  /**
   * @param {string} id  of one that waits
   * @returns {Promise<string|undefined>} its id, once it is open here
   */
  take(id) {
    this.dismiss();
    return this.#doings.take(id);
  }

  /** @param {string} id @param {string} text */
  send(id, text) {
    return this.#doings.send(id, text);
  }

  /**
   * @param {string} id
   * @param {readonly File[]} files
   * @returns {Promise<{done: Promise<readonly {file: File, error: unknown}[]>}>}  done: each has a message, or went back
   */
  sendFiles(id, files) {
    return this.#doings.sendFiles(id, files);
  }

  /**
   * @param {string} id
   * @param {Action} action
   * @param {string} message  id of one of its rows
   * @returns {Promise<boolean>} it was done
   */
  act(id, action, message) {
    return this.#doings.act(id, action, message);
  }

  /** @param {string} id @param {Asked} asked */
  move(id, asked) {
    return this.#doings.move(id, asked);
  }

  /** Somebody has looked at it. @param {string} id */
  markRead(id) {
    const conversation = this.find(id);
    if (conversation && this.#unread.count(conversation) > 0) {
      this.#unread.markRead(conversation);
      this.#changed();
    }
  }

  /** @param {string} id */
  showEarlier(id) {
    this.#snapshots.more(id);
    this.#changed();
  }

  dismiss() {
    this.tell("");
  }

  /** @param {string} text */
  tell(text) {
    this.#notices.tell(text);
  }

  /** Nothing works, and this is what to tell. @param {string} text */
  fail(text) {
    this.#failure = text;
    this.#changed();
  }

  get #client() {
    return this.#listening.client;
  }

  #changed() {
    this.#snapshots.clear();
    this.#changes.tell();
  }

  #whole() {
    return kitView(this.#client, {
      now: this.#clock(),
      name: this.#options.name ?? "",
      failure: this.#failure,
      notice: this.#notices.text,
      plain: this.#options.previews === "plain",
      unread: (conversation) => this.#unread.count(conversation),
    });
  }

  /** @param {string} id @param {number} limit */
  #viewOf(id, limit) {
    const conversation = this.find(id);
    return conversation && conversationView(conversation, {
      client: this.#client,
      now: this.#clock(),
      limit,
      failure: this.#failure,
      file: (message) => ({ here: this.#doings.transfers.has(message.id), saved: this.#doings.transfers.saved(message.id) }),
    });
  }
}
