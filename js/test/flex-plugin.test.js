/** What the plugin says and does, without a document: bubbles, templates, sending by the host's actions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCarriage, shownOf } from "../agent/flex/shown.js";
import { Box } from "../agent/flex/box.js";
import { mayHoldWords } from "../agent/flex/envelope.js";
import { Guard } from "../agent/flex/guard.js";
import { Knowledge } from "../agent/flex/knowledge.js";
import { replaceSending } from "../agent/flex/sending.js";
import { Sessions } from "../agent/flex/sessions.js";
import { Strings, coveredTemplate } from "../agent/flex/strings.js";
import { flexWords } from "../agent/flex/words.js";
import { FakeClient, fileInfo, member, message } from "./fake-client.js";
import { message as posted, sdk } from "./flex-sdk.js";

const text = (/** @type {number[]} */ ...bytes) => `sealwire:1:${Buffer.from(bytes).toString("base64url")}`;
const opaque = { filename: "AAAAAAAAAAAAAAAAAAAAAA" };

test("a bubble shows the opened text, and nothing else of anybody's words", () => {
  const source = { body: text(1, 1, 2, 9) };
  assert.deepEqual(shownOf(source, { kind: "message", conversation: "c", message: message({ text: "hello <b>" }) }), { kind: "text", text: "hello <b>", name: "Someone who left" });
  for (const kind of /** @type {const} */ (["entry", "unread", "opening", "unreadable"])) {
    const shown = shownOf(source, { kind });
    assert.equal(shown?.kind, "note");
    assert.ok(!shown?.text.includes("sealwire:1:"));
  }
});

test("a bubble of a sealed conversation never shows what was not sealed", () => {
  for (const body of ["Please call this number", "", null, "SEALWIRE:1:AAAA", " sealwire:1:AQECAA"]) {
    assert.deepEqual(shownOf({ body }, { kind: "message", message: message({ text: "x" }) }), { kind: "note", text: flexWords.notSealed });
  }
  assert.deepEqual(shownOf({ body: "", attachedMedia: [{ filename: "invoice.pdf" }] }, { kind: "unread" }), { kind: "note", text: flexWords.notSealed });
});

test("a file is told by its message, and what is carried of it is not shown", () => {
  const shown = shownOf({ body: text(1, 1, 2) }, { kind: "message", conversation: "c", message: message({ id: "m", text: "", self: true, file: fileInfo({ name: "a\u202e.pdf" }) }) });
  assert.deepEqual(shown, { kind: "file", text: "a.pdf", name: "You", facts: "1.2 MB", save: { conversation: "c", message: "m" } });
  assert.equal(shownOf({ body: "", attachedMedia: [opaque] }, { kind: "unread" }), null);
  assert.ok(isCarriage({ body: "", attachedMedia: [opaque] }));
});

test("what only sets up the encryption is left out of the list, what may be words is not", () => {
  assert.ok(mayHoldWords(text(1, 1, 2, 0)) && mayHoldWords(text(2, 0, 0)) && mayHoldWords("not sealed"));
  assert.ok(!mayHoldWords(text(1, 1, 1, 0)) && !mayHoldWords(text(3, 5, 65)) && !mayHoldWords(text(1, 1, 3)));
  assert.ok(isCarriage({ body: text(1, 1, 1) }) && !isCarriage({ body: text(1, 1, 2) }) && !isCarriage({ body: "plain" }));
});

