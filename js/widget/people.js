/** Who can read, and who could, as lists: the same in the widget and on the desk. */
import { button, el, icon, setAttribute, show } from "./dom.js";
import { locale } from "./locale.js";
import { words } from "./words.js";

/** @typedef {import("./facade.js").Member} Member */
/** @typedef {import("./ledger.js").Reader} Reader */

export class People {
  #options;
  #list = el("ul", { class: "sw-people-list" });
  #note = el("p", { class: "sw-people-note" });
  #past = el("ul", { class: "sw-people-list sw-past" });
  #earlier = el("div", {}, el("h3", {}, () => words.whoCouldBefore), this.#past);
  #shown = "";
  /** By member. @type {Map<string, HTMLButtonElement>} */
  #compares = new Map();
  /** It may scroll, so the keyboard comes to it. */
  element = el("div", { class: "sw-people", role: "region", "aria-label": () => words.whoCanRead, tabindex: "0" }, el("h3", {}, () => words.whoCanReadThis), this.#list, this.#note, this.#earlier);

  /**
   * @param {object} [options]
   * @param {boolean} [options.past]  who could read before is told, too; default true
   * @param {(member: Member) => boolean} [options.removable]
   * @param {(reader: Reader) => void} [options.remove]
   * @param {(reader: Reader) => void} [options.compare]  shows the safety number
   */
  constructor(options = {}) {
    this.#options = options;
  }

  /** @param {readonly Reader[]} readers  as of ledger.js */
  render(readers) {
    const lines = readers.map((reader) => ({ reader, removable: reader.now && (this.#options.removable?.(reader.member) ?? false) }));
    const key = JSON.stringify([locale().tag, ...lines.map(({ reader: { member, ...rest }, removable }) => ({ ...rest, removable }))]);
    if (key === this.#shown) return;
    this.#shown = key;
    const focused = [...this.#compares].find(([, press]) => press.matches(":focus"))?.[0];
    this.#compares.clear();
    const inside = lines.filter(({ reader }) => reader.now);
    const outside = lines.filter(({ reader }) => !reader.now);
    this.#list.replaceChildren(...inside.map((line) => this.#item(line)));
    this.#past.replaceChildren(...outside.map((line) => this.#item(line)));
    show(this.#earlier, outside.length > 0 && this.#options.past !== false);
    const doubt = inside.some(({ reader: { member } }) => !member.self && !member.verified && member.role === "customer");
    this.#note.textContent = inside.length === 0 ? words.noReaders : doubt ? words.notVerified : words.noOther;
    if (focused) this.focus(focused);
  }

  /** Where the safety number of a member was asked for. @param {string} id @returns {boolean} it is still there */
  focus(id) {
    const press = this.#compares.get(id);
    press?.focus();
    return press !== undefined;
  }

  /** @param {{reader: Reader, removable: boolean}} line */
  #item({ reader, removable }) {
    const remove = removable && button("sw-remove", () => this.#options.remove?.(reader), () => words.takeOut);
    if (remove) setAttribute(remove, "aria-label", locale().say.takeOut(reader.name));
    const compare = this.#options.compare && reader.comparable && button("sw-compare", () => this.#options.compare?.(reader), icon("key"), el("span", {}, () => words.compareSafety));
    if (compare) {
      setAttribute(compare, "aria-label", locale().say.compareSafety(reader.name));
      this.#compares.set(reader.id, compare);
    }
    return el("li", {},
      icon(reader.now ? (reader.vouched ? "check" : "alert") : "leave"),
      el("div", { class: "sw-reader" },
        el("span", { class: "sw-person" }, el("bdi", {}, reader.name)),
        el("span", { class: reader.vouched ? "sw-standing" : "sw-standing sw-doubt" }, reader.standing),
        reader.reads ? el("span", { class: "sw-reads" }, locale().say.canRead(reader.reads, reader.now)) : null,
        compare),
      remove);
  }
}
