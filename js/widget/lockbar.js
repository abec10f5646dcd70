/** How the ends stand, as a bar: a colour, a drawing and the words, of which the words alone suffice. */
import { el, icon, setAttribute, setIcon, setText } from "./dom.js";

/** @typedef {import("./standing.js").Lock} Lock */

const icons = Object.freeze({ secure: "lock", pending: "clock", open: "unlock", danger: "alert" });

export class LockBar {
  #icon = icon("unlock");
  #title;
  #detail;
  element;

  /** @param {"sw-lock"|"desk-lock"} name  of its class */
  constructor(name) {
    this.#title = el("span", { class: `${name}-title` });
    this.#detail = el("span", { class: `${name}-detail` });
    this.element = el("div", { class: name }, this.#icon, el("div", { class: `${name}-words`, role: "status" }, this.#title, this.#detail));
  }

  /**
   * @param {Pick<Lock, "tone"|"title">} lock
   * @param {string} detail
   */
  render({ tone, title }, detail) {
    setAttribute(this.element, "data-tone", tone);
    setIcon(this.#icon, icons[tone]);
    setText(this.#title, title);
    setText(this.#detail, detail);
  }
}
