import assert from "node:assert/strict";
import test from "node:test";
import { Arrival } from "../widget/arrival.js";
import { blockedBy, isStopped, lockBeside, troubleOf } from "../widget/stage.js";
import { Unseen } from "../widget/unseen.js";
import { FakeClient, message } from "./fake-client.js";

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
