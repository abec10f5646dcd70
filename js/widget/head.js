/** The top of the widget's panel: whom one talks with, the connection, and the buttons. */
import { button, el, icon, setAttribute, setText, show } from "./dom.js";
import { Menu } from "./menu.js";
import { words } from "./words.js";

export class Head {
  #face = el("span", { class: "sw-face", "aria-hidden": "true" });
  #title = el("h2", { class: "sw-title" });
  #connection = el("span");
  #dot = el("span", { class: "sw-dot", "aria-hidden": "true" });
  #who;
  menu = new Menu(() => words.more);
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {() => void} options.who    shows who can read, or hides it
   * @param {() => void} options.close
   */
  constructor({ who, close }) {
    this.#who = button("sw-who", who, icon("people"), el("span", {}, () => words.whoCanRead));
    this.expanded(false);
    const leave = button("sw-close", close, icon("close"));
    setAttribute(leave, "aria-label", () => words.closeChat);
    this.element = el("div", { class: "sw-head" }, this.#face,
      el("div", { class: "sw-heading" }, this.#title, el("p", { class: "sw-connection", role: "status" }, this.#dot, this.#connection)),
      this.#who, this.menu.element, leave);
  }

  /** Where one sees who can read. */
  focus() {
    this.#who.focus();
  }

  /** @param {boolean} open  who can read is shown */
  expanded(open) {
    setAttribute(this.#who, "aria-expanded", String(open));
  }

  /**
   * @param {object} now
   * @param {string} now.title
   * @param {string} now.face        whose first letter stands for them
   * @param {string} now.connection
   * @param {string} now.state       of the connection
   * @param {boolean} now.who        there is somebody who can read
   */
  render({ title, face, connection, state, who }) {
    setText(this.#title, title);
    setText(this.#face, face.slice(0, 1).toUpperCase());
    setText(this.#connection, connection);
    setAttribute(this.#dot, "data-state", state);
    show(this.#who, who);
  }
}
