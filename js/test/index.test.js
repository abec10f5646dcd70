import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { init, SealwireError } from "../index.js";

test("init gives nacl at once, and each init an instance of its own", async () => {
  const [a, b] = await Promise.all([init(), init()]);
  assert.notEqual(a.nacl, b.nacl);
  const [alice, bob] = [a.nacl.box.keyPair(), b.nacl.box.keyPair()];
  const nonce = a.nacl.randomBytes(24);
  const box = a.nacl.box(new TextEncoder().encode("hello"), nonce, bob.publicKey, alice.secretKey);
  assert.equal(new TextDecoder().decode(b.nacl.box.open(box, nonce, alice.publicKey, bob.secretKey) ?? undefined), "hello");
});

test("init takes the module's bytes or address, and only this version's", async () => {
  const url = new URL("../core/sealwire.wasm", import.meta.url);
  assert.ok(await init({ module: url }));
  assert.ok(await init({ module: await readFile(url) }));
  await assert.rejects(init({ module: new Uint8Array(8) }), (error) => error instanceof SealwireError && error.code === "unsupported version");
  await assert.rejects(init({ module: new URL("no-such.wasm", url) }), { code: "unavailable" });
  await assert.rejects(init({ module: /** @type {string} */ (/** @type {unknown} */ (5)) }), TypeError);
});

test("connect refuses wrong options before anything is sent, close has nothing to close", async () => {
  const sw = await init();
  await assert.rejects(sw.connect(/** @type {import("../client/types.js").ClientOptions} */ ({})), TypeError);
  await sw.close();
});
