import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromHex, toHex } from "../client/bytes.js";
import { decodeFrame, encodeFrame } from "../client/frames.js";

/**
 * @typedef {{ name: string, type: number, request: number, frame: string, fields: Record<string, unknown> }} Good
 * @typedef {{ name: string, frame: string, code: string }} Bad
 */
const vectors = /** @type {{ good: Good[], bad: Bad[] }} */ (JSON.parse(readFileSync(new URL("../../server/relay/testdata/frames.json", import.meta.url), "utf8")));

/** Names that the vectors give to what this side calls otherwise. @type {Record<string, string>} */
const NAMES = { entry: "bytes", keyPackage: "bytes", manifest: "bytes", value: "bytes", after: "sequence", duplicate: "dup", conversations: "list" };

/** @param {unknown} value @returns {unknown} */
function plain(value) {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map((v) => ({ conversation: toHex(v.conversation), sequence: String(v.sequence) }));
  return value;
}

test("the vectors are there", () => {
  assert.ok(vectors.good.length > 20 && vectors.bad.length > 20);
});

for (const { name, type, request, frame, fields } of vectors.good) {
  test(`frame vector: ${name}`, () => {
    const bytes = fromHex(frame);
    if (Object.values(fields).some((v) => typeof v === "string" && /^[0-9]{17,20}$/.test(v))) {
      assert.throws(() => decodeFrame(bytes), { name: "SealwireError", code: "bad argument" }, "what a number cannot hold exactly is refused, never rounded");
      return;
    }
    const decoded = decodeFrame(bytes);
    assert.equal(decoded.type, type);
    assert.equal(decoded.request, request);
    assert.equal(toHex(encodeFrame(decoded)), frame);
    if (type === 1) return; // its body is the core's
    for (const [key, want] of Object.entries(fields)) {
      const got = plain(Reflect.get(decoded, NAMES[key] ?? key));
      assert.deepEqual(typeof got === "number" && typeof want === "string" ? String(got) : got, want, key);
    }
  });
}

for (const { name, frame, code } of vectors.bad) {
  test(`bad frame vector: ${name}`, () => {
    assert.throws(() => decodeFrame(fromHex(frame)), { name: "SealwireError", code });
  });
}

test("a queue that is not UTF-8, and one that begins with a mark of its order, are no queue and that queue", () => {
  const frame = (/** @type {number[]} */ queue) => Uint8Array.of(7, 0, 0, 0, 1, queue.length, ...queue, 0);
  assert.throws(() => decodeFrame(frame([0xff])), { name: "SealwireError", code: "bad argument" });
  const marked = frame([0xef, 0xbb, 0xbf, 0x71]);
  assert.deepEqual(encodeFrame(decodeFrame(marked)), marked);
});
