/** The egress guard, on objects of the SDK's shape: nothing unsealed leaves a sealed conversation, whatever calls. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isOpaqueName, isSealed, saysSealed } from "../agent/flex/envelope.js";
import { Guard } from "../agent/flex/guard.js";
import { Knowledge } from "../agent/flex/knowledge.js";
import { Client, Conversation, message, sdk } from "./flex-sdk.js";

const sealed = "sealwire:1:AQIDBAUGBwg";
/** An entry, as far as its form says. */
const entry = "sealwire:1:AQECAA";
const secret = "the account number is 4711";
const file = { contentType: "application/octet-stream", filename: "AAAAAAAAAAAAAAAAAAAAAA", media: new Blob(["x"]) };

/** @param {{isSealed?: import("../agent/flex/knowledge.js").IsSealed, memory?: import("../agent/flex/knowledge.js").Memory}} [options] */
function house(options) {
  const knowledge = new Knowledge(options);
  /** @type {string[]} */
  const refused = [];
  const guard = new Guard(knowledge, (sid, what) => refused.push(`${sid} ${what}`));
  return { knowledge, guard, refused };
}

/** Every way by which something can be told to leave. @type {Record<string, (c: Conversation) => unknown>} */
const ways = {
  "sendMessage": (c) => c.sendMessage(secret),
  "sendMessage of nothing": (c) => c.sendMessage(null),
  "sendMessage with attributes": (c) => c.sendMessage(sealed, { note: secret }),
  "sendMessage of sealed text that the transport did not hand out": (c) => c.sendMessage(`sealwire:1:${Buffer.from(secret).toString("base64url")}`),
  "sendMessage of a form": (c) => c.sendMessage(form()),
  "sendMessage of a file": (c) => c.sendMessage({ contentType: "text/plain", filename: "secret.txt", media: new Blob([secret]) }),
  "sendMessage of a file under an opaque name": (c) => c.sendMessage({ ...file, media: new Blob([secret]) }),
  "setBody": (c) => c.prepareMessage().setBody(secret).build().send(),
  "buildAndSend": (c) => c.prepareMessage().setBody(secret).buildAndSend(),
  "addMedia": (c) => c.prepareMessage().addMedia(form()).build().send(),
  "setSubject": (c) => c.prepareMessage().setSubject(secret).build().send(),
  "setAttributes": (c) => c.prepareMessage().setAttributes({ text: secret }).build().send(),
  "setEmailBody": (c) => c.prepareMessage().setEmailBody("text/plain", { contentType: "text/plain", media: secret }).build().send(),
  "setContentTemplate": (c) => c.prepareMessage().setContentTemplate("HX1", [{ name: "1", value: secret }]).build().send(),
  "the fields of an unsent message": (c) => Object.assign(c.prepareMessage().build(), { text: secret }).send(),
  "the entity's send": (c) => c._messagesEntity.send(secret),
  "the entity's sendMedia": (c) => c._messagesEntity.sendMedia(form()),
  "the entity's sendV2": (c) => c._messagesEntity.sendV2({ text: secret, attributes: {}, mediaContent: [], emailOptions: {} }),
  "updateAttributes": (c) => c.updateAttributes({ summary: secret }),
  "updateAttributes beside a status": (c) => c.updateAttributes({ ...c.attributes, status: secret }),
  "updateAttributes of what is another thing as JSON": (c) => c.updateAttributes(Object.assign(Object.create({ toJSON: () => ({ text: secret }) }), c.attributes)),
  "sendMessage of sealed text with attributes of another form": (c) => c.sendMessage(sealed, new Note()),
  "updateFriendlyName": (c) => c.updateFriendlyName(secret),
  "attributes of somebody who is added": (c) => c.add("supervisor", { summary: secret }),
  "attributes of a telephone that is added": (c) => c.addNonChatParticipant("+1", "+2", { summary: secret }),
  "the name of an address that is added": (c) => c.addNonChatParticipant("+1", "+2", {}, { email: { name: secret } }),
  "attributes of a participant": async (c) => (await c.getParticipantByIdentity("agent")).updateAttributes({ summary: secret }),
};

