/** A relay that lies: real clients and a real relay, with the lies told on the wire between them. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { encodeText } from "../client/bytes.js";
import { T } from "../client/frames.js";
import { SealwireError } from "../errors.js";
import { Demo, closeAll, errorsOf, noticesOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
const foreign = new Demo();
before(async () => void (await Promise.all([demo.start(), foreign.start()])));
afterEach(closeAll);
after(async () => {
  await Promise.all([demo.stop(), foreign.stop()]);
  await sweep();
});

/** @param {Uint8Array} bytes */
function flipped(bytes) {
  const copy = bytes.slice();
  const at = copy.length >> 1;
  copy[at] = /** @type {number} */ (copy[at]) ^ 1;
  return copy;
}

/**
 * @template T
 * @typedef {{ promise: Promise<T>, resolve: (value: T) => void }} PromiseWithResolvers_
 */

/** @returns {PromiseWithResolvers_<Uint8Array>} */
function withResolvers() {
  /** @type {(value: Uint8Array) => void} */
  let resolve = () => {};
  const promise = new Promise((/** @type {(value: Uint8Array) => void} */ done) => (resolve = done));
  return { promise, resolve };
}

/**
 * Counts what leaves.
 * @param {import("./client-world.js").Wire} wire
 */
function counting(wire) {
  const sent = { appends: 0, wire };
  wire.fromEnd = (frame) => {
    if (frame.type === T.append || frame.type === T.passing) sent.appends++;
  };
  return sent;
}

test("a tampered manifest is refused: nothing is sent, the text is kept", async () => {
  const agent = await demo.agent();
  await until(agent, "online", () => agent.state === "online");
  const sent = counting({ toEnd: (frame) => (frame.type === T.welcome && frame.bytes ? [{ ...frame, bytes: flipped(frame.bytes) }] : [frame]) });
  const customer = await demo.customer({ wire: sent.wire });
  const conversation = await customer.start();
  await conversation.send("secret");
  await until(customer, "refused", () => customer.state === "refused" && noticesOf(customer).length > 0);
  assert.deepEqual(noticesOf(customer), ["refused"]);
  assert.equal(conversation.state, "waiting");
  assert.equal(conversation.messages[0]?.status, "queued");
  assert.equal(sent.appends, 0);
  assert.equal(agent.conversations.length, 0);
});

test("another organisation's manifest is refused", async () => {
  /** @type {Uint8Array | undefined} */
  let theirs;
  const spy = await foreign.customer({ wire: { toEnd: (frame) => (frame.type === T.welcome && (theirs = frame.bytes), [frame]) } });
  await until(spy, "the manifest", () => theirs);
  await spy.close();
  const customer = await demo.customer({ wire: { toEnd: (frame) => [frame.type === T.welcome ? { ...frame, bytes: theirs } : frame] } });
  await until(customer, "refused", () => customer.state === "refused");
});

test("P09 a key package whose credential does not chain is refused: nothing is sent, the text is kept", async () => {
  /** @type {PromiseWithResolvers_<Uint8Array>} */
  const published = withResolvers();
  const impostor = await foreign.agent({ wire: { fromEnd: (frame) => frame.type === T.publish && frame.bytes && published.resolve(frame.bytes) } });
  const theirs = await published.promise;
  await impostor.close();
  const agent = await demo.agent();
  const sent = counting({ toEnd: (frame) => [frame.type === T.record ? { ...frame, bytes: theirs } : frame] });
  const customer = await demo.customer({ wire: sent.wire });
  const conversation = await customer.start();
  await conversation.send("secret");
  await until(customer, "refused", () => customer.state === "refused");
  await until(customer, "an error", () => errorsOf(customer).length > 0);
  assert.deepEqual(errorsOf(customer).map((e) => e instanceof SealwireError && e.code), ["bad credential"]);
  assert.equal(conversation.state, "waiting");
  assert.equal(conversation.id, "");
  assert.deepEqual(conversation.messages.map((m) => [m.text, m.status]), [["secret", "queued"]]);
  assert.equal(sent.appends, 0);
  assert.equal(agent.conversations.length, 0);
});

