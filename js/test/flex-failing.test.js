/** What the plugin gives back and tells where something fails: texts, files, templates, notifications. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Box } from "../agent/flex/box.js";
import { Guard } from "../agent/flex/guard.js";
import { Knowledge } from "../agent/flex/knowledge.js";
import { Problems } from "../agent/flex/problems.js";
import { replaceSending } from "../agent/flex/sending.js";
import { Sessions } from "../agent/flex/sessions.js";
import { flexWords } from "../agent/flex/words.js";
import { FakeClient, fileInfo, message } from "./fake-client.js";
import { message as posted, sdk } from "./flex-sdk.js";

const entry = "sealwire:1:AQECAA";
const damaged = Object.assign(new Error(), { code: "open failed" });
const file = () => new File(["x"], "a.txt");

/** @param {{client?: FakeClient, readable?: boolean, begun?: boolean, live?: boolean, wait?: number, never?: boolean}} [how] */
function stage({ client = new FakeClient(), readable = true, begun = true, live = true, wait = 60_000, never = false } = {}) {
  const conversation = client.add({ state: "secured" });
  const { conversation: source } = sdk("CH1", [posted(entry)]);
  if (!readable) source.getMessages = async () => { throw new Error("no network"); };
  /** @type {Map<string, (payload: unknown, original: () => Promise<unknown>) => Promise<unknown>>} */
  const replaced = new Map();
  /** @type {Map<string, (payload: unknown) => unknown>} */
  const listening = new Map();
  const input = { inputText: "", attachedFiles: /** @type {File[]} */ ([]) };
  /** @type {string[]} */
  const told = [];
  const Actions = {
    /** @template P @param {string} name @param {(payload: P, original: (payload?: unknown) => Promise<unknown>) => Promise<unknown>} act */
    replaceAction: (name, act) => void replaced.set(name, (payload, original) => act(/** @type {P} */ (payload), original)),
    invokeAction: async (/** @type {string} */ name, /** @type {unknown} */ payload) => {
      const { body, files = [], file } = /** @type {{body?: string, files?: File[], file?: File}} */ (payload);
      if (name === "SetInputText") input.inputText = body ?? "";
      if (name === "AttachFiles") input.attachedFiles.push(...files);
      if (name === "DetachFile") input.attachedFiles = input.attachedFiles.filter((one) => one !== file);
    },
    /** @template P @param {string} event @param {(payload: P, cancel: () => void) => unknown} listen */
    addListener: (event, listen) => void listening.set(event, (payload) => listen(/** @type {P} */ (payload), () => {})),
  };
  const knowledge = new Knowledge();
  const guard = new Guard(knowledge);
  const box = new Box({ Actions, input: () => input, mayBeSealed: (sid) => knowledge.of(sid) !== "plain" });
  const place = { add: () => {}, delete: () => {}, conversations: () => (begun ? client.conversations.map(({ id }) => id) : []), place: () => undefined, live: () => live };
  const sessions = new Sessions({ client: () => (never ? new Promise(() => {}) : client), over: place, transport: () => ({ close: () => {} }), own: (c) => guard.own(c), kit: { tick: 0, download: () => {} }, wait });
  replaceSending({ Actions, find: () => undefined, guard, knowledge, sessions, tell: (words) => told.push(words), box });
  if (readable) sessions.open(source);
  const act = async (/** @type {string} */ name, /** @type {object} */ payload) => {
    if (!never) await sessions.start();
    return replaced.get(name)?.({ conversation: { source }, conversationSid: "CH1", ...payload }, async () => assert.fail("the host's own action"));
  };
  return { act, box, input, told, conversation, client, sessions, knowledge, listening, source };
}

test("a file that is not sent is in the box again, whichever of the host's boxes it came from", async () => {
  // The older box takes it off before it asks; the newer one leaves it.
  for (const there of [[], [file()]]) {
    const { act, input, told, conversation } = stage();
    conversation.failWith = Object.assign(new Error(), { code: "too large" });
    const one = there[0] ?? file();
    input.attachedFiles = [...there];
    await assert.rejects(act("SendMediaMessage", { file: one }), { code: "too large" });
    assert.deepEqual(input.attachedFiles, [one]);
    assert.match(String(told.at(-1)), /^a\.txt: /);
  }
});

test("of several files those that were sent leave the box, those that were not stay, and nothing of it is sent twice", async () => {
  const { act, input, conversation } = stage();
  const [good, bad] = [new File(["x"], "good.txt"), new File(["x"], "bad.txt")];
  const { sendFile } = conversation;
  conversation.sendFile = async (one, options) => { if (one === bad) throw Object.assign(new Error(), { code: "too large" }); return sendFile.call(conversation, one, options); };
  input.attachedFiles = [bad, good];
  await assert.rejects(act("SendMessage", { body: "two letters", attachedFiles: [bad, good] }), { code: "too large" });
  assert.deepEqual([input.inputText, input.attachedFiles], ["", [bad]]);
  assert.deepEqual(conversation.messages.map((m) => m.file?.name ?? m.text), ["two letters", "good.txt"]);
});

test("where it is not known whether the conversation is encrypted, the text and the files go back", async () => {
  for (const [name, payload] of /** @type {const} */ ([["SendMessage", { body: "hello", attachedFiles: [file()] }], ["SendMediaMessage", { file: file() }]])) {
    const { act, input, told } = stage({ readable: false });
    await assert.rejects(act(name, payload), { code: "unavailable" });
    assert.deepEqual([input.inputText, input.attachedFiles.length, told], [name === "SendMessage" ? "hello" : "", 1, [flexWords.unknown]]);
  }
});

