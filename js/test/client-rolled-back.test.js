/**
 * A conversation that is read anew, shown another log than was read before: an older one, or one made up with somebody who has left since.
 * And what is kept of one that is read anew: each once, until all that was read was read again.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeTextContent, textOf } from "../client/content.js";
import { decodeKept } from "../client/records.js";
import { Timeline } from "../client/timeline.js";
import { coded, copyOf, endsOfDemo, fragileStore, texts } from "./client-pair.js";

/** @typedef {import("../client/store.js").Store} Store */
/** @typedef {{ end: import("../client/end.js").End, read: number }} Who */
/** @typedef {import("../client/reading.js").Received} Received */

const world = endsOfDemo();
const [LEAVE, CLOSE] = [1, 2];
const AGENT = 3;
const noise = new Uint8Array(200).fill(1);

/** @param {Store} store @param {string} id @param {string} [what] */
const spoil = (store, id, what = "conversation") => store.write([{ table: "state", key: `${what}/${id}`, value: noise }]);
/** @param {import("../client/conversations.js").ConversationSummary["history"]} history */
const kept = (history) => history.flatMap((item) => ("content" in item ? [textOf(item.content)] : []));
/** @param {Store} store */
const aside = async (store) => (await store.list("state", "aside/")).map(([key]) => key.split("/")[2]);

/** @param {{ lastResort?: boolean }} [options] */
async function table({ lastResort = false } = {}) {
  const customer = { ...(await world.open(fragileStore(), "customer")), read: 0 };
  const agent = { ...(await world.open(fragileStore(), "agent")), read: 0 };
  const { id } = await customer.end.conversations.genesis("default", await (lastResort ? agent.end.lastResort() : agent.end.keyPackage()));
  await agent.end.conversations.join(id);
  /** @type {Uint8Array[]} */
  const log = [];
  /** @param {Who} who @param {Uint8Array[]} [from] */
  const read = async (who, from = log) => {
    /** @type {Received[]} */
    const received = [];
    while (who.read < from.length) {
      const got = await who.end.conversations.receive(id, who.read + 1, /** @type {Uint8Array} */ (from[who.read]));
      assert.ok(!("need" in got));
      who.read = got.event.type === "commit" && got.event.rewound ? 0 : who.read + 1;
      received.push(got);
    }
    return received;
  };
  /** @param {Who} who @param {boolean} [unasked] @param {Uint8Array[]} [into] */
  const flush = async (who, unasked = false, into = log) => {
    for (let rounds = 0; rounds < 32; rounds++) {
      const step = await who.end.conversations.next(id, unasked);
      if (step.kind === "none" || step.kind === "unattended") return;
      assert.ok(step.kind !== "settled");
      into.push(step.entry);
      await read(who, into);
    }
  };
  /** @param {Who} who @param {string} text */
  const say = async (who, text) => {
    await who.end.queue(id, encodeTextContent(text));
    await flush(who);
  };
  return { id, log, read, flush, say, customer, agent };
}

/** Ana hands over to Ben, and keeps a copy of what she had; then what the customer keeps is damaged, and opened. */
async function handedOver() {
  const all = await table();
  const { id, log, read, flush, say, customer, agent } = all;
  await say(customer, "one");
  await read(agent);
  await say(agent, "two");
  await read(customer);
  const fork = log.slice();
  const ana = { ...(await world.open(await copyOf(agent.store), "agent", { renew: false })), read: agent.read };
  const ben = { ...(await world.open(fragileStore(), "agent")), read: 0 };
  await ben.end.conversations.join(id);
  await agent.end.conversations.move(id, { marks: LEAVE, history: 2, adds: [{ role: AGENT, keyPackage: await ben.end.keyPackage(), member: ben.opened.member }] });
  await flush(agent);
  await read(customer);
  await say(customer, "to Ben alone");
  const store = await copyOf(customer.store);
  await spoil(store, id);
  const again = { ...(await world.open(store, "customer")), read: 0 };
  await again.end.conversations.recover(id);
  return { ...all, fork, ana, ben, again, store };
}

test("shown the log as it was while one who left was in, it neither asks nor sends there, also after another start", async () => {
  const { id, read, flush, fork, ana, again, store } = await handedOver();
  const received = (await read(again, fork)).at(-1);
  assert.deepEqual([received?.status.state, received?.asks], ["lost", []]);
  const started = { ...(await world.open(await copyOf(store), "customer")), read: fork.length };
  const [summary] = started.opened.conversations;
  assert.deepEqual([summary?.status.state, summary?.asks], ["lost", []]);
  for (const customer of [again, started]) {
    await flush(customer, true, fork);
    await read(ana, fork);
    await flush(ana, true, fork);
    await customer.end.queue(id, encodeTextContent("my PIN is 4711"));
    await flush(customer, true, fork);
    await assert.rejects(customer.end.conversations.move(id, { marks: LEAVE }), coded("rolled back"));
    assert.deepEqual(texts(await read(ana, fork)), []);
  }
});

