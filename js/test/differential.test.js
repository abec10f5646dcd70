// C28: 10^5 random operations, each also done by TweetNaCl.js and by libsodium.

import assert from "node:assert/strict";
import { test } from "node:test";
import sodium from "libsodium-wrappers";
import tweetnacl from "tweetnacl";
import { makeNacl } from "../core/nacl.js";
import { module, repeatable, start } from "./helpers/core.js";

await sodium.ready;
const nacl = makeNacl(module, await start());

/** @param {Uint8Array | null} a @param {Uint8Array | null} b */
const same = (a, b) => (a === null || b === null ? a === b : Buffer.compare(a, b) === 0);

/** @param {() => Uint8Array} f libsodium throws where the others give null */
const orNull = (f) => {
  try {
    return f();
  } catch {
    return null;
  }
};

test("C28: 100,000 random operations give what TweetNaCl and libsodium give", () => {
  const random = repeatable(0x5ea1);
  // Curve operations cost a thousand times a small box: a few keys, used often.
  const pairs = Array.from({ length: 40 }, () => tweetnacl.box.keyPair.fromSecretKey(random.bytes(32)));
  const pick = () => pairs[random.below(pairs.length)] ?? assert.fail();
  let operations = 0;
  let opened = 0;
  let refusedBoxes = 0;
  const curve = 1500;
  for (; operations < 100_000; operations++) {
    const nonce = random.bytes(24);
    const message = random.bytes(random.below(4) === 0 ? random.below(600) : random.below(80));
    const fail = () => assert.fail(`operation ${operations}: nonce ${Buffer.from(nonce).toString("hex")}`);
    if (operations % Math.floor(100_000 / curve) === 0) {
      const [a, b] = [pick(), pick()];
      const shared = nacl.box.before(b.publicKey, a.secretKey);
      if (!same(shared, tweetnacl.box.before(b.publicKey, a.secretKey)) || !same(shared, sodium.crypto_box_beforenm(b.publicKey, a.secretKey))) fail();
      const box = nacl.box(message, nonce, b.publicKey, a.secretKey);
      if (!same(box, tweetnacl.box(message, nonce, b.publicKey, a.secretKey)) || !same(box, sodium.crypto_box_easy(message, nonce, b.publicKey, a.secretKey))) fail();
      if (!same(nacl.box.open(box, nonce, a.publicKey, b.secretKey), message)) fail();
      const secret = random.bytes(32);
      if (!same(nacl.box.keyPair.fromSecretKey(secret).publicKey, sodium.crypto_scalarmult_base(secret))) fail();
      continue;
    }
    const key = random.bytes(32);
    const box = nacl.secretbox(message, nonce, key);
    if (!same(box, tweetnacl.secretbox(message, nonce, key)) || !same(box, sodium.crypto_secretbox_easy(message, nonce, key))) fail();
    // Every second box is spoiled in some way before it is opened.
    let given = box;
    if (random.below(2) === 0) {
      given = box.slice(0, box.length - (random.below(3) === 0 ? random.below(box.length + 1) : 0));
      if (given.length > 0) {
        const at = random.below(given.length);
        given[at] = Number(given[at]) ^ (random.below(2) << random.below(8));
      }
    }
    const ours = nacl.secretbox.open(given, nonce, key);
    if (!same(ours, tweetnacl.secretbox.open(given, nonce, key)) || !same(ours, orNull(() => sodium.crypto_secretbox_open_easy(given, nonce, key)))) fail();
    if (ours === null) refusedBoxes++;
    else opened++;
  }
  assert.ok(opened > 20_000 && refusedBoxes > 20_000, `${opened} opened, ${refusedBoxes} refused`);
});