test("templates that would show a body are covered, others are left", () => {
  const title = "New message from {{lastMessage.authorName}}";
  assert.equal(coveredTemplate(title, true), title);
  const body = "{{#if helper.chat.lastMessage.source.body}}{{helper.chat.lastMessage.source.body}}{{/if}}";
  assert.equal(coveredTemplate(body, true), `{{#sealwireSealed helper.chat.lastMessage}}${flexWords.sealedMessage}{{else}}${body}{{/sealwireSealed}}`);
  assert.equal(coveredTemplate(body, false), flexWords.sealedMessage);

  /** @type {Record<string, (this: unknown, message: unknown, options: {fn: (c: unknown) => string, inverse: (c: unknown) => string}) => unknown>} */
  const helpers = {};
  const strings = { title, body, count: 3 };
  const covering = new Strings(() => strings, { handlebars: { registerHelper: (name, help) => { helpers[name] = help; } }, sealed: (sid) => sid === "CH1" });
  assert.deepEqual([covering.cover(), covering.cover()], [["body"], []]);
  // Another language, or another plugin.
  strings.body = "Neu: {{lastMessage.source.body}}";
  strings.title = "Neu";
  assert.deepEqual([covering.cover(), strings.title], [["body"], "Neu"]);
  assert.match(strings.body, /^\{\{#sealwireSealed lastMessage\}\}/);
  const shows = (/** @type {unknown} */ message) => helpers["sealwireSealed"]?.call({}, message, { fn: () => "sealed", inverse: () => "as it was" });
  assert.equal(shows({ source: { body: "sealwire:1:AA", conversation: { sid: "CH9" } } }), "sealed");
  assert.equal(shows({ source: { body: "hello", conversation: { sid: "CH1" } } }), "sealed");
  assert.equal(shows({ source: { body: "hello", conversation: { sid: "CH2" } } }), "as it was");
  assert.equal(shows(undefined), "as it was");
  // Whatever of it a template has: the host's message, the SDK's, or what has one.
  for (const whole of [{ body: "sealwire:1:AA" }, { lastMessage: { source: { body: "sealwire:1:AA" } } }, { message: { body: "sealwire:1:AA" } }, { helper: { chat: { lastMessage: { source: { body: "x", conversation: { sid: "CH1" } } } } } }]) assert.equal(shows(whole), "sealed");
});

test("a template is covered however it says what was written, and no other is", () => {
  const over = (/** @type {string} */ template) => /^\{\{#sealwireSealed (\S+)\}\}/.exec(coveredTemplate(template, true))?.[1];
  assert.equal(over("{{#with lastMessage.source}}{{body}}{{/with}}"), "lastMessage");
  assert.equal(over("{{lastMessage.body}}"), "lastMessage");
  assert.equal(over("{{{body}}}"), "this");
  assert.equal(over("{{#each lastMessage.source.media}}{{filename}}{{/each}}"), "lastMessage");
  for (const other of ["{{emailBody}}", "the body", "{{lastMessage.authorName}} wrote a body", "{{task.attributes.somebody}}"]) assert.equal(coveredTemplate(other, true), other);
});

/**
 * The host's actions, with a conversation that is sealed or not.
 * @param {{sealed?: boolean, client?: () => Promise<FakeClient>, members?: import("../widget/facade.js").Member[]}} [how]
 */
function host({ sealed = true, client, members = [] } = {}) {
  const fake = new FakeClient();
  const conversation = fake.add({ state: "secured", members });
  const box = { text: /** @type {string|undefined} */ (undefined), files: /** @type {File[]} */ ([]) };
  /** @type {Map<string, (payload: unknown) => unknown>} */
  const listening = new Map();
  const { conversation: source, left } = sdk("CH1", sealed ? [posted("sealwire:1:AQECAA")] : [posted("hello")]);
  const knowledge = new Knowledge();
  const guard = new Guard(knowledge);
  /** @type {Map<string, (payload: unknown, original: (payload?: unknown) => Promise<unknown>) => Promise<unknown>>} */
  const replaced = new Map();
  /** @type {[string, unknown][]} */
  const invoked = [];
  /** @type {string[]} */
  const told = [];
  const Actions = {
    /** @template P @param {string} name @param {(payload: P, original: (payload?: unknown) => Promise<unknown>) => Promise<unknown>} act */
    replaceAction: (name, act) => void replaced.set(name, (payload, original) => act(/** @type {P} */ (payload), original)),
    invokeAction: async (/** @type {string} */ name, /** @type {unknown} */ payload) => void invoked.push([name, payload]),
    /** @template P @param {string} event @param {(payload: P, cancel: () => void) => unknown} listen */
    addListener: (event, listen) => void listening.set(event, (payload) => listen(/** @type {P} */ (payload), () => {})),
  };
  const place = { add: () => {}, delete: () => {}, conversations: () => fake.conversations.map(({ id }) => id), place: () => undefined, live: () => true };
  const sessions = new Sessions({ client: client ?? (async () => fake), over: place, transport: () => ({ close: () => {} }), own: (c) => guard.own(c), kit: { tick: 0 } });
  replaceSending({ Actions, find: () => undefined, guard, knowledge, sessions, tell: (words) => told.push(words), box: new Box({ Actions, input: () => ({ inputText: box.text, attachedFiles: box.files }) }) });
  if (sealed) sessions.open(source);
  /** @type {unknown[]} */
  const originals = [];
  const act = async (/** @type {string} */ name, /** @type {object} */ payload) => {
    // Whoever presses Send has been shown with whom it is.
    await sessions.start().catch(() => {});
    return replaced.get(name)?.({ conversation: { source }, conversationSid: "CH1", ...payload }, async (given) => originals.push(given));
  };
  return { sessions, fake, box, listening, replaced, act, conversation, invoked, told, originals, left, source };
}

test("a text of a sealed conversation is sealed, and never reaches the host's own action", async () => {
  const { act, conversation, originals, invoked, left } = host();
  await act("SendMessage", { body: "hello" });
  assert.deepEqual(conversation.messages.map(({ text }) => text), ["hello"]);
  assert.deepEqual([originals, left], [[], []]);
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: "" }]);
});

test("who reads along is told so, and the text goes back to the box", async () => {
  const { act, conversation, invoked, told, originals } = host();
  conversation.members = [member({ role: "supervisor", self: true }), member(), member({ role: "customer" })];
  await assert.rejects(async () => act("SendMessage", { body: "hello" }), { code: "unavailable" });
  assert.deepEqual([conversation.messages, originals], [[], []]);
  assert.match(String(told.at(-1)), /You read along/);
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: "hello" }]);
});