/** What it says is private, and goes out as JSON. */
class Note {
  #text = secret;
  toJSON() {
    return { text: this.#text };
  }
}

/** The first looks at it find what it was before. @param {object} before @param {number} most @returns {object} */
function turning(before, most) {
  let looks = 0;
  return new Proxy(before, {
    ownKeys: (own) => (++looks > most ? ["summary"] : Reflect.ownKeys(own)),
    getOwnPropertyDescriptor: (own, key) => (key === "summary" ? { value: secret, enumerable: true, configurable: true } : Reflect.getOwnPropertyDescriptor(own, key)),
    get: (own, key, on) => (key === "summary" ? secret : Reflect.get(own, key, on)),
  });
}

function form() {
  const data = new FormData();
  data.append("file", new Blob([secret]), "secret.txt");
  return data;
}

/** @param {() => unknown} act */
const tried = async (act) => {
  try {
    await act();
    return "sent";
  } catch (error) {
    return /** @type {{code?: string}} */ (error).code ?? String(error);
  }
};

for (const [name, way] of Object.entries(ways)) {
  test(`a sealed conversation refuses ${name}`, async () => {
    const { guard, knowledge } = house();
    const { conversation, left } = sdk("CH1");
    knowledge.seal("CH1");
    guard.watch(conversation);
    assert.equal(await tried(() => way(conversation)), "bad argument");
    assert.deepEqual(left, []);
  });

  test(`a conversation that nothing is known of refuses ${name} while that cannot be found out`, async () => {
    const { guard } = house();
    const { conversation, left } = sdk("CH1");
    conversation.getMessages = async () => { throw new Error("offline"); };
    guard.watch(conversation);
    assert.equal(await tried(() => way(conversation)), "unavailable");
    assert.deepEqual(left, []);
  });

  test(`a conversation that proves sealed while ${name} waits refuses it`, async () => {
    const { guard } = house();
    const { conversation, left } = sdk("CH1", [message("sealwire:1:AQECAA")]);
    guard.watch(conversation);
    assert.equal(await tried(() => way(conversation)), "bad argument");
    assert.deepEqual(left, []);
  });

  test(`a plain conversation lets ${name} through as it was`, async () => {
    const { guard, knowledge } = house();
    const guarded = sdk("CH1", [message("hello")]);
    const free = sdk("CH1", [message("hello")], true);
    guard.watch(guarded.conversation);
    await knowledge.learn(guarded.conversation);
    assert.equal(await tried(() => way(guarded.conversation)), await tried(() => way(free.conversation)));
    assert.deepEqual(guarded.left, free.left);
    assert.equal(guarded.left.length, 1);
  });
}

test("what the sealed transport hands out leaves, and only while it does", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1");
  knowledge.seal("CH1");
  const own = guard.own(conversation);
  await own.sendMessage(sealed);
  await own.sendMessage(file);
  assert.deepEqual(left.map(({ body, media }) => [body, media]), [[sealed, []], ["", [file.filename]]]);
  assert.equal(await tried(() => conversation.sendMessage(sealed)), "bad argument");
  await assert.rejects(own.sendMessage(secret), { code: "bad argument" });
  await assert.rejects(own.sendMessage({ ...file, contentType: "text/plain" }), { code: "bad argument" });
  await assert.rejects(own.sendMessage({ ...file, filename: "salary.pdf" }), { code: "bad argument" });
  assert.equal(left.length, 2);
});

test("a sealed file cannot be made another on its way, by whoever stands above the guard", async () => {
  for (const change of [
    (/** @type {typeof file} */ given) => { given.media = new Blob([secret]); return given; },
    (/** @type {typeof file} */ given) => Object.defineProperty(given, "media", { value: new Blob([secret]) }),
    (/** @type {typeof file} */ given) => Object.assign(given, { note: secret }),
    (/** @type {typeof file} */ given) => ({ ...given, media: new Blob([secret]) }),
  ]) {
    const { guard, knowledge } = house();
    const { conversation, Class, left } = sdk("CH1");
    knowledge.seal("CH1");
    const own = guard.own(conversation);
    const original = Class.prototype.sendMessage;
    Class.prototype.sendMessage = /** @this {Conversation} */ async function (given) { return original.call(this, change(/** @type {typeof file} */ (given))); };
    const mine = { ...file };
    await assert.rejects(own.sendMessage(mine));
    assert.deepEqual([left, mine], [[], file]);
  }
});

test("another object for the same conversation, never shown to the guard, is guarded by its class", async () => {
  const { guard, knowledge } = house();
  const { conversation, another, left } = sdk("CH1");
  knowledge.seal("CH1");
  guard.watch(conversation);
  const other = another();
  for (const [name, way] of Object.entries(ways)) assert.equal(await tried(() => way(other)), "bad argument", name);
  assert.deepEqual(left, []);
});

