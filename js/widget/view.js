/**
 * The customer's chat as seen: launcher, panel, header, lock state, log, box. It draws a client that it is given;
 * which client that is, is decided by the element, and only there.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Message} Message
 */
import { act } from "./acts.js";
import { dropTarget } from "./attach.js";
import { Composer } from "./composer.js";
import { button, download, el, icon, setAttribute, setText, show } from "./dom.js";
import { fileLook } from "./files.js";
import { Head } from "./head.js";
import { readers } from "./ledger.js";
import { LockBar } from "./lockbar.js";
import { LogView } from "./log.js";
import { currentOf, earlierOf, nameOf, peopleOf } from "./model.js";
import { customerMoves } from "./moves.js";
import { People } from "./people.js";
import { Question } from "./question.js";
import { chained, page } from "./rows.js";
import { blocked, brokenText, connectionOf, hasBox, isPaused, lockOf } from "./standing.js";
import { sheets } from "./style.js";
import { Transfers } from "./transfers.js";
import { backgroundText, codeOf, listText, notNow, noticeText, sentence, unreadText, words } from "./words.js";

/**
 * Where the page itself stands, before and beside what a client says.
 * @typedef {{kind: "loading"}
 *   | {kind: "unset"}
 *   | {kind: "missing"}
 *   | {kind: "broken"}
 *   | {kind: "refused", code: string}
 *   | {kind: "failed", code: string}
 *   | {kind: "running"}} Stage
 */

/** What a client says has changed, whatever it was: the view reads all of it anew. */
const changes = /** @type {const} */ (["state", "agents", "conversation", "members", "message"]);

