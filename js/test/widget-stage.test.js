import assert from "node:assert/strict";
import test from "node:test";
import { Arrival } from "../widget/arrival.js";
import { blockedBy, headOf, isStopped, lockBeside, lockText, troubleOf } from "../widget/stage.js";
import { Unseen } from "../widget/unseen.js";
import { FakeClient, member, message } from "./fake-client.js";

/** @typedef {import("../widget/stage.js").Stage} Stage */

/** @type {readonly Stage[]} */
const stopped = [{ kind: "unset" }, { kind: "wrong" }, { kind: "missing" }, { kind: "broken" }, { kind: "refused", code: "bad key" }, { kind: "failed", code: "unavailable" }];
/** @type {readonly Stage[]} */
const going = [{ kind: "loading" }, { kind: "running" }];

test("where a page cannot encrypt, it says so, says that nothing is sent, and blocks the box", () => {
  for (const stage of stopped) {
    assert.equal(isStopped(stage), true, stage.kind);
    assert.notEqual(troubleOf(stage, undefined, undefined), "", stage.kind);
    assert.equal(blockedBy(stage, undefined, undefined), troubleOf(stage, undefined, undefined), stage.kind);
    assert.deepEqual(lockBeside(stage, undefined, undefined), { tone: "danger", title: "Not encrypted, nothing is sent", detail: "" }, stage.kind);
  }
});

test("while it only loads, what is written is kept for the first conversation", () => {
  for (const stage of going) {
    assert.equal(blockedBy(stage, undefined, undefined), "", stage.kind);
    assert.equal(lockBeside(stage, undefined, undefined).tone, "open", stage.kind);
  }
});

test("a client that is refused, or has stopped, blocks whatever the page says", () => {
  for (const state of /** @type {const} */ (["refused", "closed"])) {
    assert.notEqual(blockedBy({ kind: "running" }, new FakeClient({ state }), undefined), "");
    assert.equal(lockBeside({ kind: "running" }, new FakeClient({ state }), undefined).tone, "danger");
  }
});

test("the head says whom one talks with, or the page's heading; a page that has stopped is not connected", () => {
  const client = new FakeClient({ state: "online" });
  const conversation = client.add({ state: "secured", members: [member({ self: true, role: "customer" }), member({ alias: "Ana" }), member({ role: "inbox" })] });
  const running = /** @type {const} */ ({ kind: "running" });
  assert.deepEqual(headOf(running, undefined, undefined, "Linden House"), { title: "Linden House", face: "Linden House", connection: "Connecting…", state: "connecting", who: false });
  const there = headOf(running, client, conversation, "Linden House");
  assert.deepEqual([there.title, there.face, there.state, there.who], ["Ana", "Ana", "online", true]);
  const stopped = headOf({ kind: "wrong" }, client, conversation, "Linden House");
  assert.deepEqual([stopped.connection, stopped.state], ["Stopped", "refused"]);
  client.state = "elsewhere";
  assert.equal(headOf(running, client, conversation, "Linden House").who, false);
});

test("beside the lock stands what becomes of what one writes; what is broken is said elsewhere", () => {
  const client = new FakeClient({ state: "online" });
  const conversation = client.add({ state: "secured" });
  const lock = /** @type {const} */ ({ tone: "secure", title: "x", detail: "kept" });
  assert.equal(lockText(lock, client, conversation), "kept");
  client.state = "offline";
  assert.match(lockText(lock, client, conversation), /when the connection is back/);
  assert.equal(lockText({ ...lock, tone: "danger" }, client, conversation), "");
});

test("only what came while the chat was closed counts, and nothing of before this page", () => {
  const unseen = new Unseen();
  const conversation = new FakeClient().add({ messages: [message()] });
  assert.equal(unseen.count(conversation, false), 0);
  conversation.messages.push(message(), message({ self: true }));
  assert.equal(unseen.count(conversation, false), 1);
  assert.equal(unseen.count(conversation, true), 0);
  assert.equal(unseen.count(conversation, false), 0);
});

test("what waits for a conversation gets it, or hears that there will be none", async () => {
  const client = new FakeClient();
  const arrival = new Arrival(() => client.conversations[0]);
  const refused = arrival.ready();
  arrival.settle(Object.assign(new Error("no"), { code: "unavailable" }));
  await assert.rejects(refused, { code: "unavailable" });
  const wanted = arrival.ready();
  const conversation = client.add();
  arrival.settle(null);
  assert.equal(await wanted, conversation);
  assert.equal(await arrival.ready(), conversation);
});
