/** Frames of foreign transports, and the logs that come of them: what every end has to come to alike. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Writer, encodeText } from "../client/bytes.js";
import { Frames, entryFrame, recordFrame, split } from "../client/foreignframes.js";
import { ForeignLog } from "../client/foreignlog.js";
import { Link } from "../client/foreignlink.js";
import { newcomersOf } from "../client/foreignpackages.js";
import { Room } from "../client/transports/pair.js";
import { fromText, toText } from "../client/transports/text.js";
import { Feed } from "../client/transports/feed.js";
import { coded } from "./transport-suite.js";

const bytes = (/** @type {number} */ n, seed = 7) => new Uint8Array(n).map((_, at) => (at * seed + 3) % 256);

/** @param {Uint8Array[]} all */
async function read(all, frames = new Frames()) {
  const found = [];
  for (const one of all) {
    const frame = await frames.read(one);
    if (frame) found.push(frame);
  }
  return found;
}

test("a frame that fits is one; a longer one comes back whole, in whatever order its parts stand", async () => {
  const entry = bytes(9_000);
  assert.equal((await split(entryFrame(entry), 9_001)).length, 1);
  const parts = await split(entryFrame(entry), 1_024);
  assert.ok(parts.length > 8 && parts.every(({ length }) => length <= 1_024));
  for (const order of [parts, [...parts].reverse(), [...parts.slice(3), ...parts.slice(0, 3)], [...parts, ...parts.slice(1)]]) {
    assert.deepEqual(await read(order), [{ kind: "entry", entry }]);
  }
  assert.deepEqual(await read(parts.slice(1)), [], "one is missing");
  const record = await split(recordFrame("manifest/ab", bytes(4_000)), 1_024);
  assert.deepEqual(await read(record), [{ kind: "record", name: "manifest/ab", value: bytes(4_000) }]);
});

test("a part that was slipped in holds nothing up: the newest counts", async () => {
  const parts = await split(entryFrame(bytes(3_000)), 1_024);
  const forged = Uint8Array.from(/** @type {Uint8Array} */ (parts[1]));
  forged[100] = Number(forged[100]) ^ 1;
  assert.equal((await read([forged, ...parts])).length, 1, "before it");
  const frames = new Frames();
  assert.equal((await read([...parts.slice(0, 2), forged, ...parts.slice(2)], frames)).length, 0, "after it");
  assert.equal((await read(parts, frames)).length, 1, "and sent again");
});

test("what is no frame is none, whatever it says of itself", async () => {
  const part = /** @type {Uint8Array} */ ((await split(entryFrame(bytes(3_000)), 1_024))[0]);
  const changed = (/** @type {number} */ at, /** @type {number} */ value) => part.map((b, i) => (i === at ? value : b));
  const none = [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(4, 1, 2), Uint8Array.of(2), part.subarray(0, 19), changed(17, 200), changed(18, 0), changed(18, 1), Uint8Array.of(3, 200, 1), Uint8Array.of(3, 1, 0xff)];
  assert.deepEqual(await read(none), []);
});

test("parts of frames that never come are not kept for ever", async () => {
  const frames = new Frames();
  const first = await split(entryFrame(bytes(3_000)), 1_024);
  await read(first.slice(0, -1), frames);
  for (let n = 0; n < 64; n++) await read((await split(entryFrame(bytes(3_000, 11 + 2 * n)), 1_024)).slice(0, 1), frames);
  assert.deepEqual(await read(first.slice(-1), frames), [], "it was forgotten, and so at every end");
  assert.equal((await read(first, frames)).length, 1);
});

test("frames over the limit come to nothing", async () => {
  await assert.rejects(split(bytes(300_000), 1_024), RangeError);
  assert.deepEqual(await read(await split(entryFrame(bytes(120_000)), 1_024)), []);
});

test("no more is held of a frame than one may have, complete or not: of what is more only the newest part", async () => {
  const parts = await split(entryFrame(bytes(9_000)), 4_096);
  assert.equal(parts.length, 3);
  const slip = (/** @type {number} */ at, /** @type {number} */ length) => {
    const part = new Uint8Array(19 + length);
    part.set(/** @type {Uint8Array} */ (parts[at]).subarray(0, 19));
    return part;
  };
  const frames = new Frames();
  assert.equal((await read([...parts.slice(0, 1), slip(1, 99_000), ...parts.slice(1)], frames)).length, 0, "the first was let go");
  assert.equal((await read(parts, frames)).length, 1, "and sent again");
  assert.equal((await read([slip(1, 99_000), ...parts])).length, 1, "what was slipped in before was let go");
  assert.equal((await read([slip(1, 200_000), ...parts])).length, 1, "or never held");
});

/** Message entries as far as a log looks at them. @param {number} conversation @param {number} n @param {number} [kind] */
const entry = (conversation, n, kind = 2) => Uint8Array.of(1, kind, ...new Uint8Array(kind === 1 ? 6 : 0), ...new Uint8Array(16).fill(conversation), 0, 0, 0, 0, 0, 0, 0, kind === 1 ? n : 9, n);

