import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import tweetnacl from "tweetnacl";
import { makeNacl } from "../core/nacl.js";
import { SealwireError } from "../errors.js";
import { hex, module, refuses, start } from "./helpers/core.js";

const nacl = makeNacl(module, await start());

/** @type {{cases: {name: string, public: string, secret: string, shared?: string, expect: string, canonical: boolean}[]}} */
const vectors = JSON.parse(await readFile(new URL("../../wasm/nacl/testdata/x25519.json", import.meta.url), "utf8"));

test("what it offers of TweetNaCl has the same names, arities and constants", () => {
  /** @param {object} ours @param {object} theirs @param {string} path */
  const compare = (ours, theirs, path) => {
    for (const name of Object.keys(ours)) {
      const mine = Reflect.get(ours, name);
      const other = Reflect.get(theirs, name);
      if (name === "maxMessageLength") continue;
      assert.equal(typeof mine, typeof other, `${path}.${name}`);
      if (typeof mine === "number") assert.equal(mine, other, `${path}.${name}`);
      if (typeof mine === "function") {
        assert.equal(mine.length, other.length, `${path}.${name} takes as many arguments`);
        compare(mine, other, `${path}.${name}`);
      }
    }
  };
  compare(nacl, tweetnacl, "nacl");
  for (const name of Object.keys(tweetnacl.box)) assert.ok(name in nacl.box, `box.${name}`);
  for (const name of Object.keys(tweetnacl.secretbox)) assert.ok(name in nacl.secretbox, `secretbox.${name}`);
  for (const name of ["sign", "hash", "scalarMult", "verify"]) assert.ok(!(name in nacl), `${name} is not offered`);
});

test("wrong arguments are refused as TweetNaCl refuses them", () => {
  const key = new Uint8Array(32);
  const nonce = new Uint8Array(24);
  const message = new Uint8Array(40);
  const publicKey = nacl.box.keyPair().publicKey;
  /** @type {[string, unknown[]][]} */
  const right = [
    ["secretbox", [message, nonce, key]],
    ["secretbox.open", [message, nonce, key]],
    ["box", [message, nonce, publicKey, key]],
    ["box.open", [message, nonce, publicKey, key]],
    ["box.before", [publicKey, key]],
    ["box.after", [message, nonce, key]],
    ["box.open.after", [message, nonce, key]],
    ["box.keyPair.fromSecretKey", [key]],
  ];
  const wrong = [undefined, null, "text", 5, [], {}, new ArrayBuffer(32), new Uint16Array(32), new Uint8Array(0), new Uint8Array(23), new Uint8Array(25), new Uint8Array(31), new Uint8Array(33)];
  let compared = 0;
  for (const [path, args] of right) {
    /** @param {object} library @returns {(...args: unknown[]) => unknown} */
    const find = (library) => path.split(".").reduce((at, name) => Reflect.get(at, name), /** @type {any} */ (library));
    for (let k = 0; k < args.length; k++) {
      for (const value of wrong) {
        const spoiled = args.with(k, value);
        /** @type {unknown} */
        let theirs;
        try {
          find(tweetnacl)(...spoiled);
          continue; // a message of another length is fine
        } catch (error) {
          theirs = error;
        }
        assert.throws(
          () => find(nacl)(...spoiled),
          (ours) => ours instanceof (theirs instanceof TypeError ? TypeError : RangeError) && ours.message === /** @type {Error} */ (theirs).message,
          `C01: ${path}, argument ${k}`,
        );
        compared++;
      }
    }
  }
  assert.ok(compared > 150, `${compared} refusals compared`);
  for (const length of [-1, 1.5, NaN, 2 ** 31, Infinity]) assert.throws(() => nacl.randomBytes(length), RangeError);
  assert.throws(() => nacl.randomBytes(/** @type {number} */ (/** @type {unknown} */ ("3"))), TypeError);
});

test("C02: low-order public keys are refused in every call with a peer key, the others are TweetNaCl's", () => {
  const nonce = new Uint8Array(24);
  const message = new Uint8Array([1, 2, 3]);
  let refused = 0;
  for (const c of vectors.cases) {
    const [publicKey, secretKey] = [hex(c.public), hex(c.secret)];
    const box = tweetnacl.box(message, nonce, publicKey, secretKey);
    if (c.expect === "bad key") {
      refuses("bad key", () => nacl.box.before(publicKey, secretKey), c.name);
      refuses("bad key", () => nacl.box(message, nonce, publicKey, secretKey), c.name);
      assert.equal(nacl.box.open(box, nonce, publicKey, secretKey), null, c.name);
      refused++;
    } else {
      assert.deepEqual(nacl.box.before(publicKey, secretKey), tweetnacl.box.before(publicKey, secretKey), c.name);
      assert.deepEqual(nacl.box(message, nonce, publicKey, secretKey), box, c.name);
      assert.deepEqual(nacl.box.open(box, nonce, publicKey, secretKey), message, c.name);
    }
  }
  assert.equal(refused, 31);
  assert.equal(vectors.cases.filter((c) => !c.canonical).length, 19);
});

