/**
 * The agent's desk: a list of conversations and the one that is open. It draws a client that it is given.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Message} Message
 * @typedef {import("./list.js").Line} Line
 */
import { dropTarget } from "../widget/attach.js";
import { Composer } from "../widget/composer.js";
import { button, download, el, icon, setAttribute, setIcon, setText, show } from "../widget/dom.js";
import { fileLook, fileName } from "../widget/files.js";
import { LogView } from "../widget/log.js";
import { act } from "../widget/acts.js";
import { blocked, connectionOf, isOver, isPaused, lockOf, plainName } from "../widget/model.js";
import { People } from "../widget/people.js";
import { Transfers } from "../widget/transfers.js";
import { backgroundText, codeOf, notNow, noticeText, sentence, unreadText, words } from "../widget/words.js";
import { customerOf, lines, titleOf } from "./list.js";
import { Unread } from "./unread.js";

const changes = /** @type {const} */ (["state", "agents", "conversation", "members", "message"]);
const lockIcons = Object.freeze({ secure: "lock", pending: "clock", open: "unlock", danger: "alert" });

export class DeskView {
  /** @type {Client|undefined} */
  #client;
  /** @type {string|undefined} */
  #chosen;
  #drawing = false;
  #failure = "";
  #notice = "";
  /** @type {Map<string, {element: HTMLLIElement, update: (line: Line, current: boolean) => void}>} */
  #items = new Map();
  #unread;
  #refresh = () => {
    this.transfers.check();
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

