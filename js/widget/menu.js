/**
 * A button and the few things that it offers, each a button too. It is a list that opens, not a menu in the sense of
 * an application: Tab and the arrow keys go through it, Escape closes it and the focus returns.
 */
import { button, el, icon, setAttribute, show } from "./dom.js";

/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string} name
 * @property {import("./dom.js").IconName} icon
 * @property {() => void} run
 */

export class Menu {
  #list = el("ul", { class: "sw-menu-list" });
  /** @type {readonly Item[]} */
  #items = [];
  #shown = "";
  /** @type {HTMLButtonElement} */
  button;
  /** @type {HTMLElement} the button and the list */
  element;
  /** @param {Event} event */
  #outside = (event) => { if (!event.composedPath().includes(this.element)) this.close(); };

  /** @param {import("./dom.js").Told} label */
  constructor(label) {
    this.button = button("sw-more", () => this.#toggle(), icon("more"));
    setAttribute(this.button, "aria-label", label);
    setAttribute(this.button, "title", label);
    setAttribute(this.button, "aria-expanded", "false");
    show(this.#list, false);
    this.element = el("div", { class: "sw-menu" }, this.button, this.#list);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusout", (event) => {
      // Not every browser gives the focus to a button that is pressed.
      if (event.relatedTarget instanceof Node && !this.element.contains(event.relatedTarget)) this.close();
    });
  }

  get isOpen() {
    return this.#list.hidden === false;
  }

  /** @param {readonly Item[]} items  nothing to offer: no button */
  offer(items) {
    this.#items = items;
    const key = items.map((item) => `${item.key} ${item.name}`).join();
    show(this.element, items.length > 0);
    if (key === this.#shown) return;
    this.#shown = key;
    const at = this.isOpen ? [...this.#list.querySelectorAll("button")].findIndex((one) => one.matches(":focus")) : -1;
    this.#list.replaceChildren(...items.map((item) => el("li", {}, button("sw-menu-item", () => {
      this.close();
      this.button.focus();
      this.#items.find((one) => one.key === item.key)?.run();
    }, icon(item.icon), el("span", {}, item.name)))));
    this.#list.querySelectorAll("button")[at]?.focus();
  }

  close() {
    show(this.#list, false);
    setAttribute(this.button, "aria-expanded", "false");
    document.removeEventListener("pointerdown", this.#outside);
  }

  #toggle() {
    if (this.isOpen) {
      this.close();
      return;
    }
    show(this.#list, true);
    setAttribute(this.button, "aria-expanded", "true");
    document.addEventListener("pointerdown", this.#outside);
    this.#list.querySelector("button")?.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.isOpen) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
      this.button.focus();
      return;
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const all = [...this.#list.querySelectorAll("button")];
    const at = all.findIndex((one) => one === event.target);
    all[(at + step + all.length) % all.length]?.focus();
  }
}
