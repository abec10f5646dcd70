/** As much of a document as making nodes needs, and a list of everything that was made: for tests without a browser. */

class Node {
  /** @type {Node[]} */
  childNodes = [];
  /** @param {Node} child */
  appendChild(child) {
    this.childNodes.push(child);
    return child;
  }

  /** @returns {string} */
  get textContent() {
    return this.childNodes.map((c) => c.textContent).join("");
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
  /** @type {Map<string, () => void>} */
  listeners = new Map();
  /** Every element that was clicked by a script. @type {FakeElement[]} */
  static clicked = [];
  href = "";
  download = "";

  /** @param {string} tagName */
  constructor(tagName) {
    super();
    this.tagName = tagName;
  }

  /** @param {string} type @param {() => void} handler */
  addEventListener(type, handler) {
    this.listeners.set(type, handler);
  }

  /** @param {string} type */
  happen(type) {
    this.listeners.get(type)?.();
  }

  remove() {}

  click() {
    FakeElement.clicked.push(this);
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
  /** @param {string} tag */
  createElement: (tag) => new FakeElement(tag),
  /** @param {string} text */
  createTextNode: (text) => new FakeText(text),
};
