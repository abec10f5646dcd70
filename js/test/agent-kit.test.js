import assert from "node:assert/strict";
import test from "node:test";
import { AgentKit, conversationView, moveProblem, notificationText, sendProblem } from "../agent/kit.js";
import { FakeClient, colleague, fileInfo, member, message, note, stay, waiting } from "./fake-client.js";

const now = new Date(2026, 2, 12, 15, 0).getTime();
const me = member({ self: true, alias: "Ana" });
const customer = member({ role: "customer", alias: "", verified: false, id: "3f9a0000000000000000000000000000" });
const canary = "plain canary";
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {import("../agent/kit.js").KitOptions} [options] @param {FakeClient} [client] */
function stage(options = {}, client = new FakeClient({ agents: true })) {
  const kit = new AgentKit({ clock: () => now, tick: 0, ...options });
  kit.attach(client);
  return { kit, client };
}

test("the kit needs no document", () => {
  assert.equal("document" in globalThis, false);
  const { kit, client } = stage();
  client.queues = { state: "current", waiting: [waiting()], agents: [colleague()], counts: [] };
  const { id } = client.add({ state: "secured", members: [me, customer], messages: [message()] });
  client.say("conversation");
  assert.equal(kit.view.conversations.length, 1);
  assert.equal(kit.conversation(id)?.title, "Customer 3F9A");
});

test("views are plain data: a copy by structure is the same", () => {
  const { kit, client } = stage();
  const { id } = client.add({ state: "secured", members: [me, customer], messages: [message({ from: customer }), message({ text: "", file: fileInfo() })], notes: [note({ kind: "claimed", member: me })], moves: ["park"] });
  client.say("conversation");
  assert.deepEqual(structuredClone(kit.view), { ...kit.view });
  assert.deepEqual(structuredClone(kit.conversation(id)), { ...kit.conversation(id) });
});

test("a view is the same object until something changes, and one turn tells once", async () => {
  const { kit, client } = stage();
  const { id } = client.add({ state: "secured", members: [me, customer] });
  client.say("conversation");
  let told = 0;
  const stop = kit.subscribe(() => told++);
  await settled();
  told = 0;
  const [view, conversation] = [kit.view, kit.conversation(id)];
  assert.equal(kit.view, view);
  assert.equal(kit.conversation(id), conversation);
  client.say("message");
  client.say("members");
  assert.notEqual(kit.view, view, "at once, not only after it was told");
  await settled();
  assert.equal(told, 1);
  assert.notEqual(kit.conversation(id), conversation);
  stop();
  client.say("message");
  await settled();
  assert.equal(told, 1);
});

test("a kit that is closed listens no more, and leaves the client open", () => {
  const { kit, client } = stage();
  kit.close();
  assert.equal(client.listeners, 0);
  assert.equal(client.state, "online");
});

test("neither list nor notification shows what was written, unless the page asks for that", () => {
  const messages = [message({ text: canary, from: customer })];
  const file = message({ text: "", from: customer, file: fileInfo({ name: canary }) });
  for (const [shown, expected] of /** @type {const} */ ([[messages, "Encrypted message"], [[file], "Encrypted file"]])) {
    const client = new FakeClient();
    client.add({ state: "secured", members: [me, customer], messages: [...shown] });
    const { kit } = stage({}, client);
    assert.equal(kit.view.conversations[0]?.preview, expected);
    assert.doesNotMatch(JSON.stringify(kit.view), /canary/);
    const last = shown[0];
    assert.equal(last && notificationText(last), `${expected} from Customer 3F9A`);
    assert.match(stage({ previews: "plain" }, client).kit.view.conversations[0]?.preview ?? "", /canary/);
  }
});