test("a plugin that patches the class, before or after, does not get around it", async () => {
  const { guard, knowledge } = house();
  const { conversation, Class, left } = sdk("CH1");
  knowledge.seal("CH1");
  const early = { sendMessage: Class.prototype.sendMessage, prepareMessage: Class.prototype.prepareMessage };
  guard.watch(conversation);
  // Kept from before.
  assert.equal(await tried(() => early.sendMessage.call(conversation, secret)), "bad argument");
  assert.equal(await tried(() => early.prepareMessage.call(conversation).setBody(secret).build().send()), "bad argument");
  // Replaced on the class, and on the object, by what calls the original or what was kept.
  const original = Class.prototype.sendMessage;
  Class.prototype.sendMessage = /** @this {Conversation} */ function (text) { return original.call(this, `${text} [by a plugin]`); };
  assert.equal(await tried(() => conversation.sendMessage(secret)), "bad argument");
  conversation.sendMessage = (text) => early.sendMessage.call(conversation, text);
  assert.equal(await tried(() => conversation.sendMessage(secret)), "bad argument");
  conversation.prepareMessage = () => early.prepareMessage.call(conversation);
  assert.equal(await tried(() => conversation.prepareMessage().setBody(secret).build().send()), "bad argument");
  assert.deepEqual(left, []);
});

test("what cannot be put under the guard is known for it", async () => {
  const { guard, knowledge } = house();
  const guarded = sdk("CH1");
  knowledge.seal("CH1");
  guard.watch(guarded.conversation);
  assert.ok(guard.holds(guarded.conversation) && guard.holds(guarded.another()));
  const patched = guarded.another();
  patched.sendMessage = async () => 1;
  assert.ok(guard.holds(patched));
  const fixed = sdk("CH1");
  Object.defineProperty(fixed.conversation, "sendMessage", { value: async () => 1, configurable: false, writable: false });
  guard.watch(fixed.conversation);
  assert.ok(!guard.holds(fixed.conversation));
});

test("a plugin's own patches go on working in a plain conversation", async () => {
  const { guard, knowledge } = house();
  const { conversation, Class, left } = sdk("CH1");
  guard.watch(conversation);
  await knowledge.learn(conversation);
  const original = Class.prototype.sendMessage;
  Class.prototype.sendMessage = /** @this {Conversation} */ function (text) { return original.call(this, `${text} [by a plugin]`); };
  await conversation.sendMessage("hello");
  conversation.sendMessage = async () => 42;
  assert.equal(await conversation.sendMessage("hello"), 42);
  assert.deepEqual(left.map(({ body }) => body), ["hello [by a plugin]"]);
});

test("that somebody types is not told in a sealed conversation, and nothing breaks", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1");
  guard.watch(conversation);
  knowledge.seal("CH1");
  await conversation.typing();
  assert.deepEqual(left, []);
});

test("Flex may say in the attributes that a conversation is over, and change nothing else", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1");
  conversation.attributes = { channel: "web", status: "ACTIVE" };
  guard.watch(conversation);
  knowledge.seal("CH1");
  await conversation.updateAttributes({ channel: "web", status: "INACTIVE" });
  assert.equal(left.length, 1);
  assert.equal(await tried(() => conversation.updateAttributes({ channel: secret, status: "INACTIVE" })), "bad argument");
  assert.equal(left.length, 1);
});

test("a message of a sealed conversation is not edited into plaintext", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1", [message("sealwire:1:AQECAA")]);
  const [first] = (await conversation.getMessages(1)).items;
  guard.watch(conversation);
  guard.watchMessage(first);
  knowledge.seal("CH1");
  assert.equal(await tried(() => first?.updateBody(secret)), "bad argument");
  // It would end the conversation for whoever reads it, and nobody has handed it out.
  assert.equal(await tried(() => first?.updateBody(`sealwire:1:${Buffer.from(secret).toString("base64url")}`)), "bad argument");
  assert.equal(await tried(() => first?.remove()), "bad argument");
  assert.equal(await tried(() => first?.updateAttributes({ text: secret })), "bad argument");
  assert.equal(await tried(() => first?.updateAttributes(new URL(`https://x.test/?${encodeURIComponent(secret)}`))), "bad argument");
  assert.equal(await tried(() => first?.updateAttributes(new Note())), "bad argument");
  assert.deepEqual(left, []);
});

