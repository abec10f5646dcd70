/** What is held at a time, whatever a relay lists: looks, names, and the core's handles. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Handles, MAX_OPEN } from "../client/handles.js";
import { Joins } from "../client/joins.js";
import { Mutex } from "../client/mutex.js";
import { SealwireError } from "../errors.js";

/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("conversations that are listed are looked at a few at a time, the newest first", async () => {
  /** @type {{ id: string, done: () => void }[]} */
  const looks = [];
  const joins = new Joins((id) => new Promise((resolve) => void looks.push({ id, done: resolve })));
  for (let k = 0; k < 50; k++) joins.add(String(k));
  await settle();
  assert.equal(looks.length, 4);
  const before = looks.map(({ id }) => id);
  looks[0]?.done();
  await settle();
  assert.equal(looks.length, 5);
  assert.equal(looks[4]?.id, String(Math.max(...[...Array(50).keys()].filter((k) => !before.includes(String(k))))));
  joins.clear();
  for (const { done } of looks) done();
  await settle();
  assert.equal(looks.length, 5, "what was cleared is not looked at");
});

test("names that wait are bounded: the oldest are left, the newest are looked at", async (t) => {
  let clock = 0;
  t.mock.method(performance, "now", () => (clock += 1000)); // the pace is not what is tested
  /** @type {string[]} */
  const looked = [];
  /** @type {(() => void)[]} */
  const held = [];
  let hold = true;
  const joins = new Joins((id) => {
    looked.push(id);
    return hold ? new Promise((/** @type {(v: void) => void} */ resolve) => void held.push(resolve)) : Promise.resolve();
  });
  for (let k = 0; k < 60_000; k++) joins.add(String(k));
  await settle();
  hold = false;
  for (const go of held) go();
  while (looked.at(-1) !== "40000") {
    const before = looked.length;
    await settle();
    assert.ok(looked.length > before, "it came to an end");
  }
  assert.equal(looked.length, 20_000);
  assert.ok(looked.includes("59999"));
});

/** An end's context whose core only counts. */
function fakeContext() {
  /** @type {Set<number>} */
  const open = new Set();
  let last = 0;
  const core = {
    call: (/** @type {string} */ name) => {
      if (name === "bulk_clear") return 0;
      open.add(++last);
      return last;
    },
    putBulk: () => {},
    close: (/** @type {number} */ handle) => void open.delete(handle),
  };
  const store = { get: async () => new Uint8Array(1) };
  const context = { core, keystore: { handle: 0 }, store, end: 0, handles: new Map(), spoken: new Set(), savedEnd: () => {}, stale: false, abandon: () => {} };
  return { open, context: /** @type {import("../client/end.js").Context} */ (/** @type {unknown} */ (context)) };
}

const idOf = (/** @type {number} */ k) => k.toString(16).padStart(32, "0");

test("the core holds so many conversations at a time; one that can be loaded again is closed for the next", async () => {
  const { open, context } = fakeContext();
  const handles = new Handles(async () => context, new Mutex());
  for (let k = 0; k < MAX_OPEN + 300; k++) await handles.task(idOf(k), async () => {});
  assert.equal(open.size, MAX_OPEN);
  assert.equal(context.handles.size, MAX_OPEN);
  assert.equal(context.handles.has(idOf(0)), false);
  assert.equal(context.handles.has(idOf(MAX_OPEN + 299)), true);
  // What was closed is opened again when it is asked for.
  assert.ok((await handles.task(idOf(0), async (_, handle) => handle)) > MAX_OPEN);
});

test("one that has sealed, is at work, or is only looked at is not closed to make room", async () => {
  const { open, context } = fakeContext();
  const handles = new Handles(async () => context, new Mutex());
  const [spoken, busy, joined] = [idOf(1), idOf(2), idOf(3)];
  context.spoken.add(spoken);
  await handles.task(spoken, async () => {});
  handles.join(joined);
  await handles.task(joined, async () => {});
  /** @type {() => void} */
  let go = () => {};
  const working = handles.task(busy, () => new Promise((/** @type {(v: void) => void} */ resolve) => (go = resolve)));
  await settle();
  for (let k = 10; k < 10 + MAX_OPEN + 50; k++) await handles.task(idOf(k), async () => {});
  for (const id of [spoken, busy, joined]) assert.ok(context.handles.has(id), id);
  assert.equal(open.size, MAX_OPEN);
  go();
  await working;
  // Let go, it leaves nothing open.
  await handles.leave(joined);
  assert.equal(context.handles.has(joined), false);
  assert.equal(open.size, MAX_OPEN - 1);
});

test("a conversation that is neither saved nor joined is none", async () => {
  const { context } = fakeContext();
  context.store.get = async () => undefined;
  const handles = new Handles(async () => context, new Mutex());
  await assert.rejects(handles.task(idOf(1), async () => {}), (error) => error instanceof SealwireError && error.code === "bad argument");
});
