import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { instantiate, instantiateNow, MAX_BULK } from "../core/instance.js";
import { module, refuses, start } from "./helpers/core.js";

const KEY = new Uint8Array(32).fill(7);
const NONCE = new Uint8Array(24);

test("byte arrays of one call stand one behind the other", async () => {
  const core = await start();
  const whole = core.callBytes("nacl_secretbox", new Uint8Array([...KEY, ...NONCE, 1, 2, 3]));
  assert.deepEqual(core.callBytes("nacl_secretbox", KEY, NONCE, Uint8Array.of(1), Uint8Array.of(2, 3)), whole);
});

test("results are copies: a later call does not change them", async () => {
  const core = await start();
  const first = core.callBytes("nacl_secretbox", KEY, NONCE, Uint8Array.of(1));
  const kept = first.slice();
  core.callBytes("nacl_key_pair");
  assert.deepEqual(first, kept);
});

test("a result goes into an array of the caller's, to its front and no further; what does not fit is refused", async () => {
  const core = await start();
  const box = core.callBytes("nacl_secretbox", KEY, NONCE, Uint8Array.of(1, 2, 3));
  const into = new Uint8Array(30).fill(9);
  assert.equal(core.callInto(into.subarray(5), "nacl_secretbox", KEY, NONCE, Uint8Array.of(1, 2, 3)), box.length);
  assert.deepEqual([...into], [9, 9, 9, 9, 9, ...box, 9, 9, 9, 9, 9, 9]);
  const short = new Uint8Array(box.length - 1);
  refuses("too long", () => core.callInto(short, "nacl_secretbox", KEY, NONCE, Uint8Array.of(1, 2, 3)));
  assert.ok(short.every((b) => b === 0));
  core.call("bulk_reserve", core.traySize);
  core.call("bulk_put", 0, core.traySize);
  assert.ok(core.callBytes("bulk_get", 0, core.traySize).every((b) => b === 0), "the tray holds nothing after it");
  assert.throws(() => core.callInto(/** @type {never} */ (/** @type {unknown} */ ([])), "nacl_key_pair"), TypeError);
});

test("the tray holds nothing after a call", async () => {
  const core = await start();
  const canary = new TextEncoder().encode("canary canary canary canary.....");
  const box = core.callBytes("nacl_secretbox", canary, NONCE, canary);
  assert.deepEqual(core.callBytes("nacl_secretbox_open", canary, NONCE, box), canary);
  refuses("open failed", () => core.callBytes("nacl_secretbox_open", KEY, NONCE, box));
  core.callBytes("nacl_secretbox", canary, NONCE, canary);
  // bulk_put moves what stands in the tray, so bulk shows it.
  core.call("bulk_reserve", core.traySize);
  core.call("bulk_put", 0, core.traySize);
  assert.ok(core.callBytes("bulk_get", 0, core.traySize).every((b) => b === 0));
});

test("bulk carries what the tray cannot", async () => {
  const core = await start();
  for (const size of [0, 1, core.traySize, core.traySize + 1, 3 * core.traySize + 5]) {
    const message = Uint8Array.from({ length: size }, (_, k) => k * 7);
    core.putBulk(message);
    const box = core.callBulk("nacl_secretbox_bulk", KEY, NONCE);
    assert.equal(box.length, size + 16);
    core.putBulk(box);
    assert.deepEqual(core.callBulk("nacl_secretbox_open_bulk", KEY, NONCE), message);
  }
  refuses("bad argument", () => core.call("bulk_get", 0, 1), "callBulk leaves the buffer empty");
  refuses("too large", () => core.putBulk(new Uint8Array(MAX_BULK + 1)));
});

test("C01: arguments of a wrong kind, size or count are refused and change nothing", async () => {
  const core = await start();
  const wrong = /** @type {number[]} */ (/** @type {unknown[]} */ ([null, undefined, "1", {}, [], 1n, true, new ArrayBuffer(8), new Uint16Array(4), new DataView(new ArrayBuffer(8))]));
  for (const value of wrong) {
    assert.throws(() => core.call("close", value), TypeError, String(value));
    assert.throws(() => core.callBytes("nacl_secretbox", KEY, value), TypeError, String(value));
    assert.throws(() => core.putBulk(/** @type {never} */ (/** @type {unknown} */ (value))), TypeError, String(value));
  }
  for (const number of [NaN, Infinity, -Infinity, 0.5, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53, -(2 ** 31) - 1]) {
    assert.throws(() => core.call("close", number), RangeError, String(number));
    assert.throws(() => core.call("bulk_reserve", number), RangeError, String(number));
  }
  assert.throws(() => core.call("close"), TypeError, "too few");
  assert.throws(() => core.call("close", 1, 2), TypeError, "too many");
  assert.throws(() => core.call("close", 1, KEY), TypeError, "bytes where none are taken");
  assert.throws(() => core.callBytes("nacl_secretbox", KEY, 1), TypeError, "a number behind bytes");
  assert.throws(() => core.call("nothing"), TypeError, "no such export");
  assert.throws(() => core.call("_initialize"), TypeError, "a second start");
  refuses("too long", () => core.callBytes("nacl_secretbox", KEY, NONCE, new Uint8Array(core.traySize - 55)));
  for (const size of [0, 31, 33, 63, 65]) {
    refuses("bad argument", () => core.callBytes("nacl_box_before", new Uint8Array(size)), `${size} bytes`);
  }
  refuses("bad argument", () => core.call("bulk_reserve", -1));
  refuses("too large", () => core.call("bulk_reserve", 2 ** 31 - 1));
  // One that answers another length each time it is asked, and one that is longer than it says.
  for (const lengths of [[4, 1 << 20], [4, 5], [4, 3], [4, NaN], [4, 4]]) {
    const liar = new Uint8Array(lengths[1] === 4 ? 1 << 20 : 8);
    let asked = 0;
    Object.defineProperty(liar, "length", { get: () => lengths[Math.min(asked++, 1)] });
    assert.throws(() => core.callBytes("entry_id", liar), RangeError, String(lengths));
  }
  // One that has grown or shrunk when it is written: what it held then does not stay in the tray.
  for (const [said, held] of /** @type {const} */ ([[4, 8], [9, 8]])) {
    const liar = new Uint8Array(held).fill(0x5a);
    let asked = 0;
    Object.defineProperty(liar, "length", { get: () => (asked++ === 0 ? said : held) });
    assert.throws(() => core.callBytes("nacl_box_public", KEY.subarray(0, 32 - said), liar), RangeError, `${said}, then ${held}`);
    core.call("bulk_reserve", core.traySize);
    core.call("bulk_put", 0, core.traySize);
    assert.ok(core.callBytes("bulk_get", 0, core.traySize).every((b) => b === 0), "the tray holds nothing after it");
  }
  assert.equal(core.callBytes("nacl_box_public", KEY).length, 32, "the instance still works");
  assert.equal(core.dead, undefined);
});