test("what was judged is what goes out, not what it turns into", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1");
  conversation.attributes = { channel: "web" };
  guard.watch(conversation);
  knowledge.seal("CH1");
  for (let looks = 0; looks < 8; looks++) await tried(() => conversation.updateAttributes(turning({ channel: "web" }, looks)));
  assert.ok(!JSON.stringify(left).includes("4711"));
  assert.ok(left.length > 0);
});

test("a message that was read is guarded before whoever read it has it", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1", [message(entry)]);
  guard.watch(conversation);
  knowledge.seal("CH1");
  const [first] = (await conversation.getMessages(1)).items;
  assert.equal(await tried(() => first?.updateBody(secret)), "bad argument");
  assert.deepEqual(left, []);
});

test("whatever the SDK's client gives out is guarded before whoever asked has it", async () => {
  /** @type {Record<string, (client: Client) => Promise<unknown>>} */
  const given = {
    getConversationBySid: (client) => client.getConversationBySid("CH1"),
    peekConversationBySid: (client) => client.peekConversationBySid("CH1"),
    getConversationByUniqueName: (client) => client.getConversationByUniqueName("one"),
    getSubscribedConversations: async (client) => (await client.getSubscribedConversations()).items[0],
    conversationAdded: async (client) => void client.emit("conversationAdded", client.objects.get("CH1")),
    conversationJoined: async (client) => void client.emit("conversationJoined", client.objects.get("CH1")),
  };
  for (const [name, give] of Object.entries(given)) {
    for (const way of [(/** @type {Conversation} */ c) => c.sendMessage(secret), (/** @type {Conversation} */ c) => c.prepareMessage().setBody(secret).build().send(), (/** @type {Conversation} */ c) => c.updateAttributes({ note: secret })]) {
      const { guard } = house({ isSealed: () => true });
      const { conversation, left } = sdk("CH1");
      class Own extends Client {}
      for (const [of, value] of Object.entries(Object.getOwnPropertyDescriptors(Client.prototype))) if (of !== "constructor") Object.defineProperty(Own.prototype, of, value);
      const client = new Own();
      client.objects.set("CH1", conversation);
      guard.watchClient(client);
      guard.watchClient(client);
      assert.equal(await tried(async () => way(/** @type {Conversation} */ ((await give(client)) ?? conversation))), "bad argument", name);
      assert.deepEqual(left, [], name);
    }
  }
});

test("a conversation that was found plain and is sealed since sends nothing, whichever of its objects is asked", async () => {
  const { guard } = house();
  const { conversation, another, left } = sdk("CH1", [message("hello")]);
  guard.watch(conversation);
  const other = another();
  await other.sendMessage("in the clear");
  assert.equal(left.length, 1);
  // Told to this object alone, which nobody showed to the guard.
  other.come(entry);
  assert.equal(await tried(() => other.sendMessage(secret)), "bad argument");
  assert.equal(await tried(() => conversation.sendMessage(secret)), "bad argument");
  assert.equal(left.length, 1);
});

test("an object that is listened to no more is asked about anew before it sends", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1", [message("hello")]);
  guard.watch(conversation);
  assert.equal(await knowledge.learn(conversation), "plain");
  knowledge.release(conversation);
  assert.equal(conversation.listeners.size, 0);
  conversation.come(entry);
  assert.equal(await tried(() => conversation.sendMessage(secret)), "bad argument");
  assert.deepEqual(left, []);
});

test("what sends beneath and is not the conversation's own is not believed", async () => {
  const { guard, knowledge } = house();
  const { conversation, left } = sdk("CH1");
  const plain = sdk("CHplain", [message("hello")]);
  guard.watch(conversation);
  guard.watch(plain.conversation);
  knowledge.seal("CH1");
  await knowledge.learn(plain.conversation);
  const { _messagesEntity: entity } = conversation;
  const forged = Object.create(entity, { conversation: { value: Object.create(plain.conversation, { left: { value: left } }) } });
  assert.equal(await tried(() => entity.send.call(forged, secret)), "bad argument");
  assert.equal(await tried(() => entity.send.call(new Proxy(entity, {}), secret)), "bad argument");
  assert.deepEqual(left, []);
});

