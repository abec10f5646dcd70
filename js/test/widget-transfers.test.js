import assert from "node:assert/strict";
import test from "node:test";
import { act } from "../widget/acts.js";
import { Transfers } from "../widget/transfers.js";
import { fileProblem, words } from "../widget/words.js";
import { FakeClient, fileInfo, message } from "./fake-client.js";

function stage() {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured" });
  /** @type {string[]} */
  const said = [];
  /** @type {string[]} */
  const told = [];
  /** @type {{file: File, problem: string}[]} */
  const back = [];
  /** @type {{blob: Blob, name: string}[]} */
  const downloads = [];
  /** @type {{go: () => void, ms: number}[]} */
  const later = [];
  const transfers = new Transfers({
    say: (text) => said.push(text),
    tell: (text) => told.push(text),
    changed: () => {},
    back: (_, file, problem) => back.push({ file, problem }),
    download: (blob, name) => downloads.push({ blob, name }),
    later: (go, ms) => later.push({ go, ms }),
  });
  client.on("message", () => transfers.check());
  client.on("conversation", () => transfers.check());
  return { client, conversation, transfers, said, told, back, downloads, later };
}

/** Everything that is ready to go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
/** @param {string} name */
const file = (name) => new File(["content"], name, { type: "text/plain" });
/** @param {import("./fake-client.js").FakeConversation} conversation */
const names = (conversation) => conversation.messages.map((m) => m.file?.name);
/** @param {import("./fake-client.js").FakeConversation} conversation */
const lastId = (conversation) => conversation.messages.at(-1)?.id ?? "";

test("several files go one after another, in their order, whatever becomes of each", async () => {
  const { conversation, transfers } = stage();
  transfers.send(conversation, [file("1"), file("2")]);
  transfers.send(conversation, [file("3"), file("4")]);
  await settled();
  assert.deepEqual(names(conversation), ["1"]);
  assert.deepEqual(transfers.waiting(conversation).map((f) => f.name), ["2", "3", "4"]);
  conversation.changeFile(lastId(conversation), { state: "sent" }, "sent");
  await settled();
  assert.deepEqual(names(conversation), ["1", "2"]);
  conversation.changeFile(lastId(conversation), { state: "failed", error: "too large" }, "failed");
  await settled();
  assert.deepEqual(names(conversation), ["1", "2", "3"]);
  await conversation.discard(lastId(conversation));
  await settled();
  assert.deepEqual(names(conversation), ["1", "2", "4"]);
  assert.deepEqual(transfers.waiting(conversation), []);
});

test("files of one conversation do not wait for those of another", async () => {
  const { client, conversation, transfers } = stage();
  const other = client.add();
  transfers.send(conversation, [file("a")]);
  transfers.send(other, [file("b")]);
  await settled();
  assert.deepEqual([names(conversation), names(other)], [["a"], ["b"]]);
});

test("a file that waits can be taken out", async () => {
  const { conversation, transfers } = stage();
  const [one, two, three] = [file("1"), file("2"), file("3")];
  transfers.send(conversation, [one, two, three]);
  await settled();
  transfers.drop(conversation, two);
  conversation.changeFile(lastId(conversation), { state: "sent" }, "sent");
  await settled();
  assert.deepEqual(names(conversation), ["1", "3"]);
});

test("a file that the client or the page does not take comes back, with the reason", async () => {
  const { conversation, transfers, back } = stage();
  conversation.failWith = Object.assign(new Error("canary"), { code: "not a member" });
  transfers.send(conversation, [file("1")]);
  await settled();
  conversation.failWith = new Error("the page's own handler");
  transfers.send(conversation, [file("2")]);
  await settled();
  assert.deepEqual(back.map((b) => [b.file.name, b.problem]), [["1", fileProblem({ code: "not a member" }, "up")], ["2", words.heldFile]]);
});

test("what is being sent can be stopped, and after a second try too", async () => {
  const { conversation, transfers, said } = stage();
  transfers.send(conversation, [file("1")]);
  await settled();
  const id = lastId(conversation);
  const now = () => conversation.messages.find((m) => m.id === id) ?? message();
  await transfers.cancel(conversation, now());
  await settled();
  assert.equal(now().file?.state, "cancelled");
  assert.ok(transfers.has(id), "it can be sent again");
  const again = transfers.retry(conversation, now());
  await settled();
  assert.equal(now().file?.state, "uploading");
  await transfers.cancel(conversation, now());
  await again;
  assert.deepEqual(conversation.asked, [`retry ${id}`, `discard ${id}`]);
  assert.ok(said.includes("1 is cancelled"));
});

test("a fetched file is handed to the browser under the client's name, and released in the end", async () => {
  const { conversation, transfers, downloads, later, said } = stage();
  const came = message({ text: "", file: fileInfo({ name: "../a\u202e.pdf" }) });
  conversation.messages.push(came);
  const done = transfers.save(conversation, came);
  void transfers.save(conversation, came);
  assert.equal(conversation.saves.length, 1, "a second press fetches nothing twice");
  const blob = new Blob([new Uint8Array(2_000_000)]);
  conversation.saves[0]?.settle({ blob, name: "a.pdf" });
  await done;
  assert.deepEqual(downloads, [{ blob, name: "a.pdf" }]);
  assert.ok(transfers.saved(came.id));
  assert.equal(conversation.saves[0]?.released, false, "the browser may still be reading it");
  assert.ok((later[0]?.ms ?? 0) > 60_000);
  later[0]?.go();
  assert.equal(conversation.saves[0]?.released, true);
  assert.deepEqual(said, ["Fetching ../a.pdf", "../a.pdf is saved"]);
});

test("fetching can be stopped; nothing is handed out then, nor when it fails", async () => {
  const { conversation, transfers, downloads, told, said } = stage();
  const came = message({ text: "", file: fileInfo() });
  conversation.messages.push(came);
  const first = transfers.save(conversation, came);
  await transfers.cancel(conversation, came);
  await first;
  assert.deepEqual([said.at(-1), told], ["letter.pdf is cancelled", []]);
  const second = transfers.save(conversation, came);
  conversation.saves[1]?.settle(Object.assign(new Error("canary"), { code: "truncated file" }));
  await second;
  assert.deepEqual(told, [`letter.pdf: ${fileProblem({ code: "truncated file" }, "down")}`]);
  const third = transfers.save(conversation, came);
  conversation.changeFile(came.id, { state: "failed", error: "open failed" });
  conversation.saves[2]?.settle(Object.assign(new Error("canary"), { code: "open failed" }));
  await third;
  assert.equal(told.length, 1, "the bubble says it");
  assert.deepEqual(downloads, []);
});

test("a text that was not sent is tried again, put back or discarded, and never stands twice", async () => {
  const { conversation, transfers } = stage();
  /** @type {string[]} */
  const box = [];
  const composer = { restore: (/** @type {{text?: string}} */ draft) => void box.push(draft.text ?? ""), focus: () => {} };
  const failed = message({ self: true, text: "hello", status: "failed" });
  conversation.messages.push(failed);
  await act("retry", { conversation, message: failed, transfers, composer });
  await act("putBack", { conversation, message: failed, transfers, composer });
  await act("discard", { conversation, message: failed, transfers, composer });
  assert.deepEqual(conversation.asked, [`retry ${failed.id}`, `discard ${failed.id}`, `discard ${failed.id}`]);
  assert.deepEqual(box, ["hello"]);
  assert.deepEqual(conversation.messages, []);
});