test("a client that never comes refuses in time, and the text and the files are back", async () => {
  const { act, input, told } = stage({ never: true, wait: 5 });
  await assert.rejects(act("SendMessage", { body: "hello", attachedFiles: [file()] }), { code: "unavailable" });
  await assert.rejects(act("SendMediaMessage", { file: file() }), { code: "unavailable" });
  assert.deepEqual([input.inputText, input.attachedFiles.length, told.at(-1)], ["hello", 2, flexWords.missing]);
});

test("why nothing can be sent is said by what it is: not begun, another tab, not verified", async () => {
  const said = async (/** @type {Parameters<typeof stage>[0]} */ how, /** @type {FakeClient["state"]} */ state = "online") => {
    const { act, told, client } = stage(how);
    client.state = state;
    await assert.rejects(act("SendMessage", { body: "hello" }), { code: "unavailable" });
    return told.at(-1);
  };
  assert.equal(await said({ begun: false }), flexWords.notBegun);
  assert.equal(await said({ begun: false, live: false }), flexWords.starting);
  // What is there is known, or not yet: a client that is elsewhere has nothing.
  for (const how of [{}, { begun: false }]) {
    assert.match(String(await said(how, "elsewhere")), /one tab at a time/);
    assert.match(String(await said(how, "refused")), /cannot verify/);
  }
});

test("a file that was changed on its way is told of, and saving it rejects", async () => {
  for (const shown of [true, false]) {
    const { act, told, conversation, sessions } = stage();
    conversation.messages = [message({ id: "m1", text: "", file: fileInfo({ name: "a.pdf" }) })];
    const saving = act("DownloadMedia", { media: { sealwire: { conversation: conversation.id, message: "m1" } } });
    await new Promise((resolve) => setImmediate(resolve));
    // The client says it in the file's state, where it can.
    if (shown) conversation.changeFile("m1", { state: "failed", error: "open failed" });
    conversation.saves[0]?.settle(damaged);
    await assert.rejects(saving, { name: "SealwireError" });
    assert.match(String(told.at(-1)), /^a\.pdf: The file is damaged/);
    assert.equal(sessions.kit.view.notice, "");
  }
  const { act, told } = stage();
  await assert.rejects(act("DownloadMedia", { media: { sealwire: { conversation: "none", message: "m1" } } }));
  await assert.rejects(act("DownloadMedia", { media: { filename: "x" } }), { code: "bad argument" });
  assert.deepEqual(told, [flexWords.lost, flexWords.lost]);
});

test("templates are refused for what they are, and an empty text changes nothing", async () => {
  const { act, told, input, conversation } = stage();
  input.inputText = "begun";
  await assert.rejects(act("SendRichContentMessage", { contentSid: "HX1" }), { code: "bad argument" });
  await assert.rejects(act("SendMessage", { body: " ", contentSid: "HX1", attachedFiles: [] }), { code: "bad argument" });
  assert.deepEqual(told, [flexWords.noTemplates, flexWords.noTemplates]);
  await act("SendMessage", { body: "  " });
  assert.deepEqual([input.inputText, conversation.messages, told.length], ["begun", [], 2]);
});

test("what leaves the box is kept only while it does, and never of a conversation that is not encrypted", async () => {
  const { box, listening, act, knowledge } = stage();
  box.follow();
  const press = (/** @type {object} */ payload) => listening.get("beforeSendMessage")?.({ conversationSid: "CH1", body: "hello", ...payload });
  press({});
  await listening.get("afterSendMessage")?.({ conversationSid: "CH1" });
  assert.equal(box.take("CH1"), undefined);
  press({ body: "another" });
  assert.deepEqual([box.take("CH1"), box.take("CH1")], ["another", undefined]);
  const { conversation: plain } = sdk("CHplain", [posted("in the clear")]);
  await knowledge.learn(plain);
  press({ conversationSid: "CHplain" });
  assert.equal(box.take("CHplain"), undefined);
});

test("an attempt that failed leaves nothing behind that could come over a draft later", async () => {
  const { act, box, listening, conversation } = stage();
  box.follow();
  // replaceSending listens to the same event: the last one here is the box's.
  listening.get("beforeSendMessage")?.({ conversationSid: "CH1", body: "first words" });
  conversation.failWith = damaged;
  await assert.rejects(act("SendMessage", { body: "first words" }));
  assert.equal(box.take("CH1"), undefined);
});

test("what goes back never comes over what was written since", async () => {
  const { box, input } = stage();
  input.inputText = "a new draft";
  await box.back("CH1", "old", "old");
  assert.equal(input.inputText, "old\na new draft");
  await box.add("CH1", "a text of before");
  assert.equal(input.inputText, "a text of before\nold\na new draft");
  await box.back("CH1", "", "sent");
  assert.equal(input.inputText, "a text of before\nold\na new draft");
});

test("one error stands there at a time, the newest, and goes when it is over", () => {
  /** @type {string[]} */
  const shown = [];
  const Notifications = {
    registerNotification() {},
    showNotification: (/** @type {string} */ _id, /** @type {object} */ context = {}) => shown.push(/** @type {{text: string}} */ (context).text),
    dismissNotificationById: () => shown.splice(0),
    addListener() {},
  };
  const problems = new Problems(Notifications, "error", "{{text}}", () => {});
  problems.tell("one", "CH1");
  problems.tell("two", "CH2");
  problems.tell("three", "CH1");
  assert.deepEqual([shown, problems.of("CH1"), problems.of("CH2")], [["three"], "three", "two"]);
  problems.tell("", "CH2");
  assert.deepEqual([shown, problems.of("CH2")], [["three"], ""]);
  problems.tell("", "CH1");
  assert.deepEqual([shown, problems.of("CH1")], [[], ""]);
});
