/**
 * Choosing files: the button, what is pasted or dropped, and a chip for each before it is sent.
 * A chip has a name and a size; no file is opened, let alone drawn, to show it.
 */
import { button, el, icon, setAttribute, show } from "./dom.js";
import { fileName, kindText, maxFiles, sizeText } from "./files.js";
import { locale } from "./locale.js";
import { words } from "./words.js";

export class Attachments {
  #options;
  /** @type {File[]} */
  #files = [];
  #list = el("ul", { class: "sw-chips", "aria-label": () => words.filesToSend });
  #input;
  #blocked = false;
  /** @type {HTMLElement} the chips */
  element = this.#list;
  /** @type {HTMLButtonElement} */
  button;

  /**
   * @param {object} options
   * @param {(problem: string) => void} options.problem  "" when there is none any more
   * @param {(text: string) => void} options.say         tells it politely
   */
  constructor(options) {
    this.#options = options;
    this.#input = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true" });
    this.#input.addEventListener("change", () => {
      this.add([...(this.#input.files ?? [])]);
      // The same file may be chosen again after it was taken out.
      this.#input.value = "";
    });
    this.button = button("sw-attach", () => { if (!this.#blocked) this.#input.click(); }, icon("attach"), this.#input);
    setAttribute(this.button, "aria-label", () => words.attachFile);
    setAttribute(this.button, "title", () => words.attachFile);
    this.#draw();
  }

  /** @returns {readonly File[]} */
  get files() {
    return this.#files;
  }

  /** Empties it. @returns {File[]} */
  take() {
    const files = this.#files;
    this.#files = [];
    this.#draw();
    return files;
  }

  /** @param {readonly File[]} files  undone before what is there */
  putBack(files) {
    this.#files = [...files, ...this.#files];
    this.#draw();
  }

  /** @param {readonly File[]} files */
  add(files) {
    if (this.#blocked || files.length === 0) return;
    const room = maxFiles - this.#files.length;
    const taken = files.slice(0, room);
    this.#files.push(...taken);
    this.#draw();
    this.#options.problem(taken.length < files.length ? words.tooMany : "");
    if (taken.length) this.#options.say(locale().say.isAttached(fileName(taken[0]?.name ?? ""), taken.length));
  }

  /** @param {boolean} blocked */
  block(blocked) {
    this.#blocked = blocked;
    setAttribute(this.button, "aria-disabled", blocked ? "true" : undefined);
  }

  /** @param {File} file @param {number} at */
  #remove(file, at) {
    this.#files = this.#files.filter((f) => f !== file);
    this.#draw();
    this.#options.problem("");
    this.#options.say(locale().say.isTakenOut(fileName(file.name)));
    // The focus was on what is gone: the next one, or else where one would choose another.
    const rest = this.#list.querySelectorAll("button");
    (rest[Math.min(at, rest.length - 1)] ?? this.button).focus();
  }

  #draw() {
    this.#list.replaceChildren(...this.#files.map((file, at) => {
      const remove = button("sw-chip-remove", () => this.#remove(file, at), icon("close"));
      setAttribute(remove, "aria-label", () => locale().say.remove(fileName(file.name)));
      return el("li", { class: "sw-chip" }, icon("file"),
        el("span", { class: "sw-chip-words" },
          el("bdi", { class: "sw-chip-name" }, () => fileName(file.name)),
          el("span", { class: "sw-chip-size" }, () => `${kindText(file.type, file.name)}, ${sizeText(file.size)}`)),
        remove);
    }));
    show(this.#list, this.#files.length > 0);
  }
}

/**
 * The files of a paste, if it is of files. Something copied out of a document is a text first and a picture besides.
 * @param {DataTransfer|null} data
 * @returns {File[]}
 */
export function pastedFiles(data) {
  if (!data || data.types.includes("text/plain")) return [];
  return [...data.files];
}

/**
 * Makes an element a place to drop files on. The button is the same for a keyboard.
 * @param {HTMLElement} element  positioned
 * @param {object} options
 * @param {(files: File[]) => void} options.files
 * @param {(problem: string) => void} options.problem
 * @param {() => boolean} options.allowed
 * @param {HTMLElement} [options.over]  positioned, within it: where they go
 */
export function dropTarget(element, { files, problem, allowed, over: place = element }) {
  const hint = el("div", { class: "sw-drop", "aria-hidden": "true" }, icon("attach"), el("span", {}, () => words.dropFiles));
  show(hint, false);
  place.append(hint);
  /** @param {DragEvent} event */
  const carries = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  /** @param {DragEvent} event */
  const over = (event) => {
    if (!carries(event)) return;
    // Also where nothing may be dropped: a browser would leave the page for the file.
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = allowed() ? "copy" : "none";
    show(hint, allowed());
  };
  element.addEventListener("dragenter", over);
  element.addEventListener("dragover", over);
  element.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node && element.contains(event.relatedTarget))) show(hint, false);
  });
  element.addEventListener("drop", (event) => {
    show(hint, false);
    if (!carries(event) || !event.dataTransfer) return;
    event.preventDefault();
    if (!allowed()) return;
    const folder = [...event.dataTransfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
    if (folder) problem(words.folder);
    else files([...event.dataTransfer.files]);
  });
}
