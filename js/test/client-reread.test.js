/**
 * The end service of somebody who is handed a conversation and reads its log again with what it was granted: by
 * independent members, honest and not, with reloads at every step.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../client/bytes.js";
import { Chronicle } from "../client/chronicle.js";
import { encodeTextContent, textOf } from "../client/content.js";
import { End } from "../client/end.js";
import { memoryStore } from "../client/store.js";
import { LEAVE, ROLE } from "../client/status.js";
import { instantiate } from "../core/instance.js";
import { utf8 } from "./independent/codec.js";
import { Company } from "./independent/company.js";
import { randomBytes } from "./independent/crypto.js";
import { Conversation, End as Member } from "./independent/member.js";
import { module } from "./client-world.js";

const TRANSFER = 2;
const now = () => BigInt(Date.now());
const seconds = () => now() / 1000n;

/** A store that survives its end. */
function lasting() {
  const store = memoryStore("test");
  return { ...store, close: () => {} };
}

/** A customer and an agent, both independent, in one conversation, and the real end service of another agent. */
async function handedOver() {
  const company = new Company();
  const manifest = company.manifest({ grants: 2 });
  const roots = [company.root.public];
  /** @param {number} role @param {string} alias */
  const member = (role, alias) => {
    const end = new Member({ role, roots });
    end.learn(manifest);
    if (role !== ROLE.customer) end.credential = company.credential(end.identity.public, { alias: utf8(alias), notBefore: seconds() - 60n, notAfter: seconds() + 3600n });
    return end;
  };
  const [customer, ana] = [member(ROLE.customer, ""), member(ROLE.agent, "Ana")];
  const theirs = new Conversation(customer, randomBytes(16));
  const anas = new Conversation(ana, theirs.id);
  /** @type {Uint8Array[]} */
  const log = [];
  /** @param {Uint8Array} entry */
  const append = (entry) => {
    for (const c of [theirs, anas]) assert.ok(c.read(entry).type !== "ignored" || c.state === "not a member");
    log.push(entry);
  };
  /** @param {Conversation} by @param {string} text */
  const say = (by, text) => append(by.seal(encodeTextContent(text)));
  append(theirs.genesis({ time: now(), queue: utf8("default"), add: [{ role: ROLE.agent, keyPackage: ana.keyPackage(seconds() + 86_400n) }] }));
  say(theirs, "one");
  append(anas.commit({ time: now() }));
  say(anas, "two");
  append(theirs.commit({ time: now() }));
  say(theirs, "three");

  const store = lasting();
  /** @param {boolean} [first] */
  const open = async (first = false) => {
    const end = new End(() => instantiate(module));
    const opened = await end.openIn(store, { role: "agent", roots, history: "none" });
    if (first) {
      await end.manifest(manifest.encoded, true);
      await end.credential(company.credential(opened.identity, { alias: utf8("Ben"), notBefore: seconds() - 60n, notAfter: seconds() + 3600n }));
    }
    return { end, opened };
  };
  const ben = await open(true);
  const id = toHex(theirs.id);
  return { append, say, log, theirs, anas, ana, open, ben, id, store, benId: Uint8Array.from(Buffer.from(ben.opened.member, "hex")) };
}

/**
 * Ana hands it to Ben with all of before; a lie changes what Ben's seal holds.
 * @param {Awaited<ReturnType<typeof handedOver>>} world
 * @param {(plain: Uint8Array) => Uint8Array} [lie]
 */
async function transfer({ append, anas, theirs, ana, ben, benId }, lie) {
  const keyPackage = await ben.end.keyPackage();
  const grant = anas.grants(benId, TRANSFER);
  append(anas.commit({ time: now(), marks: LEAVE, add: [{ role: ROLE.agent, keyPackage }], grant }, lie ? { plain: (m, plain) => (Buffer.compare(m.id, benId) === 0 ? lie(plain) : plain) } : {}));
  append(theirs.commit({ time: now(), remove: [ana.identity.id] }));
}

/**
 * Reads to the log's end, from the beginning again when that is asked for.
 * @param {{ end: End }} one
 * @param {string} id
 * @param {Uint8Array[]} log
 * @param {number} [most]  entries
 */
async function read({ end }, id, log, most = Infinity) {
  /** @type {import("../client/reading.js").Received[]} */
  const received = [];
  let { index } = (await end.conversations.load()).conversations.find((c) => c.status.id === id)?.status ?? { index: 0 };
  while (index < log.length && received.length < most) {
    const got = await end.conversations.receive(id, index + 1, /** @type {Uint8Array} */ (log[index]));
    assert.ok(!("need" in got), JSON.stringify(got));
    received.push(got);
    index = got.status.index;
  }
  return received;
}

/** @param {import("../client/reading.js").Received[]} received */
const shown = (received) => received.flatMap(({ item }) => (item ? [textOf(item.content)] : []));

/** What a page that is opened now shows: messages, and notes in words. @param {import("../client/end.js").Opened} opened */
function page({ conversations }) {
  const chronicle = new Chronicle();
  const texts = conversations.flatMap(({ history }) => history.flatMap((item) => {
    if ("marks" in item) chronicle.add(item);
    return "content" in item ? [textOf(item.content)] : [];
  }));
  return { texts, told: chronicle.told.map(({ kind, member, by }) => `${kind} ${member?.alias ?? ""} ${by?.alias ?? ""}`.trim()), chronicle };
}

