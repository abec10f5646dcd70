/**
 * A question that is asked in place before something is done that cannot be undone. What goes wrong is told where it
 * was asked, and the question stays.
 */
import { button, el, setAttribute, setText, show } from "./dom.js";
import { words } from "./words.js";

let made = 0;

/**
 * @typedef {object} Asked
 * @property {string} title
 * @property {string} text
 * @property {string} yes
 * @property {() => Promise<unknown>} act
 * @property {(error: unknown) => string} problem
 */

export class Question {
  #title = el("h3", { class: "sw-question-title", tabindex: "-1" });
  #text = el("p");
  #problem = el("p", { class: "sw-problem", role: "alert" });
  #yes;
  #no;
  /** @type {Asked|undefined} */
  #asked;
  #busy = false;
  /** What went wrong. @type {unknown} */
  #error;
  #done;
  /** @type {HTMLElement} */
  element;

  /** @param {() => void} done  it was answered, or taken back */
  constructor(done) {
    this.#done = done;
    const id = `sw-question-${++made}`;
    setAttribute(this.#title, "id", id);
    this.#yes = button("sw-plain", () => void this.#act());
    this.#no = button("sw-plain", () => this.close(), () => words.cancel);
    setAttribute(this.#no, "data-quiet", true);
    show(this.#problem, false);
    this.element = el("div", { class: "sw-question", role: "group", "aria-labelledby": id }, this.#title, this.#text, this.#problem,
      el("div", { class: "sw-question-answers" }, this.#yes, this.#no));
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    show(this.element, false);
  }

  get isOpen() {
    return this.#asked !== undefined;
  }

  /** @param {Asked} asked */
  ask(asked) {
    this.#error = undefined;
    this.#draw(asked);
    show(this.element, true);
    this.#title.focus();
  }

  /** The same, as it is asked now. @param {Asked} asked */
  follow(asked) {
    if (this.#asked && !this.#busy) this.#draw(asked);
  }

  /** @param {Asked} asked */
  #draw(asked) {
    this.#asked = asked;
    setText(this.#title, asked.title);
    setText(this.#text, asked.text);
    setText(this.#yes, asked.yes);
    this.#tell(this.#error === undefined ? "" : asked.problem(this.#error));
  }

  close() {
    if (!this.#asked) return;
    this.#asked = undefined;
    show(this.element, false);
    this.#done();
  }

  async #act() {
    const asked = this.#asked;
    if (!asked || this.#busy) return;
    this.#busy = true;
    setAttribute(this.#yes, "aria-disabled", "true");
    this.#error = undefined;
    this.#tell("");
    try {
      await asked.act();
      if (asked === this.#asked) this.close();
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#error = error;
      this.#tell(asked.problem(error));
    } finally {
      this.#busy = false;
      setAttribute(this.#yes, "aria-disabled", undefined);
    }
  }

  /** @param {string} text */
  #tell(text) {
    setText(this.#problem, text);
    show(this.#problem, text !== "");
  }
}