test("a log has each entry once, counts from 1 for each conversation, and begins with a genesis", async () => {
  const log = new ForeignLog(async (e) => (e.at(-1) === 99 ? null : { id: e, manifest: new Uint8Array() }));
  const said = [];
  for (const e of [entry(1, 1), entry(2, 0, 1), entry(1, 0, 1), entry(1, 1), entry(1, 99), entry(2, 5), entry(1, 2), entry(2, 5)]) {
    const got = await log.read(e);
    said.push(got && [got.conversation.slice(0, 2), got.sequence]);
  }
  assert.deepEqual(said, [["01", 1], ["02", 1], ["01", 2], null, null, ["02", 2], ["01", 3], null]);
  assert.deepEqual(log.conversations.map((id) => id.slice(0, 2)), ["02", "01"], "in the order in which they began");
});

test("whom a commit adds by is read by its lengths, whatever else stands in it", () => {
  const [first, second] = [bytes(1_700, 3), bytes(1_600, 5)];
  const w = new Writer().u8(1).u8(1).u32(0).raw(new Uint8Array(138)).bytes16(bytes(1_500)).u8(0).u8(1);
  const head = w.bytes8(encodeText("queue")).bytes8(new Uint8Array(16)).u8(2).u8(3).bytes16(first).u8(5).bytes16(second).take();
  assert.deepEqual(newcomersOf(new Writer().raw(head).raw(first).take()), [first, second]);
  for (const length of [0, 1, 143, 1_000, head.length - 1]) assert.deepEqual(newcomersOf(head.subarray(0, length)), []);
});

test("text says what it is, in one form", () => {
  assert.equal(toText(Uint8Array.of(1, 2, 255)), "sealwire:1:AQL_");
  assert.deepEqual(fromText("sealwire:1:AQL_"), Uint8Array.of(1, 2, 255));
  for (const text of ["sealwire:1:AQL_=", "sealwire:1:AQL/", " sealwire:1:AQL_", "sealwire:2:AQL_", "sealwire:1:AQM\n", "hello", "", null, undefined, 7]) assert.equal(fromText(text), null);
});

test("a feed gives each entry once, in order, marks its head, and ends when it is asked to", async () => {
  const feed = new Feed();
  feed.push(3, bytes(1));
  feed.mark(3);
  const iterator = feed.entries(0)[Symbol.asyncIterator]();
  assert.deepEqual([(await iterator.next()).value.sequence, (await iterator.next()).value.bytes], [3, null]);
  const next = iterator.next();
  feed.push(5, bytes(2));
  assert.equal((await next).value.sequence, 5);
  const waiting = iterator.next();
  await iterator.return?.();
  assert.equal((await waiting).done, true, "although nothing came");
  assert.throws(() => feed.push(5, bytes(1)), RangeError);
  feed.fail(new RangeError("over"));
  const other = feed.entries(3)[Symbol.asyncIterator]();
  assert.equal((await other.next()).value.sequence, 5);
  await assert.rejects(other.next(), RangeError);
});

test("an end that cannot be told what an entry is reads on from the beginning, and counts nothing twice", async () => {
  const room = new Room();
  const transport = room.join("x");
  let broken = true;
  /** @type {number[]} */
  const told = [];
  const live = new Promise((/** @type {(v: void) => void} */ resolve) => {
    const link = new Link(transport, {
      inspect: async (e) => {
        if (broken && e.at(-1) === 2) throw new Error("the core is being rebuilt");
        return { id: e, manifest: new Uint8Array() };
      },
      onRead: (_, { sequence }) => void told.push(sequence),
      onTurned: ({ live: now }) => now && (link.stop(), resolve()),
      onRecords: () => {},
      onForked: () => {},
      onFailure: () => (broken = false),
    });
    void (async () => {
      for (const n of [1, 2, 3]) for (const part of await split(entryFrame(entry(1, n)), 1_024)) await transport.append(part, { id: `${n}` });
      link.start();
    })();
  });
  await live;
  assert.deepEqual(told, [1, 2, 3]);
});

test("a platform takes no more at once than it says", async () => {
  const transport = new Room({ maxBody: 1_024 }).join("x");
  await assert.rejects(transport.append(bytes(1_025), { id: "a" }), coded("too large"));
});

test("an entry whose parts were pushed out by others' is stored once more, and shows", async () => {
  const room = new Room({ maxBody: 1_024 });
  const transport = room.join("x");
  const { append } = transport;
  delete transport.records;
  let flooding = true;
  /** @type {Promise<unknown>} */
  let before = Promise.resolve();
  transport.append = (part, note) => {
    const mine = before.then(async () => {
      const at = await append(part, note);
      for (let n = 0; flooding && n < 70; n++) await append((await split(entryFrame(bytes(1_500, 13 + 2 * n)), 1_024))[0] ?? assert.fail(), { id: `flood-${n}-${note.id}` });
      return at;
    });
    before = mine;
    return mine;
  };
  const link = new Link(transport, {
    inspect: async (e) => ({ id: e.subarray(0, 16), manifest: new Uint8Array() }),
    onRead: () => {},
    onTurned: () => {},
    onRecords: () => {},
    onForked: () => {},
    onFailure: (error) => assert.fail(error),
  });
  link.start();
  const long = Uint8Array.of(...entry(1, 1), ...bytes(3_000));
  const id = Buffer.from(long.subarray(0, 16)).toString("hex");
  const conversation = "01".repeat(16);
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(link.append(conversation, long, id), coded("unavailable"));
  flooding = false;
  assert.equal(await link.append(conversation, long, id), 1);
  assert.equal(await link.append(conversation, long, id), 1, "and not again");
  link.stop();
});
