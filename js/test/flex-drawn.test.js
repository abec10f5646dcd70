/** What the plugin draws, with a React that only remembers: the banner's words and buttons, bubbles, what stands beside them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { components } from "../agent/flex/components.js";
import { Knowledge } from "../agent/flex/knowledge.js";
import { Sessions } from "../agent/flex/sessions.js";
import { flexWords } from "../agent/flex/words.js";
import { words as say } from "../widget/words.js";
import { FakeClient, fileInfo, member, message, note } from "./fake-client.js";
import { message as posted, sdk } from "./flex-sdk.js";

const entry = "sealwire:1:AQECAA";

/** @typedef {{type: unknown, props: Record<string, unknown>, children: unknown[]}} Node */

/** A host's React for one look at a time: state lasts by the order in which it is asked for. */
function react() {
  /** @type {unknown[]} */
  const kept = [];
  let at = 0;
  const React = /** @type {import("../agent/flex/host.js").React<Node>} */ ({
    Fragment: "fragment",
    createElement: (type, props, ...children) => ({ type, props: /** @type {Record<string, unknown>} */ (props ?? {}), children }),
    useState: (/** @type {unknown} */ first) => {
      const here = at++;
      if (!(here in kept)) kept[here] = typeof first === "function" ? first() : first;
      return [kept[here], (/** @type {unknown} */ next) => { kept[here] = typeof next === "function" ? next(kept[here]) : next; }];
    },
    useEffect() {},
  });
  /** @param {(props: never) => unknown} Part @param {object} props @returns {Node[]} every element */
  const draw = (Part, props) => {
    at = 0;
    /** @type {Node[]} */
    const all = [];
    const walk = (/** @type {unknown} */ one) => {
      if (Array.isArray(one)) return one.forEach(walk);
      if (typeof one !== "object" || one === null) return;
      const { type, props: own, children } = /** @type {Node} */ (one);
      if (typeof type === "function") return walk(type({ ...own, children }));
      all.push({ type, props: own, children });
      children.forEach(walk);
    };
    walk(/** @type {(props: object) => unknown} */ (/** @type {unknown} */ (Part))(props));
    return all;
  };
  return { React, draw };
}

/** @param {unknown} of @returns {string} */
function textOf(of) {
  if (Array.isArray(of)) return of.map(textOf).join("");
  if (typeof of === "object" && of !== null) return textOf(/** @type {Node} */ (of).children);
  return of === null || of === undefined || of === false ? "" : String(of);
}

const textsOf = (/** @type {Node[]} */ nodes) => nodes.map((node) => textOf(node.children.filter((one) => typeof one !== "object"))).filter(Boolean).join(" | ");
const buttonOf = (/** @type {Node[]} */ nodes, /** @type {string} */ label) => nodes.find(({ type, children }) => type === "button" && textOf(children) === label);
const press = (/** @type {Node|undefined} */ button) => /** @type {() => void} */ (button?.props["onClick"])();
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {{client?: () => Promise<FakeClient>, begun?: boolean}} [how] */
async function stage({ client, begun = true } = {}) {
  const fake = new FakeClient();
  const conversation = fake.add({ state: "secured", members: [member({ self: true }), member({ id: "c1", role: "customer", alias: "" })], messages: [] });
  const knowledge = new Knowledge();
  knowledge.seal("CH1");
  /** @type {[string, unknown][]} */
  const invoked = [];
  /** @type {Parameters<NonNullable<import("../agent/types.js").KitOptions["back"]>>[0][]} */
  const back = [];
  const sessions = new Sessions({
    client: client ?? (async () => fake),
    over: { add: () => {}, delete: () => {}, conversations: () => (begun ? [conversation.id] : []), live: () => true, place: (_, sequence) => ({ conversation: conversation.id, sequence }) },
    transport: () => ({ close: () => {} }),
    own: (source) => source,
    kit: { tick: 0, download: () => {}, back: (draft) => back.push(draft) },
    pauses: { first: 3_600_000, most: 3_600_000 },
  });
  sessions.open(sdk("CH1", [posted(entry)]).conversation);
  await sessions.start().catch(() => {});
  const problems = new Map();
  const { React, draw } = react();
  const parts = components({ React, sessions, knowledge, problem: (sid) => problems.get(sid) ?? "", dismiss: (sid) => problems.delete(sid),
    Actions: { replaceAction() {}, addListener() {}, invokeAction: async (name, payload) => { invoked.push([name, payload]); throw new Error("told elsewhere"); } } });
  const banner = () => draw(parts.Banner, { conversationSid: "CH1" });
  const bubble = (/** @type {number} */ sequence, /** @type {"Bubble"|"Above"|"Below"} */ part = "Bubble") => draw(parts[part], { conversationSid: "CH1", message: { source: { index: sequence - 1, body: entry } } });
  return { sessions, fake, conversation, banner, bubble, problems, back, invoked };
}

