import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { T } from "../client/frames.js";
import { SealwireError } from "../errors.js";
import { Demo, available, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

/**
 * @param {import("../client/client.js").Client} client
 * @returns {string[]}
 */
const texts = (client) => client.conversations.flatMap((c) => c.messages.map((m) => m.text));

test("both ways: unicode, 20 KB, order, and the roster both sides see", async () => {
  const agent = await demo.agent();
  const customer = await demo.customer();
  const conversation = await customer.start();
  assert.equal(conversation.state, "waiting");
  assert.equal(conversation.id, "");
  const strange = "é 日本語 👩‍👩‍👧 \u0000 \u202e rtl \n<b>";
  const long = "ü".repeat(10_000);
  for (const text of ["one", strange, long]) await conversation.send(text);
  for (const text of ["one", strange, long]) await seen(agent, text, "received");
  await seen(customer, long, "sent");
  assert.equal(conversation.state, "secured");
  const [theirs] = agent.conversations;
  assert.ok(theirs);
  assert.equal(theirs.id, conversation.id);
  await theirs.send("answer");
  await seen(customer, "answer", "received");
  assert.deepEqual(texts(customer), ["one", strange, long, "answer"]);
  assert.deepEqual(texts(agent), ["one", strange, long, "answer"]);
  assert.deepEqual(conversation.members.map((m) => `${m.role} ${m.verified} ${m.self}`).sort(), ["agent true false", "customer false true"]);
  assert.deepEqual(theirs.members.map((m) => `${m.role} ${m.verified} ${m.self}`).sort(), ["agent true true", "customer false false"]);
  assert.equal(conversation.messages.find((m) => m.text === "answer")?.from?.role, "agent");
  assert.equal(theirs.messages.find((m) => m.text === "one")?.from?.role, "customer");
  assert.deepEqual([...errorsOf(customer), ...errorsOf(agent)], []);
  await customer.close();
  await agent.close();
  assert.equal(customer.state, "closed");
});

test("safety numbers: both ends show the same digits, of each member of the roster, until somebody else comes", async () => {
  const agent = await demo.agent();
  const customer = await demo.customer();
  const conversation = await customer.start();
  const coded = (/** @type {string} */ code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;
  await assert.rejects(conversation.safetyNumber("00".repeat(16)), coded("unavailable"), "nothing has begun");
  await conversation.send("hello");
  await seen(agent, "hello", "received");
  const [theirs] = agent.conversations;
  assert.ok(theirs);
  await theirs.send("answer");
  await seen(customer, "answer", "received");
  const [mine, yours] = [conversation, theirs].map((c) => c.members.find((m) => m.self)?.id ?? "");
  assert.ok(mine && yours);
  const ours = await conversation.safetyNumber(yours);
  assert.match(ours.number, /^[0-9]{60}$/);
  assert.match(ours.transcript, /^[0-9]{30}$/);
  assert.equal(ours.epoch, conversation.epoch);
  assert.deepEqual(await theirs.safetyNumber(mine), ours);
  assert.deepEqual(await conversation.safetyNumber(yours), ours, "asked again");
  // Another epoch, another transcript; the keys are the same.
  const ben = await available(await demo.colleague("Ben"));
  await theirs.invite({ to: ben });
  await until(customer, "Ben", () => conversation.members.some((m) => m.id === ben));
  const later = await conversation.safetyNumber(yours);
  assert.deepEqual(await theirs.safetyNumber(mine), later);
  assert.equal(later.number, ours.number);
  assert.notEqual(later.transcript, ours.transcript);
  assert.ok(later.epoch > ours.epoch);
  const withBen = await conversation.safetyNumber(ben);
  assert.notEqual(withBen.number, ours.number);
  assert.equal(withBen.transcript, later.transcript);
  for (const wrong of [mine, "", "0", "g".repeat(32), mine.toUpperCase(), 7, undefined, null, {}, [yours], new Uint8Array(16), yours + "00"]) {
    await assert.rejects(conversation.safetyNumber(/** @type {string} */ (wrong)), coded("bad argument"), String(wrong));
  }
  await assert.rejects(conversation.safetyNumber("00".repeat(16)), coded("not a member"));
  await theirs.leave();
  await until(agent, "it left", () => theirs.state === "left");
  await assert.rejects(theirs.safetyNumber(mine), coded("not a member"));
  await customer.close();
  await assert.rejects(conversation.safetyNumber(yours), coded("unavailable"));
  assert.deepEqual([...errorsOf(customer), ...errorsOf(agent)], []);
});

test("a text written before anybody is there is kept, and sent when an agent comes", async () => {
  const customer = await demo.customer();
  const conversation = await customer.start();
  const message = await conversation.send("anybody?");
  assert.equal(message.status, "queued");
  await seen(customer, "anybody?", "sent");
  assert.equal(conversation.state, "secured");
  assert.equal(conversation.attended, false);
  assert.deepEqual(conversation.members.map((m) => m.role).sort(), ["customer", "inbox"]);
  const agent = await demo.agent();
  await seen(agent, "anybody?", "received");
  const sent = await seen(customer, "anybody?", "sent");
  assert.equal(sent.id, message.id);
});

test("the relay restarts in mid-conversation: nothing is lost, nothing comes twice", async () => {
  const agent = await demo.agent();
  const customer = await demo.customer();
  const conversation = await customer.start();
  await conversation.send("before");
  await seen(agent, "before", "received");
  await demo.stop();
  await until(customer, "offline", () => customer.state !== "online");
  await conversation.send("meanwhile 1");
  await conversation.send("meanwhile 2");
  await agent.conversations[0]?.send("meanwhile of the agent");
  await demo.start();
  for (const text of ["meanwhile 1", "meanwhile 2"]) {
    await seen(agent, text, "received");
    await seen(customer, text, "sent");
  }
  await seen(customer, "meanwhile of the agent", "received");
  await seen(agent, "meanwhile of the agent", "sent");
  assert.equal(texts(customer).length, 4);
  assert.deepEqual(texts(customer), texts(agent));
});

test("entries that the relay gives twice are shown once", async () => {
  /** @type {import("./client-world.js").Wire} */
  const wire = { toEnd: (frame) => (frame.type === T.entry ? [frame, frame] : [frame]) };
  const agent = await demo.agent({ wire });
  const customer = await demo.customer({ wire });
  const conversation = await customer.start();
  await conversation.send("once");
  await conversation.send("and once");
  await seen(agent, "and once");
  await agent.conversations[0]?.send("back");
  await seen(customer, "back");
  await seen(agent, "back", "sent");
  assert.deepEqual(texts(customer), ["once", "and once", "back"]);
  assert.deepEqual(texts(agent), ["once", "and once", "back"]);
  assert.equal(conversation.state, "secured");
});

test("an entry that the relay leaves out is fetched again before the next one is read", async () => {
  let dropped = 0;
  const customer = await demo.customer({
    wire: {
      toEnd: (frame) => {
        if (frame.type !== T.entry || dropped > 0 || frame.sequence !== 4) return [frame];
        dropped++;
        return [];
      },
    },
  });
  const agent = await demo.agent();
  const conversation = await customer.start();
  await conversation.send("first");
  await seen(agent, "first");
  for (const text of ["a", "b", "c"]) await agent.conversations[0]?.send(text);
  await seen(customer, "c");
  assert.equal(dropped, 1);
  assert.deepEqual(texts(customer), ["first", "a", "b", "c"]);
  assert.equal(conversation.messages.some((m) => m.gap), false);
});

test("a message that the relay refuses as stale is sealed again for the new epoch, and comes once", async () => {
  /** @type {import("../client/frames.js").Frame[]} */
  let held = [];
  let holding = false;
  let refusals = 0;
  /** @type {import("./client-world.js").Wire} */
  const wire = {
    toEnd: (frame) => {
      if (frame.type === T.error && frame.code === 9) {
        refusals++;
        holding = false;
        const late = held;
        held = [];
        return [...late, frame];
      }
      if (!holding || frame.type !== T.entry) return [frame];
      held.push(frame);
      return [];
    },
  };
  const agent = await demo.agent();
  const ben = await available(await demo.colleague("Ben"));
  const customer = await demo.customer({ wire });
  const conversation = await customer.start();
  await conversation.send("first");
  await seen(agent, "first");
  await seen(customer, "first", "sent");
  // Begun, a fresh leaf of the inbox, the claim, the inbox removed.
  await until(customer, "the claim", () => conversation.epoch >= 3);
  holding = true;
  // The customer is kept from seeing the agent's commit.
  await agent.conversations[0]?.invite({ to: ben });
  await agent.conversations[0]?.send("from the agent");
  await seen(agent, "from the agent", "sent");
  await conversation.send("sealed too early");
  await seen(customer, "sealed too early", "sent");
  await seen(agent, "sealed too early", "received");
  assert.ok(refusals >= 1);
  assert.deepEqual(texts(agent), ["first", "from the agent", "sealed too early"]);
  assert.deepEqual(texts(customer), ["first", "from the agent", "sealed too early"]);
});

test("what is not sent: wrong kinds, empty, lone surrogates, too long; nothing is lost", async () => {
  const customer = await demo.customer();
  const conversation = await customer.start();
  const send = /** @type {(text: unknown) => Promise<unknown>} */ (conversation.send.bind(conversation));
  await assert.rejects(send(7), TypeError);
  await assert.rejects(send(undefined), TypeError);
  await assert.rejects(send(""), RangeError);
  await assert.rejects(send("a\ud800b"), RangeError);
  await assert.rejects(send("x".repeat(32_768)), (error) => error instanceof SealwireError && error.code === "too long");
  customer.on("pre:send", async ({ text }) => {
    if (text === "no") throw new Error("the page said no");
  });
  await assert.rejects(send("no"), /the page said no/);
  await send("yes");
  assert.deepEqual(texts(customer), ["yes"]);
  await customer.close();
  await assert.rejects(send("late"), (error) => error instanceof SealwireError && error.code === "unavailable");
});

test("both sides send 60 at once, across rotations and the relay's rate: all come, once, in their sender's order", async () => {
  const agent = await demo.agent();
  const customer = await demo.customer();
  const conversation = await customer.start();
  await conversation.send("first");
  await seen(agent, "first");
  const mine = Array.from({ length: 60 }, (_, k) => `customer ${k}`);
  const theirs = Array.from({ length: 60 }, (_, k) => `agent ${k}`);
  await Promise.all([...mine.map((text) => conversation.send(text)), ...theirs.map((text) => agent.conversations[0]?.send(text))]);
  await seen(agent, "customer 59", "received");
  await seen(customer, "agent 59", "received");
  await seen(customer, "customer 59", "sent");
  await seen(agent, "agent 59", "sent");
  for (const who of [customer, agent]) {
    assert.deepEqual(texts(who).filter((t) => t.startsWith("customer")), mine);
    assert.deepEqual(texts(who).filter((t) => t.startsWith("agent")), theirs);
  }
  assert.deepEqual(texts(customer), texts(agent));
  assert.ok(conversation.epoch >= 2, "the epoch was renewed after 50 messages");
  assert.deepEqual([...errorsOf(customer), ...errorsOf(agent)], []);
});