test("a text that cannot be sent goes back to the box, and says why", async () => {
  const { act, conversation, originals, invoked, told } = host();
  conversation.failWith = Object.assign(new Error(), { code: "unavailable" });
  await assert.rejects(async () => act("SendMessage", { body: "hello" }));
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: "hello" }]);
  assert.deepEqual(originals, []);
  assert.match(String(told.at(-1)), /cannot be reached/);
});

test("without the part that encrypts nothing is sent, and it is asked for again", async () => {
  let asked = 0;
  const { act, originals, told } = host({ client: async () => { asked++; throw new Error("no module"); } });
  for (const times of [1, 2]) {
    await assert.rejects(async () => act("SendMessage", { body: "hello" }), { code: "unavailable" });
    assert.ok(asked >= times);
  }
  assert.deepEqual(originals, []);
  assert.equal(told.at(-1), flexWords.missing);
});

test("where another script has fixed how messages are sent nothing is, and the text comes back", async () => {
  const { act, conversation, invoked, told, originals, source } = host();
  Object.defineProperty(source, "sendMessage", { value: async () => 1, configurable: false, writable: false });
  await assert.rejects(async () => act("SendMessage", { body: "hello" }), { code: "unavailable" });
  assert.deepEqual([conversation.messages, originals, told.at(-1)], [[], [], flexWords.unguarded]);
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: "hello" }]);
});

test("a text that is too long is not sent, and comes back whole", async () => {
  const { act, conversation, invoked } = host();
  const long = "x".repeat(40_000);
  await assert.rejects(async () => act("SendMessage", { body: long }), { code: "too long" });
  assert.deepEqual(conversation.messages, []);
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: long }]);
});

test("files go sealed, whichever action brings them, and are taken from the box", async () => {
  const { act, conversation, originals, invoked } = host();
  const file = new File(["x"], "a.txt");
  await act("SendMessage", { body: "", attachedFiles: [file] });
  await act("SendMediaMessage", { file });
  assert.deepEqual(conversation.messages.map((m) => m.file?.name), ["a.txt", "a.txt"]);
  assert.deepEqual(originals, []);
  assert.ok(invoked.some(([name]) => name === "DetachFile"));
});

test("a text that is kept does not come back for a file that fails", async () => {
  const { act, conversation, invoked } = host();
  conversation.sendFile = async () => { throw Object.assign(new Error(), { code: "too large" }); };
  await assert.rejects(async () => act("SendMessage", { body: "hello", attachedFiles: [new File(["x"], "a.txt")] }), { code: "too large" });
  assert.deepEqual(conversation.messages.map(({ text }) => text), ["hello"]);
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: "" }]);
  assert.ok(!invoked.some(([name]) => name === "DetachFile"));
});

test("in a conversation that is not sealed the host's own action gets what it was given", async () => {
  const { act, conversation, originals, invoked, told } = host({ sealed: false });
  const given = { body: "hello", messageAttributes: { a: 1 }, attachedFiles: [] };
  for (const name of ["SendMessage", "SendMediaMessage", "DownloadMedia"]) await act(name, given);
  assert.equal(originals.length, 3);
  for (const got of originals) assert.deepEqual(/** @type {typeof given} */ (got).messageAttributes, given.messageAttributes);
  assert.deepEqual([conversation.messages, invoked, told], [[], [], []]);
});

test("a bubble says who wrote it by what was opened, not by what the platform says of an author", () => {
  const source = { body: text(1, 1, 2, 9), author: "customer" };
  const nameOf = (/** @type {Partial<import("../widget/facade.js").Message>} */ over) => shownOf(source, { kind: "message", conversation: "c", message: message({ text: "yes, I agree", ...over }) })?.name;
  const names = [nameOf({ self: true }), nameOf({ from: member({ role: "bot", alias: "Helper" }) }), nameOf({ from: member({ role: "customer", id: "8c52ff", alias: "" }) }), nameOf({ from: null })];
  assert.deepEqual(names, ["You", "Helper", "Customer 8C52", "Someone who left"]);
});

