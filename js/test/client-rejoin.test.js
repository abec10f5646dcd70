/** Losing the keys of a conversation and being let in again, and doubt: end services with the log in the test's hands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Writer, fromHex, toHex } from "../client/bytes.js";
import { Chronicle } from "../client/chronicle.js";
import { encodeTextContent } from "../client/content.js";
import { instantiate } from "../core/instance.js";
import { coded, copyOf, endsOfDemo, fragileStore, texts } from "./client-pair.js";
import { module } from "./client-world.js";

const world = endsOfDemo();

/** @typedef {Awaited<ReturnType<typeof world.pair>>} Pair */

/** A pair that has talked both ways. */
async function talking() {
  const pair = await world.pair();
  const { id, flush, read, customer, agent } = pair;
  await flush(customer);
  await read(agent);
  await customer.end.queue(id, encodeTextContent("hello"));
  await flush(customer);
  await read(agent);
  await agent.end.queue(id, encodeTextContent("hello yourself"));
  await flush(agent);
  await read(customer);
  return pair;
}

/**
 * The agent's profile is restored from before its own last commit, which it then meets without its secret.
 * Returns the end that comes of it, and the owner, which goes on.
 */
async function rolledBack() {
  const pair = await world.pair();
  const { id, flush, read, customer, agent } = pair;
  await flush(customer);
  await read(agent);
  const store = await copyOf(agent.store);
  const at = agent.read;
  await agent.end.queue(id, encodeTextContent("said before the profile was restored"));
  await flush(agent);
  await read(customer);
  const again = { ...(await world.open(store, "agent")), read: at };
  return { ...pair, agent: again, owner: agent };
}

/** @param {import("../client/reading.js").Received[]} received */
const notes = (received) => received.flatMap(({ note, commit }) => [...(note ? [`${note.note} ${note.from?.self ? "self" : note.from?.role}`] : []), ...(commit ? kinds(commit) : [])]);
/** @param {import("../client/records.js").CommitItem} commit */
const kinds = (commit) => {
  const chronicle = new Chronicle();
  chronicle.add(commit);
  return chronicle.told.map(({ kind, member }) => `${kind} ${member?.self ? "self" : member?.role}`);
};

test("a restored profile meets its own commit without its secret: it asks once, is answered unasked, and both talk again", async () => {
  const { id, log, flush, read, customer, agent } = await rolledBack();
  const lost = await read(agent);
  assert.equal(lost.at(-1)?.status.state, "lost");
  assert.deepEqual(lost.at(-1)?.asks, ["join"]);
  const before = log.length;
  await flush(agent, true);
  assert.equal(log.length, before + 1, "one join request");
  await flush(agent, true);
  assert.equal(log.length, before + 1, "not a second one while the first stands");

  const asked = await read(customer);
  const self = agent.opened.member;
  assert.deepEqual(asked.at(-1)?.asks, [`answer ${self} ${toHex(asked.at(-1)?.event.id ?? new Uint8Array())}`]);
  assert.deepEqual(await customer.end.conversations.next(id), { kind: "none" }, "nothing is done in passing");
  await flush(customer, true);
  assert.equal(log.length, before + 2, "one commit");
  const back = await read(agent);
  assert.equal(back.at(-1)?.status.state, "active");
  assert.deepEqual(back.at(-1)?.asks, []);
  assert.deepEqual(notes(back), ["rejoined self"]);

  await agent.end.queue(id, encodeTextContent("back"));
  await flush(agent);
  await customer.end.queue(id, encodeTextContent("good"));
  await flush(customer);
  assert.deepEqual(texts(await read(agent)), ["good"]);
  assert.ok((await read(customer)).length === 0);
});

test("what is committed for another cause lets in nobody who asked only just", async () => {
  const { id, log, flush, read, customer, agent } = await rolledBack();
  await read(agent);
  await flush(agent, true);
  assert.equal((await read(customer)).at(-1)?.asks.length, 1);
  for (const quiet of [true, false]) {
    const step = await customer.end.conversations.next(id, true, quiet);
    assert.ok(step.kind === "commit");
    log.push(step.entry);
    assert.equal((await read(customer)).at(-1)?.asks.length, quiet ? 1 : 0);
  }
});