for (const [how, end] of /** @type {const} */ ([["what counts for nothing", false], ["that, and what was read last in its place", true]])) {
  test(`the same, padded to its length with ${how}: it is refused`, async () => {
    const { id, log, read, flush, fork, ana, again } = await handedOver();
    const last = /** @type {Uint8Array} */ (fork.at(-1));
    while (fork.length < log.length - Number(end)) {
      const junk = last.slice();
      junk.set([140, junk.length - 1].map((at) => Number(junk[at]) ^ (fork.length + 1)).slice(0, 1), 140);
      fork.push(junk);
    }
    if (end) fork.push(/** @type {Uint8Array} */ (log.at(-1)));
    await assert.rejects(read(again, fork), coded("rolled back"));
    await flush(again, true, fork);
    await read(ana, fork);
    await flush(ana, true, fork);
    await again.end.queue(id, encodeTextContent("my PIN is 4711"));
    await flush(again, true, fork);
    assert.deepEqual(texts(await read(ana, fork)), []);
  });
}

test("shown the log that it had read it asks, and writes to who is in", async () => {
  const { id, log, read, flush, ben, again, store } = await handedOver();
  assert.equal((await read(again)).at(-1)?.status.state, "lost");
  await read(ben);
  await flush(again, true);
  await read(ben);
  await flush(ben, true);
  assert.equal((await read(again)).at(-1)?.status.state, "active");
  assert.deepEqual(await aside(store), []);
  await again.end.queue(id, encodeTextContent("to Ben"));
  await flush(again);
  assert.ok(texts(await read(ben)).includes("to Ben"));
  assert.ok(log.length > 0);
});

test("who could still open an old epoch does nothing there while the log is shorter than it was", async () => {
  const { id, log, read, say, customer, agent } = await table({ lastResort: true });
  await say(customer, "one");
  await read(agent);
  await say(agent, "two");
  await read(customer);
  const store = await copyOf(agent.store);
  await spoil(store, id);
  const again = { ...(await world.open(store, "agent", { renew: false })), read: 0 };
  await again.end.conversations.recover(id);
  const last = (await read(again, log.slice(0, 1))).at(-1);
  assert.deepEqual([last?.status.state, last?.asks], ["lost", []]);
  await again.end.queue(id, encodeTextContent("three"));
  assert.equal((await again.end.conversations.next(id, true)).kind, "none");
});

test("where it is not known how far the log was read nothing is begun anew", async () => {
  for (const state of ["open", "damaged"]) {
    const { id, customer, say } = await table();
    await say(customer, "one");
    const store = await copyOf(customer.store);
    await spoil(store, id, "cursor");
    if (state === "damaged") await spoil(store, id);
    const { end, opened } = await world.open(store, "customer");
    assert.deepEqual(opened.failed, [{ id, code: "open failed", anew: false }]);
    await assert.rejects(end.conversations.recover(id), coded("open failed"));
    await assert.rejects(end.conversations.next(id, true), coded("open failed"));
  }
});

test("nor is it when what says so is damaged while this end waits to be let in", async () => {
  const { id, read, again, store } = await handedOver();
  await read(again);
  await store.write([{ table: "state", key: `aside/${id}/cursor/${id}`, value: noise }]);
  const { opened } = await world.open(await copyOf(store), "customer");
  assert.deepEqual(opened.failed, [{ id, code: "open failed", anew: false }]);
});

test("damaged once more meanwhile, it is begun anew from as far as it was read by then; what lay aside first stays", async () => {
  const { id, log, read, again, store } = await handedOver();
  await read(again);
  const copy = await copyOf(store);
  const another = new Uint8Array(200).fill(1).fill(2, 1);
  await copy.write([{ table: "state", key: `conversation/${id}`, value: another }]);
  const once = { ...(await world.open(copy, "customer")), read: 0 };
  assert.deepEqual(once.opened.failed, [{ id, code: "open failed", anew: true }]);
  await once.end.conversations.recover(id);
  assert.deepEqual((await read(once, log.slice(0, -1))).at(-1)?.asks, []);
  assert.deepEqual((await read(once)).at(-1)?.asks, ["join"]);
  assert.deepEqual(await copy.get("state", `aside/${id}/conversation/${id}`), noise);
});