test("with what was granted all of before opens, each once, told at the time of its key period", async () => {
  const world = await handedOver();
  await transfer(world);
  world.say(world.theirs, "four");
  const { ben, id, log } = world;
  await ben.end.conversations.join(id);
  const received = await read(ben, id, log);
  assert.deepEqual(shown(received), ["one", "two", "three", "four"]);
  const at = received.findIndex(({ event }) => event.type === "commit" && event.rewound);
  assert.equal(received[at]?.status.index, 0);
  assert.equal(received[at]?.held?.members.length, 2, "the customer and Ben: Ana has left");
  assert.deepEqual(received[at]?.held?.members.map((m) => m.alias).sort(), ["", "Ben"]);
  assert.equal(received.slice(0, at + 1).some(({ item, commit }) => item || commit), false, "nothing is shown before it is read again");
  assert.equal(received.at(-1)?.status.state, "active");
  const { chronicle } = page((await world.open()).opened);
  assert.deepEqual(chronicle.ledger.map(({ member, from, to, granted }) => [member.alias, from, to, granted && [granted.from, granted.to]]), [["", 0, null, null], ["Ana", 0, 2, null], ["Ben", 3, null, [0, 2]]]);
});

test("a reload after each single entry: it goes on where it was, nothing is lost and nothing comes twice", async () => {
  const world = await handedOver();
  await transfer(world);
  world.say(world.theirs, "four");
  const { id, log } = world;
  let one = world.ben;
  await one.end.conversations.join(id);
  /** @type {(string | null)[]} */
  const all = [];
  // What is only looked at is not kept: the first stretch goes up to the commit that let it in.
  const first = await read(one, id, log, log.length - 2);
  assert.equal(first.at(-1)?.event.type === "commit" && first.at(-1)?.status.state, "rereading");
  for (let rounds = 0; rounds < 2 * log.length; rounds++) {
    one = await world.open();
    const [got] = await read(one, id, log, 1);
    if (!got) break;
    all.push(...shown([got]));
  }
  assert.deepEqual(all, ["one", "two", "three", "four"]);
  const { opened } = await world.open();
  assert.deepEqual(page(opened).texts, ["one", "two", "three", "four"]);
  assert.equal(opened.conversations[0]?.status.state, "active");
});

test("a save that fails while it is read again changes nothing: the same entry is read once more", async () => {
  const world = await handedOver();
  await transfer(world);
  const { ben, id, log, store } = world;
  await ben.end.conversations.join(id);
  await read(ben, id, log, log.length - 1);
  const write = store.write;
  for (let i = 0; i < log.length; i++) {
    let failed = false;
    // The context of the end was made with this store: its write is looked up at each call.
    store.write = async () => {
      failed = true;
      throw Object.assign(new Error("full"), { code: "unavailable" });
    };
    await assert.rejects(read(ben, id, log, 1));
    assert.ok(failed);
    store.write = write;
    await read(ben, id, log, 1);
  }
  assert.deepEqual(page((await world.open()).opened).texts, ["one", "two", "three"]);
});

test("a false secret opens nothing of its epoch and is told, with who granted it; what was granted rightly opens", async () => {
  for (const epoch of [0, 1, 2]) {
    const world = await handedOver();
    await transfer(world, (plain) => {
      const changed = plain.slice();
      changed[64 + 32 * epoch] = /** @type {number} */ (changed[64 + 32 * epoch]) ^ 1;
      return changed;
    });
    world.say(world.theirs, "four");
    const { ben, id, log } = world;
    await ben.end.conversations.join(id);
    const received = await read(ben, id, log);
    const texts = ["one", "two", "three", "four"];
    assert.deepEqual(shown(received), texts.filter((_, i) => i !== epoch));
    assert.equal(received.filter(({ commit }) => commit?.false).length, 1);
    assert.equal(received.at(-1)?.status.state, "active");
    const { told } = page((await world.open()).opened);
    assert.deepEqual(told.filter((t) => t.startsWith("not granted")), ["not granted Ben Ana"]);
  }
});

test("another log the second time is a fork, and nothing more is sent", async () => {
  const world = await handedOver();
  const { ben, id, log, theirs } = world;
  await transfer(world);
  await ben.end.conversations.join(id);
  await read(ben, id, log, log.length - 1); // up to the commit that let it in
  // One message less.
  const other = log.filter((_, i) => i !== 1);
  const received = await read(ben, id, other);
  assert.equal(received.at(-1)?.status.state, "forked");
  await ben.end.queue(id, encodeTextContent("to nobody"));
  assert.deepEqual(await ben.end.conversations.next(id), { kind: "none" });
  assert.equal(theirs.state, "active");
});

