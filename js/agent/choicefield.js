/**
 * Choices as radio buttons. They may change while somebody chooses: what was chosen stays chosen, and the focus stays.
 */
import { el, setAttribute, setText, show } from "../widget/dom.js";
import { changeText, followed } from "./choices.js";
import { deskWords } from "./words.js";

/** @typedef {import("./choices.js").Choice} Choice */

let made = 0;

/** @template {Choice} C */
export class ChoiceField {
  #group = `desk-choice-${++made}`;
  /** @type {Map<string, {element: HTMLElement, input: HTMLInputElement, update: (choice: Choice) => void}>} */
  #rows = new Map();
  /** @type {readonly C[]} */
  #shown = [];
  #chosen;
  #none = el("p", { class: "desk-dialog-text" }, () => deskWords.noColleagues);
  /** Told politely, and only what changes after the first look. */
  #status = el("p", { class: "sw-unseen", role: "status" });
  /** @type {HTMLElement} */
  element;

  /**
   * @param {import("../widget/dom.js").Told} legend
   * @param {readonly C[]} choices
   * @param {(choice: C) => void} [chosen]
   */
  constructor(legend, choices, chosen = () => {}) {
    this.#chosen = chosen;
    this.element = el("fieldset", { class: "desk-choices" }, el("legend", {}, legend), this.#none, this.#status);
    this.#place(choices);
  }

  /** @returns {C|undefined} */
  value() {
    return this.#shown.find(({ key }) => this.#rows.get(key)?.input.checked);
  }

  /** What there is to choose from now. @param {readonly C[]} choices */
  offer(choices) {
    const before = this.#shown;
    this.#place(followed(before, choices, this.value()));
    const text = changeText(before, this.#shown);
    if (text) setText(this.#status, text);
  }

  /** @param {readonly C[]} choices */
  #place(choices) {
    this.#shown = choices;
    const wanted = new Set(choices.map(({ key }) => key));
    let focus = false;
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      focus ||= row.element.contains(document.activeElement);
      row.element.remove();
      this.#rows.delete(key);
    }
    /** @type {Node|null} */
    let next = this.#none;
    for (const choice of [...choices].reverse()) {
      let row = this.#rows.get(choice.key);
      if (!row) {
        this.#rows.set(choice.key, row = this.#row(choice.key));
        this.element.insertBefore(row.element, next);
      }
      row.update(choice);
      next = row.element;
    }
    show(this.#none, choices.length === 0);
    // Whoever was on one that is gone goes on at the first, rather than at the top of the page.
    if (focus) this.#rows.get(choices[0]?.key ?? "")?.input.focus();
  }

  /** @param {string} key */
  #row(key) {
    const input = el("input", { type: "radio", name: this.#group, class: "desk-radio" });
    input.addEventListener("change", () => {
      const choice = this.value();
      if (choice) this.#chosen(choice);
    });
    const name = el("bdi", { class: "desk-choice-name" });
    const facts = el("span", { class: "desk-choice-facts" });
    const element = el("label", { class: "desk-choice", "data-key": key }, input, el("span", { class: "desk-choice-dot", "aria-hidden": "true" }),
      el("span", { class: "desk-choice-words" }, name, facts));
    return {
      element,
      input,
      /** @param {Choice} choice */
      update(choice) {
        setText(name, choice.name);
        setText(facts, choice.facts);
        setAttribute(element, "data-state", choice.state);
      },
    };
  }
}
