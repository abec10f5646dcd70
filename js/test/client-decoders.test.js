/**
 * Every decoder of the client, given what it may be given by a liar: real forms
 * that were changed, and noise. It answers, or throws what it says that it throws;
 * nothing hangs, and nothing becomes a text or a file that is not one.
 *
 * SEALWIRE_MUTATIONS is how many of each; without it 2,000. A failure tells its
 * seed, which SEALWIRE_SEED takes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeText, encodeText, fromBase64url, fromHex, toBase64url } from "../client/bytes.js";
import { encodeFileContent, encodeHeld, encodeTextContent, fileOf, forPage, shownOf, textOf } from "../client/content.js";
import { decodeFrame, encodeFrame } from "../client/frames.js";
import { safeFileName } from "../client/names.js";
import { readQueues } from "../client/queues.js";
import { decodeHistory, decodeKept, decodeOutbox, encodeCommit, encodeHistory, encodeNote, encodeOutbox } from "../client/records.js";
import { credentialOf, ownerRole } from "../client/statements.js";
import { decodeEvent, decodeJoins, decodeStatus } from "../client/status.js";
import { SealwireError } from "../errors.js";

const TIMES = Number(process.env.SEALWIRE_MUTATIONS ?? 2000);
const SEED = Number(process.env.SEALWIRE_SEED ?? Date.now() % 2 ** 31);

/** mulberry32. @param {number} seed */
function random(seed) {
  let a = seed;
  return (/** @type {number} */ below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A changed copy: bytes written over, cut, grown, doubled, or all noise. @param {Uint8Array} bytes @param {(below: number) => number} r */
function changed(bytes, r) {
  if (r(20) === 0) return Uint8Array.from({ length: r(400) }, () => r(256));
  let out = bytes.slice();
  for (let n = 1 + r(3); n > 0; n--) {
    const at = r(out.length + 1);
    switch (r(5)) {
      case 0:
        if (at < out.length) out[at] ^= 1 << r(8);
        break;
      case 1:
        if (at < out.length) out[at] = [0, 1, 0x7f, 0x80, 0xff][r(5)] ?? 0;
        break;
      case 2:
        out = out.slice(0, at);
        break;
      case 3:
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(r(at + 1), at), ...out.subarray(at)]);
        break;
      default:
        out = Uint8Array.from([...out, ...Array.from({ length: r(5) }, () => r(256))]);
    }
  }
  return out;
}

/**
 * @param {string} name
 * @param {Uint8Array[]} samples
 * @param {(bytes: Uint8Array) => unknown} decode
 * @param {(error: unknown) => boolean} refusal
 * @param {(value: unknown, bytes: Uint8Array) => void} [holds]
 */
function property(name, samples, decode, refusal, holds) {
  test(`${name} answers or refuses, whatever it is given`, () => {
    const r = random(SEED);
    let refused = 0;
    for (const sample of samples) decode(sample); // they are what they should be
    for (let i = 0; i < TIMES; i++) {
      const bytes = changed(samples[i % samples.length] ?? new Uint8Array(), r);
      const before = bytes.slice();
      let value;
      try {
        value = decode(bytes);
      } catch (error) {
        assert.ok(refusal(error), `seed ${SEED}, ${Buffer.from(bytes).toString("hex")}: ${error}`);
        refused++;
        continue;
      }
      assert.deepEqual(bytes, before, "the input was changed");
      holds?.(value, bytes);
    }
    if (refusal !== never) assert.ok(refused > 0, `seed ${SEED}: nothing was refused`);
  });
}

const never = () => false;
const refusedFrame = (/** @type {unknown} */ e) => coded("bad argument")(e) || coded("unsupported version")(e);
/** What unseals was written here: of a form that is not known, by another version. */
const refusedRecord = (/** @type {unknown} */ e) => coded("open failed")(e) || coded("unsupported version")(e);
const coded = (/** @type {string} */ code) => (/** @type {unknown} */ e) => e instanceof SealwireError && e.code === code;
const id = (/** @type {number} */ n) => new Uint8Array(16).fill(n);
const hash = new Uint8Array(32).fill(9);
const text = encodeText("some bytes");

