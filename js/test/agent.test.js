import assert from "node:assert/strict";
import test from "node:test";
import { titleOf } from "../agent/customer.js";
import { lines } from "../agent/list.js";
import { Unread } from "../agent/unread.js";
import { FakeClient, member, message } from "./fake-client.js";

const now = new Date(2026, 2, 12, 15, 0).getTime();
const me = member({ self: true });
const customer = member({ role: "customer", alias: "", verified: false, id: "3f9a0000000000000000000000000000" });

function store() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return { kept, getItem: (/** @type {string} */ k) => kept.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => void kept.set(k, v) };
}

test("the newest activity stands first; one without a message before all", () => {
  const client = new FakeClient();
  const at = (/** @type {number} */ time) => client.add({ state: "secured", members: [me, customer], messages: [message({ time })] }).id;
  const old = at(now - 3000);
  const recent = at(now - 1000);
  const empty = client.add({ state: "secured", members: [me, customer] }).id;
  assert.deepEqual(lines(client.conversations, { now, unread: () => 0 }).map((l) => l.id), [empty, recent, old]);
});

test("a line says who, whether vouched for, and what was last said, on one line", () => {
  const client = new FakeClient();
  client.add({ state: "forked", members: [me, customer], messages: [message({ self: true, text: "two\nlines  here", time: now })] });
  const [line] = lines(client.conversations, { now, unread: () => 2, plain: true });
  assert.equal(line?.name, "Customer 3F9A");
  assert.equal(line?.verified, false);
  assert.equal(line?.preview, "You: two lines here");
  assert.equal(line?.mark, "Stopped");
  assert.equal(line?.unread, 2);
  assert.equal(titleOf(client.add()), "New conversation");
});

test("unread counts what others wrote since it was last looked at, over a reload too", () => {
  const client = new FakeClient();
  const conversation = client.add({ messages: [message(), message(), message({ self: true, status: "sent" })] });
  const kept = store();
  const unread = new Unread(kept, "read");
  assert.equal(unread.count(conversation), 2);
  unread.markRead(conversation);
  assert.equal(unread.count(conversation), 0);
  conversation.messages.push(message({ text: "canary" }));
  assert.equal(unread.count(conversation), 1);
  assert.equal(new Unread(kept, "read").count(conversation), 1);
  assert.doesNotMatch([...kept.kept.values()].join(), /canary|Hello/);
});

test("a spoilt or forbidden store counts too much rather than failing", () => {
  const conversation = new FakeClient().add({ messages: [message()] });
  for (const text of ["{", "[[1,2]]", "[[\"x\",-0.5]]", "{\"a\":1}", "null"]) {
    const unread = new Unread({ getItem: () => text, setItem: () => { throw new Error("quota"); } }, "read");
    assert.equal(unread.count(conversation), 1);
    unread.markRead(conversation);
    assert.equal(unread.count(conversation), 0);
  }
});
