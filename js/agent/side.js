/** The left of the desk: who works here and how the connection is, what waits, and the conversations. */
import { button, el, setAttribute, setText, show } from "../widget/dom.js";
import { unreadText } from "../widget/words.js";
import { deskWords } from "./words.js";
import { ListView } from "./listview.js";
import { QueuePanel } from "./queue.js";

/** @typedef {import("./list.js").Line} Line */
/** @typedef {import("../widget/facade.js").Queues} Queues */

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
    this.element = el("nav", { class: "desk-side", "aria-label": "Conversations" },
      el("div", { class: "desk-me" }, this.#face,
        el("div", { class: "desk-me-words" }, this.#name, el("p", { class: "desk-connection", role: "status" }, this.#dot, this.#connection)),
        change ? button("desk-change", change, "Change") : null),
      this.#total, el("div", { class: "desk-scroll" }, this.#queue.element, this.#list.element));
    const press = this.element.querySelector(".desk-change");
    if (press) setAttribute(press, "aria-label", "Change who you are");
  }

  /**
   * @param {object} now
   * @param {string} now.name
   * @param {string} now.connection
   * @param {string} now.state
   * @param {Queues|undefined} now.queues
   * @param {number} now.time
   * @param {readonly Line[]} now.lines
   * @param {string|undefined} now.chosen
   * @param {boolean} now.there  the conversations are here, not in another tab
   */
  render({ name, connection, state, queues, time, lines, chosen, there }) {
    setText(this.#name, name);
    setText(this.#face, name.slice(0, 1).toUpperCase());
    setText(this.#connection, connection);
    setAttribute(this.#dot, "data-state", state);
    this.#queue.render(there ? queues : undefined, time);
    const takes = queues !== undefined && queues.state !== "none";
    this.#list.render(lines, chosen, there ? { title: lines.length ? "No open conversations" : "No conversations yet", text: takes ? deskWords.noneTaken : deskWords.none } : undefined);
    const total = lines.reduce((sum, line) => sum + line.unread, 0);
    setText(this.#total, total ? unreadText(total) : "");
    show(this.#total, true);
    return total;
  }

  focus() {
    this.#list.focus();
  }
}
