/** sealFlex as a whole, over a host that is only places: from its call on nothing that the SDK's client gives out sends plaintext. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sealFlex } from "../agent/flex/index.js";
import { Client, message, sdk } from "./flex-sdk.js";

const secret = "the account number is 4711";
const entry = "sealwire:1:AQECAA";

/** @param {{conversations?: Record<string, {source: unknown}>, memory?: string[], client?: Client|undefined}} [how] */
function host({ conversations = {}, memory = [], client = new Client() } = {}) {
  const place = { Content: { add() {}, replace() {} } };
  /** @type {((notification: {context?: unknown}, cancel: () => void) => void)[]} */
  const announced = [];
  /** Whether the host shows it. @param {object} context */
  const notified = (context) => {
    let shown = true;
    for (const listen of announced) listen({ context }, () => { shown = false; });
    return shown;
  };
  const flex = {
    Actions: { replaceAction() {}, invokeAction: async () => undefined, addListener() {} },
    Notifications: { registerNotification() {}, showNotification() {}, addListener: (/** @type {string} */ _, /** @type {typeof announced[0]} */ listen) => announced.push(listen), removeListener: (/** @type {string} */ _, /** @type {typeof announced[0]} */ listen) => announced.splice(announced.indexOf(listen), 1) }, NotificationType: { error: "error" }, NotificationEvent: { beforeAddNotification: "before" },
    MessageBubble: place, MessageListItem: place, MessagingCanvas: place, TaskCanvasTabs: place, Supervisor: { TaskCanvasTabs: place },
  };
  /** @type {(() => void)[]} */
  const looks = [];
  const manager = { conversationsClient: /** @type {Client|undefined} */ (client), strings: /** @type {Record<string, string>} */ ({}), store: { getState: () => ({ flex: { chat: { conversations } } }), subscribe: (/** @type {() => void} */ look) => { looks.push(look); return () => looks.splice(looks.indexOf(look), 1); } } };
  /** @type {{sid: string, state: string}[]} */
  const made = [];
  const sealed = sealFlex(flex, manager, {
    over: { add() {}, delete() {}, live: () => true, conversations: () => [], place: () => undefined },
    client: async () => { throw new Error("none"); },
    transport: ({ sid }) => {
      const one = { sid, state: "open", close: () => { one.state = "closed"; } };
      made.push(one);
      return one;
    },
    memory: { getItem: (key) => (key === "sealwire flex sealed" ? JSON.stringify(memory) : null), setItem() {} },
    React: /** @type {import("../agent/flex/host.js").React<unknown>} */ ({ createElement: () => ({}), Fragment: "", useState: (/** @type {unknown} */ first) => [first, () => {}], useEffect() {} }),
  });
  const turn = async () => {
    looks.forEach((look) => look());
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sealed, manager, conversations, made, turn, notified, announced, looks };
}

for (const [name, way] of Object.entries({
  sendMessage: (/** @type {ReturnType<typeof sdk>["conversation"]} */ c) => c.sendMessage(secret),
  prepareMessage: (/** @type {ReturnType<typeof sdk>["conversation"]} */ c) => c.prepareMessage().setBody(secret).build().send(),
  updateAttributes: (/** @type {ReturnType<typeof sdk>["conversation"]} */ c) => c.updateAttributes({ note: secret }),
})) {
  test(`a sealed conversation that a plugin gets before the host's store has any does not leave by ${name}`, async () => {
    for (const late of [false, true]) {
      const { conversation, left } = sdk("CH1", [message(entry)]);
      class Own extends Client {}
      for (const [of, value] of Object.entries(Object.getOwnPropertyDescriptors(Client.prototype))) if (of !== "constructor") Object.defineProperty(Own.prototype, of, value);
      const client = new Own();
      client.objects.set("CH1", conversation);
      const { manager, turn } = host({ memory: ["CH1"], client });
      if (late) {
        // The host is connected later, with another client.
        manager.conversationsClient = Object.assign(new Own(), { objects: client.objects });
        await turn();
      }
      const got = await manager.conversationsClient?.getConversationBySid("CH1");
      await assert.rejects(async () => got && way(got), { code: "bad argument" });
      assert.deepEqual(left, []);
    }
  });
}

test("the same conversation as another object of the SDK has its transport on the new one", async () => {
  const one = sdk("CH1", [message(entry)]);
  const { turn, made, conversations } = host({ conversations: { CH1: { source: one.conversation } }, memory: ["CH1"] });
  await turn();
  conversations["CH1"] = { source: one.another() };
  await turn();
  assert.deepEqual(made.map(({ state }) => state), ["closed", "open"]);
});

test("an encrypted message is notified of before it can be opened, and what only sets up the encryption is not", () => {
  const { notified } = host({ memory: ["CH1"] });
  const of = (/** @type {unknown} */ body, /** @type {string} */ sid = "CH1") => notified({ conversationSid: sid, lastMessage: { source: { index: 8, body, conversation: { sid } } } });
  const frame = (/** @type {number[]} */ ...bytes) => `sealwire:1:${Buffer.from(bytes).toString("base64url")}`;
  assert.deepEqual([of(frame(1, 1, 2, 9)), of(frame(1, 1, 2, 9), "CHother")], [true, true]);
  assert.deepEqual([of(frame(1, 1, 1, 9)), of(frame(3, 1, 65))], [false, false]);
  // What was slipped in unsealed comes under the words of a sealed one; what is plain is the host's.
  assert.deepEqual([of("plaintext"), of("hello", "CHplain"), notified({})], [true, true, true]);
});

test("templates that come later, with another language, are covered at the next turn of the store", async () => {
  const { manager, turn } = host();
  manager.strings["NewChatMessageNotificationBody"] = "{{lastMessage.source.body}}";
  await turn();
  assert.ok(!manager.strings["NewChatMessageNotificationBody"]?.includes("source.body") || manager.strings["NewChatMessageNotificationBody"].startsWith("{{#sealwireSealed"));
});

test("after its end nothing is followed or listened to, and nothing unsealed leaves all the same", async () => {
  const one = sdk("CH1", [message(entry)]);
  const { sealed, turn, made, announced, looks, conversations } = host({ conversations: { CH1: { source: one.conversation } }, memory: ["CH1"] });
  await turn();
  assert.deepEqual(made.map(({ state }) => state), ["open"]);
  assert.ok(one.conversation.listeners.size > 0);
  sealed.end();
  assert.deepEqual([made.map(({ state }) => state), announced, looks, one.conversation.listeners.size], [["closed"], [], [], 0]);
  await assert.rejects(one.conversation.sendMessage(secret), { code: "bad argument" });
  sealed.sessions.open(one.another());
  assert.equal(made.length, 1);
  assert.deepEqual([one.left, Object.keys(conversations)], [[], ["CH1"]]);
  sealed.end();
});
