/** The left of the desk: who works here and how the connection is, what waits, and the conversations. */
import { button, el, setAttribute, setText } from "../widget/dom.js";
import { unreadText } from "../widget/words.js";
import { ListView } from "./listview.js";
import { QueuePanel } from "./queue.js";
import { deskWords } from "./words.js";

export class Side {
  #name = el("p", { class: "desk-name" });
  #face = el("span", { class: "desk-face", "aria-hidden": "true" });
  #connection = el("span");
  #dot = el("span", { class: "desk-dot", "aria-hidden": "true" });
  #total = el("p", { class: "sw-unseen", role: "status" });
  #queue;
  #list;
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {(id: string) => void} options.choose
   * @param {(id: string) => Promise<unknown>} options.take
   * @param {(() => void)|undefined} options.change  another person sits down here
   */
  constructor({ choose, take, change }) {
    this.#queue = new QueuePanel(take);
    this.#list = new ListView(choose);
    this.element = el("nav", { class: "desk-side", "aria-label": () => deskWords.conversations },
      el("div", { class: "desk-me" }, this.#face,
        el("div", { class: "desk-me-words" }, this.#name, el("p", { class: "desk-connection", role: "status" }, this.#dot, this.#connection)),
        change ? button("desk-change", change, () => deskWords.change) : null),
      this.#total, el("div", { class: "desk-scroll" }, this.#queue.element, this.#list.element));
    const press = this.element.querySelector(".desk-change");
    if (press) setAttribute(press, "aria-label", () => deskWords.changeLong);
  }

  /**
   * @param {import("./types.js").KitView} view
   * @param {string|undefined} chosen
   */
  render({ name, connection, state, queue, conversations, unread }, chosen) {
    setText(this.#name, name);
    setText(this.#face, name.slice(0, 1).toUpperCase());
    setText(this.#connection, connection);
    setAttribute(this.#dot, "data-state", state);
    this.#queue.render(queue);
    const none = !queue.shown ? deskWords.none : queue.takes ? deskWords.noneTaken : deskWords.noneAlong;
    // In another tab they may well be.
    this.#list.render(conversations, chosen, state === "elsewhere" ? undefined : { title: conversations.length ? deskWords.noneOpen : deskWords.noneYet, text: none });
    setText(this.#total, unread ? unreadText(unread) : "");
  }

  focus() {
    this.#list.focus();
  }
}