test("what somebody types in a plain chat does not make it sealed: only what has the form of a frame does", async () => {
  const frames = ["sealwire:1:AQECAA", `sealwire:1:${Buffer.from([2, ...Array(16).fill(7), 0, 2, 9]).toString("base64url")}`, `sealwire:1:${Buffer.from([3, 2, 65, 66, 1]).toString("base64url")}`];
  const others = ["sealwire:1:x", "sealwire:1:hello there", "sealwire:1:", "sealwire:1:AAAA", "sealwire:1:AQ", "sealwire:1:AQECAA==", `sealwire:1:${Buffer.from([2, ...Array(16).fill(7), 2, 2, 9]).toString("base64url")}`, `sealwire:1:${Buffer.from([3, 9, 65]).toString("base64url")}`, `sealwire:1:${Buffer.from("hello").toString("base64url")}`];
  for (const body of others) {
    const { knowledge, guard } = house();
    const { conversation, left } = sdk("CH1", [message(body)]);
    guard.watch(conversation);
    assert.equal(await knowledge.learn(conversation), "plain", body);
    await conversation.sendMessage("the answer");
    assert.equal(left.length, 1);
  }
  for (const body of frames) assert.equal(await house().knowledge.learn(sdk("CH1", [message(body)]).conversation), "sealed", body);
});

test("an error of the guard does not hold what was to be sent", async () => {
  const { guard, knowledge, refused } = house();
  const { conversation } = sdk("CH1");
  knowledge.seal("CH1");
  guard.watch(conversation);
  const error = await conversation.sendMessage(secret).then(() => null, (/** @type {Error} */ e) => e);
  assert.ok(error && !`${error.stack} ${JSON.stringify(error)} ${refused}`.includes("4711"));
  assert.deepEqual(refused, ["CH1 sendMessage"]);
});

test("once sealed, always sealed: by a message, by the option, by this browser's memory", async () => {
  const { conversation } = sdk("CH1", [message("hello")]);
  const { knowledge } = house();
  assert.equal(await knowledge.learn(conversation), "plain");
  knowledge.saw("CH1", "sealwire:1:AQECAA");
  assert.equal(knowledge.now(conversation), "sealed");
  assert.equal(await knowledge.learn(conversation), "sealed");

  const said = house({ isSealed: () => true });
  assert.equal(await said.knowledge.learn(conversation), "sealed");
  const denied = house({ isSealed: () => false });
  assert.equal(await denied.knowledge.learn(sdk("CH2", [message("sealwire:1:AQECAA")]).conversation), "sealed");
  const later = { is: false };
  const turned = house({ isSealed: () => later.is });
  assert.equal(await turned.knowledge.learn(conversation), "plain");
  later.is = true;
  assert.equal(turned.knowledge.now(conversation), "sealed");

  /** @type {Map<string, string>} */
  const store = new Map();
  const memory = { getItem: (/** @type {string} */ k) => store.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => void store.set(k, v) };
  house({ memory }).knowledge.seal("CH1");
  assert.equal(house({ memory }).knowledge.of("CH1"), "sealed");
});

test("what cannot be found out stays unknown, and is asked again", async () => {
  const { conversation } = sdk("CH1");
  const fails = { is: true };
  const { knowledge } = house({ isSealed: () => { if (fails.is) throw new Error("no answer"); return false; } });
  await assert.rejects(knowledge.learn(conversation), { code: "unavailable" });
  assert.equal(knowledge.of("CH1"), "unknown");
  fails.is = false;
  assert.equal(await knowledge.learn(conversation), "plain");
  fails.is = true;
  assert.equal(knowledge.now(conversation), "unknown");
});

test("sealed text is the mark and canonical base64url, nothing else", () => {
  for (const text of [sealed, "sealwire:1:AA", "sealwire:1:AAA"]) assert.ok(isSealed(text), text);
  for (const text of ["", "sealwire:1:", "sealwire:1:A", "sealwire:1:AB", "sealwire:1:AAB", "sealwire:1:AA==", "sealwire:1:AA AA", "sealwire:1:hello there", "Sealwire:1:AAAA", " sealwire:1:AQECAA", "sealwire:2:AAAA", null, 7]) {
    assert.ok(!isSealed(text), String(text));
  }
  assert.ok(saysSealed("sealwire:1:hello there"));
  assert.ok(isOpaqueName(file.filename) && !isOpaqueName("salary 2026.pdf") && !isOpaqueName(undefined));
});
