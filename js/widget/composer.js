/**
 * The box, the files beside it and the button. What was written leaves the box only when the client has taken it; if it
 * has not, it comes back. What is written for one conversation never goes to another.
 *
 * @typedef {object} Way  where one press of Send goes, settled when it is pressed
 * @property {(text: string) => Promise<unknown>} send          resolves once the text is safe with the client
 * @property {(files: File[]) => Promise<unknown>} sendFiles    resolves once they are in the queue
 * @typedef {{text: string, files: File[]}} Draft
 */
import { Attachments, pastedFiles } from "./attach.js";
import { button, el, icon, setAttribute, setText, show } from "./dom.js";
import { textProblem } from "./model.js";
import { sendProblem, words } from "./words.js";

let made = 0;

export class Composer {
  #box;
  #send;
  #problem;
  /** Why the box is closed, for whoever comes to it and does not see what stands above. */
  #why;
  #status = el("p", { class: "sw-unseen", role: "status", "aria-atomic": "false" });
  #blocked = "";
  #key = "";
  /** What was begun in other conversations, by theirs. @type {Map<string, Draft>} */
  #drafts = new Map();
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  /** @type {HTMLFormElement} */
  element;

  /**
   * @param {object} options
   * @param {() => Way} options.way
   * @param {import("./dom.js").Told} [options.placeholder]
   */
  constructor({ way, placeholder = () => words.writeMessage }) {
    this.way = way;
    this.placeholder = placeholder;
    const problem = `sw-problem-${++made}`;
    const why = `sw-why-${made}`;
    this.#box = el("textarea", { class: "sw-box", "aria-label": () => words.message, "aria-describedby": `${problem} ${why}`, rows: "1", placeholder,
      dir: "auto", autocomplete: "off", enterkeyhint: "send" });
    this.#send = el("button", { type: "submit", class: "sw-send" }, icon("send"), el("span", {}, () => words.send));
    this.#problem = el("p", { class: "sw-problem", id: problem, role: "alert" });
    this.#why = el("p", { class: "sw-unseen", id: why });
    show(this.#problem, false);
    this.attachments = new Attachments({ problem: (text) => this.#say(text), say: (text) => this.announce(text) });
    this.element = el("form", { class: "sw-composer", novalidate: true }, this.#status, this.#problem, this.#why, this.attachments.element,
      el("div", { class: "sw-compose-row" }, this.attachments.button, this.#box, this.#send));
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
    this.#box.addEventListener("paste", (event) => {
      const files = pastedFiles(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      this.attachments.add(files);
    });
    this.#box.addEventListener("input", () => {
      this.#grow();
      this.#say(textProblem(this.#box.value), true);
    });
  }

  get text() {
    return this.#box.value;
  }

  /**
   * Shows what was begun in another conversation, and keeps what was begun in this one.
   * @param {string} key
   */
  turnTo(key) {
    if (key === this.#key) return;
    this.#drafts.set(this.#key, { text: this.#box.value, files: this.attachments.take() });
    const { text, files } = this.#drafts.get(key) ?? { text: "", files: [] };
    this.#drafts.delete(key);
    this.#key = key;
    this.#box.value = text;
    this.attachments.putBack(files);
    this.#say("");
    this.#grow();
  }

  /**
   * Puts a text, or files, back where they came from, before what is there.
   * @param {Partial<Draft>} draft
   * @param {string} [problem]
   * @param {string} [key]
   */
  restore({ text = "", files = [] }, problem = "", key = this.#key) {
    if (key === this.#key) {
      this.#box.value = joined(text, this.#box.value);
      this.attachments.putBack(files);
      this.#grow();
      this.#say(problem);
    } else {
      const there = this.#drafts.get(key) ?? { text: "", files: [] };
      this.#drafts.set(key, { text: joined(text, there.text), files: [...files, ...there.files] });
    }
  }

  /**
   * Tells something politely that the page shows anyway. Each is a line of its own, so that two at once are both read,
   * and the same one a second time too.
   * @param {string} text
   */
  announce(text) {
    if (this.#status.childNodes.length >= 8) this.#status.firstChild?.remove();
    this.#status.append(el("span", {}, `${text} `));
  }

  /**
   * Says that nothing can be sent now; what is in the box stays, and can be copied.
   * @param {string} reason   "" to allow again
   * @param {string} [short]  what stands in the empty box meanwhile
   */
  block(reason, short = "") {
    this.#blocked = reason;
    if (this.#box.readOnly !== (reason !== "")) this.#box.readOnly = reason !== "";
    setAttribute(this.#box, "placeholder", reason ? short : this.placeholder);
    setText(this.#why, reason);
    setAttribute(this.#send, "aria-disabled", reason ? "true" : undefined);
    this.attachments.block(reason !== "");
    setAttribute(this.element, "data-blocked", reason ? true : undefined);
  }

  focus() {
    this.#box.focus();
  }

  /** Another language was chosen: what was told in the former is old, but for what is wrong with the text in the box. */
  retell() {
    this.#status.replaceChildren();
    if (this.#box.hasAttribute("aria-invalid")) this.#say(textProblem(this.#box.value), true);
    else if (!this.#problem.hidden) this.#say("");
  }

  #submit() {
    const text = this.#box.value;
    const written = text.trim() !== "";
    if (this.#blocked || (!written && this.attachments.files.length === 0)) return;
    const problem = textProblem(text);
    if (problem) {
      this.#say(problem, true);
      return;
    }
    this.#say("");
    const key = this.#key;
    const way = this.way();
    const files = this.attachments.take();
    this.#box.value = "";
    this.#grow();
    /** @param {Partial<Draft>} draft @returns {(error: unknown) => void} */
    const back = (draft) => (error) => this.restore(draft, sendProblem(error), key);
    // One after the other: two quick messages keep their order, and a text stands before its files.
    this.#turn = this.#turn.then(() => written ? way.send(text) : undefined).then(
      () => files.length ? way.sendFiles(files).catch(back({ files })) : undefined,
      back({ text, files }),
    ).then(() => {});
  }

  /**
   * @param {string} text   "" for no problem
   * @param {boolean} [box]  it is about what stands in the box
   */
  #say(text, box = false) {
    setText(this.#problem, text);
    show(this.#problem, text !== "");
    setAttribute(this.#box, "aria-invalid", text && box ? "true" : undefined);
  }

  #grow() {
    // The style sheet bounds it; this only follows the text where the browser cannot by itself.
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight}px`;
  }
}

/** @param {string} before @param {string} after */
function joined(before, after) {
  return before && after ? `${before}\n${after}` : before || after;
}
