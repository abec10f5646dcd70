/** The round button at the edge of the page: opens the chat, and says how many messages came meanwhile. */
import { button, el, icon, setAttribute, setText, show } from "./dom.js";
import { locale } from "./locale.js";
import { unreadText, words } from "./words.js";

export class Launcher {
  #badge = el("span", { class: "sw-badge", "aria-hidden": "true" });
  /** @type {HTMLButtonElement} */
  element;

  /** @param {() => void} toggle */
  constructor(toggle) {
    this.element = button("sw-launcher", toggle, icon("chat"), this.#badge);
    setAttribute(this.element, "aria-haspopup", "dialog");
    setAttribute(this.element, "lang", () => locale().tag);
  }

  /** @param {boolean} open  the chat is @param {number} unread */
  render(open, unread) {
    setText(this.#badge, unread > 99 ? "99+" : String(unread));
    show(this.#badge, unread > 0);
    setAttribute(this.element, "aria-label", unread ? `${words.openChat}, ${unreadText(unread)}` : words.openChat);
    setAttribute(this.element, "aria-expanded", String(open));
    show(this.element, !open);
  }

  /** Shown now, not at the next drawing: what is hidden cannot take the focus. */
  focus() {
    show(this.element, true);
    this.element.focus();
  }
}
