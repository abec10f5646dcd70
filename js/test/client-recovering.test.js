/** A conversation whose saved state does not open, at the end service: what is put aside, what stays, and what of it is dropped when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeTextContent, textOf } from "../client/content.js";
import { coded, copyOf, endsOfDemo, texts } from "./client-pair.js";

const world = endsOfDemo();
/** @typedef {import("../client/store.js").Store} Store */

/** A talk of two texts each way; then something is damaged in a copy of what the customer keeps, and opened. @param {(store: Store, id: string) => Promise<void>} damage */
async function damaged(damage) {
  const { id, log, read, flush, customer, agent } = await world.pair();
  for (const [who, other, text] of /** @type {const} */ ([[customer, agent, "one"], [agent, customer, "two"], [customer, agent, "three"], [agent, customer, "four"]])) {
    await who.end.queue(id, encodeTextContent(text));
    await flush(who);
    await read(other);
  }
  const store = await copyOf(customer.store);
  await damage(store, id);
  const again = { ...(await world.open(store, "customer")), read: 0 };
  return { id, log, read, flush, agent, again, store };
}

const noise = new Uint8Array(200).fill(1);
/** @param {Store} store @param {string} id */
const state = (store, id) => store.write([{ table: "state", key: `conversation/${id}`, value: noise }]);
/** @param {Store} store */
const aside = async (store) => (await store.list("state", "aside/")).map(([key]) => key.split("/").slice(2).join("/"));
/** @param {import("../client/conversations.js").ConversationSummary["history"]} history */
const kept = (history) => history.flatMap((item) => ("content" in item ? [textOf(item.content)] : []));

test("the state lies aside until this end is let in again; what opens of the history is not read twice, nor said to be missed", async () => {
  const { id, log, read, flush, agent, again, store } = await damaged(state);
  assert.deepEqual(again.opened.failed, [{ id, code: "open failed", anew: true }]);
  const { conversations } = again.end;
  await assert.rejects(conversations.next(id, true), coded("open failed"));
  assert.deepEqual(kept(await conversations.recover(id)), ["one", "two", "three", "four"]);
  const records = await store.list("history", "");
  const received = await read(again);
  assert.equal(again.read, log.length);
  assert.equal(received.at(-1)?.status.state, "lost");
  assert.deepEqual(texts(received), []);
  assert.ok(received.every(({ note }) => !note), "all that cannot be read is kept");
  assert.deepEqual(await store.list("history", ""), records, "each is kept as it was");
  assert.deepEqual(await aside(store), [`conversation/${id}`, `cursor/${id}`]);
  assert.deepEqual((await store.list("state", "aside/")).map(([, value]) => value)[0], noise);

  // What comes before this end is in again cannot be read, and that is said once.
  for (const text of ["five", "six"]) await agent.end.queue(id, encodeTextContent(text));
  await flush(agent);
  const late = await read(again);
  assert.equal(late.filter(({ note }) => note?.note === "missed").length, 1);

  await flush(again, true);
  assert.equal((await aside(store)).length, 2, "asking is not being in");
  await read(agent);
  await flush(agent, true);
  assert.equal((await read(again)).at(-1)?.status.state, "active");
  assert.deepEqual(await aside(store), []);
  await read(agent);
  await again.end.queue(id, encodeTextContent("seven"));
  await flush(again);
  assert.deepEqual(texts(await read(agent)), ["seven"]);
  const { opened } = await world.open(await copyOf(store), "customer");
  assert.deepEqual(opened.failed, []);
  assert.deepEqual(kept(opened.conversations[0]?.history ?? []), ["one", "two", "three", "four", "seven"]);
});

test("what does not open of the history is put aside too, and its place is told", async () => {
  const { id, read, again, store } = await damaged(async (store, id) => {
    const all = await store.list("history", `${id}/`);
    const { opened } = await world.open(await copyOf(store), "customer");
    const three = (opened.conversations[0]?.history ?? []).find((item) => "content" in item && textOf(item.content) === "three");
    assert.ok(three && "entry" in three);
    assert.ok(all.some(([key]) => key === `${id}/${three.entry}`));
    await store.write([{ table: "history", key: `${id}/${three.entry}`, value: noise }]);
  });
  const history = await again.end.conversations.recover(id);
  assert.deepEqual(kept(history), ["one", "two", "four"]);
  assert.equal((await aside(store)).length, 0, "nothing has changed yet");
  const notes = (await read(again)).flatMap(({ note }) => (note ? [note.sequence] : []));
  assert.equal((await aside(store)).filter((key) => key.startsWith("history/")).length, 1);
  const [two, four] = history.flatMap((item) => ("content" in item && ["two", "four"].includes(textOf(item.content) ?? "") ? [item.sequence] : []));
  assert.equal(notes.length, 1);
  assert.ok(Number(two) < Number(notes[0]) && Number(notes[0]) < Number(four));
});

test("a history none of which opens keeps nobody from reading on", async () => {
  const { id, log, read, flush, agent, again, store } = await damaged(async (store, id) => {
    await store.write((await store.list("history", `${id}/`)).map(([key]) => ({ table: "history", key, value: noise })));
  });
  assert.deepEqual(await again.end.conversations.recover(id), []);
  const received = await read(again);
  assert.equal(again.read, log.length);
  assert.equal(received.filter(({ note }) => note).length, 1);
  await flush(again, true);
  await read(agent);
  await flush(agent, true);
  assert.equal((await read(again)).at(-1)?.status.state, "active");
  const { opened } = await world.open(await copyOf(store), "customer");
  assert.deepEqual(opened.failed, []);
  assert.deepEqual(kept(opened.conversations[0]?.history ?? []), []);
  assert.ok((opened.conversations[0]?.history ?? []).some((item) => "epoch" in item && item.epoch === 0), "its beginning is known again");
});

test("one that could not be read anew is as it was: nothing is done in it, and it can be tried again", async () => {
  const { id, log, again, store } = await damaged(state);
  const all = async () => [...(await store.list("state", "")), ...(await store.list("history", ""))];
  const lies = await all();
  for (let i = 0; i < 2; i++) {
    await again.end.conversations.recover(id);
    await again.end.conversations.leave(id);
    await assert.rejects(again.end.conversations.next(id, true), coded("open failed"));
    await assert.rejects(again.end.conversations.receive(id, 1, /** @type {Uint8Array} */ (log[0])), coded("open failed"));
    assert.deepEqual(await all(), lies);
  }
});

test("a start between reading and being let in goes on where it was", async () => {
  const { id, read, flush, agent, again, store } = await damaged(state);
  await again.end.conversations.recover(id);
  await read(again);
  await flush(again, true);
  const next = { ...(await world.open(await copyOf(store), "customer")), read: again.read };
  assert.deepEqual(next.opened.failed, []);
  assert.equal(next.opened.conversations[0]?.status.state, "lost");
  assert.deepEqual(kept(next.opened.conversations[0]?.history ?? []), ["one", "two", "three", "four"]);
  assert.equal((await aside(next.store)).length, 2);
  await read(agent);
  await flush(agent, true);
  assert.equal((await read(next)).at(-1)?.status.state, "active");
  assert.deepEqual(await aside(next.store), []);
});

test("one that opens is not begun anew", async () => {
  const { id, again } = await damaged(async () => {});
  await assert.rejects(again.end.conversations.recover(id), coded("bad argument"));
  assert.deepEqual(again.opened.failed, []);
});
