/** The stores, one contract for both, and what only IndexedDB has. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { indexedStore, memoryStore } from "../client/store.js";
import { SealwireError } from "../errors.js";

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);
const unavailable = (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === "unavailable";

for (const [kind, open] of /** @type {const} */ ([
  ["memory", async () => memoryStore("sealwire:a:customer")],
  ["IndexedDB", () => indexedStore("sealwire:a:customer")],
])) {
  test(`${kind}: what was written is read, listed in order of key, and removed`, async () => {
    const store = await open();
    assert.equal(await store.get("state", "x"), undefined);
    await store.write([
      { table: "history", key: "c/2", value: bytes("two") },
      { table: "history", key: "c/1", value: bytes("one") },
      { table: "history", key: "d/1", value: bytes("other") },
      { table: "state", key: "x", value: bytes("state") },
    ]);
    assert.deepEqual(await store.get("state", "x"), bytes("state"));
    assert.deepEqual(await store.list("history", "c/"), [
      ["c/1", bytes("one")],
      ["c/2", bytes("two")],
    ]);
    await store.write([
      { table: "history", key: "c/1", value: null },
      { table: "state", key: "x", value: bytes("newer") },
    ]);
    assert.deepEqual(await store.list("history", "c/"), [["c/2", bytes("two")]]);
    assert.deepEqual(await store.get("state", "x"), bytes("newer"));
    assert.equal(await store.owned(), true);
    await store.erase();
  });
}

test("IndexedDB: it is still there for the next opener, and not for another name", async () => {
  const store = await indexedStore("sealwire:b:customer");
  await store.write([{ table: "state", key: "x", value: bytes("kept") }]);
  store.close();
  const again = await indexedStore("sealwire:b:customer");
  assert.deepEqual(await again.get("state", "x"), bytes("kept"));
  const other = await indexedStore("sealwire:b:agent");
  assert.equal(await other.get("state", "x"), undefined);
  await again.erase();
  await other.erase();
});

test("IndexedDB: an earlier opener writes nothing once a later one has come", async () => {
  const early = await indexedStore("sealwire:c:customer");
  await early.write([{ table: "state", key: "x", value: bytes("early") }]);
  // Under way when the other one opens: it may land before, never after.
  const late = await indexedStore("sealwire:c:customer");
  await late.write([{ table: "state", key: "x", value: bytes("late") }]);
  await assert.rejects(
    early.write([
      { table: "state", key: "x", value: bytes("too late") },
      { table: "history", key: "h", value: bytes("too late") },
    ]),
    unavailable,
  );
  assert.equal(await early.owned(), false);
  assert.equal(await late.owned(), true);
  assert.deepEqual(await late.get("state", "x"), bytes("late"));
  assert.equal(await late.get("history", "h"), undefined);
  early.close();
  await late.erase();
});

test("IndexedDB: a store that is closed or erased is unavailable, never empty", async () => {
  const store = await indexedStore("sealwire:d:customer");
  await store.write([{ table: "state", key: "x", value: bytes("x") }]);
  store.close();
  await assert.rejects(store.get("state", "x"), unavailable);
  await assert.rejects(store.list("state", ""), unavailable);
  await assert.rejects(store.write([{ table: "state", key: "x", value: null }]), unavailable);
});

test("IndexedDB: erasing from another page is not held up, and ends this one", async () => {
  const here = await indexedStore("sealwire:e:customer");
  const there = await indexedStore("sealwire:e:customer");
  await there.erase();
  await assert.rejects(here.get("state", "x"), unavailable);
  const fresh = await indexedStore("sealwire:e:customer");
  assert.equal(await fresh.get("state", "x"), undefined);
  await fresh.erase();
});

test("IndexedDB: a database that does not open is unavailable", async () => {
  const broken = /** @type {IDBFactory} */ (
    /** @type {unknown} */ ({
      open: () => {
        throw new DOMException("denied", "SecurityError");
      },
    })
  );
  await assert.rejects(indexedStore("x", broken), unavailable);
});