test("what the client tells is in the banner, as an alert that can be dismissed", async () => {
  const { banner, fake, problems, sessions } = await stage();
  assert.equal(banner().find(({ props }) => props["role"] === "alert"), undefined);
  fake.say("notice", { code: "login refused" });
  const told = () => textOf(banner().find(({ props }) => props["role"] === "alert")?.children);
  assert.match(told(), /login was not accepted/);
  problems.set("CH1", "a.pdf: The file is damaged");
  assert.equal(told(), "a.pdf: The file is damaged");
  press(buttonOf(banner(), say.dismiss));
  assert.match(told(), /login was not accepted/);
  press(buttonOf(banner(), say.dismiss));
  assert.deepEqual([told(), sessions.kit.view.notice], ["", ""]);
});

test("in another tab the banner says so, and goes on here when it is pressed", async () => {
  const { banner, fake, sessions } = await stage();
  fake.state = "elsewhere";
  assert.equal(sessions.state, "elsewhere");
  assert.ok(textsOf(banner()).includes(say.elsewhereTitle) && textsOf(banner()).includes(flexWords.elsewhere) && !textsOf(banner()).includes(flexWords.noKey));
  press(buttonOf(banner(), say.useHere));
  await turn();
  assert.deepEqual([fake.state, sessions.state], ["online", "ready"]);
});

test("a client that cannot verify whom it talks to is told of as that", async () => {
  const { banner, fake } = await stage();
  fake.state = "refused";
  assert.equal(textsOf(banner()).split(say.refused).length, 2);
});

test("a start that failed can be tried again from the banner", async () => {
  let asked = 0;
  const { banner, fake, sessions } = await stage({ client: async () => { if (asked++ === 0) throw new Error("no module"); return fake; } });
  assert.ok(textsOf(banner()).includes(flexWords.missing));
  press(buttonOf(banner(), say.tryAgain));
  await turn();
  assert.deepEqual([asked, sessions.state, buttonOf(banner(), say.tryAgain)], [2, "ready", undefined]);
});

test("before the customer has written, it says that nothing can be sent until then", async () => {
  const { banner } = await stage({ begun: false });
  assert.ok(textsOf(banner()).includes(flexWords.notBegun) && !textsOf(banner()).includes(flexWords.noKey));
});

test("a text that was not sent can be tried again, put back into the box, or discarded once that is confirmed", async () => {
  const { banner, conversation, fake, back } = await stage();
  conversation.messages = [message({ id: "m1", self: true, text: "my answer", status: "failed" })];
  fake.say("message");
  await turn();
  press(buttonOf(banner(), "Try again"));
  await turn();
  press(buttonOf(banner(), "Discard"));
  assert.deepEqual(conversation.asked, ["retry m1"]);
  assert.ok(textsOf(banner()).includes(flexWords.discardAsk));
  press(buttonOf(banner(), flexWords.discardNo));
  assert.ok(!textsOf(banner()).includes(flexWords.discardAsk));
  press(buttonOf(banner(), "Edit"));
  await turn();
  assert.deepEqual([conversation.asked, back.map(({ id, text }) => [id, text])], [["retry m1", "discard m1"], [[conversation.id, "my answer"]]]);
  conversation.messages = [message({ id: "m2", self: true, text: "another", status: "failed" })];
  fake.say("message");
  await turn();
  press(buttonOf(banner(), "Discard"));
  press(buttonOf(banner(), "Discard"));
  await turn();
  assert.deepEqual(conversation.asked.at(-1), "discard m2");
});

