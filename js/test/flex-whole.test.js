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
  const flex = {
    Actions: { replaceAction() {}, invokeAction: async () => undefined, addListener() {} },
    Notifications: { registerNotification() {}, showNotification() {}, addListener() {} }, NotificationType: { error: "error" }, NotificationEvent: { beforeAddNotification: "before" },
    MessageBubble: place, MessageListItem: place, MessagingCanvas: place, TaskCanvasTabs: place, Supervisor: { TaskCanvasTabs: place },
  };
  /** @type {(() => void)[]} */
  const looks = [];
  const manager = { conversationsClient: /** @type {Client|undefined} */ (client), strings: {}, store: { getState: () => ({ flex: { chat: { conversations } } }), subscribe: (/** @type {() => void} */ look) => looks.push(look) } };
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
  return { sealed, manager, conversations, made, turn };
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
