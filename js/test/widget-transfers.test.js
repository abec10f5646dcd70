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

test("files become messages in the order in which they were given, however long each takes", async () => {
  const { conversation, transfers } = stage();
  const send = conversation.sendFile.bind(conversation);
  conversation.sendFile = async (file, options) => {
    if (options.name === "1") await settled();
    return send(file, options);
  };
  transfers.send(conversation, [file("1"), file("2")]);
  transfers.send(conversation, [file("3")]);
  await settled();
  await settled();
  assert.deepEqual(names(conversation), ["1", "2", "3"]);
});

test("files of one conversation do not wait for those of another", async () => {
  const { client, conversation, transfers } = stage();
  const other = client.add();
  conversation.sendFile = () => new Promise(() => {});
  transfers.send(conversation, [file("a")]);
  transfers.send(other, [file("b")]);
  await settled();
  assert.deepEqual(names(other), ["b"]);
});

test("what became of a file is told once, and then nothing is kept of it", async () => {
  const { conversation, transfers, said } = stage();
  transfers.send(conversation, [file("1"), file("2")]);
  await settled();
  const [one, two] = conversation.messages.map((m) => m.id);
  conversation.changeFile(one ?? "", { state: "uploading", progress: 0.5 });
  conversation.changeFile(one ?? "", { state: "sent" }, "sent");
  conversation.changeFile(two ?? "", { state: "failed", error: "too large" }, "failed");
  conversation.changeFile(two ?? "", { progress: 0 });
  await settled();
  assert.deepEqual(said, ["Sending 1", "Sending 2", "1 is sent", `2: ${fileProblem({ code: "too large" }, "up")}`]);
  assert.deepEqual([transfers.has(one ?? ""), transfers.has(two ?? "")], [false, true]);
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
  const putBack = (/** @type {string} */ text) => void box.push(text);
  const failed = message({ self: true, text: "hello", status: "failed" });
  conversation.messages.push(failed);
  await act("retry", { conversation, message: failed, transfers, putBack });
  await act("putBack", { conversation, message: failed, transfers, putBack });
  await act("discard", { conversation, message: failed, transfers, putBack });
  assert.deepEqual(conversation.asked, [`retry ${failed.id}`, `discard ${failed.id}`, `discard ${failed.id}`]);
  assert.deepEqual(box, ["hello"]);
  assert.deepEqual(conversation.messages, []);
});

test("the timer is called as a browser wants it", async (t) => {
  const own = globalThis.setTimeout;
  t.after(() => { globalThis.setTimeout = own; });
  /** @type {unknown[]} */
  const callers = [];
  globalThis.setTimeout = /** @type {typeof setTimeout} */ (/** @type {unknown} */ (function (/** @this {unknown} */) { callers.push(this); }));
  const conversation = new FakeClient().add();
  const came = message({ text: "", file: fileInfo() });
  conversation.messages.push(came);
  const transfers = new Transfers({ say: () => {}, tell: assert.fail, changed: () => {}, back: () => {}, download: () => {} });
  const done = transfers.save(conversation, came);
  conversation.saves[0]?.settle({ blob: new Blob(), name: "a" });
  await done;
  assert.deepEqual(callers, [undefined]);
});