const frames = [
  { type: 2, request: 1, conversation: id(1), bytes: text },
  { type: 3, request: 2, conversation: id(1), sequence: 7 },
  { type: 4, request: 3, conversation: id(1) },
  { type: 5, request: 4, conversation: id(1), bytes: text },
  { type: 6, request: 5, bytes: text },
  { type: 7, request: 6, queue: "default" },
  { type: 8, request: 7, hash },
  { type: 9, request: 8 },
  { type: 10, request: 9, conversation: id(1) },
  { type: 128, request: 0, nonce: hash },
  { type: 129, request: 1, bytes: text },
  { type: 130, request: 1, sequence: 9, dup: true },
  { type: 131, request: 1, code: 9 },
  { type: 132, request: 0, conversation: id(2), sequence: 3, bytes: text },
  { type: 133, request: 1, bytes: text },
  { type: 134, request: 1, list: [{ conversation: id(1), sequence: 1 }, { conversation: id(2), sequence: 2 }] },
  { type: 135, request: 0, conversation: id(2), bytes: text },
  { type: 136, request: 0, agents: true },
].map((f) => encodeFrame(f));
property("decodeFrame", frames, decodeFrame, refusedFrame, (frame, bytes) => {
  assert.deepEqual(encodeFrame(/** @type {any} */ (frame)), bytes, "a frame has one form");
});

const from = { id: "0a".repeat(16), role: "agent", verified: true, self: false, alias: "Ana" };
const outbox = [
  { conversation: "", id: id(1), time: 5, epoch: 0, content: text, entry: new Uint8Array(), ids: [], held: true },
  { conversation: "0b".repeat(16), id: id(1), time: 5, epoch: 3, content: text, entry: text, ids: [id(3), id(4)], held: false },
].map((o) => encodeOutbox(o));
property("decodeOutbox", outbox, decodeOutbox, refusedRecord, (record, bytes) => {
  const { ids } = /** @type {import("../client/records.js").OutboxRecord} */ (record);
  if (ids.length <= 64) assert.deepEqual(encodeOutbox(/** @type {any} */ (record)), bytes, "a record has one form");
});
const history = [null, from].map((by) => encodeHistory({ sequence: 4, id: id(1), own: by === null, time: 5, gap: 0, from: /** @type {any} */ (by), content: text }));
/** No byte is left out. @param {any} item @param {Uint8Array} bytes */
const allOfIt = (item, bytes) => assert.equal((item.note !== undefined ? encodeNote(item) : item.marks !== undefined ? encodeCommit(item) : encodeHistory(item)).length, bytes.length);
property("decodeHistory", history, decodeHistory, refusedRecord, allOfIt);
const notes = [null, from].map((by) => encodeNote({ sequence: 4, note: "missed", time: 5, from: /** @type {any} */ (by) }));
const said = { sequence: 4, epoch: 2, time: 5, marks: 1, role: "agent", false: true, unopened: true };
const commits = [
  encodeCommit({ ...said, by: null, added: [], removed: [], grants: [] }),
  encodeCommit({ ...said, by: from, added: [from, from], removed: [from], grants: [{ grantee: from.id, from: 0, to: 1, reason: 2 }] }),
];
property("decodeKept", [...history, ...notes, ...commits], decodeKept, refusedRecord, allOfIt);

const u64 = (/** @type {number} */ n) => [0, 0, 0, 0, 0, 0, 0, n];
const sixteen = (/** @type {number} */ n) => new Array(16).fill(n);
const status = Uint8Array.from([...sixteen(1), ...u64(2), ...u64(9), 1, ...new Array(64).fill(7), ...sixteen(0), 1, ...sixteen(3), 3, 1, 0, 1, ...new Array(32).fill(5), 3, 65, 110, 97, 1, 65, 16, ...sixteen(8)]);
property("decodeStatus", [status], decodeStatus, coded("internal"), (value) => {
  const { members, differs } = /** @type {import("../client/status.js").Status} */ (value);
  assert.ok(members.length < 256 && (differs === "" || differs.length === 32));
});
const head = (/** @type {number} */ type) => [type, ...u64(9), ...sixteen(1), ...sixteen(2)];
const events = [
  [...head(1), ...sixteen(3), ...u64(1), ...u64(2), ...u64(0), 1, 0, 0, 0, 2, 65, 66],
  [...head(2), ...u64(1), ...u64(2), 0, 1, 1, ...sixteen(5), 1, ...sixteen(6), 3, 1, ...sixteen(5), ...u64(0), ...u64(1), 2, 0, 5, 1],
  [...head(3), 0, 5, 1, ...sixteen(5), ...u64(1)],
  [...head(4), 1, ...sixteen(5), 1, 1],
].map((e) => Uint8Array.from(e));
property("decodeEvent", events, decodeEvent, coded("internal"));
property("decodeJoins", [Uint8Array.from([1, ...sixteen(1), ...sixteen(2), ...sixteen(3), 1, 1, 3, 65, 110, 97])], decodeJoins, coded("internal"));

