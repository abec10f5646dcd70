/** History on the device: reload, another tab, another organisation, destroySession; IndexedDB as Node has it from a package. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { T } from "../client/frames.js";
import { indexedStore } from "../client/store.js";
import { SealwireError } from "../errors.js";
import { Demo, attended, closeAll, cut, errorsOf, noticesOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(async () => {
  await closeAll();
  for (const { name } of await indexedDB.databases()) {
    if (name) await new Promise((resolve) => (indexedDB.deleteDatabase(name).onsuccess = resolve));
  }
});
after(async () => {
  await demo.stop();
  await sweep();
});

/** @param {import("../client/client.js").Client} client */
const log = (client) => client.conversations.flatMap((c) => c.messages.map((m) => `${m.text} ${m.status}`));

test("a reload keeps identity, history, ids and what waits; both sides go on", async () => {
  let agent = await demo.agent();
  let customer = await demo.customer();
  let conversation = await customer.start();
  await conversation.send("one");
  await seen(agent, "one");
  await agent.conversations[0]?.send("two");
  await seen(customer, "two");
  await seen(customer, "one", "sent");
  await seen(agent, "two", "sent");
  const ids = conversation.messages.map((m) => m.id);
  const { id, members } = conversation;
  await customer.close();
  await agent.conversations[0]?.send("while away");
  await seen(agent, "while away", "sent");
  await agent.close();

  customer = await demo.customer();
  conversation = await customer.start();
  assert.equal(conversation.id, id);
  assert.equal(conversation.state, "secured");
  assert.deepEqual(conversation.members, members);
  assert.deepEqual(conversation.messages.slice(0, 2).map((m) => m.id), ids);
  await seen(customer, "while away", "received");
  agent = await demo.agent();
  await conversation.send("three");
  await seen(agent, "three");
  await seen(customer, "three", "sent");
  assert.deepEqual(log(customer), ["one sent", "two received", "while away received", "three sent"]);
  assert.deepEqual(log(agent), ["one received", "two sent", "while away sent", "three received"]);
  assert.deepEqual([...errorsOf(customer), ...errorsOf(agent)], []);
});

test("what was written with nobody there waits through a reload, and is sent once", async () => {
  let customer = await demo.customer();
  const message = await (await customer.start()).send("kept");
  await customer.close();
  customer = await demo.customer();
  const conversation = await customer.start();
  assert.deepEqual(conversation.messages.map((m) => [m.id, m.text, m.status]), [[message.id, "kept", "queued"]]);
  const agent = await demo.agent();
  await seen(agent, "kept", "received");
  await seen(customer, "kept", "sent");
  assert.deepEqual(log(agent), ["kept received"]);
});

test("an ack that never came: the message is sent again after a reload, and counts once", async () => {
  const agent = await demo.agent();
  let armed = false;
  let deaf = false;
  let customer = await demo.customer({
    wire: {
      fromEnd: (frame) => (deaf ||= armed && frame.type === T.append && frame.bytes?.[1] === 2),
      toEnd: (frame) => (deaf ? [] : [frame]),
    },
  });
  let conversation = await customer.start();
  await conversation.send("zero");
  await attended(customer);
  await conversation.send("one");
  await seen(customer, "one", "sent");
  armed = true;
  await conversation.send("two");
  await seen(agent, "two", "received");
  assert.equal(conversation.messages.at(-1)?.status, "sending");
  await customer.close();
  customer = await demo.customer();
  conversation = await customer.start();
  await seen(customer, "two", "sent");
  await conversation.send("three");
  await seen(agent, "three");
  assert.deepEqual(log(agent), ["zero received", "one received", "two received", "three received"]);
});

