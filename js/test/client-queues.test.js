/** A conversation that goes from queue to queue of its organisation: real clients, relay, authority and its inboxes. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { SealwireError } from "../errors.js";
import { Demo, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo(["default", "billing"]);
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

/**
 * @typedef {import("../client/client.js").Client} Client
 * @typedef {import("../client/types.js").Conversation} Conversation
 */

/** @param {import("../client/types.js").Member | null} m */
const name = (m) => (m === null ? "nobody" : m.alias || m.role);
/** @param {Conversation} c */
const who = (c) => c.members.map(name).sort().join();
/** @param {Conversation} c */
const texts = (c) => c.messages.map((m) => m.text);
/** @param {Conversation} c */
const told = (c) => c.notes.map(({ kind, member, by }) => [kind, name(member), by && name(by)].filter(Boolean).join(" "));

/**
 * Takes a conversation that waits there.
 * @param {Client} client
 * @param {string} id
 * @param {string} queue
 * @param {boolean} parked
 */
async function claimed(client, id, queue, parked) {
  const waiting = await until(client, `it waits in ${queue}`, () => client.queues.waiting.find((w) => w.id === id && w.queue === queue));
  assert.equal(waiting.parked, parked);
  assert.deepEqual(client.queues.counts.map((c) => [c.queue, c.waiting]), [["billing", Number(queue === "billing")], ["default", Number(queue === "default")]]);
  const conversation = await client.claim(id);
  await until(client, "it is settled", () => conversation.moves.length > 0);
  return conversation;
}

test("handed over into another queue: it waits there, is claimed there with all of before, and can go back to its own", async () => {
  const customer = await demo.customer();
  const theirs = await customer.start();
  await theirs.send("my bill is wrong");
  await seen(customer, "my bill is wrong", "sent");
  const ana = await demo.colleague("Ana");
  const ben = await demo.colleague("Ben");
  const anas = await claimed(ana, theirs.id, "default", false);
  await until(customer, "Ana", () => who(theirs) === "Ana,customer");
  await anas.send("one moment");
  await assert.rejects(anas.transfer({ queue: "nowhere" }, { note: "a bill" }), (error) => error instanceof SealwireError && error.code === "unavailable");
  assert.deepEqual([anas.state, texts(anas).includes("a bill")], ["secured", false], "nothing has changed, and nothing was said");

  await anas.transfer({ queue: "billing" }, { note: "a bill" });
  assert.equal(anas.state, "left");
  await until(customer, "the inbox", () => who(theirs) === "billing,customer");
  assert.deepEqual([theirs.queue, theirs.attended, theirs.state], ["default", false, "secured"], "its own queue is what it was begun for");
  await theirs.send("I am still here");
  await seen(customer, "I am still here", "sent");

  const bens = await claimed(ben, theirs.id, "billing", true);
  await seen(ben, "I am still here", "received");
  assert.deepEqual(texts(bens), ["my bill is wrong", "one moment", "a bill", "I am still here"]);
  await until(customer, "Ben", () => who(theirs) === "Ben,customer");
  await bens.send("let me look");
  await seen(customer, "let me look", "received");
  assert.deepEqual(texts(anas).includes("let me look"), false, "nothing of it reaches who handed over");

  await bens.park();
  const again = await claimed(ana, theirs.id, "default", true);
  await seen(ana, "let me look", "received");
  assert.deepEqual(texts(again), ["my bill is wrong", "one moment", "a bill", "I am still here", "let me look"]);
  await again.send("all is well");
  await seen(customer, "all is well", "received");
  assert.deepEqual(told(theirs), ["claimed Ana default", "parked billing Ana", "claimed Ben billing", "parked default Ben", "claimed Ana default"]);
  for (const one of [customer, ana, ben]) assert.deepEqual(errorsOf(one), []);
});

test("a customer whose conversation waits in another queue can ask for somebody else, and the agents of its own take it", async () => {
  const customer = await demo.customer();
  const theirs = await customer.start();
  await theirs.send("hello");
  await seen(customer, "hello", "sent");
  const ana = await demo.colleague("Ana");
  const anas = await claimed(ana, theirs.id, "default", false);
  await anas.transfer({ queue: "billing" });
  const ben = await demo.colleague("Ben");
  await claimed(ben, theirs.id, "billing", true);
  await until(customer, "Ben", () => who(theirs) === "Ben,customer" && theirs.moves.includes("askAnother"));
  // Sent after the inbox is out: no commit of another comes between.
  await theirs.send("are you there?");
  await seen(ben, "are you there?", "received");
  await theirs.askAnother();
  await until(customer, "its own queue", () => who(theirs) === "customer,default");
  await claimed(ana, theirs.id, "default", true);
  await until(customer, "Ana", () => who(theirs) === "Ana,customer");
});