export class ChatView {
  /** @type {Client|undefined} */
  #client;
  /** @type {Stage} */
  #stage = { kind: "loading" };
  #isOpen = false;
  #unread = 0;
  /** @type {Set<string>} messages that were on screen, or were there before */
  #seen = new Set();
  /** @type {Conversation|undefined} */
  #seenIn;
  #drawing = false;
  /** @type {Conversation|undefined} */
  #shown;
  #limit = page;
  #clock;
  #notice = "";
  #refresh = () => {
    this.transfers.check();
    this.draw();
  };
  /** @param {import("./facade.js").Notice} notice */
  #onNotice = (notice) => {
    const text = noticeText(notice);
    if (text && !this.options.onNotice?.({ code: notice.code ?? "", text })) this.#tell(text);
  };
  /** @param {{error: Error}} detail */
  #onError = ({ error }) => {
    const state = this.#client?.state;
    const text = backgroundText(error);
    if (text && state !== "refused" && state !== "closed") this.#tell(text);
  };
  /** @type {((error: Error|null) => void)[]} */
  #waiting = [];

  #badge = el("span", { class: "sw-badge", "aria-hidden": "true" });
  #launcher;
  #panel;
  #head = new Head({ who: () => this.#toggleWho(), close: () => this.close() });
  #lock = new LockBar("sw-lock");
  #question = new Question(() => this.#answered());
  #people = new People();
  #alert = el("div", { class: "sw-alert", role: "alert" });
  #alertText = el("span");
  #noticeBar;
  #noticeText = el("span");
  #empty;
  #talk;
  #elsewhere;
  #ended;
  #anew;
  #again;

  /**
   * @param {ShadowRoot} root
   * @param {object} [options]
   * @param {string} [options.heading]                 the title while nobody is there
   * @param {() => void} [options.useHere]             "Use here" in a second tab
   * @param {(before: Conversation|undefined) => unknown} [options.startAnew]  after the conversation has ended
   * @param {() => void} [options.tryAgain]            after starting failed
   * @param {(open: boolean) => void} [options.onToggle]
   * @param {(notice: {code: string, text: string}) => boolean} [options.onNotice]  true: told elsewhere
   * @param {() => number} [options.clock]
   */
  constructor(root, options = {}) {
    this.options = options;
    this.#clock = options.clock ?? Date.now;
    this.root = root;
    this.heading = options.heading || "Chat with us";
    root.adoptedStyleSheets = sheets();

    this.#launcher = button("sw-launcher", () => this.toggle(), icon("chat"), this.#badge);
    setAttribute(this.#launcher, "aria-haspopup", "dialog");

    show(this.#people.element, false);
    this.transfers = new Transfers({
      say: (text) => this.composer.announce(text),
      tell: (text) => this.#tell(text),
      changed: () => this.draw(),
      back: (_, file, problem) => this.composer.restore({ files: [file] }, problem),
      download,
    });
    this.log = new LogView({ act: (action, message) => void this.#act(action, message), more: () => this.#more() });
    this.composer = new Composer({ way: () => this.#way() });

    this.#noticeBar = el("div", { class: "sw-notice" }, el("div", { role: "status" }, this.#noticeText),
      button("sw-notice-close", () => this.#tell(""), "Dismiss"));
    this.#empty = el("div", { class: "sw-empty" }, icon("lock"),
      el("p", { class: "sw-empty-title" }, "Write to us in private"),
      el("p", {}, "Your message is encrypted before it leaves this device. Only you and whoever answers can read it, not the server in between."));
    this.#anew = button("sw-plain", () => void this.#startAnew(), "Start a new conversation");
    this.#ended = el("div", { class: "sw-ended" }, this.#anew);
    this.#talk = el("div", { class: "sw-talk" }, el("div", { class: "sw-middle" }, this.log.element, this.#empty),
      this.#noticeBar, this.#ended, this.composer.element);
    this.#elsewhere = el("div", { class: "sw-elsewhere" }, icon("tabs"),
      el("p", { class: "sw-empty-title" }, "Open in another tab"), el("p", {}, words.elsewhere),
      button("sw-plain", () => this.options.useHere?.(), "Use here"));
    this.#again = button("sw-plain", () => this.options.tryAgain?.(), "Try again");
    this.#alert.append(this.#alertText);

    this.#panel = el("section", { class: "sw-panel", role: "dialog", "aria-label": this.heading },
      this.#head.element, this.#question.element, this.#people.element, this.#lock.element, el("div", { class: "sw-alert-frame" }, this.#alert, this.#again), this.#talk, this.#elsewhere);
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      this.close();
    });
    dropTarget(this.#panel, {
      files: (files) => this.composer.attachments.add(files),
      problem: (text) => this.#tell(text),
      allowed: () => this.#blockedBy() === "" && this.#client?.state !== "elsewhere",
    });
    show(this.#panel, false);
    root.append(this.#panel, this.#launcher);
    this.draw();
  }

  get isOpen() {
    return this.#isOpen;
  }

  get unread() {
    return this.#unread;
  }

  /** @param {{focus?: boolean}} [options]  focus: false where nobody pressed anything */
  open({ focus = true } = {}) {
    if (this.#isOpen) return;
    this.#isOpen = true;
    show(this.#panel, true);
    this.draw();
    this.log.toEnd();
    if (focus) this.focus();
    this.options.onToggle?.(true);
  }

  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    show(this.#panel, false);
    // Now, not at the next drawing: what is hidden cannot take the focus.
    show(this.#launcher, true);
    this.#launcher.focus();
    this.draw();
    this.options.onToggle?.(false);
  }

  toggle() {
    if (this.#isOpen) this.close();
    else this.open();
  }

  focus() {
    if (this.#client?.state === "elsewhere") this.#elsewhere.querySelector("button")?.focus();
    else this.composer.focus();
  }

  /** @param {Stage} stage */
  stage(stage) {
    this.#stage = stage;
    if (stage.kind !== "loading" && stage.kind !== "running") this.#settle(notNow());
    this.draw();
  }

  /** @param {Client} client */
  attach(client) {
    this.detach();
    this.#client = client;
    for (const type of changes) client.on(type, this.#refresh);
    client.on("notice", this.#onNotice);
    client.on("error", this.#onError);
    this.#stage = { kind: "running" };
    this.draw();
  }

  detach() {
    const client = this.#client;
    if (!client) return;
    for (const type of changes) client.off(type, this.#refresh);
    client.off("notice", this.#onNotice);
    client.off("error", this.#onError);
    this.#client = undefined;
  }

  /** One drawing for all that changes in one turn. */
  draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#paint();
    });
  }

  get conversation() {
    return currentOf(this.#client);
  }

  #paint() {
    const client = this.#client;
    const conversation = this.conversation;
    const stage = this.#stage;
    if (conversation) this.#settle(null);
    this.#count(conversation);

    const people = peopleOf(conversation);
    const earlier = earlierOf(client, conversation);
    const stopped = stage.kind !== "running" && stage.kind !== "loading";
    if (client?.state === "closed") this.#settle(notNow());
    const elsewhere = client?.state === "elsewhere";
    this.#head.render({
      title: listText(people.map(nameOf)) || this.heading,
      face: people[0] ? nameOf(people[0]) : this.heading,
      connection: stopped ? "Stopped" : connectionOf(client, conversation),
      state: stopped ? "refused" : client?.state ?? "connecting",
      who: Boolean(conversation?.members.length) && !elsewhere,
    });

    const lock = stopped ? { tone: /** @type {const} */ ("danger"), title: "Not encrypted, nothing is sent", detail: "" } : lockOf(client, conversation);
    const offline = client?.state === "offline" && lock.tone !== "danger" && !isPaused(conversation);
    this.#lock.render(lock, offline ? words.reconnecting : lock.tone === "danger" ? "" : lock.detail);
    this.#people.render(conversation ? readers(conversation.members, conversation.ledger, this.#clock()) : []);

    const trouble = this.#trouble(client, conversation);
    setText(this.#alertText, trouble);
    show(/** @type {HTMLElement} */ (this.#alert.parentElement), trouble !== "");
    this.#offer(stopped || client?.state !== "online" ? undefined : conversation);
    show(this.#again, stage.kind === "failed" || client?.state === "closed");

    show(this.#elsewhere, elsewhere);
    show(this.#talk, !elsewhere);
    show(this.#lock.element, !elsewhere);
    if (!elsewhere) this.#paintLog(conversation, earlier);
    show(this.#empty, !stopped && !conversation?.messages.length && earlier.length === 0 && client?.state !== "refused" && client?.state !== "closed");
    setText(this.#noticeText, this.#notice);
    show(this.#noticeBar, this.#notice !== "");
    show(this.#ended, conversation?.state === "closed" || conversation?.state === "lost" || conversation?.state === "rejoining");
    // What goes on by itself is not to be left lightly.
    setAttribute(this.#anew, "data-quiet", isPaused(conversation));
    this.composer.block(this.#blockedBy(), isPaused(conversation) ? words.paused : words.shut);
    show(this.composer.element, hasBox(conversation));
  }

  /** Why nothing can be written now, or "". */
  #blockedBy() {
    const client = this.#client;
    const stopped = this.#stage.kind !== "running" && this.#stage.kind !== "loading";
    return stopped ? this.#trouble(client, this.conversation) : blocked(client, this.conversation);
  }

  /**
   * What a person must be told, and told aloud.
   * @param {Client|undefined} client
   * @param {Conversation|undefined} conversation
   */
  #trouble(client, conversation) {
    const stage = this.#stage;
    if (stage.kind === "unset") return words.unset;
    if (stage.kind === "missing") return `This chat cannot encrypt here. ${words.missing}`;
    if (stage.kind === "broken") return `This chat cannot encrypt here. ${words.broken}`;
    if (stage.kind === "refused" || client?.state === "refused") return words.refused;
    if (stage.kind === "failed") return sentence(stage.code);
    if (client?.state === "closed") return words.stopped;
    return brokenText(conversation);
  }

  /** @param {Conversation|undefined} conversation */
  #count(conversation) {
    const messages = conversation?.messages ?? [];
    if (this.#isOpen || conversation !== this.#seenIn) {
      this.#seenIn = conversation;
      for (const message of messages) this.#seen.add(message.id);
    }
    this.#unread = messages.filter((m) => !m.self && !this.#seen.has(m.id)).length;
    setText(this.#badge, this.#unread > 99 ? "99+" : String(this.#unread));
    show(this.#badge, this.#unread > 0);
    setAttribute(this.#launcher, "aria-label", this.#unread ? `Open chat, ${unreadText(this.#unread)}` : "Open chat");
    setAttribute(this.#launcher, "aria-expanded", String(this.#isOpen));
    show(this.#launcher, !this.#isOpen);
  }

  /** @param {Conversation|undefined} conversation  undefined: nothing can be asked now */
  #offer(conversation) {
    const moves = conversation ? customerMoves(conversation) : [];
    this.#head.menu.offer(moves.map((move) => ({ ...move, run: () => this.#question.ask(move.question) })));
    if (moves.length === 0) this.#question.close();
  }

  /** The focus goes back to where the question came from, or on to what is there instead. */
  #answered() {
    this.#paint();
    if (this.#isOpen && !this.#head.menu.element.hidden) this.#head.menu.button.focus();
    else if (this.#isOpen && !this.#ended.hidden) this.#anew.focus();
  }

  async #startAnew() {
    await this.options.startAnew?.(this.conversation);
    this.#paint();
    this.focus();
  }

  #toggleWho() {
    const open = this.#people.element.hidden === true;
    show(this.#people.element, open);
    this.#head.expanded(open);
  }

  /** @param {string} text  "" to take the notice away */
  #tell(text) {
    this.#notice = text;
    this.draw();
  }

  /** @returns {import("./composer.js").Way} */
  #way() {
    return {
      send: async (text) => {
        await (await this.#ready()).send(text);
        this.draw();
      },
      sendFiles: async (files) => this.transfers.send(await this.#ready(), files),
    };
  }

  /** @param {Conversation|undefined} conversation @param {readonly Conversation[]} earlier  that it continues */
  #paintLog(conversation, earlier) {
    // The object, not its id: a conversation gets its id only when the first message can be sealed.
    if (conversation !== this.#shown) this.#limit = page;
    this.#shown = conversation;
    const online = this.#client?.state === "online";
    this.log.render(conversation, chained(conversation ? [...earlier, conversation] : [], {
      now: this.#clock(),
      limit: this.#limit,
      look: (message, { state }) => fileLook(message, { state, online, here: this.transfers.has(message.id), saved: this.transfers.saved(message.id) }),
    }));
  }

  #more() {
    this.#limit += page;
    this.#paint();
  }

  /** The one of now or one that it continues. @param {Message} message */
  #partOf(message) {
    const conversation = this.conversation;
    return [...earlierOf(this.#client, conversation), ...(conversation ? [conversation] : [])].find((part) => part.messages.some((m) => m.id === message.id));
  }

  /** @param {string} text */
  #putBack(text) {
    this.composer.restore({ text });
    this.composer.focus();
  }

  /** @param {import("./messagerow.js").Action} action @param {Message} message */
  async #act(action, message) {
    const conversation = this.#partOf(message);
    if (!conversation) return;
    try {
      await act(action, { conversation, message, transfers: this.transfers, putBack: (text) => this.#putBack(text) });
      // The pressed one is gone with its row, or hidden: the focus stays near.
      if (action === "discard" || (action === "retry" && !message.file)) this.log.focus();
    } catch (error) {
      this.#tell(sentence(codeOf(error)));
    }
    this.draw();
  }

  /** Until there is a conversation to send in; what was typed waits with the composer. @returns {Promise<Conversation>} */
  async #ready() {
    if (!this.conversation) {
      await new Promise((resolve, reject) => {
        this.#waiting.push((error) => (error ? reject(error) : resolve(undefined)));
      });
    }
    if (!this.conversation) throw notNow();
    this.#notice = "";
    return this.conversation;
  }

  /** @param {Error|null} error */
  #settle(error) {
    for (const done of this.#waiting.splice(0)) done(error);
  }
}