test("trust is told as a level and in words, in every state", () => {
  const client = new FakeClient({ agents: true });
  const known = member({ role: "customer", alias: "Kim", verified: true });
  const level = (/** @type {Partial<import("./fake-client.js").FakeConversation>} */ over) => {
    const { level: is, words } = conversationView(client.add({ members: [me, customer], ...over }), { client, now }).trust;
    assert.notEqual(words, "");
    return is;
  };
  assert.equal(level({ state: "secured", members: [me, known] }), "verified");
  assert.equal(level({ state: "secured" }), "unverified");
  assert.equal(level({ state: "secured", members: [me, known, member({ verified: false, alias: "Ben" })] }), "unverified");
  for (const [states, is] of /** @type {const} */ ([[["waiting"], "pending"], [["rejoining", "doubtful", "unreadable"], "paused"], [["lost", "forked"], "stopped"], [["left", "closed"], "over"]])) {
    for (const state of states) assert.equal(level({ state }), is, state);
  }
  client.state = "refused";
  assert.equal(level({ state: "secured", members: [me, known] }), "stopped", "what is refused is never called verified");
});

test("whoever is not vouched for is named as it is, and never as verified", () => {
  const client = new FakeClient({ agents: true });
  const view = (/** @type {import("../widget/facade.js").Member[]} */ members) => conversationView(client.add({ state: "secured", members }), { client, now }).trust.words;
  assert.match(view([me, customer]), /Nobody has vouched for who this customer is/);
  assert.match(view([me, member({ role: "customer", verified: true }), member({ alias: "Ben", verified: false })]), /Nobody has vouched for Ben/);
});

test("the banner says with whom, what is under way, and that a connection is missing", () => {
  const { kit, client } = stage();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  const banner = () => {
    client.say("conversation");
    return kit.conversation(conversation.id)?.banner;
  };
  assert.deepEqual(banner(), { tone: "secure", title: "End-to-end encrypted with Customer 3F9A", detail: "" });
  conversation.moving = "transfer";
  assert.equal(banner()?.detail, "Handing over…");
  conversation.moving = null;
  client.state = "offline";
  assert.match(banner()?.detail ?? "", /kept on this device/);
  conversation.state = "forked";
  assert.deepEqual([banner()?.tone, banner()?.title], ["danger", "Stopped: the conversation was split"]);
});

test("who is in it, who was, and what each can read stands in words", () => {
  const { kit, client } = stage();
  const ben = member({ alias: "Ben" });
  const { id } = client.add({ state: "secured", members: [me, customer], ledger: [
    stay({ member: customer, since: now - 60_000 }), stay({ member: ben, from: 1, to: 2, since: now - 50_000, until: now }), stay({ member: me, from: 3, since: now, granted: { from: 0, to: 2, since: now - 60_000 } }),
  ] });
  client.say("members");
  assert.deepEqual(kit.conversation(id)?.readers.map((r) => [r.name, r.now, r.reads]), [["Customer 3F9A", true, "from the beginning"], ["You", true, "from the beginning"], ["Ben", false, "14:59 to 15:00"]]);
});

test("no move is offered while one is under way, or without a connection", () => {
  const { kit, client } = stage();
  const conversation = client.add({ state: "secured", members: [me, customer], moves: ["transfer", "park"] });
  const moves = () => {
    client.say("state");
    return kit.conversation(conversation.id)?.moves;
  };
  assert.deepEqual(moves(), ["transfer", "park"]);
  conversation.moving = "park";
  assert.deepEqual(moves(), []);
  conversation.moving = null;
  client.state = "offline";
  assert.deepEqual(moves(), []);
});

test("the rules of the box: why nothing can be sent, and that it stays where something may have to be copied", () => {
  const { kit, client } = stage();
  const conversation = client.add({ members: [me, customer] });
  const draft = (/** @type {import("../widget/facade.js").ConversationState} */ state) => {
    conversation.state = state;
    client.say("conversation");
    return kit.conversation(conversation.id)?.draft;
  };
  assert.deepEqual(draft("secured"), { shown: true, blocked: "", placeholder: "" });
  assert.equal(draft("doubtful")?.placeholder, "Writing is paused");
  assert.equal(draft("forked")?.shown, true);
  assert.notEqual(draft("forked")?.blocked, "");
  assert.equal(draft("left")?.shown, false);
  kit.fail("This desk cannot encrypt here.");
  assert.equal(draft("secured")?.blocked, "This desk cannot encrypt here.");
});

