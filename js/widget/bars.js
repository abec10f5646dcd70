/** Two lines over the whole width of the panel: what stops the chat, and what a person should know besides. */
import { button, el, setText, show } from "./dom.js";
import { words } from "./words.js";

export class TroubleBar {
  #text = el("span");
  #again;
  /** @type {HTMLElement} */
  element;

  /** @param {() => void} tryAgain */
  constructor(tryAgain) {
    this.#again = button("sw-plain", tryAgain, () => words.tryAgain);
    this.element = el("div", { class: "sw-alert-frame" }, el("div", { class: "sw-alert", role: "alert" }, this.#text), this.#again);
  }

  /** @param {string} text  "" for none @param {boolean} again  it can be tried again */
  render(text, again) {
    setText(this.#text, text);
    show(this.element, text !== "");
    show(this.#again, again);
  }
}

export class NoticeBar {
  #text = el("span");
  /** @type {HTMLElement} */
  element;

  /** @param {() => void} dismiss */
  constructor(dismiss) {
    this.element = el("div", { class: "sw-notice" }, el("div", { role: "status" }, this.#text), button("sw-notice-close", dismiss, () => words.dismiss));
  }

  /** @param {string} text  "" for none */
  render(text) {
    setText(this.#text, text);
    show(this.element, text !== "");
  }
}
