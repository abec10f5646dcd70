/** The format of 2022 is read in both directions and both forms, always labelled, and never written. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import tweetnacl from "tweetnacl";
import * as migration from "../migration/twilio2022.js";
import { module } from "./helpers/core.js";
import { makeNacl } from "../core/nacl.js";
import { instantiate } from "../core/instance.js";

const { isOld, label, openFile, openText } = migration;
const vectors = JSON.parse(readFileSync(new URL("./testdata/twilio2022.json", import.meta.url), "utf8"));
const nacl = makeNacl(module, await instantiate(module));
const utf8 = (/** @type {string} */ text) => new TextEncoder().encode(text);
const other = { customer: "agent", agent: "customer" };

/** The keys as each of the two ends has them. @param {"customer"|"agent"} self */
const keysOf = (self) => ({ secretKey: vectors[self].secretKey, publicKey: vectors[other[self]].publicKey });
const ends = /** @type {const} */ (["customer", "agent"]);

test("both ends read every text, their own too, and it is labelled", () => {
  assert.ok(vectors.texts.length >= 4);
  for (const { message, text } of vectors.texts) {
    for (const end of ends) assert.deepEqual(openText(nacl, message, keysOf(end)), { text, authenticated: false, label });
    assert.ok(isOld(message));
  }
});

test("both ends read every file, whichever form is inside, and it is labelled", () => {
  assert.ok(vectors.files.length >= 2);
  for (const { content, base64 } of vectors.files) {
    for (const end of ends) {
      for (const form of [content, utf8(content)]) {
        const opened = openFile(nacl, { content: form, name: "a.png", media: "image/png" }, keysOf(end));
        assert.ok(opened);
        assert.equal(Buffer.from(opened.bytes).toString("base64"), base64);
        assert.deepEqual([opened.authenticated, opened.label, opened.name, opened.media], [false, label, "a.png", "image/png"]);
      }
    }
  }
});

test("what tweetnacl seals now is read, of any length", () => {
  const [a, b] = [tweetnacl.box.keyPair(), tweetnacl.box.keyPair()];
  for (const length of [0, 1, 23, 24, 1000, 40_000]) {
    const nonce = tweetnacl.randomBytes(24);
    const text = "x".repeat(length);
    const body = Buffer.concat([nonce, tweetnacl.box(utf8(text), nonce, b.publicKey, a.secretKey)]).toString("base64");
    assert.equal(openText(nacl, { body, attributes: { isEncrypted: true } }, { publicKey: a.publicKey, secretKey: b.secretKey })?.text, text);
  }
});

test("what was changed anywhere, cut, or is somebody else's does not open", () => {
  const [{ message }] = vectors.texts;
  const bytes = Buffer.from(message.body, "base64");
  const open = (/** @type {Buffer} */ b, keys = keysOf("agent")) => openText(nacl, { ...message, body: b.toString("base64") }, keys);
  assert.ok(open(bytes));
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(open(changed), null, `byte ${at}`);
    assert.equal(open(bytes.subarray(0, at)), null, `cut at ${at}`);
  }
  const stranger = tweetnacl.box.keyPair();
  assert.equal(open(bytes, { publicKey: stranger.publicKey, secretKey: vectors.agent.secretKey }), null);
});

test("what is not of the format is null, never text", () => {
  const keys = keysOf("agent");
  for (const message of [
    { body: "hello", attributes: {} },
    { body: "hello", attributes: { isEncrypted: true } },
    { body: "hello", attributes: { isEncrypted: false } },
    { body: vectors.texts[0].message.body, attributes: {} },
    { body: vectors.texts[0].message.body, attributes: { isEncrypted: "true" } },
    { body: "@@@isEncrypted@@@", attributes: {} },
    { body: "@@@isEncrypted@@@not base64!", attributes: {} },
    { body: null, attributes: { isEncrypted: true } },
    { body: `  ${vectors.texts[0].message.body}`, attributes: { isEncrypted: true } },
    { attributes: "{" },
  ]) assert.equal(openText(nacl, message, keys), null, JSON.stringify(message));
  assert.equal(openFile(nacl, { content: "not base64!" }, keys), null);
  // A box around what is no base64 is no file of this format.
  const nonce = new Uint8Array(24);
  const secretKey = Buffer.from(vectors.customer.secretKey, "base64");
  const box = tweetnacl.box(utf8("plain!"), nonce, Buffer.from(vectors.agent.publicKey, "base64"), secretKey);
  assert.equal(openFile(nacl, { content: Buffer.concat([nonce, box]).toString("base64") }, keys), null);
});

test("keys of another size or kind are refused", () => {
  const [{ message }] = vectors.texts;
  assert.throws(() => openText(nacl, message, { ...keysOf("agent"), publicKey: new Uint8Array(31) }), RangeError);
  assert.throws(() => openText(nacl, message, { ...keysOf("agent"), secretKey: "!" }), TypeError);
});

test("a key of low order opens nothing", () => {
  assert.equal(openText(nacl, vectors.texts[0].message, { ...keysOf("agent"), publicKey: new Uint8Array(32) }), null);
});

test("nothing of it is ever written: it has no way to seal", () => {
  assert.deepEqual(Object.keys(migration).sort(), ["isOld", "label", "openFile", "openText"]);
  const source = readFileSync(new URL("../migration/twilio2022.js", import.meta.url), "utf8").replaceAll(/\/\*\*[^]*?\*\//g, "");
  assert.ok(!/box\s*\(|box\.after|secretbox/.test(source));
});
