/** The conversations of one agent as they are seen: those that go on, and under them those that are over. */
import { button, el, setAttribute, setText, show } from "../widget/dom.js";
import { unreadText, words } from "../widget/words.js";
import { deskWords } from "./words.js";

/** @typedef {import("./list.js").Line} Line */
/** @typedef {{element: HTMLLIElement, update: (line: Line, current: boolean) => void}} Item */

export class ListView {
  /** @type {Map<string, Item>} */
  #items = new Map();
  #choose;
  #open = el("ul", { class: "desk-list" });
  #over = el("ul", { class: "desk-list" });
  #overPart = el("div", {}, el("h2", { class: "desk-heading" }, () => deskWords.over), this.#over);
  #none = el("div", { class: "desk-none" }, el("p", { class: "desk-none-title" }), el("p"));
  #heading = el("h2", { class: "desk-heading" }, () => deskWords.yourConversations);
  element = el("div", { class: "desk-lists" }, this.#heading, this.#open, this.#none, this.#overPart);

  /** @param {(id: string) => void} choose */
  constructor(choose) {
    this.#choose = choose;
  }

  /**
   * @param {readonly Line[]} lines
   * @param {string|undefined} chosen
   * @param {{title: string, text: string}|undefined} none  what stands where there are none that go on
   */
  render(lines, chosen, none) {
    const wanted = new Set(lines.map((line) => line.id));
    for (const [id, item] of this.#items) {
      if (wanted.has(id)) continue;
      item.element.remove();
      this.#items.delete(id);
    }
    this.#place(this.#open, lines.filter((line) => !line.over), chosen);
    this.#place(this.#over, lines.filter((line) => line.over), chosen);
    show(this.#overPart, lines.some((line) => line.over));
    const going = lines.some((line) => !line.over);
    show(this.#none, none !== undefined && !going);
    show(this.#heading, going);
    const [title, text] = this.#none.children;
    if (title) setText(title, none?.title ?? "");
    if (text) setText(text, none?.text ?? "");
  }

  focus() {
    this.element.querySelector("button")?.focus();
  }

  /** @param {HTMLElement} list @param {readonly Line[]} lines @param {string|undefined} chosen */
  #place(list, lines, chosen) {
    let next = list.firstChild;
    for (const line of lines) {
      let item = this.#items.get(line.id);
      if (!item) this.#items.set(line.id, item = lineItem(line.id, this.#choose));
      item.update(line, line.id === chosen);
      if (item.element === next) next = next.nextSibling;
      else list.insertBefore(item.element, next);
    }
  }
}

/**
 * @param {string} id
 * @param {(id: string) => void} choose
 * @returns {Item}
 */
function lineItem(id, choose) {
  const name = el("span", { class: "desk-line-name" }, el("bdi"));
  const time = el("span", { class: "desk-line-time" });
  const preview = el("span", { class: "desk-line-preview" }, el("bdi"));
  const count = el("span", { class: "desk-count" });
  const mark = el("span", { class: "desk-mark" });
  const press = button("desk-line", () => choose(id), name, time, preview, count, mark);
  const element = el("li", {}, press);
  return {
    element,
    update(line, current) {
      if (name.firstChild) setText(name.firstChild, line.name);
      setText(time, line.time);
      if (preview.firstChild) setText(preview.firstChild, line.preview);
      setText(count, line.unread > 99 ? "99+" : String(line.unread));
      setAttribute(count, "aria-label", unreadText(line.unread));
      show(count, line.unread > 0);
      setText(mark, [line.mark, line.verified || line.over ? "" : words.notVerifiedShort].filter(Boolean).join(" · "));
      show(mark, mark.textContent !== "");
      setAttribute(press, "aria-current", current ? "true" : undefined);
      setAttribute(press, "data-unread", line.unread > 0);
      setAttribute(press, "data-over", line.over);
    },
  };
}
