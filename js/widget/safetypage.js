/**
 * The safety number in the widget's panel: in the place of the log until one goes back.
 * @typedef {import("./safety.js").SafetyView} SafetyView
 */
import { button, el, icon, setAttribute, setText, show } from "./dom.js";
import { SafetyPart } from "./safetypart.js";
import { unreadText, words } from "./words.js";

let made = 0;

export class SafetyPage {
  #title = el("h3", { class: "sw-safety-title", tabindex: "-1" });
  /** What came meanwhile is counted, as while the chat is closed: the words themselves wait in the log. */
  #news = el("p", { class: "sw-safety-news", role: "status" });
  #part;
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {() => void} options.back
   * @param {() => void} options.again
   */
  constructor({ back, again }) {
    const id = `sw-safety-${++made}`;
    setAttribute(this.#title, "id", id);
    this.#part = new SafetyPart(again);
    const leave = button("sw-back", back, icon("back"));
    setAttribute(leave, "aria-label", () => words.back);
    setAttribute(leave, "title", () => words.back);
    this.element = el("div", { class: "sw-safety-page" }, el("div", { class: "sw-safety-head" }, leave, this.#title), this.#news,
      el("div", { class: "sw-safety-scroll", role: "region", "aria-labelledby": id, tabindex: "0" }, this.#part.element));
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back();
    });
    show(this.element, false);
  }

  /**
   * @param {SafetyView|undefined} view  undefined: not shown
   * @param {number} [unread]            messages that came while it was
   */
  render(view, unread = 0) {
    show(this.element, view !== undefined);
    setText(this.#news, unread ? unreadText(unread) : "");
    if (!view) return;
    setText(this.#title, view.title);
    this.#part.render(view);
  }

  focus() {
    this.#title.focus();
  }
}
