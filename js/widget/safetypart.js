/**
 * A safety number as it is drawn, in the widget and on the desk: the digits in groups of five, how and why to compare
 * them, and under "Details" those of the shared history. Digits run from left to right in every language, can be
 * selected, and are read out one by one, group after group.
 * @typedef {import("./safety.js").SafetyView} SafetyView
 */
import { button, el, icon, setAttribute, setText, show } from "./dom.js";
import { words } from "./words.js";

export class SafetyPart {
  #text = el("p");
  #why = el("p");
  #number = new Digits("sw-digits");
  #history = new Digits("sw-digits sw-digits-small");
  #historyTitle = el("p", { class: "sw-safety-step" });
  #historyText = el("p");
  #details = el("details", { class: "sw-safety-details" }, el("summary", {}, icon("down"), () => words.details), this.#historyTitle, this.#history.element, this.#historyText);
  #status = el("p", { class: "sw-safety-status", role: "status" });
  #again;
  /** @type {HTMLElement} */
  element;

  /** @param {() => void} again  after it failed */
  constructor(again) {
    this.#again = button("sw-plain", again, () => words.tryAgain);
    setAttribute(this.#again, "data-quiet", true);
    this.element = el("div", { class: "sw-safety" }, this.#status, this.#again, this.#text, this.#number.element, this.#why, this.#details);
  }

  /** @param {SafetyView} view */
  render(view) {
    const ready = view.state === "ready";
    setText(this.#status, ready ? "" : view.text);
    setText(this.#text, ready ? view.text : "");
    setText(this.#why, view.why);
    this.#number.render(view.number, view.title);
    this.#history.render(view.history, view.historyTitle);
    setText(this.#historyTitle, view.historyTitle);
    setText(this.#historyText, view.historyText);
    show(this.#again, view.state === "failed");
    for (const part of [this.#text, this.#number.element, this.#why, this.#details]) show(part, ready);
  }
}

/** Groups of digits as a list. Drawn anew only where they differ, so that what somebody has selected stays so. */
class Digits {
  #shown = "";
  element;

  /** @param {string} className */
  constructor(className) {
    this.element = el("ol", { class: className, dir: "ltr" });
  }

  /** @param {readonly string[]} groups @param {string} label */
  render(groups, label) {
    setAttribute(this.element, "aria-label", label);
    if (groups.join() === this.#shown) return;
    this.#shown = groups.join();
    // Five digits at once would be read as a number of ten thousands, which nobody can compare by ear.
    this.element.replaceChildren(...groups.map((group) => el("li", {}, el("span", { "aria-hidden": "true" }, group),
      el("span", { class: "sw-unseen sw-spoken" }, [...group].join(" ")))));
  }
}
