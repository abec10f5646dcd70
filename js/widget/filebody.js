/**
 * A file in the log: name, size, kind and state as words, a progress bar while it moves, and what can be done.
 * Never the file itself; a picture is shown only as the small one that the client drew.
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./files.js").FileAction} FileAction
 * @typedef {import("./files.js").FileLook} FileLook
 */
import { button, el, icon, picture, setAttribute, setText, show } from "./dom.js";
import { fileName, kindText, sizeText } from "./files.js";
import { locale } from "./locale.js";

let made = 0;

/**
 * @param {(action: FileAction) => void} act
 * @returns {{element: HTMLElement, update: (message: Message, look: FileLook) => void}}
 */
export function fileBody(act) {
  const nameId = `sw-file-${++made}`;
  const name = el("bdi", { class: "sw-file-name", id: nameId });
  const facts = el("span", { class: "sw-file-facts" });
  const frame = el("div", { class: "sw-file-picture" });
  const bar = el("progress", { class: "sw-progress", max: "100" });
  const state = el("p", { class: "sw-file-state" });
  const actions = el("div", { class: "sw-file-actions" });
  // What moves is told once, by the page's own status line; not at each step.
  const moving = el("div", { class: "sw-file-moving", "aria-live": "off" }, bar, state, actions);
  const element = el("div", { class: "sw-text sw-file" }, frame,
    el("div", { class: "sw-file-head" }, icon("file"), el("div", { class: "sw-file-words" }, name, facts)), moving);
  /** @type {Map<FileAction, HTMLButtonElement>} */
  const buttons = new Map();
  /** @type {Blob|null|undefined} */
  let drawn;
  let shown = "";
  show(frame, false);

  return {
    element,
    update(message, look) {
      const file = message.file;
      if (!file) return;
      setText(name, fileName(file.name));
      setText(facts, `${kindText(file.media, file.name)}, ${sizeText(file.size)}`);
      if (file.thumbnail !== drawn) {
        drawn = file.thumbnail;
        const image = drawn ? picture(drawn, "sw-file-thumbnail") : null;
        frame.replaceChildren(...(image ? [image] : []));
        show(frame, image !== null);
      }
      show(bar, look.percent !== null);
      if (look.percent !== null) {
        setAttribute(bar, "value", String(look.percent));
        setAttribute(bar, "aria-label", look.moving);
      }
      setText(state, look.words);
      setAttribute(state, "data-tone", look.tone);
      show(state, look.words !== "");
      const wanted = look.actions.join();
      if (wanted !== shown) {
        shown = wanted;
        place(look.actions);
      }
      show(moving, look.words !== "" || look.percent !== null || look.actions.length > 0);
    },
  };

  /** @param {readonly FileAction[]} wanted */
  function place(wanted) {
    const focused = [...buttons].find(([, b]) => b.matches(":focus"))?.[0];
    actions.replaceChildren(...wanted.map((action) => {
      let press = buttons.get(action);
      if (!press) {
        press = button("sw-file-action", () => act(action), ...(action === "save" ? [icon("save")] : []), el("span", {}, () => locale().actions[action]));
        setAttribute(press, "aria-describedby", nameId);
        buttons.set(action, press);
      }
      return press;
    }));
    show(actions, wanted.length > 0);
    // The pressed one went away under the finger: its place is taken by what can be done next.
    if (focused) actions.querySelector("button")?.focus();
  }
}
