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
  /** @param {string} tagName */
  constructor(tagName) {
    super();
    this.tagName = tagName;
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