test("who comes back and is shown another log is shown nothing twice, and nothing in another's place", async () => {
  const world = await handedOver();
  const { append, theirs, anas, ben, id, log, benId } = world;
  const invite = async () => append(anas.commit({ time: now(), add: [{ role: ROLE.agent, keyPackage: await ben.end.keyPackage() }], grant: anas.grants(benId, TRANSFER) }));
  await invite();
  // Written at one time, so that none of them says what came before it; the first is kept from everybody.
  const [held, four, five] = [theirs.seal(encodeTextContent("held back")), theirs.seal(encodeTextContent("four")), anas.seal(encodeTextContent("five"))];
  const at = log.length;
  append(four);
  append(five);
  for (const c of [theirs, anas]) assert.equal(c.read(four).type, "ignored");
  log.push(four);
  await ben.end.conversations.join(id);
  await read(ben, id, log);
  append(anas.commit({ time: now(), remove: [benId] }));
  await invite();
  const [, way] = await read(ben, id, log, 2);
  assert.ok(way?.event.type === "commit" && way.event.rewound, "the invitation: it is to be read from the beginning");
  const again = await world.open();
  const before = page(again.opened);
  assert.deepEqual(before.texts, ["one", "two", "three", "four", "five"]);
  const received = await read(again, id, [...log.slice(0, at), held, ...log.slice(at)]);
  assert.deepEqual(shown(received), ["held back"], "what is new is shown, and nothing else");
  assert.equal(received.at(-1)?.status.state, "forked");
  const { texts, told } = page((await world.open()).opened);
  assert.deepEqual([...texts].sort(), ["five", "four", "held back", "one", "three", "two"]);
  assert.deepEqual(told, [...before.told, "joined Ben Ana"], "so with who came and went; and that it is a fork is no false grant");
});

test("who comes back keeps what it had read, in its order, and gets what was written meanwhile", async () => {
  const world = await handedOver();
  const { append, say, theirs, anas, ben, id, log, store, benId } = world;
  const invite = async () => append(anas.commit({ time: now(), add: [{ role: ROLE.agent, keyPackage: await ben.end.keyPackage() }], grant: anas.grants(benId, TRANSFER) }));
  await invite();
  say(theirs, "four");
  await ben.end.conversations.join(id);
  await read(ben, id, log);
  append(anas.commit({ time: now(), remove: [benId] }));
  const before = (await store.list("history", "")).length;
  say(theirs, "without Ben");
  await read(ben, id, log);
  const kept = await store.list("history", "");
  assert.equal(kept.length, before + 1, "its removal, and nothing of after it");
  const gone = (await world.open()).opened;
  assert.equal(gone.conversations[0]?.status.state, "not a member");
  assert.deepEqual(page(gone).texts, ["one", "two", "three", "four"], "what it had read can still be shown");
  await invite();
  say(theirs, "five");
  const received = await read(ben, id, log);
  assert.deepEqual(shown(received), ["without Ben", "five"], "only what is new");
  const { opened } = await world.open();
  assert.deepEqual(page(opened).texts, ["one", "two", "three", "four", "without Ben", "five"]);
  for (const [key, value] of kept) assert.deepEqual(await store.get("history", key), value, "as it was");
  assert.deepEqual(page(opened).told, ["joined Ben Ana", "removed Ben Ana", "joined Ben Ana"]);
  assert.deepEqual(page(opened).chronicle.ledger.filter(({ member }) => member.alias === "Ben").map(({ from, to }) => [from, to]), [[3, 3], [5, null]]);
});

test("what was not sent when this end was removed is kept and not sent when it comes back, until a person says so", async () => {
  const world = await handedOver();
  const { append, anas, theirs, ben, id, log, benId } = world;
  const invite = async () => append(anas.commit({ time: now(), add: [{ role: ROLE.agent, keyPackage: await ben.end.keyPackage() }], grant: anas.grants(benId, TRANSFER) }));
  await invite();
  await ben.end.conversations.join(id);
  await read(ben, id, log);
  const { id: message } = await ben.end.queue(id, encodeTextContent("stale"));
  // Sealed, and not in the log before Ben is removed.
  for (let step = await ben.end.conversations.next(id); step.kind !== "message"; step = await ben.end.conversations.next(id)) {
    assert.ok(step.kind === "commit");
    append(step.entry);
    await read(ben, id, log);
  }
  append(anas.commit({ time: now(), remove: [benId] }));
  await read(ben, id, log);
  assert.deepEqual(await ben.end.conversations.next(id), { kind: "none" });
  await invite();
  await read(ben, id, log);
  assert.deepEqual(await ben.end.conversations.next(id), { kind: "none" }, "not by itself");
  const again = await world.open();
  assert.deepEqual(again.opened.outbox.map((o) => [o.id, o.held]), [[message, true]]);
  await again.end.unshelve(message);
  await assert.rejects(again.end.unshelve(message));
  const said = [];
  for (let step = await again.end.conversations.next(id); step.kind !== "none"; step = await again.end.conversations.next(id)) {
    assert.ok(step.kind === "commit" || step.kind === "message");
    append(step.entry);
    said.push(...(await read(again, id, log)).flatMap(({ item }) => (item ? [textOf(item.content)] : [])));
  }
  assert.deepEqual(said, ["stale"]);
  assert.equal(theirs.state, "active");
});
