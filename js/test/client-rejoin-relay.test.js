/** Profiles that are restored, storage that is cleared, and a relay that lies or dies meanwhile: whole clients over the real relay. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { T } from "../client/frames.js";
import { codes } from "../errors.js";
import { Demo, attended, available, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(async () => {
  await closeAll();
  for (const { name } of await indexedDB.databases()) if (name) await erase(name);
});
after(async () => {
  await demo.stop();
  await sweep();
});

const TABLES = ["meta", "state", "outbox", "history"];

/** @param {string} name */
function erase(name) {
  return new Promise((resolve) => (indexedDB.deleteDatabase(name).onsuccess = resolve));
}

/**
 * What a device has stored now for a role; called again, it is stored so again.
 * @param {import("../client/types.js").RoleName} role
 */
async function profile(role) {
  const name = (await indexedDB.databases()).map((d) => d.name ?? "").find((n) => n.endsWith(`:${role}`)) ?? "";
  const db = await opened(name);
  const all = await Promise.all(TABLES.map((table) => Promise.all([done(db.transaction(table).objectStore(table).getAllKeys()), done(db.transaction(table).objectStore(table).getAll())])));
  db.close();
  return async () => {
    await erase(name);
    const fresh = await opened(name);
    const tx = fresh.transaction(TABLES, "readwrite");
    all.forEach(([keys, values], i) => keys.forEach((key, k) => void tx.objectStore(TABLES[i] ?? "").put(values[k], key)));
    await new Promise((resolve) => (tx.oncomplete = resolve));
    fresh.close();
  };
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function opened(name) {
  return new Promise((resolve) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => TABLES.forEach((table) => void request.result.createObjectStore(table));
    request.onsuccess = () => resolve(request.result);
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));

/** @typedef {import("../client/client.js").Client} Client */
/** @typedef {import("./client-world.js").Wire} Wire */

/** @param {Client} client */
const log = (client) => client.conversations.flatMap((c) => c.messages.map((m) => `${m.text} ${m.status}`));
/** @param {Client} client */
const noted = (client) => client.conversations.flatMap((c) => again(c).map((n) => `${n.kind} ${n.member?.self ? "self" : n.member?.role}`));
/** What was told since it was claimed. @param {import("../client/types.js").Conversation} c */
const again = (c) => c.notes.filter(({ kind }) => kind !== "claimed");
/** @param {Client} client */
const first = (client) => /** @type {import("../client/types.js").Conversation} */ (client.conversations[0]);

/**
 * The states that a client's first conversation goes through.
 * @param {Client} client
 */
function states(client) {
  /** @type {string[]} */
  const seen = client.conversations.slice(0, 1).map((c) => c.state);
  client.on("conversation", ({ conversation }) => void (seen.at(-1) !== conversation.state && seen.push(conversation.state)));
  return seen;
}

const KINDS = ["", "commit", "message", "join"];
/** Entries by kind that an end appends, as often as it does. @returns {{ wire: Wire, sent: Record<string, Uint8Array[]> }} */
function counting() {
  /** @type {Record<string, Uint8Array[]>} */
  const sent = { commit: [], message: [], join: [] };
  return { sent, wire: { fromEnd: (frame) => void (frame.type === T.append && frame.bytes && sent[KINDS[frame.bytes[1] ?? 0] ?? ""]?.push(frame.bytes)) } };
}

/**
 * A customer and an agent who talked; the agent then closed, and its profile is as it was before its own first commit.
 * @param {Wire} [wire]  the customer's
 */
async function agentRestored(wire) {
  let agent = await demo.agent();
  const customer = await demo.customer({ ...(wire ? { wire } : {}), history: "none" });
  const conversation = await customer.start();
  await conversation.send("one");
  await seen(agent, "one");
  await agent.close();
  const restore = await profile("agent");
  agent = await demo.agent();
  await first(agent).send("two");
  await seen(customer, "two");
  await agent.close();
  await conversation.send("three");
  await seen(customer, "three", "sent");
  await restore();
  return customer;
}

test("a restored profile: rejoining, then secured, by one request and one answer; both talk, and what was missed is one line", async () => {
  const theirs = counting();
  const customer = await agentRestored(theirs.wire);
  theirs.sent["commit"]?.splice(0);
  const mine = counting();
  const agent = await demo.agent({ wire: mine.wire });
  const through = states(agent);
  await until(agent, "let in again", () => through.includes("rejoining") && first(agent).state === "secured");
  await first(agent).send("four");
  await seen(customer, "four", "received");
  await first(customer).send("five");
  await seen(agent, "five", "received");
  assert.deepEqual(through, ["secured", "rejoining", "secured"]);
  assert.equal(mine.sent["join"]?.length, 1);
  assert.equal(theirs.sent["commit"]?.length, 1, "the answer, and no other commit");
  assert.deepEqual(log(agent), ["one received", "four sent", "five received"]);
  assert.deepEqual(noted(agent), ["missed self", "rejoined self"]);
  assert.deepEqual(noted(customer), ["rejoined agent"]);
  // In its place: after what was read before, before what came after.
  const id = first(agent).messages[0]?.id;
  assert.deepEqual(again(first(agent)).map((n) => n.after), [id, id]);
  assert.deepEqual([...errorsOf(agent), ...errorsOf(customer)], []);
});

test("a text written while somebody asks to be let in waits with the answer, and can be read by whom it lets in", async () => {
  let asked = 0;
  let answered = 0;
  /** @type {Client} */
  let customer;
  customer = await agentRestored({
    toEnd: (frame) => {
      if (frame.type === T.entry && frame.bytes?.[1] === 3 && asked === 0) {
        asked = performance.now();
        // At the newest: the next entry would come after it was read.
        setTimeout(() => void first(customer).send("by the way"));
      }
      return [frame];
    },
    fromEnd: (frame) => {
      if (frame.type === T.append && frame.bytes?.[1] === 1 && asked > 0) answered ||= performance.now();
    },
  });
  const agent = await demo.agent();
  await seen(agent, "by the way", "received");
  await seen(customer, "by the way", "sent");
  assert.ok(answered - asked >= 1_990, `answered after ${answered - asked} ms`);
});

test("the customer's restored profile is let in again by the agent's desk, with nobody doing anything; its text waits and is sent", async () => {
  const agent = await demo.agent({ history: "none" });
  let customer = await demo.customer();
  await (await customer.start()).send("one");
  await seen(agent, "one");
  await seen(customer, "one", "sent");
  await customer.close();
  const restore = await profile("customer");
  customer = await demo.customer();
  await (await customer.start()).send("two");
  await seen(agent, "two");
  await seen(customer, "two", "sent");
  await customer.close();
  await restore();
  customer = await demo.customer();
  const conversation = await customer.start();
  await until(customer, "rejoining", () => conversation.state === "rejoining");
  await conversation.send("written meanwhile");
  await seen(agent, "written meanwhile", "received");
  await seen(customer, "written meanwhile", "sent");
  assert.equal(conversation.state, "secured");
  assert.equal(customer.conversations.length, 1, "it goes on in the same conversation");
  assert.deepEqual(noted(agent), ["rejoined customer"]);
});

test("with nobody there to let it in, a customer may begin anew; the old conversation goes on when somebody comes", async () => {
  let agent = await demo.agent();
  let customer = await demo.customer();
  await (await customer.start()).send("one");
  await seen(agent, "one");
  await seen(customer, "one", "sent");
  await customer.close();
  const restore = await profile("customer");
  customer = await demo.customer();
  await (await customer.start()).send("two");
  await seen(agent, "two");
  await seen(customer, "two", "sent");
  await customer.close();
  await agent.close();
  await restore();
  customer = await demo.customer();
  const old = await customer.start();
  await until(customer, "rejoining", () => old.state === "rejoining" && customer.state === "online");
  assert.equal(await customer.start(), old);
  const fresh = await customer.start({ anew: true });
  assert.notEqual(fresh, old);
  assert.equal(await customer.start(), fresh, "it is the one that goes on");
  await fresh.send("three");
  agent = await demo.agent();
  await seen(agent, "three");
  await until(customer, "both", () => old.state === "secured" && fresh.state === "secured");
  assert.deepEqual(fresh.messages.map((m) => m.text), ["three"]);
});

test("the relay dies when the request is on its way: it is asked again with the same bytes, and stands once in the log", async () => {
  const customer = await agentRestored();
  const mine = counting();
  let dead = false;
  const counted = mine.wire.fromEnd;
  mine.wire.fromEnd = (frame) => {
    counted?.(frame);
    if (dead || frame.type !== T.append || frame.bytes?.[1] !== 3) return;
    dead = true;
    void demo.stop();
  };
  const agent = await demo.agent({ wire: mine.wire });
  await until(agent, "offline", () => dead && agent.state !== "online");
  assert.equal(first(agent).state, "rejoining");
  await demo.start();
  await until(agent, "let in again", () => first(agent).state === "secured");
  await first(agent).send("back");
  await seen(customer, "back");
  const requests = /** @type {Uint8Array[]} */ (mine.sent["join"]);
  assert.ok(requests.length >= 1 && requests.length <= 3);
  for (const bytes of requests) assert.deepEqual(bytes, requests[0]);
});

test("a relay that drops the ack and the echo of a request: after reconnecting it is asked again, the same; no storm", async () => {
  const customer = await agentRestored();
  const mine = counting();
  let armed = true;
  let deaf = false;
  const counted = mine.wire.fromEnd;
  mine.wire.fromEnd = (frame) => {
    counted?.(frame);
    if (!armed || frame.type !== T.append || frame.bytes?.[1] !== 3) return;
    armed = false;
    deaf = true;
  };
  mine.wire.toEnd = (frame) => (deaf ? [] : [frame]);
  const agent = await demo.agent({ wire: mine.wire });
  await until(customer, "answered", () => noted(customer).length === 1);
  assert.equal(first(agent).state, "rejoining");
  deaf = false;
  await demo.stop();
  await demo.start();
  await until(agent, "let in again", () => first(agent).state === "secured");
  const requests = /** @type {Uint8Array[]} */ (mine.sent["join"]);
  assert.ok(requests.length <= 2, String(requests.length));
  await first(agent).send("back");
  await seen(customer, "back");
  assert.deepEqual(noted(customer), ["rejoined agent"], "let in once");
});

test("an answer that the relay withholds: rejoining goes on, what is written is kept, and nothing is sent", async () => {
  const customer = await agentRestored();
  let withhold = true;
  const mine = counting();
  mine.wire.toEnd = (frame) => (withhold && frame.type === T.entry && frame.bytes?.[1] === 1 && mine.sent["join"]?.length ? [] : [frame]);
  const agent = await demo.agent({ wire: mine.wire });
  await until(customer, "answered", () => noted(customer).length === 1);
  const message = await first(agent).send("kept");
  assert.equal(message.status, "queued");
  assert.equal(first(agent).state, "rejoining");
  assert.equal(mine.sent["message"]?.length, 0);
  withhold = false;
  await demo.stop();
  await demo.start();
  await seen(agent, "kept", "sent");
  await seen(customer, "kept", "received");
});

test("a relay that says too much of a request: nobody is told, and it is asked again after a pause", async () => {
  const customer = await agentRestored();
  const mine = counting();
  const counted = mine.wire.fromEnd;
  let refused = false;
  /** @type {(frame: import("../client/frames.js").Frame) => void} */
  let give = () => {};
  mine.wire.toEnd = (frame, inject) => ((give = inject), [frame]);
  mine.wire.fromEnd = (frame) => {
    counted?.(frame);
    if (refused || frame.type !== T.append || frame.bytes?.[1] !== 3) return undefined;
    refused = true;
    queueMicrotask(() => give({ type: T.error, request: frame.request, code: codes.indexOf("rate limited") + 1 }));
    return [];
  };
  const agent = await demo.agent({ wire: mine.wire });
  await until(agent, "let in again", () => refused && first(agent).state === "secured");
  await first(agent).send("back");
  await seen(customer, "back");
  const requests = /** @type {Uint8Array[]} */ (mine.sent["join"]);
  assert.equal(requests.length, 2);
  assert.deepEqual(requests[1], requests[0]);
  assert.deepEqual(errorsOf(agent), []);
});

/**
 * Puts a copy of the end's next message, with another log hash, into the log before the true one.
 * @returns {{ wire: Wire, arm: () => void }}
 */
function garbling() {
  let armed = false;
  return {
    arm: () => void (armed = true),
    wire: {
      fromEnd: (frame) => {
        if (!armed || frame.type !== T.append || frame.bytes?.[1] !== 2) return;
        armed = false;
        return [{ ...frame, request: 0xfffffff0, bytes: garbled(frame.bytes) }, frame];
      },
    },
  };
}

/** @param {Uint8Array} message */
function garbled(message) {
  const copy = message.slice();
  const seenHash = 2 + 16 + 8 + 16 + 16 + 8 + 1 + 8;
  copy[seenHash] = /** @type {number} */ (copy[seenHash]) ^ 1;
  return copy;
}

test("garbage in a member's name that tells of another log: the others pause, it commits unasked, all go on; what was written meanwhile is sent", async () => {
  const { arm, wire } = garbling();
  const agent = await demo.agent();
  const customer = await demo.customer({ wire });
  await (await customer.start()).send("one");
  await seen(agent, "one");
  await first(agent).send("answer");
  await seen(customer, "answer");
  const through = states(agent);
  /** @type {(string | undefined)[]} */
  const differed = [];
  agent.on("conversation", ({ conversation }) => void (conversation.state === "doubtful" && differed.push(conversation.differs?.role)));
  arm();
  await first(customer).send("true");
  await seen(agent, "true", "received");
  await until(agent, "healed", () => through.includes("doubtful") && first(agent).state === "secured");
  await first(agent).send("heard");
  await seen(customer, "heard", "received");
  assert.deepEqual(through, ["secured", "doubtful", "secured"]);
  assert.deepEqual(differed, ["customer"]);
  assert.equal(first(agent).differs, null);
  assert.deepEqual(log(customer), ["one sent", "answer received", "true sent", "heard received"]);
});

test("garbage that the relay shows to one end alone: doubtful, then proven, and it names whose course differs", async () => {
  let shown = 1;
  const agent = await demo.agent({
    wire: {
      toEnd: (frame) => {
        if (shown > 0 || frame.type !== T.entry || frame.bytes?.[1] !== 2) return [frame];
        shown++;
        return [{ ...frame, bytes: garbled(frame.bytes) }];
      },
    },
  });
  const customer = await demo.customer();
  await (await customer.start()).send("one");
  await seen(agent, "one");
  await first(agent).send("answer");
  await seen(customer, "answer");
  shown = 0;
  await first(customer).send("changed on its way");
  await until(agent, "doubt", () => first(agent).state === "doubtful");
  const kept = await first(agent).send("kept");
  assert.equal(kept.status, "queued");
  await first(customer).send("next");
  await until(agent, "proof", () => first(agent).state === "forked");
  assert.equal(first(agent).differs?.role, "customer");
  assert.equal(first(agent).messages.find((m) => m.text === "kept")?.status, "failed", "kept, and said not to be sent");
  assert.equal(JSON.stringify(log(agent)).includes("changed on its way"), false);
  await assert.rejects(first(agent).send("no"), { code: "forked log" });
});

test("P17 an ack alone shows nothing as sent: only reading it back from the log does", async () => {
  let hold = false;
  /** @type {import("../client/frames.js").Frame[]} */
  const held = [];
  let acks = 0;
  /** @type {((frame: import("../client/frames.js").Frame) => void)[]} */
  const give = [];
  const agent = await demo.agent();
  const customer = await demo.customer({
    wire: {
      toEnd: (frame, inject) => {
        if (frame.type === T.ack && hold) acks++;
        // Commits come through: another's may be on its way.
        if (frame.type !== T.entry || frame.bytes?.[1] !== 2 || !hold) return [frame];
        held.push(frame);
        give[0] = inject;
        return [];
      },
    },
  });
  const conversation = await customer.start();
  await conversation.send("zero");
  await attended(customer);
  await conversation.send("one");
  await seen(customer, "one", "sent");
  hold = true;
  /** @type {string[]} */
  const shown = [];
  customer.on("message", ({ message }) => void (message.text === "two" && shown.push(message.status)));
  await conversation.send("two");
  await seen(agent, "two", "received");
  await until(customer, "the ack", () => acks > 0 && held.length > 0);
  assert.deepEqual(shown, ["queued", "sending"]);
  assert.equal(conversation.messages.at(-1)?.status, "sending");
  hold = false;
  for (const frame of held) give[0]?.(frame);
  await seen(customer, "two", "sent");
});

test("P16 a customer who cleared storage is another one, in another conversation; the old messages are shown to nobody new", async () => {
  const agent = await demo.agent({ history: "none" });
  let customer = await demo.customer();
  await (await customer.start()).send("before");
  await seen(agent, "before");
  await first(agent).send("an answer from before");
  await seen(customer, "an answer from before");
  const old = first(customer).members.find((m) => m.self)?.id;
  await customer.close();
  for (const { name } of await indexedDB.databases()) if (name?.endsWith(":customer")) await erase(name);

  customer = await demo.customer();
  const conversation = await customer.start();
  assert.deepEqual(conversation.messages, []);
  await conversation.send("after");
  await seen(agent, "after");
  await seen(customer, "after", "sent");
  assert.deepEqual(log(customer), ["after sent"]);
  assert.equal(agent.conversations.length, 2);
  const [then, now] = agent.conversations;
  assert.notEqual(then?.id, now?.id);
  const customers = agent.conversations.map((c) => c.members.find((m) => m.role === "customer")?.id);
  assert.equal(customers[0], old);
  assert.notEqual(customers[1], old);
  assert.deepEqual(now?.messages.map((m) => [m.text, m.from?.id]), [["after", customers[1]]]);
  // The old one goes on to stand as it was: nobody is let into it in the old one's place.
  assert.deepEqual(then?.members.map((m) => m.id).includes(customers[1] ?? ""), false);
  assert.deepEqual([then?.state, then && again(then)], ["secured", []]);
  await then?.send("to the old one");
  await seen(agent, "to the old one", "sent");
  assert.deepEqual(log(customer), ["after sent"]);
});

test("a page that ends before it reads that it left, and is taken out meanwhile: it reads so much when it comes back, and no more", async () => {
  let deaf = false;
  const customer = await demo.customer({ history: "none" });
  const theirs = await customer.start();
  await theirs.send("hello");
  const ben = await demo.colleague("Ben", { person: "ben" });
  const to = await available(ben);
  let ana = await demo.colleague("Ana", { wire: { toEnd: ({ type }) => (deaf && (type === T.ack || type === T.entry) ? [] : undefined) } });
  await until(ana, "it waits", () => ana.queues.waiting.some((w) => w.id === theirs.id));
  const anas = await ana.claim(theirs.id);
  await until(ana, "all is there", () => anas.moves.length > 0);
  deaf = true;
  const unheard = anas.transfer({ to }).catch(() => {});
  const bens = await until(ben, "it came", () => ben.conversation(theirs.id));
  await until(ben, "all is there", () => bens.moves.length > 0);
  assert.equal(anas.state, "secured", "she does not know");
  await ana.close();
  await unheard;
  await theirs.send("for Ben alone"); // whoever is first removes who left
  await seen(ben, "for Ben alone", "received");

  ana = await demo.colleague("Ana");
  const back = first(ana);
  await until(ana, "to have left", () => back.state === "left");
  assert.deepEqual(back.notes.map(({ kind, member }) => `${kind} ${member?.alias}`), ["claimed Ana", "transferred Ben"], "the log told her, not a refusal");
  assert.deepEqual(log(ana), ["hello received"]);
  await assert.rejects(back.send("too late"), { code: "not a member" });
  await bens.send("and later");
  await seen(customer, "and later", "received");
  assert.deepEqual(log(ana), ["hello received"]);
  assert.deepEqual([...errorsOf(ana), ...errorsOf(ben), ...errorsOf(customer)], []);
});
