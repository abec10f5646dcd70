/** As much of a document as making nodes needs, and a list of everything that was made: for tests without a browser. */

class Node {
  /** @type {Node[]} */
  childNodes = [];
  /** @type {Node|undefined} */
  parent;

  /** @param {Node} child */
  appendChild(child) {
    this.childNodes.push(child);
    child.parent = this;
    return child;
  }

  remove() {
    if (this.parent) this.parent.childNodes = this.parent.childNodes.filter((c) => c !== this);
    this.parent = undefined;
  }

  /** @returns {string} */
  get textContent() {
    return this.childNodes.map((c) => c.textContent).join("");
  }

  set textContent(text) {
    this.childNodes = text === "" ? [] : [new FakeText(text)];
  }

  /** @returns {Node|null} */
  get firstChild() {
    return this.childNodes[0] ?? null;
  }

  /** @returns {Node|null} */
  get lastChild() {
    return this.childNodes.at(-1) ?? null;
  }

  /** @param {...(Node|string)} nodes */
  append(...nodes) {
    for (const node of nodes) this.appendChild(typeof node === "string" ? new FakeText(node) : node);
  }

  /** @param {...(Node|string)} nodes */
  replaceChildren(...nodes) {
    this.childNodes = [];
    this.append(...nodes);
  }

  /** @param {Node} node @param {Node|null} next */
  insertBefore(node, next) {
    this.childNodes = this.childNodes.filter((c) => c !== node);
    this.childNodes.splice(next ? this.childNodes.indexOf(next) : this.childNodes.length, 0, node);
    node.parent = this;
    return node;
  }
}

export class FakeText extends Node {
  /** @param {string} data */
  constructor(data) {
    super();
    this.data = data;
  }

  /** @override */
  get textContent() {
    return this.data;
  }
}

export class FakeElement extends Node {
  /** @type {Map<string, string>} */
  attributes = new Map();
  /** @type {Map<string, (event?: object) => unknown>} */
  listeners = new Map();
  /** Every element that was clicked by a script. @type {FakeElement[]} */
  static clicked = [];
  href = "";
  download = "";
  hidden = false;
  checked = false;
  open = false;
  value = "";

  /** @param {string} tagName */
  constructor(tagName) {
    super();
    this.tagName = tagName;
  }

  /** @param {string} type @param {(event?: object) => unknown} handler */
  addEventListener(type, handler) {
    this.listeners.set(type, handler);
  }

  /** @param {string} type */
  happen(type) {
    return this.listeners.get(type)?.({ preventDefault() {}, stopPropagation() {} });
  }

  click() {
    FakeElement.clicked.push(this);
    void this.happen("click");
  }

  focus() {
    fakeDocument.activeElement = this;
  }

  /** @param {unknown} node */
  contains(node) {
    return node === this || this.within.some((e) => e === node);
  }

  /** Only by the name of a tag. @param {string} tag */
  querySelector(tag) {
    return this.within.find((e) => e.tagName === tag) ?? null;
  }

  showModal() {
    this.open = true;
  }

  close() {
    this.open = false;
    void this.happen("close");
  }

  get className() {
    return this.getAttribute("class") ?? "";
  }

  /** All within it, in order. @returns {FakeElement[]} */
  get within() {
    return this.childNodes.flatMap((c) => (c instanceof FakeElement ? [c, ...c.within] : []));
  }

  /** What is named so, by its label or its text. @param {string} name @returns {FakeElement|undefined} */
  named(name) {
    return this.within.find((e) => ["button", "textarea", "label"].includes(e.tagName) && (e.getAttribute("aria-label") ?? e.textContent).trim() === name);
  }

  /** @param {string} name */
  hasAttribute(name) {
    return this.attributes.has(name);
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  /** @param {string} name */
  removeAttribute(name) {
    this.attributes.delete(name);
  }
}

export const fakeDocument = {
  /** @type {FakeElement|null} */
  activeElement: null,
  /** @param {string} tag */
  createElement: (tag) => new FakeElement(tag),
  /** @param {string} _ @param {string} tag */
  createElementNS: (_, tag) => new FakeElement(tag),
  /** @param {string} text */
  createTextNode: (text) => new FakeText(text),
};