test("a copy of a device asks for its place: the device itself, which is not lost, refuses that at once", async () => {
  const { id, flush, read, customer, agent, owner } = await rolledBack();
  await read(agent);
  await flush(agent, true);
  const request = (await read(customer)).at(-1);
  assert.deepEqual(request?.asks, [`answer ${agent.opened.member} ${toHex(request.event.id)}`]);
  assert.deepEqual((await read(owner)).at(-1)?.asks, [`refuse ${toHex(request.event.id)}`]);
  await flush(owner, true);
  assert.deepEqual((await read(customer)).at(-1)?.asks, [], "nobody is to be let in any more");
  await owner.end.queue(id, encodeTextContent("still the one"));
  await flush(owner);
  assert.deepEqual(texts(await read(customer)), ["still the one"]);
  assert.deepEqual(texts(await read(agent)), []);
});

test("whoever is answered in another's place, the other is told", async () => {
  const { flush, read, customer, agent, owner } = await rolledBack();
  await read(agent);
  await flush(agent, true);
  await read(customer);
  await flush(customer, true);
  const told = await read(owner);
  assert.equal(told.at(-1)?.status.state, "lost");
  assert.deepEqual(notes(told), ["replaced self"]);
});

test("the request and the secret that its answer needs are saved in one stroke, before it leaves", async () => {
  const { id, read, agent } = await rolledBack();
  await read(agent);
  const store = /** @type {ReturnType<typeof fragileStore>} */ (agent.store);
  store.failures = 1;
  await assert.rejects(agent.end.conversations.next(id, true), coded("unavailable"));
  /** @type {string[][]} */
  const written = [];
  const write = store.write;
  store.write = async (writes) => {
    written.push(writes.map(({ table, key }) => `${table}/${key}`));
    await write(writes);
  };
  const step = await agent.end.conversations.next(id, true);
  assert.equal(step.kind, "join");
  assert.deepEqual(written, [[`state/conversation/${id}`, "state/end"]]);
});

test("after a crash between asking and the answer, the same bytes are asked with, and the answer opens", async () => {
  const { id, log, flush, read, customer, agent } = await rolledBack();
  await read(agent);
  const step = await agent.end.conversations.next(id, true);
  assert.ok(step.kind === "join");
  // It crashes before it knows whether the request arrived.
  const again = { ...(await world.open(agent.store, "agent", { renew: false })), read: agent.read };
  assert.deepEqual(again.opened.conversations.map((c) => [c.status.state, c.asks]), [["lost", ["join"]]]);
  const same = await again.end.conversations.next(id, true);
  assert.ok(same.kind === "join");
  assert.deepEqual(same.entry, step.entry);
  log.push(step.entry);
  await read(customer);
  await flush(customer, true);
  // And once more, before it reads any of it.
  const third = { ...(await world.open(again.store, "agent")), read: again.read };
  const back = await read(third);
  assert.equal(back.at(-1)?.status.state, "active");
  await customer.end.queue(id, encodeTextContent("heard?"));
  await flush(customer);
  assert.deepEqual(texts(await read(third)), ["heard?"]);
});

test("a request that is in the log is not appended again, even after a new start", async () => {
  const { id, flush, read, agent, log } = await rolledBack();
  await read(agent);
  await flush(agent, true);
  const again = { ...(await world.open(agent.store, "agent", { renew: false })), read: agent.read };
  const length = log.length;
  await flush(again, true);
  assert.equal(log.length, length);
  assert.deepEqual(await again.end.conversations.next(id, true), { kind: "none" });
});