test("C04: every flipped bit of a 200-byte box is refused", () => {
  const pair = nacl.box.keyPair();
  const nonce = nacl.randomBytes(24);
  const box = nacl.box(new Uint8Array(184).fill(65), nonce, pair.publicKey, pair.secretKey);
  assert.equal(box.length, 200);
  for (let bit = 0; bit < 1600; bit++) {
    const spoiled = box.slice();
    spoiled[bit >> 3] = Number(spoiled[bit >> 3]) ^ (1 << (bit & 7));
    assert.equal(nacl.box.open(spoiled, nonce, pair.publicKey, pair.secretKey), null, `bit ${bit}`);
  }
});

test("C05: every shorter and longer box is refused", () => {
  const key = nacl.randomBytes(32);
  const nonce = nacl.randomBytes(24);
  const box = nacl.secretbox(new Uint8Array(184), nonce, key);
  for (let n = 0; n < box.length; n++) assert.equal(nacl.secretbox.open(box.subarray(0, n), nonce, key), null, `cut to ${n}`);
  for (let n = 1; n <= 64; n++) assert.equal(nacl.secretbox.open(new Uint8Array([...box, ...new Uint8Array(n)]), nonce, key), null, `${n} longer`);
});

test("C20: messages from nothing to the most, and not one byte more", () => {
  const key = nacl.randomBytes(32);
  const nonce = nacl.randomBytes(24);
  const tray = 131_072;
  for (const size of [0, 1, 2, 63, 64, 65, tray - 73, tray - 72, tray - 71, tray, tray + 1, 1_000_000]) {
    const message = Uint8Array.from({ length: size }, (_, k) => k * 31 + (k >> 8));
    const box = nacl.secretbox(message, nonce, key);
    assert.equal(Buffer.compare(box, tweetnacl.secretbox(message, nonce, key)), 0, `${size} bytes`);
    assert.equal(Buffer.compare(nacl.secretbox.open(box, nonce, key) ?? new Uint8Array(1), message), 0, `${size} bytes`);
  }
  const most = new Uint8Array(nacl.maxMessageLength);
  const box = nacl.secretbox(most, nonce, key);
  assert.equal(nacl.secretbox.open(box, nonce, key)?.length, most.length);
  assert.throws(() => nacl.secretbox(new Uint8Array(most.length + 1), nonce, key), RangeError);
  assert.equal(nacl.secretbox.open(new Uint8Array(most.length + 17), nonce, key), null);
});

test("arguments are not changed, and results are the caller's own", () => {
  const pair = nacl.box.keyPair();
  const nonce = nacl.randomBytes(24);
  const message = nacl.randomBytes(100);
  const before = [pair.publicKey, pair.secretKey, nonce, message].map((b) => b.slice());
  const box = nacl.box(message, nonce, pair.publicKey, pair.secretKey);
  const opened = nacl.box.open(box, nonce, pair.publicKey, pair.secretKey);
  assert.deepEqual([pair.publicKey, pair.secretKey, nonce, message], before);
  assert.deepEqual(opened, message);
  const again = nacl.box.keyPair.fromSecretKey(pair.secretKey);
  assert.notEqual(again.secretKey, pair.secretKey);
  assert.deepEqual(again, pair);
});

test("byte arrays of another window are taken, and views keep their bounds", async () => {
  const { runInNewContext } = await import("node:vm");
  const foreign = runInNewContext("new Uint8Array(32).fill(3)");
  const local = new Uint8Array(64).fill(3).subarray(16, 48);
  const nonce = new Uint8Array(24);
  assert.deepEqual(nacl.secretbox(foreign, nonce, foreign), nacl.secretbox(local, nonce, local));
});

test("C26: errors tell nothing of keys and messages", () => {
  const canary = new TextEncoder().encode("canary-canary-canary-canary-3232");
  const found = (/** @type {() => unknown} */ f) => {
    try {
      f();
    } catch (error) {
      assert.ok(error instanceof Error);
      return `${String(error)} ${JSON.stringify(error)} ${error.stack} ${error.cause}`;
    }
    return assert.fail("nothing was thrown");
  };
  const texts = [
    found(() => nacl.box(canary, new Uint8Array(24), new Uint8Array(32), canary)),
    found(() => nacl.secretbox(canary, canary, canary)),
    found(() => nacl.secretbox(canary, new Uint8Array(24), canary.subarray(1))),
  ];
  for (const text of texts) assert.doesNotMatch(text, /canary|99,97,110|63616e617279|Y2FuYXJ5/);
  assert.ok(texts[0]?.includes(String(new SealwireError("bad key").code)));
});
