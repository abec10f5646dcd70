/**
 * A dialog that asks for what a move needs, and makes it. What goes wrong is told in it, and what was written stays;
 * what was written is kept for the next time even when it is taken back.
 */
import { button, el, setAttribute, setText, show } from "../widget/dom.js";
import { words } from "../widget/words.js";

let made = 0;

/**
 * @typedef {object} Ask
 * @property {import("../widget/dom.js").Told} title
 * @property {import("../widget/dom.js").Told} [text]
 * @property {readonly (HTMLElement|null)[]} [body]
 * @property {import("../widget/dom.js").Told} yes                      what the button does
 * @property {boolean} [danger]
 * @property {() => Promise<unknown>} [act]    rejects: it was not done; without it the dialog only shows
 * @property {() => string} [lacks]            what is missing before it can be done, or ""
 * @property {(error: unknown) => string} [problem]
 * @property {() => void} [done]               it was done, and the dialog is gone
 * @property {() => void} [closed]             the dialog is gone, done or not
 */

/**
 * @param {HTMLElement} place
 * @param {Ask} ask
 * @returns {HTMLDialogElement}
 */
export function openDialog(place, { title, text = "", body = [], yes, danger = false, act, lacks = () => "", problem = () => "", done = () => {}, closed = () => {} }) {
  const id = `desk-dialog-${++made}`;
  const trouble = el("p", { class: "sw-problem", role: "alert" });
  const confirm = el("button", { type: "submit", class: "desk-plain", "data-danger": danger }, yes);
  const dialog = el("dialog", { class: "desk-dialog", "aria-labelledby": id });
  const cancel = button("desk-plain", () => dialog.close(), () => words.cancel);
  setAttribute(cancel, "data-quiet", true);
  show(trouble, false);
  // What only scrolls is reached by the keyboard, too.
  const reading = act ? {} : { tabindex: "0", role: "region", "aria-labelledby": id };
  const form = el("form", { novalidate: true }, 
    el("div", { class: "desk-dialog-body", ...reading }, el("h2", { id }, title), text ? el("p", { class: "desk-dialog-text" }, text) : null, ...body), trouble,
    el("div", { class: "desk-dialog-answers" }, act ? cancel : null, confirm));
  dialog.append(form);
  let busy = false;
  // Where nothing is asked, nothing but the way out is to be pressed.
  setAttribute(confirm, "autofocus", act ? undefined : true);
  /** @param {string} why */
  const tell = (why) => {
    setText(trouble, why);
    show(trouble, why !== "");
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!act) return dialog.close();
    const missing = lacks();
    tell(missing);
    if (missing) return;
    busy = true;
    setAttribute(confirm, "aria-disabled", "true");
    try {
      await act();
      dialog.close();
      done();
    } catch (error) {
      tell(problem(error));
    } finally {
      busy = false;
      setAttribute(confirm, "aria-disabled", undefined);
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
  });
  place.append(dialog);
  dialog.showModal();
  return dialog;
}