test("messages of an epoch whose keys are gone leave one line in their place and no text; it stays so after a new start", async () => {
  const pair = await world.pair();
  const { id, flush, read, customer, agent } = pair;
  await flush(customer);
  await read(agent);
  const store = await copyOf(agent.store);
  const at = agent.read;
  await agent.end.queue(id, encodeTextContent("commits first"));
  await flush(agent);
  await read(customer);
  for (const text of ["one", "two", "three"]) {
    await customer.end.queue(id, encodeTextContent(text));
    await flush(customer);
  }
  const again = { ...(await world.open(store, "agent")), read: at };
  const lost = await read(again);
  assert.deepEqual(texts(lost), []);
  assert.deepEqual(notes(lost), ["missed self"]);
  await flush(again, true);
  await read(customer);
  await flush(customer, true);
  assert.deepEqual(notes(await read(again)), ["rejoined self"]);
  const third = await world.open(again.store, "agent");
  assert.deepEqual(third.opened.conversations[0]?.history.flatMap((item) => ("note" in item ? [item.note] : "marks" in item ? kinds(item) : [])), ["missed", "rejoined self"]);
});

test("the other end is told whose device was let in again", async () => {
  const { id, log, flush, read, customer, agent } = await rolledBack();
  await read(agent);
  await flush(agent, true);
  await read(customer);
  const step = await customer.end.conversations.next(id, true);
  assert.ok(step.kind === "commit");
  log.push(step.entry);
  const told = await read(customer);
  assert.deepEqual(notes(told), ["rejoined agent"]);
  assert.equal(told[0]?.commit?.added[0]?.id, agent.opened.member);
});

test("a text that waited while the keys were gone is sent after it, once", async () => {
  const { id, flush, read, customer, agent } = await rolledBack();
  await read(agent);
  await agent.end.queue(id, encodeTextContent("kept meanwhile"));
  await flush(agent, true);
  assert.equal((await agent.end.conversations.next(id)).kind, "none", "without keys nothing is sealed");
  await read(customer);
  await flush(customer, true);
  await read(agent);
  await flush(agent);
  assert.deepEqual(texts(await read(customer)), ["kept meanwhile"]);
});

test("a message that was sealed before the keys were gone, and is not in the log, is sealed again and read once", async () => {
  const { id, log, flush, read, customer, agent } = await talking();
  await agent.end.queue(id, encodeTextContent("sealed early"));
  const early = await agent.end.conversations.next(id);
  assert.equal(early.kind, "message");
  const store = await copyOf(agent.store);
  const at = agent.read;
  // The newer profile never got to send it, and commits.
  const newer = { ...(await world.open(agent.store, "agent")), read: at };
  await newer.end.conversations.discard(/** @type {{ message: string }} */ (early).message);
  await newer.end.queue(id, encodeTextContent("from the newer profile"));
  await flush(newer);
  await read(customer);

  const again = { ...(await world.open(store, "agent")), read: at };
  await read(again);
  await flush(again, true);
  await read(customer);
  await flush(customer, true);
  await read(again);
  await flush(again);
  const received = await read(customer);
  assert.deepEqual(texts(received), ["sealed early"]);
  assert.ok(received.every(({ event }) => event.type !== "ignored"));
  // A lying relay that stores the early form too shows nobody a second one.
  if (early.kind === "message") log.push(early.entry);
  assert.deepEqual(texts(await read(customer)), []);
  assert.deepEqual(texts(await read(again)), []);
});

test("two copies of one identity that take each other's place: no round is shorter than a minute", async () => {
  const { id, log, flush, read, customer, agent } = await rolledBack();
  await read(agent);
  await flush(agent, true);
  await read(customer);
  await flush(customer, true);
  await read(agent);
  const copy = await copyOf(agent.store);
  const at = agent.read;
  await agent.end.queue(id, encodeTextContent("from the one"));
  await flush(agent);
  const other = { ...(await world.open(copy, "agent")), read: at };
  await read(other);
  const before = log.length;
  await flush(other, true);
  assert.equal(log.length, before, "it was let in less than a minute ago: it waits");
});