test("where nothing can be sent any more there is no trying again", async () => {
  const { banner, conversation, fake } = await stage();
  conversation.messages = [message({ id: "m1", self: true, text: "too late", status: "failed", reason: "closed" })];
  conversation.state = "closed";
  fake.say("conversation");
  await turn();
  assert.deepEqual([buttonOf(banner(), "Try again"), buttonOf(banner(), "Discard") === undefined], [undefined, false]);
});

test("a file on its way shows how far it is, and can be cancelled", async () => {
  const { banner, conversation, sessions } = await stage();
  const { done } = await sessions.kit.sendFiles(conversation.id, [new File(["0123456789"], "a.txt")]);
  await done;
  conversation.changeFile(conversation.messages[0]?.id ?? "", { progress: 0.5 });
  await turn();
  assert.equal(banner().find(({ type }) => type === "progress")?.props["value"], 50);
  press(buttonOf(banner(), "Cancel"));
  await turn();
  assert.equal(conversation.messages[0]?.file?.state, "cancelled");
  press(buttonOf(banner(), "Discard"));
  await turn();
  assert.deepEqual(conversation.messages, []);
});

test("missing messages and who came stand outside of the bubbles, at the message that they stand at", async () => {
  const { bubble, conversation, fake } = await stage();
  conversation.messages = [message({ id: "m1", sequence: 2, text: "first" }), message({ id: "m2", sequence: 6, text: "hello", gap: 3 })];
  conversation.notes = [note({ id: "n1", kind: "joined", member: member({ alias: "Ben" }), after: "m2" })];
  fake.say("message");
  await turn();
  assert.match(textsOf(bubble(6, "Above")), /3 messages/);
  assert.match(textsOf(bubble(6, "Below")), /Ben/);
  assert.equal(textsOf([...bubble(2, "Above"), ...bubble(2, "Below")]), "");
  assert.ok(!/3 messages|Ben/.test(textsOf(bubble(6))));
});

test("a message that is too old for the kit's rows still says what is missing before it", async () => {
  const { bubble, conversation, fake } = await stage();
  conversation.messages = Array.from({ length: 300 }, (_, i) => message({ id: `m${i}`, sequence: i + 1, text: `text ${i}`, ...(i === 5 ? { gap: 2 } : {}) }));
  fake.say("message");
  await turn();
  assert.match(textsOf(bubble(6, "Above")), /2 messages/);
  assert.ok(textsOf(bubble(6)).includes("text 5"));
});

test("what a colleague left at handing over is marked as that", async () => {
  const { bubble, conversation, fake } = await stage();
  conversation.messages = [message({ id: "m1", sequence: 2, note: true, text: "wants a refund", from: member({ alias: "Ana" }) })];
  fake.say("message");
  await turn();
  assert.match(textsOf(bubble(2)), /Ana.s note/);
});

test("a file that could not be fetched says so where it stands, and what saving fails with goes nowhere else", async () => {
  const { bubble, conversation, fake, invoked } = await stage();
  conversation.messages = [message({ id: "m1", sequence: 2, text: "", file: fileInfo({ name: "a.pdf", state: "failed", error: "open failed" }) })];
  fake.say("message");
  await turn();
  assert.match(textsOf(bubble(2)), /damaged/);
  assert.deepEqual(bubble(2).find((node) => /damaged/.test(textOf(node.children)) && node.type === "span")?.props["style"], { fontWeight: 700 });
  press(buttonOf(bubble(2), "Save"));
  await turn();
  assert.deepEqual(invoked.map(([name]) => name), ["DownloadMedia"]);
});

test("a bubble is found by its place, however many there are", async () => {
  const { sessions, conversation, fake } = await stage();
  let searched = 0;
  const messages = Array.from({ length: 500 }, (_, i) => message({ id: `m${i}`, sequence: i + 1, text: "x" }));
  for (const one of messages) { const { sequence } = one; Object.defineProperty(one, "sequence", { get: () => { searched++; return sequence; } }); }
  conversation.messages = messages;
  fake.say("message");
  await turn();
  for (let i = 0; i < 500; i++) assert.equal(sessions.find("CH1", i).message?.id, `m${i}`);
  assert.ok(searched < 5_000, `${searched} looks`);
});
