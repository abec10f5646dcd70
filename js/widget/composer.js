/**
 * The box and the button. What was typed leaves the box only when the client has taken it; if it has not, it comes back.
 */
import { button, el, icon, setAttribute, setText, show } from "./dom.js";
import { textProblem } from "./model.js";
import { sendProblem } from "./words.js";

let made = 0;

export class Composer {
  #box;
  #send;
  #problem;
  #blocked = "";
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  /** @type {HTMLFormElement} */
  element;

  /**
   * @param {object} options
   * @param {(text: string) => Promise<unknown>} options.send  resolves once the text is safe with the client
   * @param {string} [options.placeholder]
   */
  constructor({ send, placeholder = "Write a message" }) {
    this.send = send;
    this.placeholder = placeholder;
    const problem = `sw-problem-${++made}`;
    this.#box = el("textarea", { class: "sw-box", "aria-label": "Message", "aria-describedby": problem, rows: "1", placeholder,
      dir: "auto", autocomplete: "off", enterkeyhint: "send" });
    this.#send = el("button", { type: "submit", class: "sw-send" }, icon("send"), el("span", {}, "Send"));
    this.#problem = el("p", { class: "sw-problem", id: problem, role: "alert" });
    show(this.#problem, false);
    this.element = el("form", { class: "sw-composer", novalidate: true }, this.#problem,
      el("div", { class: "sw-compose-row" }, this.#box, this.#send));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#box.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word; 229 is how some browsers say so after the fact.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.#box.addEventListener("input", () => {
      this.#grow();
      this.#say(textProblem(this.#box.value));
    });
  }

  get text() {
    return this.#box.value;
  }

  /** Puts a text into the box, before what is there. @param {string} text */
  restore(text) {
    this.#box.value = this.#box.value ? `${text}\n${this.#box.value}` : text;
    this.#grow();
  }

  /**
   * Says that nothing can be sent now; what is in the box stays, and can be copied.
   * @param {string} reason  "" to allow again
   */
  block(reason) {
    this.#blocked = reason;
    if (this.#box.readOnly !== (reason !== "")) this.#box.readOnly = reason !== "";
    setAttribute(this.#box, "placeholder", reason ? "" : this.placeholder);
    setAttribute(this.#send, "aria-disabled", reason ? "true" : undefined);
    setAttribute(this.element, "data-blocked", reason ? true : undefined);
  }

  focus() {
    this.#box.focus();
  }

  #submit() {
    const text = this.#box.value;
    if (this.#blocked || text.trim() === "") return;
    const problem = textProblem(text);
    if (problem) {
      this.#say(problem);
      return;
    }
    this.#say("");
    this.#box.value = "";
    this.#grow();
    // One after the other: two quick messages keep their order.
    this.#turn = this.#turn.then(() => this.send(text)).then(() => {}, (error) => {
      this.restore(text);
      this.#say(sendProblem(error));
    });
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#problem, text);
    show(this.#problem, text !== "");
    setAttribute(this.#box, "aria-invalid", text ? "true" : undefined);
  }

  #grow() {
    // The style sheet bounds it; this only follows the text where the browser cannot by itself.
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight}px`;
  }
}