/** A new identity's request for the customer's place: made by the core, for no page makes one. */
async function stranger() {
  const pair = await talking();
  const core = await instantiate(module);
  const [root] = world.roots;
  const now = () => new Writer().u64(Date.now());
  const end = core.call("end_new", new Writer().u8(1).u8(1).raw(/** @type {Uint8Array} */ (root)).take());
  core.call("end_manifest", end, new Writer().u64(Math.floor(Date.now() / 1000)).u8(1).raw(world.manifest).take());
  const handle = core.call("conversation_join", end, fromHex(pair.id));
  for (const entry of pair.log) core.callBytes("conversation_receive", handle, now().raw(entry).take());
  pair.log.push(core.callBytes("conversation_join_request", handle, now().take()));
  return pair;
}

test("a new identity that asks for the customer's place is let in by nobody's machine", async () => {
  const { id, log, flush, read, agent, customer } = await stranger();
  const seen = await read(agent);
  assert.equal(seen.at(-1)?.event.type, "join request");
  assert.deepEqual(seen.at(-1)?.asks, []);
  await flush(agent, true);
  await agent.end.queue(id, encodeTextContent("still to the customer I know"));
  await flush(agent);
  const members = (await read(agent)).at(-1)?.status.members ?? (await agent.end.conversations.load()).conversations[0]?.status.members;
  assert.deepEqual(members?.map((m) => m.id).sort(), [agent.opened.member, customer.opened.member].sort());
  assert.deepEqual(texts(await read(customer)), ["still to the customer I know"]);
  assert.ok(log.length > 0);
});

/**
 * A message of the customer with its log hash changed, in the log before the true one: what a relay can do.
 * @param {Pair} pair
 */
async function garbled({ id, log, customer }) {
  await customer.end.queue(id, encodeTextContent("true"));
  const step = await customer.end.conversations.next(id);
  assert.ok(step.kind === "message");
  const copy = step.entry.slice();
  const at = seenHashAt(copy);
  copy[at] = /** @type {number} */ (copy[at]) ^ 1;
  log.push(copy);
}

/**
 * Where a message's header has the hash of the last entry that its sender saw.
 * @param {Uint8Array} entry
 */
function seenHashAt(entry) {
  // version, kind, conversation, epoch, sender, instance, counter, retention, seen index
  const at = 2 + 16 + 8 + 16 + 16 + 8 + 1 + 8;
  assert.ok(entry.length > at + 32);
  return at;
}

test("a message in another's name that tells of another log: doubtful, nothing is sent, its maker heals it unasked", async () => {
  const pair = await talking();
  const { id, flush, read, customer, agent } = pair;
  await garbled(pair);
  const doubted = await read(agent);
  assert.equal(doubted.at(-1)?.event.type, "ignored");
  assert.equal(doubted.at(-1)?.status.state, "doubtful");
  assert.equal(doubted.at(-1)?.status.differs, customer.opened.member);
  await agent.end.queue(id, encodeTextContent("waits"));
  assert.deepEqual(await agent.end.conversations.next(id), { kind: "none" });

  const own = await read(customer);
  assert.deepEqual(own.at(-1)?.asks, ["defend"]);
  // It stays asked after a new start.
  const again = { ...(await world.open(customer.store, "customer")), read: customer.read };
  assert.deepEqual(again.opened.conversations[0]?.asks, ["defend"]);
  const step = await again.end.conversations.next(id, true);
  assert.equal(step.kind, "commit");
  await flush(again, true);
  assert.deepEqual((await read(agent)).map(({ status }) => [status.state, status.differs]).at(-1), ["active", ""]);
  await flush(agent);
  assert.deepEqual(texts(await read(again)), ["waits"]);
  assert.deepEqual((await again.end.conversations.load()).conversations[0]?.asks, []);
});

test("a message in the own name that tells of no other log costs no commit", async () => {
  const pair = await talking();
  const { id, log, flush, read, customer } = pair;
  await customer.end.queue(id, encodeTextContent("true"));
  const step = await customer.end.conversations.next(id);
  assert.ok(step.kind === "message");
  const copy = step.entry.slice();
  copy[copy.length - 1] = /** @type {number} */ (copy[copy.length - 1]) ^ 1;
  log.push(copy);
  await read(customer);
  const before = log.length;
  await flush(customer, true);
  assert.deepEqual(log.length, before + 1, "only the message itself");
});
