/** What stands in the panel where there is no log to show, or nothing to write in. */
import { button, el, icon } from "./dom.js";
import { words } from "./words.js";

/** Before the first message. */
export function emptyPart() {
  return el("div", { class: "sw-empty" }, icon("lock"), el("p", { class: "sw-empty-title" }, () => words.emptyTitle), el("p", {}, () => words.emptyText));
}

/** @param {() => void} useHere */
export function elsewherePart(useHere) {
  const press = button("sw-plain", useHere, () => words.useHere);
  const element = el("div", { class: "sw-elsewhere" }, icon("tabs"), el("p", { class: "sw-empty-title" }, () => words.elsewhereTitle), el("p", {}, () => words.elsewhere), press);
  return { element, focus: () => press.focus() };
}