test("words of another encrypted conversation in the chat are told of, and not shown", () => {
  const shown = shownOf({ body: text(1, 1, 2, 9) }, { kind: "other", conversation: "c", message: message({ text: "please pay" }) });
  assert.deepEqual(shown, { kind: "note", text: flexWords.otherMessage });
});

/** Another customer's conversation, which the agent did not choose. @param {ReturnType<typeof host>} stage */
const another = ({ fake }) => fake.add({ state: "secured", members: [member({ self: true }), member({ role: "customer", id: "other", alias: "" })] });
const people = () => [member({ self: true }), member({ role: "customer", id: "c1", alias: "" })];

test("what is sent goes to the conversation that was shown when Send was pressed, or nowhere", async () => {
  for (const late of [false, true]) {
    const stage = host({ members: people() });
    const { sessions, listening, replaced, conversation, source, invoked, told, originals } = stage;
    await sessions.start();
    assert.equal(sessions.conversation("CH1")?.id, conversation.id);
    const payload = { conversation: { source }, conversationSid: "CH1", body: "your PIN is 4711" };
    // As the host does it: who listens first, then the action; in between another plugin takes its time.
    await listening.get("beforeSendMessage")?.(payload);
    const other = another(stage);
    const change = () => sessions.choose("CH1", other.id);
    if (!late) change();
    const sending = replaced.get("SendMessage")?.(payload, async (given) => originals.push(given));
    if (late) change();
    await assert.rejects(async () => sending, { code: "unavailable" });
    assert.deepEqual([conversation.messages, other.messages, originals], [[], [], []]);
    assert.deepEqual([told.at(-1), invoked.at(-1)], [flexWords.becameAnother, ["SetInputText", { conversationSid: "CH1", body: "your PIN is 4711" }]]);
  }
});

test("nothing is sent before the agent was shown with whom it is encrypted, nor while it has to choose", async () => {
  const early = host({ members: people() });
  const payload = { conversation: { source: early.source }, conversationSid: "CH1", body: "hello" };
  await assert.rejects(async () => early.replaced.get("SendMessage")?.(payload, async () => {}), { code: "unavailable" });
  assert.deepEqual([early.conversation.messages, early.told.at(-1)], [[], flexWords.becameAnother]);

  const stage = host({ members: people() });
  await stage.sessions.start();
  another(stage);
  await assert.rejects(async () => stage.act("SendMessage", { body: "hello" }), { code: "unavailable" });
  await assert.rejects(async () => stage.act("SendMediaMessage", { file: new File(["x"], "a.txt") }), { code: "unavailable" });
  assert.deepEqual([stage.fake.conversations.map(({ messages }) => messages.length), stage.told.at(-1)], [[0, 0], flexWords.chooseFirst]);
  stage.sessions.choose("CH1", stage.conversation.id);
  await stage.act("SendMessage", { body: "hello" });
  assert.deepEqual(stage.fake.conversations.map(({ messages }) => messages.length), [1, 0]);
});

test("a text in a field that is not sealed is refused, and stays where it is", async () => {
  for (const given of [{ plainTextBody: "hello", htmlBody: "<p>hello</p>" }, { body: " ", htmlBody: "hello" }, { plainTextBody: "hello", attachedFiles: [new File(["x"], "a.txt")] }]) {
    const { act, conversation, invoked, told, originals } = host();
    await assert.rejects(async () => act("SendMessage", given), { code: "bad argument" });
    assert.deepEqual([conversation.messages, invoked, originals, told.at(-1)], [[], [], [], flexWords.otherField]);
  }
});

test("what was typed while something was sent stays in the box", async () => {
  const { act, box, conversation, invoked } = host();
  conversation.sendFile = async () => {
    box.text = "and the next question";
    return message();
  };
  await act("SendMessage", { body: "hello", attachedFiles: [new File(["x"], "a.txt")] });
  assert.deepEqual(invoked.filter(([name]) => name === "SetInputText"), []);
  conversation.send = async () => {
    box.text = "and the next question";
    throw Object.assign(new Error(), { code: "unavailable" });
  };
  box.text = "hello";
  await assert.rejects(async () => act("SendMessage", { body: "hello" }));
  assert.deepEqual(invoked.at(-1), ["SetInputText", { conversationSid: "CH1", body: "hello\nand the next question" }]);
});
