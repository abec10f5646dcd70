import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate } from "../core/instance.js";
import { makeNacl } from "../core/nacl.js";
import { randomBytes } from "../core/random.js";
import { module, start } from "./helpers/core.js";

const real = globalThis.crypto;

/**
 * Runs f with another source of randomness.
 * @param {unknown} crypto
 * @param {() => unknown} f
 */
async function withCrypto(crypto, f) {
  const own = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
  try {
    return await f();
  } finally {
    Object.defineProperty(globalThis, "crypto", own ?? { value: real, configurable: true });
  }
}

/** @type {Record<string, unknown>} */
const broken = {
  "no crypto": undefined,
  "no getRandomValues": {},
  "it throws": { getRandomValues: () => { throw new Error("quota, with a secret in the text"); } },
  "it fills nothing": { getRandomValues: (/** @type {Uint8Array} */ a) => a },
  "it fills half": { getRandomValues: (/** @type {Uint8Array} */ a) => { real.getRandomValues(a.subarray(0, a.length / 2)); return a; } },
  "it fills the end only": { getRandomValues: (/** @type {Uint8Array} */ a) => { real.getRandomValues(a.subarray(a.length / 2)); return a; } },
  "it answers a shorter array": { getRandomValues: (/** @type {Uint8Array} */ a) => real.getRandomValues(a).subarray(1) },
  "it answers nothing": { getRandomValues: (/** @type {Uint8Array} */ a) => { real.getRandomValues(a); } },
};

for (const [name, crypto] of Object.entries(broken)) {
  test(`C13: nothing starts where ${name}`, async () => {
    await withCrypto(crypto, () => assert.rejects(instantiate(module), { code: "no randomness" }));
  });

  test(`C13: a running instance stops where ${name}`, async () => {
    const core = await start();
    await withCrypto(crypto, () => assert.throws(() => core.callBytes("nacl_key_pair"), { code: "no randomness", message: /^no randomness: the core stopped$/ }));
    assert.throws(() => core.call("bulk_clear"), { code: "no randomness" }, "also once randomness is back");
    const nacl = makeNacl(module, core);
    await withCrypto(crypto, () => assert.throws(() => nacl.randomBytes(24), { code: "no randomness" }));
    await withCrypto(crypto, () => assert.throws(() => nacl.box.keyPair(), { code: "no randomness" }));
    assert.equal(nacl.box.keyPair().secretKey.length, 32, "a fresh instance takes its place");
  });
}

test("C13: more than one call of getRandomValues gives is split", async () => {
  /** @type {number[]} */
  const sizes = [];
  const counting = { getRandomValues: (/** @type {Uint8Array} */ a) => { sizes.push(a.length); return real.getRandomValues(a); } };
  for (const size of [0, 1, 63, 64, 65_535, 65_536, 65_537, 65_536 + 63, 200_000]) {
    sizes.length = 0;
    const bytes = /** @type {Uint8Array} */ (await withCrypto(counting, () => randomBytes(size)));
    assert.equal(bytes.length, size);
    assert.ok(sizes.every((n) => n <= 65_536), `${size}: ${sizes}`);
    assert.equal(sizes.length, Math.max(1, Math.ceil(size / 65_536)), `${size}: ${sizes}`);
    for (let at = 0; at + 32 <= size; at += 32) {
      assert.ok(bytes.subarray(at, at + 32).some((b) => b !== 0), `${size}: zeroes at ${at}`);
    }
  }
});

test("C13: random bytes differ from call to call", () => {
  const seen = new Set(Array.from({ length: 1000 }, () => Buffer.from(randomBytes(16)).toString("hex")));
  assert.equal(seen.size, 1000);
});