test("P11 plaintext that the relay puts into the log is never shown", async () => {
  const canary = "CANARY of the relay";
  const forms = [
    encodeText(JSON.stringify({ type: "text", text: canary })),
    encodeText(JSON.stringify({ encrypted: false, type: "text", text: canary, body: canary })),
    encodeText(JSON.stringify({ type: "system", text: `<b>${canary}</b>` })),
    encodeText(canary),
    new Uint8Array(),
  ];
  let injected = 0;
  const agent = await demo.agent();
  const customer = await demo.customer({
    wire: {
      toEnd: (frame) => {
        if (frame.type !== T.entry || injected >= forms.length || (frame.sequence ?? 0) < 3) return [frame];
        const bytes = forms[injected++];
        // In the place of the next entry, and as one that is passed on.
        return [{ ...frame, bytes }, { type: T.passed, request: 0, conversation: frame.conversation, bytes }, frame];
      },
    },
  });
  const conversation = await customer.start();
  await conversation.send("hello");
  await seen(agent, "hello");
  await seen(customer, "hello", "sent");
  for (let k = 0; k < forms.length; k++) await agent.conversations[0]?.send(`true ${k}`);
  for (let k = 0; k < forms.length; k++) await seen(customer, `true ${k}`, "received");
  assert.equal(injected, forms.length);
  assert.equal(JSON.stringify(conversation.messages).includes("CANARY"), false);
  assert.equal(conversation.messages.length, 1 + forms.length);
});

test("an entry with one bit changed is not shown, and this end knows that its log is another one", async () => {
  let changed = 0;
  const agent = await demo.agent();
  const customer = await demo.customer({
    wire: {
      toEnd: (frame) => {
        if (frame.type !== T.entry || changed > 0 || frame.sequence !== 4 || !frame.bytes) return [frame];
        changed++;
        return [{ ...frame, bytes: flipped(frame.bytes) }];
      },
    },
  });
  const conversation = await customer.start();
  await conversation.send("one");
  await seen(agent, "one");
  await agent.conversations[0]?.send("two");
  await agent.conversations[0]?.send("three");
  // The changed entry decodes, so it counts in this end's log: it can only find that its log is another one.
  await until(customer, "an alarm", () => conversation.state === "forked");
  assert.equal(changed, 1);
  assert.equal(conversation.messages.some((m) => m.text === "two"), false);
  await assert.rejects(conversation.send("no"), (error) => error instanceof SealwireError && error.code === "forked log");
});

test("a relay whose log is shorter than what was read is an alarm, and nothing more is sent", async () => {
  let back = false;
  const agent = await demo.agent();
  const sent = counting({ toEnd: (frame) => [back && frame.type === T.ack ? { ...frame, sequence: 1 } : frame] });
  const customer = await demo.customer({ wire: sent.wire });
  const conversation = await customer.start();
  await conversation.send("one");
  await seen(customer, "one", "sent");
  back = true;
  await demo.stop();
  await until(customer, "offline", () => customer.state !== "online");
  const before = sent.appends;
  await conversation.send("kept");
  await demo.start();
  await until(customer, "an alarm", () => conversation.state === "forked");
  assert.equal(sent.appends, before);
  assert.equal(conversation.messages.find((m) => m.text === "kept")?.status, "failed");
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

test("frames that are none end the connection, and the next one works", async () => {
  let broken = 0;
  const customer = await demo.customer({
    wire: {
      toEnd: (frame, inject) => {
        if (frame.type !== T.welcome || broken > 0) return [frame];
        broken++;
        inject({ type: T.append, request: 0, conversation: new Uint8Array(16), bytes: new Uint8Array(3) });
        return [];
      },
    },
  });
  await until(customer, "online", () => customer.state === "online");
  assert.equal(broken, 1);
});