test("what cannot be sent is rejected with a code, and nothing else is tried", async () => {
  const { kit, client } = stage();
  const conversation = client.add({ state: "secured", members: [me, customer], failWith: { code: "too long" } });
  await assert.rejects(kit.send(conversation.id, canary), (error) => sendProblem(error) === "This message is too long. Shorten it, or send it in parts.");
  await assert.rejects(kit.send("nowhere", canary), { code: "unavailable" });
  await assert.rejects(kit.sendFiles("nowhere", []), { code: "unavailable" });
  assert.deepEqual(conversation.messages, []);
  conversation.failWith = undefined;
  await kit.send(conversation.id, "hello");
  assert.deepEqual(conversation.messages.map((m) => m.text), ["hello"]);
});

test("a text that was not sent goes back to the box of its conversation, and is gone from the rows", async () => {
  /** @type {{id: string, text: string, problem: string}[]} */
  const back = [];
  const { kit, client } = stage({ back: ({ id, text, problem }) => back.push({ id, text, problem }) });
  const failed = message({ self: true, status: "failed", text: "again" });
  const conversation = client.add({ state: "secured", members: [me, customer], messages: [failed] });
  client.say("message");
  const [row] = kit.conversation(conversation.id)?.rows.filter((r) => r.kind === "message") ?? [];
  assert.deepEqual(row?.kind === "message" && row.actions, ["retry", "putBack", "discard"]);
  assert.equal(await kit.act(conversation.id, "putBack", failed.id), true);
  assert.deepEqual(back, [{ id: conversation.id, text: "again", problem: "" }]);
  assert.deepEqual(conversation.messages, []);
  assert.equal(await kit.act(conversation.id, "discard", failed.id), false, "what is not there is not acted on");
});

test("where there is no box, a text that was not sent stays where it is", async () => {
  const { kit, client } = stage();
  const conversation = client.add({ state: "secured", members: [me, customer], messages: [message({ self: true, status: "failed", text: "again" })] });
  assert.equal(await kit.act(conversation.id, "putBack", conversation.messages[0]?.id ?? ""), false);
  assert.deepEqual(conversation.messages.map((m) => m.text), ["again"]);
});

test("files go in order, one that is refused comes back, and one that came is handed to the person", async (t) => {
  // The saved copy is released later.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const seen = [];
  const { kit, client } = stage({ back: ({ files, problem }) => void seen.push(`back ${files[0]?.name}: ${problem !== ""}`), download: (_, name) => void seen.push(`download ${name}`) });
  const conversation = client.add({ state: "secured", members: [me, customer], failWith: { code: "too large" } });
  await kit.sendFiles(conversation.id, [new File(["1"], "one.txt")]);
  await settled();
  conversation.failWith = undefined;
  await kit.sendFiles(conversation.id, [new File(["2"], "two.txt"), new File(["3"], "three.txt")]);
  await settled();
  assert.deepEqual(seen, ["back one.txt: true"]);
  assert.deepEqual(conversation.messages.map((m) => m.file?.name), ["two.txt", "three.txt"]);
  const came = message({ text: "", from: customer, file: fileInfo() });
  conversation.messages.push(came);
  client.say("message");
  const row = kit.conversation(conversation.id)?.rows.find((r) => r.key === `message ${came.id}`);
  assert.deepEqual(row?.kind === "message" && row.look?.actions, ["save"]);
  const done = kit.act(conversation.id, "save", came.id);
  conversation.saves[0]?.settle({ blob: new Blob(["x"]), name: "letter.pdf" });
  assert.equal(await done, true);
  assert.equal(seen.at(-1), "download letter.pdf");
});