test("C15: closed, forged and mixed-up handles are bad handles", async () => {
  const core = await start();
  const keystore = core.call("keystore_open", KEY);
  assert.ok(keystore > 0);
  const end = core.call("end_new", Uint8Array.of(1, 1), KEY);
  for (const handle of [0, -1, -(2 ** 31), 2 ** 31 - 1, end + 1, end]) {
    refuses("bad handle", () => core.callBytes("keystore_seal", handle, Uint8Array.of(0, 1, 65, 66)), String(handle));
  }
  refuses("bad handle", () => core.callBytes("end_identity", keystore));
  const other = await start();
  refuses("bad handle", () => other.callBytes("end_identity", end), "a handle of another instance");
  core.close(keystore);
  refuses("bad handle", () => core.close(keystore), "closed twice");
  refuses("bad handle", () => core.callBytes("keystore_seal", keystore, Uint8Array.of(0, 1, 65)), "used after it was closed");
  assert.ok(core.call("keystore_open", KEY) > end, "a number is never given out again");
});

test("a forgotten handle closes with its owner", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const core = await start();
  const handle = core.call("keystore_open", KEY);
  const closed = core.call("keystore_open", KEY);
  (() => {
    core.closeWith({}, handle);
    core.closeWith({}, closed); // closed in time: the net has nothing to do
  })();
  core.close(closed);
  const open = () => {
    try {
      core.callBytes("keystore_seal", handle, Uint8Array.of(0, 1, 65));
      return true;
    } catch {
      return false;
    }
  };
  for (let turn = 0; turn < 1000 && open(); turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  refuses("bad handle", () => core.close(handle));
});

test("C16: 10^5 handles made and closed do not grow the memory", async () => {
  const core = await start();
  const cycle = (/** @type {number} */ times) => {
    for (let k = 0; k < times; k++) {
      const keystore = core.call("keystore_open", KEY);
      const blob = core.callBytes("keystore_seal", keystore, Uint8Array.of(0, 1, 65, 66, 67));
      if (k % 1000 === 0) core.callBytes("keystore_unseal", keystore, Uint8Array.of(0, 1, 65), blob);
      core.close(keystore);
    }
  };
  cycle(20_000);
  const before = core.pages;
  cycle(100_000);
  assert.ok(core.pages - before <= 1, `grew from ${before} to ${core.pages} pages`);
});

test("C16: large bulk buffers are used again", async () => {
  const core = await start();
  const message = new Uint8Array(1_000_000);
  const cycle = () => {
    core.putBulk(message);
    core.callBulk("nacl_secretbox_bulk", KEY, NONCE);
  };
  for (let k = 0; k < 30; k++) cycle();
  const before = core.pages;
  for (let k = 0; k < 60; k++) cycle();
  assert.ok(core.pages - before <= 1, `grew from ${before} to ${core.pages} pages`);
});

test("C19: two instances share nothing", async () => {
  const [a, b] = [await start(), instantiateNow(module)];
  const inA = a.call("keystore_open", KEY);
  const inB = b.call("keystore_open", new Uint8Array(32).fill(8));
  assert.equal(inA, inB, "both count from the same number, each for itself");
  const head = Uint8Array.of(0, 1, 65);
  const blob = a.callBytes("keystore_seal", inA, head, Uint8Array.of(1, 2, 3));
  refuses("open failed", () => b.callBytes("keystore_unseal", inB, head, blob));
  a.putBulk(Uint8Array.of(1, 2, 3));
  refuses("bad argument", () => b.call("bulk_get", 0, 1));
  b.close(inB);
  assert.deepEqual(a.callBytes("keystore_unseal", inA, head, blob), Uint8Array.of(1, 2, 3));
});

test("a module of another kind or version does not start", async () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  await assert.rejects(instantiate(empty), { code: "unsupported version" });
  // memory, _initialize, and abi_version() = 2
  const second = new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 8, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f],
      ...[3, 3, 2, 0, 1],
      ...[5, 3, 1, 0, 1],
      ...[7, 38, 3, 6, ...Buffer.from("memory"), 2, 0, 11, ...Buffer.from("_initialize"), 0, 0, 11, ...Buffer.from("abi_version"), 0, 1],
      ...[10, 9, 2, 2, 0, 0x0b, 4, 0, 0x41, 2, 0x0b],
    ),
  );
  await assert.rejects(instantiate(second), { code: "unsupported version", message: /version 2/ });
});