const credential = Uint8Array.from([1, 3, ...new Array(32).fill(1), 3, 65, 110, 97, 0, 2, 1, 65, 1, 66, ...u64(1), ...u64(9), ...new Array(96).fill(1)]);
property("credentialOf", [credential], credentialOf, (e) => coded("bad credential")(e) || coded("unsupported version")(e));
const packages = [[1, 0, ...new Array(32).fill(1)], [1, 1, 0, credential.length, ...credential]].map((p) => Uint8Array.from([...p, ...new Array(20).fill(1)]));
property("ownerRole", packages, ownerRole, (e) => ["bad argument", "bad credential", "unsupported version"].some((c) => coded(c)(e)));
const told = { version: 3, waiting: [{ conversation: "0a".repeat(16), queue: "q", since: 5, entries: 2, parked: true }], agents: [{ member: "0b".repeat(16), alias: "Ana", role: "agent", queues: ["q"], online: true }], counts: { q: { waiting: 7, agents: 2 } } };
/** As it is fetched: what is no JSON never comes so far. @param {Uint8Array} bytes */
const asFetched = (bytes) => {
  let value;
  try {
    value = JSON.parse(decodeText(bytes));
  } catch {
    throw new SealwireError("unavailable");
  }
  return readQueues(Object.assign(Object.create(null), value), "0c".repeat(16));
};
property("readQueues", [encodeText(JSON.stringify(told)), encodeText('{"version":1,"waiting":null,"agents":null}'), encodeText('{"version":1,"counts":{"__proto__":{"waiting":1,"agents":0}}}')], asFetched, coded("unavailable"), (value) => {
  const { waiting, agents, counts } = /** @type {ReturnType<typeof readQueues>} */ (value);
  for (const { id: name, since } of waiting) assert.ok(/^[0-9a-f]{32}$/.test(name) && Number.isSafeInteger(since));
  for (const { id: name, alias } of agents) assert.ok(/^[0-9a-f]{32}$/.test(name) && alias.length <= 64);
  for (const { queue, waiting: n, agents: of } of counts) assert.ok(queue.length <= 64 && Number.isSafeInteger(n) && Number.isSafeInteger(of));
});

const file = { name: "a.txt", media: "text/plain", size: 5, file: id(1), secret: new Uint8Array(48).fill(2), hash, thumbnail: text };
const contents = [
  encodeTextContent("a text with \u00fc and \ud83e\udd8a"),
  encodeFileContent(file),
  encodeHeld(file),
  encodeText('{"type":"text","text":"x","__proto__":{"type":"file"},"constructor":null}'),
  encodeText('{"type":"text","text":["x"]}'),
  encodeText("[[[[]]]]"),
];
property("textOf", contents, textOf, never, (value, bytes) => {
  if (value === null) return;
  const said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  assert.equal(said.type, "text");
  assert.equal(value, said.text);
});
property("fileOf", contents, fileOf, never, (value) => {
  if (value === null) return;
  const { name, size, file: at, secret, hash: sum } = /** @type {import("../client/content.js").FileContent} */ (value);
  assert.ok(name.length > 0 && Number.isSafeInteger(size) && size >= 0);
  assert.deepEqual([at.length, secret.length, sum.length], [16, 48, 32]);
});
property("forPage", contents, forPage, never, (value) => {
  let said = "";
  let parsed = null;
  try {
    said = decodeText(/** @type {Uint8Array} */ (value)); // as the page does
    parsed = JSON.parse(said);
  } catch {
    return; // never shown
  }
  if (parsed?.type === "file") assert.ok(!("secret" in parsed) && !("hash" in parsed) && !("file" in parsed), `a page is given a key: ${said}`);
});
property("shownOf", contents, shownOf, never, (value) => {
  if (value === null) return;
  assert.ok(["text", "file", "unknown"].includes(/** @type {import("../client/content.js").Shown} */ (value).type));
});

property("decodeText", [text, encodeText("\u00fc\ud83e\udd8a")], decodeText, (e) => e instanceof TypeError, (value, bytes) => {
  assert.deepEqual(encodeText(/** @type {string} */ (value)), bytes, "UTF-8 has one form");
});
/** @param {(text: string) => Uint8Array} decode @param {(bytes: Uint8Array) => string} encode */
const ofText = (decode, encode) => (/** @type {Uint8Array} */ bytes) => {
  const said = Buffer.from(bytes).toString("latin1");
  assert.equal(encode(decode(said)), said, "one form");
};
property("fromBase64url", [encodeText(toBase64url(hash)), encodeText("AA"), encodeText("")], ofText(fromBase64url, toBase64url), (e) => e instanceof TypeError);
property("fromHex", [encodeText("00ff"), encodeText("")], ofText(fromHex, (b) => Buffer.from(b).toString("hex")), (e) => e instanceof TypeError);
property("safeFileName", ["a.txt", "../../etc/passwd", "CON", "a\u202etxt.exe", "."].map(encodeText), (bytes) => safeFileName(Buffer.from(bytes).toString()), never, (value) => {
  assert.match(/** @type {string} */ (value), /^[^/\\\u0000-\u001f\u202a-\u202e\u2066-\u2069]+$/u);
  assert.ok(value !== "." && value !== "..");
});
