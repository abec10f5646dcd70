/**
 * The open conversation on the desk: who it is with, how it stands, who can read it, the log, the box, and the moves.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Message} Message
 */
import { act } from "../widget/acts.js";
import { Composer } from "../widget/composer.js";
import { button, download, el, icon, setAttribute, setText, show } from "../widget/dom.js";
import { fileLook, fileName } from "../widget/files.js";
import { LockBar } from "../widget/lockbar.js";
import { LogView } from "../widget/log.js";
import { Menu } from "../widget/menu.js";
import { People } from "../widget/people.js";
import { chained, page } from "../widget/rows.js";
import { blocked, hasBox, isOver, isPaused, isWaiting, lockOf, readsAlong } from "../widget/standing.js";
import { Transfers } from "../widget/transfers.js";
import { moveProblem, movingText } from "../widget/movewords.js";
import { codeOf, notNow, sentence, words } from "../widget/words.js";
import { deskWords } from "./words.js";
import { openLedger } from "./ledger.js";
import { customerOf, titleOf } from "./customer.js";
import { Moves } from "./moves.js";

export class Talk {
  #options;
  /** @type {Client|undefined} */
  #client;
  /** @type {Conversation|undefined} */
  #conversation;
  /** @type {Conversation|undefined} */
  #shown;
  #limit = page;
  #title = el("h2", { class: "desk-title" });
  #doubt;
  #who;
  #handOver;
  #takeOver;
  #menu = new Menu("More moves");
  #moves;
  #people;
  #panel;
  #lock = new LockBar("desk-lock");
  #before;
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {() => number} options.clock
   * @param {(text: string) => void} options.tell   shows what went wrong
   * @param {() => void} options.changed            something looks different now
   * @param {() => void} options.back               to the list, where there is room for one of them only
   * @param {(id: string) => void} options.open     another conversation
   */
  constructor(options) {
    this.#options = options;
    this.transfers = new Transfers({
      say: (text) => this.composer.announce(text),
      tell: options.tell,
      changed: options.changed,
      back: (conversation, file, problem) => {
        this.composer.restore({ files: [file] }, problem, conversation.id);
        if (conversation !== this.#conversation) options.tell(`${fileName(file.name)}: ${problem}`);
      },
      download,
    });
    this.log = new LogView({ act: (action, message) => void this.#act(action, message), more: () => this.#more() });
    this.composer = new Composer({ way: () => this.#way(), placeholder: "Write an answer" });

    this.#doubt = button("desk-doubt", () => this.#toggleWho(), icon("alert"), el("span", {}, "not verified"));
    setAttribute(this.#doubt, "title", words.notVerified);
    this.#handOver = button("desk-act", () => this.#begin((conversation) => this.#moves.handOver(conversation, () => this.#client?.queues)), icon("handover"), el("span", {}, "Hand over"));
    this.#takeOver = button("desk-act", () => void this.#take(), icon("join"), el("span", {}, "Take over"));
    this.#who = button("desk-who", () => this.#toggleWho(), icon("people"), el("span", {}, "Who can read"));
    setAttribute(this.#who, "aria-expanded", "false");
    const back = button("desk-back", options.back, icon("back"));
    setAttribute(back, "aria-label", "All conversations");

    this.#people = new People({
      past: false,
      removable: (member) => !member.self && member.role !== "customer" && member.role !== "archive" && (this.#conversation?.moves.includes("remove") ?? false),
      remove: (member) => this.#begin((conversation) => this.#moves.remove(conversation, member)),
    });
    const ledger = button("desk-plain", () => this.#begin((conversation) => void openLedger(this.element, conversation, options.clock())), "Who could read, and when");
    setAttribute(ledger, "data-quiet", true);
    this.#people.element.append(ledger);
    this.#panel = this.#people.element;
    show(this.#panel, false);

    this.#before = el("div", { class: "desk-before" }, icon("chat"), el("span", {}, deskWords.continues),
      button("sw-notice-close", () => { if (this.#conversation?.previous) options.open(this.#conversation.previous); }, "Open it"));
    this.element = el("section", { class: "desk-talk", "aria-label": "Open conversation" },
      el("div", { class: "desk-head" }, back, el("div", { class: "desk-who-is" }, this.#title, this.#doubt), this.#takeOver, this.#handOver, this.#who, this.#menu.element),
      this.#lock.element, this.#panel, this.#before, this.log.element, this.composer.element);
    this.#moves = new Moves(this.element, () => {
      options.changed();
      this.log.focus();
    });
  }

  /** Where files may be dropped. @returns {boolean} */
  get writable() {
    return this.#conversation !== undefined && this.composer.element.hidden === false && blocked(this.#client, this.#conversation) === "";
  }

  focus() {
    if (this.composer.element.hidden) this.log.focus();
    else this.composer.focus();
  }

  /**
   * @param {Client|undefined} client
   * @param {Conversation} conversation
   * @param {string} failure  of the whole desk
   */
  render(client, conversation, failure) {
    this.#client = client;
    this.#conversation = conversation;
    const customer = customerOf(conversation);
    setText(this.#title, titleOf(conversation));
    show(this.#doubt, customer !== undefined && !customer.verified);
    this.#paintLock();
    const online = client?.state === "online" && !failure;
    const can = online && !conversation.moving ? conversation.moves : [];
    show(this.#handOver, can.includes("transfer"));
    show(this.#takeOver, can.includes("takeOver"));
    this.#menu.offer(online ? this.#moves.items(conversation, () => this.#client?.queues) : []);
    this.#moves.follow();
    this.#people.render(conversation.members, conversation.ledger, this.#options.clock());
    const previous = conversation.previous;
    show(this.#before, previous !== null);
    const opener = this.#before.querySelector("button");
    if (opener) show(opener, client?.conversations.some((c) => c.id === previous) ?? false);
    this.#paintLog();
    this.composer.turnTo(conversation.id);
    this.composer.block(failure || blocked(client, conversation), isPaused(conversation) ? words.paused : readsAlong(conversation) ? words.readsAlong : words.shut);
    show(this.composer.element, hasBox(conversation));
  }

  #paintLock() {
    const [client, conversation] = [this.#client, this.#conversation];
    if (!conversation) return;
    const lock = conversation.state === "waiting"
      ? { tone: /** @type {const} */ ("pending"), title: "Setting up encryption\u2026", detail: "" }
      : lockOf(client, conversation);
    const offline = client?.state === "offline" && lock.tone === "secure";
    const moving = conversation.moving ? movingText(conversation.moving) : "";
    const detail = isPaused(conversation) || isOver(conversation) || isWaiting(conversation) ? lock.detail : readsAlong(conversation) ? words.readsAlong : "";
    this.#lock.render(lock, moving || (offline ? words.reconnecting : detail));
  }

  /** @param {(conversation: Conversation) => void} run */
  #begin(run) {
    if (this.#conversation) run(this.#conversation);
  }

  async #take() {
    const conversation = this.#conversation;
    if (!conversation) return;
    try {
      await conversation.takeOver();
      this.#options.changed();
      this.composer.focus();
    } catch (error) {
      this.#options.tell(moveProblem(error));
    }
  }

  #toggleWho() {
    const open = this.#panel.hidden === true;
    show(this.#panel, open);
    setAttribute(this.#who, "aria-expanded", String(open));
    setAttribute(this.#doubt, "aria-expanded", String(open));
  }

  /** What is sent now goes to the conversation that is open now, however long it takes. @returns {import("../widget/composer.js").Way} */
  #way() {
    const conversation = this.#conversation;
    this.#options.tell("");
    return {
      send: async (text) => {
        if (!conversation) throw notNow();
        await conversation.send(text);
        this.#options.changed();
      },
      sendFiles: async (files) => {
        if (!conversation) throw notNow();
        this.transfers.send(conversation, files);
      },
    };
  }

  #paintLog() {
    const conversation = this.#conversation;
    if (!conversation) return;
    if (conversation !== this.#shown) this.#limit = page;
    this.#shown = conversation;
    const online = this.#client?.state === "online";
    this.log.render(conversation, chained([conversation], {
      now: this.#options.clock(),
      limit: this.#limit,
      look: (message, { state }) => fileLook(message, { state, online, here: this.transfers.has(message.id), saved: this.transfers.saved(message.id) }),
    }));
  }

  #more() {
    this.#limit += page;
    this.#paintLog();
  }

  /** @param {string} text */
  #putBack(text) {
    this.composer.restore({ text });
    this.composer.focus();
  }

  /** @param {import("../widget/messagerow.js").Action} action @param {Message} message */
  async #act(action, message) {
    const conversation = this.#conversation;
    if (!conversation) return;
    try {
      await act(action, { conversation, message, transfers: this.transfers, putBack: (text) => this.#putBack(text) });
      // The pressed one is gone with its row, or hidden: the focus stays near.
      if (action === "discard" || (action === "retry" && !message.file)) this.log.focus();
    } catch (error) {
      this.#options.tell(sentence(codeOf(error)));
    }
    this.#options.changed();
  }
}