test("moves are made as asked; a note of spaces is none; a refusal comes with its code", async () => {
  const { kit, client } = stage();
  const ben = colleague();
  client.queues = { state: "current", waiting: [], agents: [ben], counts: [] };
  const conversation = client.add({ state: "secured", members: [me, customer] });
  assert.deepEqual(kit.targets(conversation.id).map((t) => t.name), ["Ben", "The queue \u201cdefault\u201d"]);
  assert.deepEqual(kit.invitees(conversation.id).map((t) => t.name), ["Ben"]);
  await kit.move(conversation.id, { move: "invite", to: ben.id });
  await kit.move(conversation.id, { move: "remove", member: ben.id });
  await kit.move(conversation.id, { move: "takeOver" });
  await kit.move(conversation.id, { move: "transfer", target: { to: ben.id }, note: " " });
  assert.deepEqual(conversation.asked, [`invite ${ben.id} agent false`, `remove ${ben.id}`, "take over", `transfer ${ben.id} ""`]);
  conversation.failWith = { code: "stale head" };
  await assert.rejects(kit.move(conversation.id, { move: "park" }), (error) => /at the same moment/.test(moveProblem(error)));
});

test("what waits can be taken; who was faster is told; a supervisor is not offered it", async () => {
  const one = waiting();
  const { kit, client } = stage();
  client.queues = { state: "current", waiting: [one, waiting()], agents: [], counts: [] };
  client.say("queues");
  assert.deepEqual([kit.view.queue.takes, kit.view.queue.lines.length], [true, 2]);
  assert.equal(await kit.take(one.id), one.id);
  client.taken.set("x", { code: "bad commit", by: "Ben" });
  assert.equal(await kit.take("x"), undefined);
  assert.equal(kit.view.notice, "Ben was faster and has it now.");
  kit.dismiss();
  assert.equal(kit.view.notice, "");
  client.role = "supervisor";
  const along = stage({}, client).kit.view.queue;
  assert.deepEqual([along.takes, along.lines.length], [false, 1]);
  assert.match(along.text, /Agents take these/);
});

test("that the company's service does not answer is told until it does, and nothing else goes with it", () => {
  const { kit, client } = stage();
  const code = "authority unreachable";
  client.say("notice", { code, text: "It does not answer." });
  client.say("notice:over", { code: "refused" });
  assert.match(kit.view.notice, /does not answer/);
  client.say("notice:over", { code });
  assert.equal(kit.view.notice, "");
  client.say("notice", { code, text: "It does not answer." });
  kit.tell("Something else");
  client.say("notice:over", { code });
  assert.equal(kit.view.notice, "Something else");
});

test("an earlier conversation stands above the one that continues it; one that cannot be read is said to be there", () => {
  const { kit, client } = stage();
  const old = client.add({ state: "closed", members: [me, customer], messages: [message({ text: "old", from: customer, time: now - 5000 })] });
  const next = client.add({ state: "secured", members: [me, customer], previous: old.id, messages: [message({ text: "new", from: customer, time: now })] });
  const other = client.add({ state: "secured", members: [me, customer], previous: "ffffffffffffffffffffffffffffffff" });
  client.say("conversation");
  const texts = (/** @type {string} */ id) => kit.conversation(id)?.rows.map((r) => (r.kind === "message" ? r.text : r.kind === "note" ? "begins" : r.kind));
  assert.deepEqual(texts(next.id), ["date", "old", "begins", "new"]);
  assert.equal(kit.conversation(next.id)?.continues, "");
  assert.match(kit.conversation(other.id)?.continues ?? "", /continues an earlier one/);
  old.messages = [];
  client.say("conversation");
  assert.match(kit.conversation(next.id)?.continues ?? "", /continues an earlier one/);
});

test("more of what came before is shown when it is asked for", () => {
  const { kit, client } = stage();
  const { id } = client.add({ state: "secured", members: [me, customer], messages: Array.from({ length: 250 }, () => message({ from: customer })) });
  client.say("message");
  assert.equal(kit.conversation(id)?.hidden, 50);
  kit.showEarlier(id);
  assert.equal(kit.conversation(id)?.hidden, 0);
});

test("what was looked at is read, and in another tab there is nothing to see", () => {
  const { kit, client } = stage();
  const { id } = client.add({ state: "secured", members: [me, customer], messages: [message()] });
  client.say("message");
  assert.equal(kit.view.unread, 1);
  kit.markRead(id);
  assert.equal(kit.view.unread, 0);
  client.state = "elsewhere";
  client.say("state");
  assert.deepEqual([kit.view.conversations.length, kit.view.queue.shown], [0, false]);
});
