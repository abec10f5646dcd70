/**
 * The log of a conversation: rows are kept and changed in place, so that a live region reads out only what is new
 * and a reader's place is not lost.
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").MessageRow} MessageRow
 * @typedef {import("./files.js").FileLook} FileLook
 * @typedef {import("./files.js").FileAction|"putBack"} Action  what can be done with a message
 */
import { button, el, icon, setAttribute, setIcon, setText, show } from "./dom.js";
import { fileBody } from "./filebody.js";
import { linkRuns } from "./model.js";
import { chained, statusText } from "./rows.js";
import { timeText } from "./times.js";
import { words } from "./words.js";

/** So many of the newest are shown at first, and so many more at each asking. */
const page = 200;

/** Nearer to the end than this, in CSS px, the log follows what comes. */
const nearEnd = 48;

/** @typedef {{element: HTMLElement, update: (row: Row) => void}} RowView */

export class LogView {
  /** @type {Map<string, RowView>} */
  #views = new Map();
  #limit = page;
  #last = "";
  /** The reader is at the end, and stays there when a picture or the box below grows. */
  #following = true;
  #top = 0;
  /** @type {Conversation|undefined} */
  #conversation;
  /** @type {readonly Conversation[]} */
  #before = [];
  #log;
  #rows;
  #earlier;
  #newer;
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {(action: Action, message: Message) => void} options.act
   * @param {(message: Message) => FileLook} options.look  how a message's file stands
   * @param {() => number} [options.clock]
   */
  constructor({ act, look, clock = Date.now }) {
    this.act = act;
    this.look = look;
    this.clock = clock;
    this.#earlier = button("sw-earlier", () => this.#showEarlier(), "Show earlier messages");
    this.#rows = el("div", { class: "sw-rows" });
    this.#log = el("div", { class: "sw-log", role: "log", "aria-label": "Conversation", "aria-live": "polite", tabindex: "0" },
      this.#earlier, this.#rows);
    this.#newer = button("sw-newer", () => this.toEnd(), icon("down"), "New messages");
    show(this.#earlier, false);
    show(this.#newer, false);
    this.#log.addEventListener("scroll", () => {
      // Told late: what grew meanwhile is no sign that the reader went away, only a way back up is.
      this.#following = this.#atEnd() || (this.#following && this.#log.scrollTop >= this.#top);
      this.#top = this.#log.scrollTop;
      if (this.#following) show(this.#newer, false);
    }, { passive: true });
    const sizes = new ResizeObserver(() => { if (this.#following) this.toEnd(); });
    sizes.observe(this.#log);
    sizes.observe(this.#rows);
    this.element = el("div", { class: "sw-log-frame" }, this.#log, this.#newer);
  }

  /**
   * @param {Conversation|undefined} conversation
   * @param {readonly Conversation[]} [before]  those that it continues, oldest first: they stand above it
   */
  render(conversation, before = []) {
    // The object, not its id: a conversation gets its id only when the first message can be sealed.
    const fresh = conversation !== this.#conversation;
    this.#conversation = conversation;
    this.#before = before;
    if (fresh) this.#reset();
    const { rows, hidden } = chained(conversation ? [...before, conversation] : [], { now: this.clock(), limit: this.#limit });
    const follow = fresh || this.#following;
    // What was there before this page opened is not news.
    setAttribute(this.#log, "aria-busy", fresh ? "true" : undefined);
    show(this.#earlier, hidden > 0);
    this.#place(rows);
    const last = rows.at(-1);
    const arrived = !fresh && last !== undefined && last.key !== this.#last;
    this.#last = last?.key ?? "";
    if (fresh) queueMicrotask(() => setAttribute(this.#log, "aria-busy", undefined));
    if (follow || (arrived && last.kind === "message" && last.message.self)) this.toEnd();
    else if (arrived) show(this.#newer, true);
  }

  toEnd() {
    this.#following = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#top = this.#log.scrollTop;
    show(this.#newer, false);
  }

  focus() {
    this.#log.focus();
  }

  #atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < nearEnd;
  }

  #reset() {
    this.#limit = page;
    this.#last = "";
    this.#views.clear();
    this.#rows.replaceChildren();
  }

  #showEarlier() {
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.#limit += page;
    this.render(this.#conversation, this.#before);
    this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
    this.#log.focus();
  }

  /** @param {readonly Row[]} rows */
  #place(rows) {
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, view] of this.#views) {
      if (wanted.has(key)) continue;
      view.element.remove();
      this.#views.delete(key);
    }
    let next = this.#rows.firstChild;
    for (const row of rows) {
      let view = this.#views.get(row.key);
      if (!view) {
        view = row.kind === "message" ? messageRow(row, this.act, this.look) : noteRow(row);
        this.#views.set(row.key, view);
      }
      view.update(row);
      if (view.element === next) next = next.nextSibling;
      else this.#rows.insertBefore(view.element, next);
    }
  }
}

/**
 * A date, a gap, or something that happened.
 * @param {Row} row
 * @returns {RowView}
 */
function noteRow(row) {
  const text = el("span", { class: "sw-note-text", dir: "auto" });
  const time = el("span", { class: "sw-note-time" });
  const doubt = row.kind === "gap" || (row.kind === "note" && row.doubt);
  const element = el("div", { class: `sw-note ${doubt ? "sw-gap" : row.kind === "note" ? "sw-event" : "sw-date"}` },
    doubt ? icon("alert") : row.kind === "note" && icon(row.mark), el("span", { class: "sw-note-words" }, text, time));
  return {
    element,
    update(now) {
      if (now.kind === "message") return;
      setText(text, now.text);
      setText(time, now.kind === "note" ? now.time : "");
      show(time, time.textContent !== "");
    },
  };
}

/** What can be done with a text that was not sent. */
const textActions = /** @type {const} */ ([["retry", "Try again"], ["putBack", "Edit"], ["discard", "Discard"]]);

/**
 * @param {MessageRow} row
 * @param {(action: Action, message: Message) => void} act
 * @param {(message: Message) => FileLook} look
 * @returns {RowView}
 */
function messageRow(row, act, look) {
  let message = row.message;
  const name = el("span", { class: "sw-name" }, el("bdi"));
  const file = message.file ? fileBody((action) => act(action, message)) : null;
  const text = el("div", { class: "sw-text", dir: "auto" });
  const mark = icon("check");
  const statusWords = el("span");
  // Announced once, by the page's own status line if it matters; not at each step of each message.
  const status = el("span", { class: "sw-status", "aria-live": "off" }, mark, statusWords);
  const time = el("time", { class: "sw-time" });
  const actions = textActions.map(([action, label]) => button("sw-again", () => act(action, message), label));
  const again = el("span", { class: "sw-agains" }, ...actions);
  const foot = el("div", { class: "sw-foot" }, time, status, again);
  const element = el("div", { class: "sw-message" }, name, file?.element ?? text, foot);
  let shown = "";
  return {
    element,
    update(now) {
      if (now.kind !== "message") return;
      message = now.message;
      const looks = file ? look(message) : null;
      if (looks) file?.update(message, looks);
      const side = message.self ? "sw-self" : "sw-other";
      setAttribute(element, "class", `sw-message ${side}${now.first ? " sw-first" : ""}${now.last ? " sw-last" : ""}`);
      setAttribute(element, "data-id", message.id);
      setAttribute(element, "data-status", looks?.tone === "danger" ? "failed" : message.file?.state === "cancelled" ? "queued" : message.status);
      setAttribute(element, "data-unknown", message.unknown);
      setAttribute(element, "data-note", message.note);
      if (name.firstChild) setText(name.firstChild, now.name);
      setAttribute(name, "class", now.first && (!message.self || message.note) ? "sw-name" : "sw-name sw-unseen");
      const content = textOf(message);
      if (shown !== content || !text.firstChild) {
        shown = content;
        text.replaceChildren(...textNodes(shown));
      }
      setText(time, timeText(message.time));
      setAttribute(time, "datetime", new Date(message.time).toISOString());
      setIcon(mark, message.status === "failed" ? "alert" : message.status === "sent" ? "check" : "clock");
      setText(statusWords, statusText(message));
      // A file that is not there yet says more by itself.
      const told = now.showStatus && (!file || message.status === "sent");
      show(status, told);
      show(again, !file && message.self && message.status === "failed");
      if (actions[0]) show(actions[0], now.again);
      if (actions[1]) show(actions[1], now.edit);
      show(foot, now.last || told);
    },
  };
}

/**
 * What stands for a message that is no file: of one that the client could not make sense of only that, whatever it holds.
 * @param {Message} message
 */
export function textOf(message) {
  return message.unknown ? words.unknown : message.text;
}

/**
 * The text as nodes: text nodes, and links only where the text itself spells out an http or https address.
 * @param {string} text
 * @returns {Node[]}
 */
export function textNodes(text) {
  return linkRuns(text).map((run) => run.href
    ? el("a", { href: run.href, target: "_blank", rel: "noopener noreferrer nofollow", referrerpolicy: "no-referrer" }, run.text)
    : document.createTextNode(run.text));
}
