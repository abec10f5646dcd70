/**
 * The log of a conversation: rows are kept and changed in place, so that a live region reads out only what is new
 * and a reader's place is not lost.
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./messagerow.js").MessageRow} MessageRow
 * @typedef {import("./messagerow.js").TextAction} TextAction
 * @typedef {import("./messagerow.js").Action} Action
 */
import { button, el, icon, setAttribute, setIcon, setText, show } from "./dom.js";
import { fileBody } from "./filebody.js";
import { locale } from "./locale.js";
import { linkRuns } from "./model.js";
import { words } from "./words.js";

/** Nearer to the end than this, in CSS px, the log follows what comes. */
const nearEnd = 48;

/** So long the log is busy after what is no news, ms: assistive technology looks at it a little later than it changes. */
const hushFor = 100;

/** @typedef {{element: HTMLElement, update: (row: Row) => void}} RowView */

export class LogView {
  /** @type {Map<string, RowView>} */
  #views = new Map();
  #last = "";
  /** The reader is at the end, and stays there when a picture or the box below grows. */
  #following = true;
  #top = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #hushed;
  /** What the rows are of. @type {unknown} */
  #subject;
  #log;
  #rows;
  #earlier;
  #newer;
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {(action: Action, message: Message) => void} options.act
   * @param {() => void} options.more  renders again, with more of what came before
   */
  constructor({ act, more }) {
    this.act = act;
    this.more = more;
    this.#earlier = button("sw-earlier", () => this.#showEarlier(), () => words.showEarlier);
    this.#rows = el("div", { class: "sw-rows" });
    this.#log = el("div", { class: "sw-log", role: "log", "aria-label": () => words.conversation, "aria-live": "polite", tabindex: "0" },
      this.#earlier, this.#rows);
    this.#newer = button("sw-newer", () => this.toEnd(), icon("down"), () => words.newMessages);
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
   * @param {unknown} subject  what the rows are of: another one begins the log anew
   * @param {{rows: readonly Row[], hidden: number}} shown
   */
  render(subject, { rows, hidden }) {
    const fresh = subject !== this.#subject;
    this.#subject = subject;
    if (fresh) this.#reset();
    const follow = fresh || this.#following;
    // What was there before this page opened is not news.
    if (fresh) this.hush();
    show(this.#earlier, hidden > 0);
    this.#place(rows);
    const last = rows.at(-1);
    const arrived = !fresh && last !== undefined && last.key !== this.#last;
    this.#last = last?.key ?? "";
    if (follow || (arrived && last.kind === "message" && last.message.self)) this.toEnd();
    else if (arrived) show(this.#newer, true);
  }

  /** What changes now is no news: it is the same in another language. */
  hush() {
    setAttribute(this.#log, "aria-busy", "true");
    clearTimeout(this.#hushed);
    this.#hushed = setTimeout(() => setAttribute(this.#log, "aria-busy", undefined), hushFor);
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
    this.#last = "";
    this.#views.clear();
    this.#rows.replaceChildren();
  }

  #showEarlier() {
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.more();
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
        view = row.kind === "message" ? messageView(row, this.act) : noteView(row);
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
function noteView(row) {
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

/** @type {readonly TextAction[]} */
const textActions = ["retry", "putBack", "discard"];

/**
 * @param {MessageRow} row
 * @param {(action: Action, message: Message) => void} act
 * @returns {RowView}
 */
function messageView(row, act) {
  let message = row.message;
  const name = el("span", { class: "sw-name" }, el("bdi"));
  const file = message.file ? fileBody((action) => act(action, message)) : null;
  const text = el("div", { class: "sw-text", dir: "auto" });
  const mark = icon("check");
  const statusWords = el("span");
  // Announced once, by the page's own status line if it matters; not at each step of each message.
  const status = el("span", { class: "sw-status", "aria-live": "off" }, mark, statusWords);
  const time = el("time", { class: "sw-time" });
  const actions = textActions.map((action) => ({ action, press: button("sw-again", () => act(action, message), () => locale().actions[action]) }));
  const again = el("span", { class: "sw-agains" }, ...actions.map(({ press }) => press));
  const foot = el("div", { class: "sw-foot" }, time, status, again);
  const element = el("div", { class: "sw-message" }, name, file?.element ?? text, foot);
  let shown = "";
  return {
    element,
    update(now) {
      if (now.kind !== "message") return;
      message = now.message;
      const looks = now.look;
      if (looks) file?.update(message, looks);
      const side = message.self ? "sw-self" : "sw-other";
      setAttribute(element, "class", `sw-message ${side}${now.first ? " sw-first" : ""}${now.last ? " sw-last" : ""}`);
      setAttribute(element, "data-id", message.id);
      setAttribute(element, "data-status", looks?.tone === "danger" ? "failed" : message.file?.state === "cancelled" ? "queued" : message.status);
      setAttribute(element, "data-unknown", message.unknown);
      setAttribute(element, "data-note", message.note);
      if (name.firstChild) setText(name.firstChild, now.name);
      setAttribute(name, "class", now.first && (!message.self || message.note) ? "sw-name" : "sw-name sw-unseen");
      if (shown !== now.text || !text.firstChild) {
        shown = now.text;
        text.replaceChildren(...textNodes(shown));
      }
      setText(time, now.time);
      setAttribute(time, "datetime", new Date(message.time).toISOString());
      setIcon(mark, message.status === "failed" ? "alert" : message.status === "sent" ? "check" : "clock");
      setText(statusWords, now.status);
      show(status, now.showStatus);
      show(again, now.actions.length > 0);
      for (const { action, press } of actions) show(press, now.actions.includes(action));
      show(foot, now.last || now.showStatus);
    },
  };
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