test("the tab that was opened last goes on; the other stops, says so, and can take over", async () => {
  const agent = await demo.agent();
  const first = await demo.customer();
  const mine = await first.start();
  await mine.send("from the first tab");
  await seen(first, "from the first tab", "sent");
  const second = await demo.customer({ takeOver: true });
  const theirs = await second.start();
  assert.equal(theirs.id, mine.id);
  await mine.send("too late").catch(() => {});
  await until(first, "elsewhere", () => first.state === "elsewhere");
  await assert.rejects(first.start(), (error) => error instanceof SealwireError && error.code === "unavailable");
  await assert.rejects(mine.send("no"), (error) => error instanceof SealwireError && error.code === "unavailable");
  await theirs.send("from the second tab");
  await seen(agent, "from the second tab");
  assert.deepEqual(log(agent), ["from the first tab received", "from the second tab received"]);
  await first.takeOver();
  await (await first.start()).send("back in the first");
  await seen(agent, "back in the first");
  await seen(first, "from the second tab", "sent");
});

test("destroySession erases keys and history; the next start is a stranger", async () => {
  const agent = await demo.agent();
  const customer = await demo.customer();
  const conversation = await customer.start();
  await conversation.send("gone");
  await seen(agent, "gone");
  await customer.destroySession();
  assert.equal(customer.state, "closed");
  assert.equal((await indexedDB.databases()).some(({ name }) => name?.endsWith(":customer")), false);
  const next = await demo.customer();
  const fresh = await next.start();
  assert.deepEqual(fresh.messages, []);
  assert.equal(fresh.id, "");
});

test("another organisation key begins afresh and says so; the old one's history stays apart", async () => {
  const other = new Demo();
  await other.start();
  const customer = await demo.customer();
  await (await customer.start()).send("for the first");
  await customer.close();
  const moved = await other.customer();
  await until(moved, "a notice", () => noticesOf(moved).length > 0);
  assert.deepEqual(noticesOf(moved), ["new organisation"]);
  assert.deepEqual((await moved.start()).messages, []);
  await moved.close();
  const back = await demo.customer();
  assert.deepEqual(log(back), ["for the first queued"]);
  await other.stop();
});

/**
 * Damages what is kept of one conversation in this role's namespace; nobody has it open.
 * @param {string} role
 * @param {string} id
 * @returns {Promise<{ bad: Uint8Array }>}  what lies there now
 */
async function damage(role, id) {
  const name = (await indexedDB.databases()).map((db) => db.name ?? "").find((one) => one.endsWith(`:${role}`)) ?? "";
  const key = `conversation/${id}`;
  const store = await indexedStore(name);
  const state = /** @type {Uint8Array} */ (await store.get("state", key));
  const bad = state.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
  await store.write([{ table: "state", key, value: bad }]);
  store.close();
  return { bad };
}

/** What lies aside of conversations that did not open. @param {string} role */
async function aside(role) {
  const name = (await indexedDB.databases()).map((db) => db.name ?? "").find((one) => one.endsWith(`:${role}`)) ?? "";
  const store = await indexedStore(name);
  const kept = await store.list("state", "aside/");
  store.close();
  return kept;
}

test("a customer whose conversation does not open is told so, is let in again by who is there, and has what still opens", async () => {
  let customer = await demo.customer();
  const old = await customer.start();
  const ana = await demo.agent();
  await old.send("before");
  await seen(ana, "before");
  await ana.conversations[0]?.send("an answer");
  await seen(customer, "an answer", "received");
  await seen(customer, "before", "sent");
  const wire = {};
  await customer.close();
  customer = await demo.customer({ wire });
  await until(customer, "online", () => customer.state === "online");
  cut(wire);
  await customer.conversations[0]?.send("waits");
  await customer.close();
  await ana.conversations[0]?.send("while away");
  await seen(ana, "while away", "sent");
  await damage("customer", old.id);

  const begun = Date.now();
  customer = await demo.customer();
  assert.deepEqual(customer.conversations, []);
  await until(customer, "told", () => noticesOf(customer).length > 0);
  assert.deepEqual(noticesOf(customer), ["conversation not opened"]);
  const again = await until(customer, "secured", () => customer.conversations.find((c) => c.id === old.id && c.state === "secured"));
  assert.ok(Date.now() - begun < 15_000);
  await seen(ana, "waits", "received");
  await again.send("after");
  await seen(ana, "after");
  await ana.conversations[0]?.send("welcome back");
  await seen(customer, "welcome back");
  await seen(customer, "after", "sent");
  await seen(ana, "welcome back", "sent");
  const all = ["before sent", "an answer received", "waits sent", "after sent", "welcome back received"];
  assert.deepEqual(log(customer), all);
  assert.deepEqual(log(ana), ["before received", "an answer sent", "while away sent", "waits received", "after received", "welcome back sent"], "each once");
  // What came meanwhile cannot be read: it is said where that was.
  const told = () => customer.conversations.flatMap((c) => c.notes.map(({ kind, after }) => `${kind} after ${c.messages.find(({ id }) => id === after)?.text ?? "nothing"}`));
  const notes = told();
  assert.ok(notes.includes("missed after an answer"), notes.join());
  assert.deepEqual(noticesOf(customer).filter((code) => code.startsWith("conversation")), ["conversation not opened", "conversation not opened: over"]);
  await customer.close();
  assert.deepEqual(await aside("customer"), [], "of no use any more");
  customer = await demo.customer();
  assert.deepEqual([log(customer), told()], [all, notes], "the same after a reload");
  await seen(customer, "welcome back");
  assert.deepEqual([...errorsOf(customer), ...errorsOf(ana)], []);
});

