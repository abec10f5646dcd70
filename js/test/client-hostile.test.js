/** A relay that lies, where it takes more than a lie of e2etest/lies to say it: those are told to clients in Node too. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { T } from "../client/frames.js";
import { Demo, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

test("a relay that lists thousands of conversations that are none: none is shown, and a new customer is, within seconds", async () => {
  /** @type {((frame: import("../client/frames.js").Frame) => void) | undefined} */
  let inject;
  const agent = await demo.agent({ wire: { toEnd: (frame, give) => ((inject = give), [frame]) } });
  await until(agent, "online", () => agent.state === "online" && inject);
  const before = process.memoryUsage().rss;
  for (let k = 0; k < 4; k++) {
    const list = Array.from({ length: 4_500 }, () => ({ conversation: crypto.getRandomValues(new Uint8Array(16)), sequence: 1 }));
    inject?.({ type: T.list, request: 0, list });
  }
  const start = performance.now();
  const customer = await demo.customer();
  await (await customer.start()).send("newcomer");
  await seen(agent, "newcomer");
  assert.ok(performance.now() - start < 10_000);
  assert.ok(process.memoryUsage().rss - before < 150e6);
  assert.equal(agent.conversations.length, 1);
  assert.equal(agent.state, "online");
  assert.deepEqual(errorsOf(agent), []);
});

test("what the relay shows is no entry: unreadable, told as that and as no error, nothing shown or sent; shown rightly it goes on", async () => {
  const agent = await demo.agent();
  let garbles = false;
  /** @type {string[]} */
  const appended = [];
  const customer = await demo.customer({
    wire: {
      toEnd: (frame) => [garbles && frame.type === T.entry && frame.bytes?.[1] === 2 ? { ...frame, bytes: frame.bytes.slice(0, -1) } : frame],
      fromEnd: (frame) => void (frame.type === T.append && appended.push(String(frame.bytes?.[1]))),
    },
  });
  const conversation = await customer.start();
  await conversation.send("one");
  await seen(agent, "one");
  await seen(customer, "one", "sent");
  garbles = true;
  await agent.conversations[0]?.send("two");
  await until(customer, "unreadable", () => conversation.state === "unreadable");
  appended.length = 0;
  const message = await conversation.send("three");
  assert.equal(message.status, "queued");
  await demo.stop();
  await demo.start();
  await until(customer, "online again", () => customer.state === "online");
  assert.equal(conversation.state, "unreadable", "a connection alone mends nothing");
  assert.equal(await customer.start(), conversation, "it is still the one to go on with");
  assert.deepEqual(conversation.messages.map((m) => m.text), ["one", "three"]);
  assert.deepEqual(appended, []);
  garbles = false;
  await demo.stop();
  await demo.start();
  await seen(customer, "two");
  await seen(agent, "three");
  assert.equal(conversation.state, "secured");
  // While it is down the page's backend is, too.
  assert.deepEqual(errorsOf(customer).filter((error) => !(error instanceof TypeError)), []);
});

test("a relay that showed what is no entry, and then has nothing more to show: it is readable again", async () => {
  const agent = await demo.agent();
  /** @type {((frame: import("../client/frames.js").Frame) => void) | undefined} */
  let inject;
  let head = 0;
  const customer = await demo.customer({
    wire: {
      toEnd: (frame, give) => {
        inject = give;
        if (frame.type === T.entry) head = Math.max(head, frame.sequence ?? 0);
        return [frame];
      },
    },
  });
  const conversation = await customer.start();
  await conversation.send("one");
  await seen(agent, "one");
  await seen(customer, "one", "sent");
  const through = /** @type {string[]} */ ([]);
  customer.on("conversation", () => through.push(conversation.state));
  inject?.({ type: T.entry, request: 0, conversation: Uint8Array.from(Buffer.from(conversation.id, "hex")), sequence: head + 1, bytes: new Uint8Array(3) });
  await until(customer, "readable again", () => through.includes("unreadable") && conversation.state === "secured");
});
