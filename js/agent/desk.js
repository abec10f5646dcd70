/**
 * The agent's desk: what waits, a list of conversations and the one that is open. It draws an agent kit, and nothing that
 * is not in it; whose client that listens to is the page's to say.
 * @typedef {import("../widget/facade.js").Client} Client
 */
import { dropTarget } from "../widget/attach.js";
import { button, download, el, icon, retell, setAttribute, setText, show } from "../widget/dom.js";
import { locale, onLocale, setLocale } from "../widget/locale.js";
import { words } from "../widget/words.js";
import { AgentKit } from "./kit.js";
import { Side } from "./side.js";
import { Talk } from "./talk.js";
import { deskWords } from "./words.js";

/** @typedef {import("./types.js").KitView} KitView */

export class DeskView {
  /** The open one; "" after the list was chosen. @type {string|undefined} */
  #chosen;
  #drawing = false;
  #kit;
  #side;
  #talk;

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
   * @param {"sealed"|"plain"} [options.previews]  what the list says of a message; default "sealed": not what was written
   * @param {string} [options.language]        "de"; default the page's
   * @param {() => void} [options.useHere]
   * @param {() => void} [options.change]      another person sits down here
   * @param {import("./unread.js").Store} [options.store]
   * @param {string} [options.storeKey]
   * @param {(unread: number) => void} [options.onUnread]
   * @param {() => number} [options.clock]
   */
  constructor(options = {}) {
    const { language, useHere, change, onUnread, ...kept } = options;
    this.options = options;
    setLocale(language ?? document.documentElement.lang);
    this.#kit = new AgentKit({ ...kept, download, say: (text) => this.#talk.composer.announce(text), back: (draft) => this.#talk.putBack(draft) });
    this.#kit.subscribe(() => this.draw());
    this.#side = new Side({ choose: (id) => this.#choose(id), take: (id) => this.#take(id), change });
    this.#talk = new Talk({ kit: this.#kit, back: () => this.#choose(undefined) });
    this.#noticeBar = el("div", { class: "desk-notice" }, el("div", { role: "status" }, this.#noticeText),
      button("sw-notice-close", () => this.#kit.dismiss(), () => words.dismiss));
    this.#blank = el("div", { class: "desk-blank" }, icon("chat"), this.#blankText);
    this.#elsewhere = el("div", { class: "desk-blank" }, icon("tabs"), el("h2", {}, () => words.elsewhereTitle),
      el("p", {}, () => deskWords.elsewhere),
      button("desk-plain", () => useHere?.(), () => words.useHere));
    this.element = el("main", { class: "sw-root desk", lang: () => locale().tag }, el("h1", { class: "sw-unseen" }, () => deskWords.desk), this.#alert, this.#noticeBar,
      el("div", { class: "desk-body" }, this.#side.element, el("div", { class: "desk-main" }, this.#talk.element, this.#blank, this.#elsewhere)));
    dropTarget(this.element, {
      files: (files) => this.#talk.composer.attachments.add(files),
      problem: (text) => this.tell(text),
      allowed: () => this.#kit.view.state !== "elsewhere" && this.#talk.writable,
      over: this.#talk.element,
    });
    onLocale(() => this.#retell());
    this.draw();
  }

  /**
   * Says everything anew in a language; what is written, open or on its way stays as it is.
   * @param {string} language  "de", "de-AT"; one that is not spoken is English
   */
  setLocale(language) {
    setLocale(language);
  }

  /** @param {Client} client */
  attach(client) {
    this.#kit.attach(client);
  }

  /** Nothing works, and this is what to tell. @param {string} text */
  fail(text) {
    this.#kit.fail(text);
  }

  /** @param {string} text  "" to take the notice away */
  tell(text) {
    this.#kit.tell(text);
  }

  draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#paint();
    });
  }

  #retell() {
    this.#talk.log.hush();
    this.#talk.composer.retell();
    retell(this.element);
    this.draw();
  }

  #paint() {
    const kit = this.#kit;
    if (!this.#open && this.#chosen !== "") {
      // The first to come opens by itself; after "All conversations" the agent chooses.
      this.#chosen = kit.view.conversations.find((line) => !line.over)?.id;
    }
    const open = this.#open;
    if (open && !document.hidden) kit.markRead(open.id);

    const { view } = kit;
    setText(this.#alert, view.trouble);
    show(this.#alert, view.trouble !== "");
    const elsewhere = view.state === "elsewhere";
    this.#side.render(view, open?.id);
    this.options.onUnread?.(view.unread);

    setText(this.#blankText, blankText(view));
    show(this.#elsewhere, elsewhere);
    show(this.#talk.element, !elsewhere && open !== undefined);
    show(this.#blank, !elsewhere && open === undefined);
    setAttribute(this.element, "data-open", elsewhere || open !== undefined);
    setText(this.#noticeText, view.notice);
    show(this.#noticeBar, view.notice !== "");
    if (open && !elsewhere) this.#talk.render(open);
  }

  get #open() {
    return this.#kit.conversation(this.#chosen ?? "");
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
    const taken = await this.#kit.take(id);
    if (taken) this.#choose(taken);
  }
}

/** What stands where no conversation is open. @param {KitView} view */
function blankText({ conversations, queue }) {
  if (conversations.length > 0) return deskWords.choose;
  return queue.takes && queue.lines.length > 0 ? deskWords.chooseWaiting : deskWords.next;
}
