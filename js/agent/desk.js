/**
 * The agent's desk: what waits, a list of conversations and the one that is open. It draws a client that it is given.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 */
import { dropTarget } from "../widget/attach.js";
import { button, el, icon, setAttribute, setText, show } from "../widget/dom.js";
import { plainName } from "../widget/model.js";
import { connectionOf } from "../widget/standing.js";
import { backgroundText, noticeText, words } from "../widget/words.js";
import { deskWords } from "./words.js";
import { lines } from "./list.js";
import { Side } from "./side.js";
import { Talk } from "./talk.js";
import { Unread } from "./unread.js";
import { claimProblem } from "./waiting.js";

const changes = /** @type {const} */ (["state", "agents", "conversation", "members", "message", "queues"]);
/** How often the times that count on are drawn anew, ms. */
const tick = 30_000;

export class DeskView {
  /** @type {Client|undefined} */
  #client;
  /** The open one; "" after the list was chosen. @type {string|undefined} */
  #chosen;
  #drawing = false;
  #failure = "";
  #notice = "";
  #unread;
  #side;
  #talk;
  #refresh = () => {
    this.#talk.transfers.check();
    this.draw();
  };
  /** @param {import("../widget/facade.js").Notice} notice */
  #onNotice = (notice) => {
    const text = noticeText(notice);
    if (text) this.tell(text);
  };
  /** @param {{error: Error}} detail */
  #onError = ({ error }) => {
    const state = this.#client?.state;
    const text = backgroundText(error);
    if (text && state !== "refused" && state !== "closed") this.tell(text);
  };

  #alert = el("p", { class: "desk-alert", role: "alert" });
  #elsewhere;
  #blank;
  #blankText = el("p");
  #noticeBar;
  #noticeText = el("span");
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} [options]
   * @param {string} [options.name]            the agent, until a conversation says so
   * @param {() => void} [options.useHere]
   * @param {() => void} [options.change]      another person sits down here
   * @param {import("./unread.js").Store|undefined} [options.store]
   * @param {string} [options.storeKey]
   * @param {(unread: number) => void} [options.onUnread]
   * @param {() => number} [options.clock]
   */
  constructor(options = {}) {
    this.options = options;
    this.clock = options.clock ?? Date.now;
    this.#unread = new Unread(options.store, options.storeKey ?? "sealwire-desk read");
    this.#side = new Side({ choose: (id) => this.#choose(id), take: (id) => this.#take(id), change: options.change });
    this.#talk = new Talk({
      clock: this.clock,
      tell: (text) => this.tell(text),
      changed: () => this.draw(),
      back: () => this.#choose(undefined),
      open: (id) => this.#choose(id),
    });
    this.#noticeBar = el("div", { class: "desk-notice" }, el("div", { role: "status" }, this.#noticeText),
      button("sw-notice-close", () => this.tell(""), "Dismiss"));
    this.#blank = el("div", { class: "desk-blank" }, icon("chat"), this.#blankText);
    this.#elsewhere = el("div", { class: "desk-blank" }, icon("tabs"), el("h2", {}, "Open in another tab"),
      el("p", {}, "The desk runs in one tab at a time, so that no message is sent twice."),
      button("desk-plain", () => this.options.useHere?.(), "Use here"));
    this.element = el("main", { class: "sw-root desk" }, el("h1", { class: "sw-unseen" }, "Desk"), this.#alert, this.#noticeBar,
      el("div", { class: "desk-body" }, this.#side.element, el("div", { class: "desk-main" }, this.#talk.element, this.#blank, this.#elsewhere)));
    dropTarget(this.element, {
      files: (files) => this.#talk.composer.attachments.add(files),
      problem: (text) => this.tell(text),
      allowed: () => this.#client?.state !== "elsewhere" && !this.#failure && this.conversation !== undefined && this.#talk.writable,
      over: this.#talk.element,
    });
    this.draw();
  }

  /** @param {Client} client */
  attach(client) {
    this.#client = client;
    for (const type of changes) client.on(type, this.#refresh);
    client.on("notice", this.#onNotice);
    client.on("error", this.#onError);
    setInterval(() => this.draw(), tick);
    this.draw();
  }

  /** Who works here, until a conversation says it. @param {string} name */
  introduce(name) {
    this.options.name = name;
    this.draw();
  }

  /** Nothing works, and this is what to tell. @param {string} text */
  fail(text) {
    this.#failure = text;
    this.draw();
  }

  /** @param {string} text  "" to take the notice away */
  tell(text) {
    this.#notice = text;
    this.draw();
  }

  draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#paint();
    });
  }

  get conversation() {
    return this.#client?.conversations.find((c) => c.id === this.#chosen);
  }

  #paint() {
    const client = this.#client;
    const all = client?.conversations ?? [];
    const told = { plain: true, now: this.clock(), unread: (/** @type {Conversation} */ c) => this.#unread.count(c) };
    if (!this.conversation && this.#chosen !== "") {
      // The first to come opens by itself; after "All conversations" the agent chooses.
      this.#chosen = lines(all, told).find((line) => !line.over)?.id;
    }
    const conversation = this.conversation;
    if (conversation && !document.hidden) this.#unread.markRead(conversation);

    const failure = this.#failure || this.#trouble(client);
    setText(this.#alert, failure);
    show(this.#alert, failure !== "");
    const elsewhere = client?.state === "elsewhere";
    const listed = elsewhere ? [] : lines(all, told);
    const self = all.flatMap((c) => c.members).find((m) => m.self);
    const total = this.#side.render({
      name: plainName(self?.alias ?? "") || this.options.name || "Agent desk",
      connection: this.#failure ? "Stopped" : connectionOf(client),
      state: this.#failure ? "refused" : client?.state ?? "connecting",
      queues: client?.queues,
      time: told.now,
      lines: listed,
      chosen: conversation?.id,
      there: !elsewhere,
    });
    this.options.onUnread?.(total);

    setText(this.#blankText, listed.length ? deskWords.choose : client?.queues.waiting.length ? deskWords.chooseWaiting : deskWords.next);
    show(this.#elsewhere, elsewhere);
    show(this.#talk.element, !elsewhere && conversation !== undefined);
    show(this.#blank, !elsewhere && conversation === undefined);
    setAttribute(this.element, "data-open", elsewhere || conversation !== undefined);
    setText(this.#noticeText, this.#notice);
    show(this.#noticeBar, this.#notice !== "");
    if (conversation && !elsewhere) this.#talk.render(client, conversation, this.#failure);
  }

  /**
   * What stops the whole desk; what stops one conversation stands in that.
   * @param {Client|undefined} client
   */
  #trouble(client) {
    if (client?.state === "refused") return words.refused;
    if (client?.state === "closed") return `${words.stopped} Reload the page.`;
    return "";
  }

  /** @param {string|undefined} id  undefined: none, the list alone */
  #choose(id) {
    this.#chosen = id ?? "";
    this.#paint();
    if (id) {
      this.#talk.log.toEnd();
      this.#talk.focus();
    } else this.#side.focus();
  }

  /** @param {string} id  of a conversation that waits */
  async #take(id) {
    this.tell("");
    try {
      const taken = await this.#client?.claim(id);
      if (taken) this.#choose(taken.id);
    } catch (error) {
      this.tell(claimProblem(error));
    }
  }
}