test("where nobody is there to let a customer in, what did not open lies aside as it was, through a reload, and a new conversation can be begun", async () => {
  let customer = await demo.customer();
  const old = await customer.start();
  const ana = await demo.agent();
  await old.send("before");
  await seen(ana, "before");
  await seen(customer, "before", "sent");
  await ana.close();
  await customer.close();
  const { bad } = await damage("customer", old.id);
  customer = await demo.customer();
  await until(customer, "it asks", () => customer.conversations.some((c) => c.state === "rejoining"));
  assert.deepEqual(log(customer), ["before sent"], "what still opens is shown");
  const ben = await demo.agent();
  const anew = await customer.start({ anew: true });
  await anew.send("to somebody else");
  await seen(ben, "to somebody else");
  await seen(customer, "to somebody else", "sent");
  await customer.close();
  const kept = async () => (await aside("customer")).find(([key]) => key.includes(`/conversation/${old.id}`))?.[1];
  assert.deepEqual(await kept(), bad);
  customer = await demo.customer();
  await until(customer, "it asks", () => customer.conversations.some((c) => c.id === old.id && c.state === "rejoining"));
  await customer.close();
  assert.deepEqual(await kept(), bad);
  assert.deepEqual(noticesOf(customer), [], "it opens now, and says what it is");
  assert.deepEqual(errorsOf(customer), []);
});

test("an agent one of whose conversations does not open goes on with the others, and is let in again by the customer of that one", async () => {
  let ana = await demo.colleague("Ana");
  const customers = [await demo.customer({ history: "none" }), await demo.customer({ history: "none" })];
  /** @type {string[]} */
  const ids = [];
  for (const [k, customer] of customers.entries()) {
    const conversation = await customer.start();
    await conversation.send(`question ${k}`);
    await until(ana, "the queue", () => ana.queues.waiting.some(({ id }) => id === conversation.id));
    ids.push((await ana.claim(conversation.id)).id);
    await seen(ana, `question ${k}`);
  }
  const [bad, good] = /** @type {[string, string]} */ (ids);
  await ana.close();
  await damage("agent", bad);

  ana = await demo.colleague("Ana");
  await until(ana, "told", () => noticesOf(ana).includes("conversation not opened"));
  await ana.conversation(good)?.send("yes");
  await seen(/** @type {import("../client/client.js").Client} */ (customers[1]), "yes");
  await seen(ana, "yes", "sent");
  await until(ana, "let in again", () => ana.conversation(bad)?.state === "secured" && noticesOf(ana).length > 1);
  await customers[0]?.conversations[0]?.send("are you there?");
  await seen(ana, "are you there?");
  assert.deepEqual(ana.conversation(bad)?.messages.map((m) => m.text), ["question 0", "are you there?"]);
  assert.deepEqual(ana.conversation(good)?.notes.map(({ kind }) => kind), ["claimed"], "nobody was let in again there");
  assert.deepEqual(noticesOf(ana), ["conversation not opened", "conversation not opened: over"]);
  assert.deepEqual(errorsOf(ana), []);
});
