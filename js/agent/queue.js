/** The queue as a panel: each conversation that waits, and a button that takes it. */
import { button, el, icon, setAttribute, setText, show } from "../widget/dom.js";
import { deskLocale, deskWords } from "./words.js";

/** @typedef {import("./waiting.js").WaitingLine} WaitingLine */
/** @typedef {import("./queueview.js").QueueView} QueueView */

export class QueuePanel {
  /** @type {Map<string, {element: HTMLLIElement, update: (line: WaitingLine, taking: boolean, takes: boolean) => void}>} */
  #items = new Map();
  #count = el("span", { class: "desk-heading-count", "aria-hidden": "true" });
  #list = el("ul", { class: "desk-queue-list" });
  #text = el("p", { class: "desk-queue-text" });
  /** Told when the number changes, not each minute that one waits. */
  #status = el("p", { class: "sw-unseen", role: "status" });
  /** By conversation: what is asked for now. @type {Set<string>} */
  #taking = new Set();
  /** @type {readonly WaitingLine[]} */
  #lines = [];
  /** Who works here may take what waits. */
  #takes = true;
  #take;
  element = el("section", { class: "desk-queue", tabindex: "-1", "aria-labelledby": "desk-queue-title" },
    el("h2", { class: "desk-heading", id: "desk-queue-title" }, () => deskWords.waiting, this.#count), this.#status, this.#text, this.#list);

  /** @param {(id: string) => Promise<unknown>} take */
  constructor(take) {
    this.#take = take;
  }

  /** @param {QueueView} queue */
  render({ shown, lines, text, old, takes }) {
    show(this.element, shown);
    if (!shown) return;
    setText(this.#count, lines.length ? String(lines.length) : "");
    setText(this.#status, lines.length ? deskLocale().say.waiting(lines.length) : "");
    setText(this.#text, text);
    show(this.#text, text !== "");
    setAttribute(this.#text, "data-trouble", old);
    this.#takes = takes;
    this.#place(lines);
  }

  /** @param {readonly WaitingLine[]} lines */
  #place(lines) {
    this.#lines = lines;
    const wanted = new Set(lines.map((line) => line.id));
    // Another may take one at any moment: who was about to press stays in the list.
    let focus = false;
    for (const [id, item] of this.#items) {
      if (wanted.has(id)) continue;
      focus ||= item.element.contains(document.activeElement);
      item.element.remove();
      this.#items.delete(id);
    }
    let next = this.#list.firstChild;
    for (const line of lines) {
      let item = this.#items.get(line.id);
      if (!item) this.#items.set(line.id, item = this.#item(line));
      item.update(line, this.#taking.has(line.id), this.#takes);
      if (item.element === next) next = next.nextSibling;
      else this.#list.insertBefore(item.element, next);
    }
    if (focus) ((this.#takes && this.#list.querySelector("button")) || this.element).focus();
  }

  /** @param {WaitingLine} first */
  #item(first) {
    const name = el("span", { class: "desk-wait-name" });
    const facts = el("span", { class: "desk-wait-facts", id: `desk-wait-${first.id}` });
    const queue = el("span", { class: "desk-wait-queue" }, icon("queue"), el("bdi"));
    const take = button("desk-take", () => void this.#press(first.id), () => deskWords.take);
    setAttribute(take, "aria-describedby", `desk-wait-${first.id}`);
    const element = el("li", { class: "desk-wait" }, el("div", { class: "desk-wait-words" }, name, facts, queue), take);
    return {
      element,
      /** @param {WaitingLine} line @param {boolean} taking @param {boolean} takes */
      update(line, taking, takes) {
        setText(name, line.name);
        setText(facts, line.facts);
        if (queue.lastChild) setText(queue.lastChild, line.queue);
        show(queue, line.queue !== "");
        show(take, takes);
        setText(take, taking ? deskWords.taking : deskWords.take);
        setAttribute(take, "aria-label", deskLocale().say.takeWhat(line.name, taking));
        setAttribute(take, "aria-disabled", taking ? "true" : undefined);
      },
    };
  }

  /** @param {string} id */
  async #press(id) {
    if (!this.#takes || this.#taking.has(id)) return;
    this.#taking.add(id);
    this.#place(this.#lines);
    try {
      await this.#take(id);
    } finally {
      this.#taking.delete(id);
      this.#place(this.#lines);
    }
  }
}