test("who only read and is in at once is told nothing twice", async () => {
  const { id, read, say, customer, agent } = await table();
  await say(customer, "one");
  await say(customer, "two");
  await read(agent);
  const store = await copyOf(agent.store);
  await spoil(store, id);
  const again = { ...(await world.open(store, "agent", { renew: false })), read: 0 };
  const history = await again.end.conversations.recover(id);
  assert.deepEqual(kept(history), ["one", "two"]);
  const received = await read(again);
  assert.deepEqual([texts(received), received.at(-1)?.status.state, await aside(store)], [[], "active", []]);
  const shown = new Timeline(() => {});
  for (const item of history) if ("content" in item) shown.read(item, true);
  for (const { item } of received) if (item) shown.read(item);
  assert.deepEqual(shown.all.map(({ text }) => text), ["one", "two"]);
  await say(customer, "three");
  assert.deepEqual(texts(await read(again)), ["three"]);
});

test("no note is written over a kept text, and nothing is dropped, before it is in again", async () => {
  const { id, read, say, customer, agent } = await table({ lastResort: true });
  for (const [who, other, text] of /** @type {const} */ ([[customer, agent, "one"], [agent, customer, "two"], [customer, agent, "three"]])) {
    await say(who, text);
    await read(other);
  }
  const store = await copyOf(agent.store);
  await spoil(store, id);
  const again = { ...(await world.open(store, "agent", { renew: false })), read: 0 };
  await again.end.conversations.recover(id);
  assert.equal((await read(again)).at(-1)?.status.state, "lost");
  assert.deepEqual(await aside(store), ["conversation", "cursor"]);
  const { opened } = await world.open(await copyOf(store), "agent", { renew: false });
  assert.deepEqual([opened.failed, kept(opened.conversations[0]?.history ?? [])], [[], ["one", "two", "three"]]);
});

test("one damaged record of a past that was granted keeps nobody from reading on", async () => {
  const { id, log, read, flush, say, customer, agent: ana } = await table();
  await say(customer, "one");
  await read(ana);
  await say(ana, "two");
  const ben = { ...(await world.open(fragileStore(), "agent")), read: 0 };
  await ben.end.conversations.join(id);
  await ana.end.conversations.move(id, { history: 4, adds: [{ role: AGENT, keyPackage: await ben.end.keyPackage(), member: ben.opened.member }] });
  await flush(ana);
  await read(ben);
  await read(customer);
  await say(customer, "three");
  await read(ben);
  const store = await copyOf(ben.store);
  const { opened } = await world.open(await copyOf(store), "agent", { renew: false });
  const one = opened.conversations[0]?.history.find((item) => "content" in item && textOf(item.content) === "one");
  assert.ok(one && "entry" in one);
  await store.write([{ table: "history", key: `${id}/${one.entry}`, value: noise }]);
  const again = { ...(await world.open(store, "agent", { renew: false })), read: 0 };
  assert.equal(again.opened.failed[0]?.anew, true);
  await again.end.conversations.recover(id);
  await read(again);
  assert.equal(again.read, log.length);
  const after = await world.open(await copyOf(store), "agent", { renew: false });
  assert.deepEqual(after.opened.failed, []);
  assert.deepEqual(kept(after.opened.conversations[0]?.history ?? []), ["one", "two", "three"]);
});

test("nothing lies aside for good where the conversation is closed", async () => {
  const { id, read, flush, say, customer, agent } = await table();
  await say(customer, "one");
  await read(agent);
  await say(agent, "two");
  await read(customer);
  const store = await copyOf(customer.store);
  const [key] = (await store.list("history", `${id}/`))[0] ?? [""];
  await store.write([{ table: "history", key, value: noise }]);
  const again = { ...(await world.open(store, "customer")), read: 0 };
  await again.end.conversations.recover(id);
  await read(again);
  assert.notDeepEqual(await aside(store), []);
  await agent.end.conversations.move(id, { marks: CLOSE });
  await flush(agent);
  assert.equal((await read(again)).at(-1)?.status.state, "closed");
  assert.deepEqual(await aside(store), []);
});

test("what opens and has a form that is not known is of another version, and not damaged", async () => {
  assert.throws(() => decodeKept(Uint8Array.of(9, 1, 2, 3)), coded("unsupported version"));
  assert.throws(() => decodeKept(Uint8Array.of(1, 1)), coded("open failed"));
});