  #name = el("p", { class: "desk-name" });
  #face = el("span", { class: "desk-face", "aria-hidden": "true" });
  #connection = el("span");
  #dot = el("span", { class: "desk-dot", "aria-hidden": "true" });
  #total = el("p", { class: "sw-unseen", role: "status" });
  #list = el("ul", { class: "desk-list" });
  #none;
  #alert = el("p", { class: "desk-alert", role: "alert" });
  #elsewhere;
  #talk;
  #blank;
  #blankText = el("p");
  #title = el("h2", { class: "desk-title" });
  #doubt;
  #who;
  #people = new People();
  #lock = el("p", { class: "desk-lock", role: "status" });
  #lockIcon = icon("unlock");
  #lockWords = el("span", { class: "desk-lock-title" });
  #lockDetail = el("span", { class: "desk-lock-detail" });
  #noticeBar;
  #noticeText = el("span");
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} [options]
   * @param {string} [options.name]            the agent, until a conversation says so
   * @param {() => void} [options.useHere]
   * @param {import("./unread.js").Store|undefined} [options.store]
   * @param {string} [options.storeKey]
   * @param {(unread: number) => void} [options.onUnread]
   * @param {() => number} [options.clock]
   */
  constructor(options = {}) {
    this.options = options;
    this.clock = options.clock ?? Date.now;
    this.#unread = new Unread(options.store, options.storeKey ?? "sealwire-desk read");
    this.transfers = new Transfers({
      say: (text) => this.composer.announce(text),
      tell: (text) => this.tell(text),
      changed: () => this.draw(),
      back: (conversation, file, problem) => {
        this.composer.restore({ files: [file] }, problem, conversation.id);
        if (conversation !== this.conversation) this.tell(`${fileName(file.name)}: ${problem}`);
      },
      download,
    });
    this.log = new LogView({ act: (action, message) => void this.#act(action, message), look: (message) => this.#look(message), clock: this.clock });
    this.composer = new Composer({ way: () => this.#way(), placeholder: "Write an answer" });

    this.#none = el("div", { class: "desk-none" }, el("p", { class: "desk-none-title" }, "No conversations yet"),
      el("p", {}, "When a customer writes, the conversation appears here by itself."));
    const side = el("nav", { class: "desk-side", "aria-label": "Conversations" },
      el("div", { class: "desk-me" }, this.#face,
        el("div", {}, this.#name, el("p", { class: "desk-connection", role: "status" }, this.#dot, this.#connection))),
      this.#total, this.#list, this.#none);

    this.#doubt = button("desk-doubt", () => this.#toggleWho(), icon("alert"), el("span", {}, "not verified"));
    setAttribute(this.#doubt, "title", words.notVerified);
    this.#who = button("desk-who", () => this.#toggleWho(), icon("people"), el("span", {}, "Who can read"));
    setAttribute(this.#who, "aria-expanded", "false");
    show(this.#people.element, false);
    const back = button("desk-back", () => this.#choose(undefined), icon("back"));
    setAttribute(back, "aria-label", "All conversations");
    this.#lock.append(this.#lockIcon, el("span", { class: "desk-lock-words" }, this.#lockWords, this.#lockDetail));
    this.#noticeBar = el("div", { class: "desk-notice" }, el("div", { role: "status" }, this.#noticeText),
      button("sw-notice-close", () => this.tell(""), "Dismiss"));
    this.#talk = el("section", { class: "desk-talk", "aria-label": "Open conversation" },
      el("div", { class: "desk-head" }, back, el("div", { class: "desk-who-is" }, this.#title, this.#doubt), this.#who),
      this.#lock, this.#people.element, this.log.element, this.composer.element);
    this.#blank = el("div", { class: "desk-blank" }, icon("chat"), this.#blankText);
    this.#elsewhere = el("div", { class: "desk-blank" }, icon("tabs"), el("h2", {}, "Open in another tab"),
      el("p", {}, "The desk runs in one tab at a time, so that no message is sent twice."),
      button("desk-plain", () => this.options.useHere?.(), "Use here"));
    this.element = el("main", { class: "sw-root desk" }, el("h1", { class: "sw-unseen" }, "Desk"), this.#alert, this.#noticeBar,
      el("div", { class: "desk-body" }, side, el("div", { class: "desk-main" }, this.#talk, this.#blank, this.#elsewhere)));
    dropTarget(this.element, {
      files: (files) => this.composer.attachments.add(files),
      problem: (text) => this.tell(text),
      allowed: () => this.#open !== undefined,
      over: this.#talk,
    });
    this.draw();
  }

  /** The conversation that can be written in now. */
  get #open() {
    const conversation = this.#client?.state === "elsewhere" ? undefined : this.conversation;
    return conversation && !this.#failure && !blocked(this.#client, conversation) ? conversation : undefined;
  }

  /** @param {Client} client */
  attach(client) {
    this.#client = client;
    for (const type of changes) client.on(type, this.#refresh);
    client.on("notice", this.#onNotice);
    client.on("error", this.#onError);
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
    if (!this.conversation && this.#chosen !== "") {
      // The first to come opens by itself; after "All conversations" the agent chooses.
      const first = lines(all, { now: this.clock(), unread: (c) => this.#unread.count(c) })[0];
      this.#chosen = first?.id;
    }
    const conversation = this.conversation;
    if (conversation && !document.hidden) this.#unread.markRead(conversation);

    const self = all.flatMap((c) => c.members).find((m) => m.self);
    const name = plainName(self?.alias ?? "") || this.options.name || "Agent desk";
    setText(this.#name, name);
    setText(this.#face, name.slice(0, 1).toUpperCase());
    setText(this.#connection, this.#failure ? "Stopped" : connectionOf(client));
    setAttribute(this.#dot, "data-state", this.#failure ? "refused" : client?.state ?? "connecting");

    const failure = this.#failure || this.#trouble(client);
    setText(this.#alert, failure);
    show(this.#alert, failure !== "");

    const elsewhere = client?.state === "elsewhere";
    const listed = elsewhere ? [] : lines(all, { now: this.clock(), unread: (c) => this.#unread.count(c) });
    this.#paintList(listed);
    show(this.#none, listed.length === 0 && !elsewhere);
    setText(this.#blankText, listed.length ? "Choose a conversation to read and answer it." : "The next conversation opens here.");
    const total = listed.reduce((sum, line) => sum + line.unread, 0);
    setText(this.#total, total ? unreadText(total) : "");
    this.options.onUnread?.(total);

    show(this.#elsewhere, elsewhere);
    show(this.#talk, !elsewhere && conversation !== undefined);
    show(this.#blank, !elsewhere && conversation === undefined);
    setAttribute(this.element, "data-open", elsewhere || conversation !== undefined);
    setText(this.#noticeText, this.#notice);
    show(this.#noticeBar, this.#notice !== "");
    if (!conversation || elsewhere) return;

    const customer = customerOf(conversation);
    setText(this.#title, titleOf(conversation));
    show(this.#doubt, customer !== undefined && !customer.verified);
    const lock = conversation.state === "waiting"
      ? { tone: /** @type {const} */ ("pending"), title: "Setting up encryption…", detail: "" }
      : lockOf(client, conversation);
    setAttribute(this.#lock, "data-tone", lock.tone);
    setIcon(this.#lockIcon, lockIcons[lock.tone]);
    setText(this.#lockWords, lock.title);
    const offline = client?.state === "offline" && lock.tone === "secure";
    setText(this.#lockDetail, offline ? words.reconnecting : isPaused(conversation) || isOver(conversation) ? lock.detail : "");
    this.#people.render(conversation.members);
    this.log.render(conversation);
    this.composer.turnTo(conversation.id);
    this.composer.block(this.#failure || blocked(client, conversation), isPaused(conversation) ? words.paused : words.shut);
    show(this.composer.element, conversation.state !== "closed");
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

  /** @param {readonly Line[]} listed */
  #paintList(listed) {
    const wanted = new Set(listed.map((line) => line.id));
    for (const [id, item] of this.#items) {
      if (wanted.has(id)) continue;
      item.element.remove();
      this.#items.delete(id);
    }
    let next = this.#list.firstChild;
    for (const line of listed) {
      let item = this.#items.get(line.id);
      if (!item) {
        item = lineItem(line.id, (id) => this.#choose(id));
        this.#items.set(line.id, item);
      }
      item.update(line, line.id === this.#chosen);
      if (item.element === next) next = next.nextSibling;
      else this.#list.insertBefore(item.element, next);
    }
  }

  /** @param {string|undefined} id  undefined: none, the list alone */
  #choose(id) {
    this.#chosen = id ?? "";
    this.#paint();
    if (id) {
      this.log.toEnd();
      this.composer.focus();
    } else this.#list.querySelector("button")?.focus();
  }

  #toggleWho() {
    const open = this.#people.element.hidden === true;
    show(this.#people.element, open);
    setAttribute(this.#who, "aria-expanded", String(open));
    setAttribute(this.#doubt, "aria-expanded", String(open));
  }

  /** What is sent now goes to the conversation that is open now, however long it takes. @returns {import("../widget/composer.js").Way} */
  #way() {
    const conversation = this.conversation;
    this.#notice = "";
    return {
      send: async (text) => {
        if (!conversation) throw notNow();
        await conversation.send(text);
        this.draw();
      },
      sendFiles: async (files) => {
        if (!conversation) throw notNow();
        this.transfers.send(conversation, files);
      },
    };
  }

  /** @param {Message} message */
  #look(message) {
    return fileLook(message, { state: this.conversation?.state, online: this.#client?.state === "online", here: this.transfers.has(message.id), saved: this.transfers.saved(message.id) });
  }

  /** @param {import("../widget/log.js").Action} action @param {Message} message */
  async #act(action, message) {
    const conversation = this.conversation;
    if (!conversation) return;
    try {
      await act(action, { conversation, message, transfers: this.transfers, composer: this.composer });
      // The pressed one is gone with its row, or hidden: the focus stays near.
      if (action === "discard" || (action === "retry" && !message.file)) this.log.focus();
    } catch (error) {
      this.tell(sentence(codeOf(error)));
    }
    this.draw();
  }
}

/**
 * @param {string} id
 * @param {(id: string) => void} choose
 */
function lineItem(id, choose) {
  const name = el("span", { class: "desk-line-name" }, el("bdi"));
  const time = el("span", { class: "desk-line-time" });
  const preview = el("span", { class: "desk-line-preview", dir: "auto" });
  const count = el("span", { class: "desk-count" });
  const mark = el("span", { class: "desk-mark" });
  const press = button("desk-line", () => choose(id), name, time, preview, count, mark);
  const element = el("li", {}, press);
  return {
    element,
    /** @param {Line} line @param {boolean} current */
    update(line, current) {
      if (name.firstChild) setText(name.firstChild, line.name);
      setText(time, line.time);
      setText(preview, line.preview);
      setText(count, line.unread > 99 ? "99+" : String(line.unread));
      setAttribute(count, "aria-label", unreadText(line.unread));
      show(count, line.unread > 0);
      setText(mark, [line.mark, line.verified ? "" : "not verified"].filter(Boolean).join(" · "));
      show(mark, mark.textContent !== "");
      setAttribute(press, "aria-current", current ? "true" : undefined);
      setAttribute(press, "data-unread", line.unread > 0);
    },
  };
}
