import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { el, setAttribute } from "../widget/dom.js";
import { textNodes } from "../widget/log.js";
import { textOf } from "../widget/messagerow.js";
import { message, unknownMessage } from "./fake-client.js";
import { FakeElement, FakeText, fakeDocument } from "./fake-document.js";

Object.assign(globalThis, { document: fakeDocument });

const hostile = [
  "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg/onload=alert(1)>", "javascript:alert(1)",
  "&lt;b&gt; &#60;i&#62;", "</div></div><iframe srcdoc='x'>", "https://a.example/\"onmouseover=\"alert(1)", "{{7*7}} ${7*7}",
  "\u0000\u0001\u2028\u202e", "<a href=javascript:alert(1)>x</a>", "https://a.example/<script>alert(1)</script>",
];

test("B01: a message becomes text nodes and http links, and reads as it was written", () => {
  for (const text of hostile) {
    const nodes = /** @type {unknown[]} */ (textNodes(text));
    for (const node of nodes) {
      if (node instanceof FakeText) continue;
      assert.ok(node instanceof FakeElement, text);
      assert.equal(node.tagName, "a", text);
      assert.match(node.getAttribute("href") ?? "", /^https?:/, text);
      assert.equal(node.getAttribute("rel"), "noopener noreferrer nofollow");
      assert.deepEqual([...node.attributes.keys()].toSorted(), ["href", "referrerpolicy", "rel", "target"]);
      assert.ok(node.childNodes.every((c) => c instanceof FakeText), text);
    }
    assert.equal(nodes.map((n) => (n instanceof FakeElement || n instanceof FakeText ? n.textContent : "?")).join(""), text);
  }
});

test("a message that the client cannot make sense of is told in words, never by what it holds", () => {
  for (const content of ["", ...hostile]) {
    assert.equal(textOf(unknownMessage({ text: content })), "A message that this version cannot show.");
    assert.equal(textOf(message({ text: content })), content);
  }
});

test("B01: there is no way to a handler, a style or a script address", () => {
  for (const name of ["onclick", "ONLOAD", "style", "Style", "srcdoc"]) assert.throws(() => el("a", { [name]: "x" }), TypeError);
  const link = /** @type {Element} */ (/** @type {unknown} */ (new FakeElement("a")));
  for (const href of ["javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "blob:x"]) {
    assert.throws(() => setAttribute(link, "href", href), TypeError);
  }
});

/** Every file of a folder, and of those in it. @param {URL} place */
const sources = (place) => readdirSync(place, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  .map((f) => join(f.parentPath ?? f.path, f.name).slice(fileURLToPath(place).length));

test("B02: no source of the widget, the agent's part or the pages makes markup, code or styles from strings", () => {
  const forbidden = [
    /\binnerHTML\b/, /\bouterHTML\b/, /insertAdjacentHTML/, /document\.write/, /createContextualFragment/, /DOMParser/, /setHTML/,
    /\beval\s*\(/, /new Function/, /createPolicy/, /javascript:/, /setTimeout\(\s*["'`]/,
  ];
  let read = 0;
  for (const folder of ["widget", "agent", "demo"]) {
    const place = new URL(`../${folder}/`, import.meta.url);
    for (const name of sources(place)) {
      const source = readFileSync(new URL(name, place), "utf8");
      read++;
      if (name.endsWith(".js")) for (const pattern of forbidden) assert.doesNotMatch(source, pattern, `${folder}/${name}`);
      if (!name.endsWith(".html")) continue;
      assert.doesNotMatch(source, /<style|\sstyle=|\son[a-z]+=/i, name);
      assert.doesNotMatch(source, /<script(?![^>]*\ssrc=)/i, name);
      // Everything comes from the page's own origin.
      assert.doesNotMatch(source, /(?:src|href)="(?!\/|#)/, name);
    }
  }
  assert.ok(read > 20);
});

test("the element is given no client but its own", () => {
  const [element, session] = ["element", "session"].map((name) => readFileSync(new URL(`../widget/${name}.js`, import.meta.url), "utf8"));
  assert.match(element ?? "", /import \{ Session \} from "\.\/session\.js"/);
  assert.match(session ?? "", /import \{ init \} from "\.\.\/index\.js"/);
  assert.doesNotMatch(`${element}${session}`, /fake|factory/i);
  for (const folder of ["widget", "agent"]) {
    const place = new URL(`../${folder}/`, import.meta.url);
    for (const name of sources(place)) {
      assert.doesNotMatch(readFileSync(new URL(name, place), "utf8"), /from "(?:\.\.\/)+(?:core|client|test)\//, `${folder}/${name}`);
    }
  }
});
