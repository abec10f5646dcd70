/**
 * The egress guard on the real Conversation of @twilio/conversations, the version that Flex brings: every way by which it
 * sends, with what it hands to the network written down.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Guard } from "../../js/agent/flex/guard.js";
import { Knowledge } from "../../js/agent/flex/knowledge.js";

const { Client, Conversation, Message, Participant } = createRequire(import.meta.url)("@twilio/conversations");
const secret = "the account number is 4711";
const sealed = "sealwire:1:AQIDBAUGBwg";
const octets = { contentType: "application/octet-stream", filename: "AAAAAAAAAAAAAAAAAAAAAA", media: new Blob(["x"]) };

/** A real one over services that write down what they are given. */
function real(sid, left) {
  const note = (what) => (...args) => {
    left.push(JSON.stringify([what, ...args]));
    return Promise.resolve({ sid: "ME1", index: 0 });
  };
  const services = {
    commandExecutor: { mutateResource: note("mutate"), fetchResource: note("fetch") },
    mcsClient: { post: note("media"), postFormData: note("form") },
    typingIndicator: { send: note("typing") },
    network: {}, session: {}, syncClient: {}, users: {},
  };
  const links = { self: "/self", messages: "/messages", participants: "/participants" };
  const limits = { emailBodiesAllowedContentTypes: ["text/plain"], emailHistoriesAllowedContentTypes: [], mediaAttachmentsCountLimit: 10, mediaAttachmentsTotalSizeLimitInMb: 10 };
  const configuration = { links, limits, userIdentity: "agent" };
  const conversation = new Conversation({ channel: "c", attributes: { channel: "web" }, createdBy: "x", dateCreated: "", dateUpdated: "" }, sid, links, configuration, services);
  Object.defineProperty(conversation, "limits", { value: limits });
  conversation.getMessages = async () => ({ items: [] });
  // What is given out of it by other ways: the tests' own.
  conversation.message = new Message(0, { sid: "ME1", text: sealed, author: "agent", attributes: "{}", timestamp: new Date().toISOString() }, conversation, { self: "/m", conversation: "/self", messages_receipts: "/r" }, configuration, services);
  const participant = new Participant({ attributes: "{}", dateCreated: "", dateUpdated: "", identity: "agent", roleSid: "RL1", lastConsumedMessageIndex: null, lastConsumptionTimestamp: null, type: "chat", userInfo: "U" }, "MB1", conversation, { self: "/p" }, services);
  conversation.getParticipantByIdentity = async () => participant;
  return conversation;
}

const file = { contentType: "text/plain", filename: "secret.txt", media: secret };
const ways = {
  "sendMessage": (c) => c.sendMessage(secret),
  "sendMessage with attributes": (c) => c.sendMessage(sealed, { secret }),
  "sendMessage of a file": (c) => c.sendMessage(file),
  "setBody": (c) => c.prepareMessage().setBody(secret).build().send(),
  "buildAndSend": (c) => c.prepareMessage().setBody(secret).buildAndSend(),
  "setSubject": (c) => c.prepareMessage().setSubject(secret).build().send(),
  "setAttributes": (c) => c.prepareMessage().setAttributes({ secret }).build().send(),
  "setEmailBody": (c) => c.prepareMessage().setEmailBody("text/plain", file).build().send(),
  "addMedia": (c) => c.prepareMessage().addMedia(file).build().send(),
  "the fields": (c) => Object.assign(c.prepareMessage().build(), { text: secret }).send(),
  "the entity's send": (c) => c._messagesEntity.send(secret),
  "the entity's sendMedia": (c) => c._messagesEntity.sendMedia(file),
  "updateAttributes": (c) => c.updateAttributes({ secret }),
  "updateAttributes of another form as JSON": (c) => c.updateAttributes(Object.assign(Object.create({ toJSON: () => ({ text: secret }) }), { channel: "web" })),
  "attributes of a message": (c) => c.message.updateAttributes(new URL(`https://x.test/?${encodeURIComponent(secret)}`)),
  "an edit": (c) => c.message.updateBody(`sealwire:1:${Buffer.from(secret).toString("base64url")}`),
  "a removal": (c) => c.message.remove(),
  "attributes of a participant": async (c) => (await c.getParticipantByIdentity("agent")).updateAttributes({ summary: secret }),
  "attributes of somebody who is added": (c) => c.add("supervisor", { summary: secret }),
  "attributes of a telephone that is added": (c) => c.addNonChatParticipant("+1", "+2", { summary: secret }),
  "updateFriendlyName": (c) => c.updateFriendlyName(secret),
  "updateUniqueName": (c) => c.updateUniqueName(secret),
};

// One class in this process: it is guarded once, as on a page. What is plain goes through it as without.
const before = {};
for (const [name, way] of Object.entries(ways)) {
  before[name] = [];
  await Promise.resolve(way(real("CHplain", before[name]))).catch(() => {});
}
const knowledge = new Knowledge();
const guard = new Guard(knowledge);
const first = real("CHsealed", []);
guard.watch(first);
guard.watchMessage(first.message);
knowledge.seal("CHsealed");

for (const [name, way] of Object.entries(ways)) {
  test(`a sealed conversation refuses ${name}`, async () => {
    const left = [];
    // Not the object that was watched, but one of its class.
    await assert.rejects(async () => way(real("CHsealed", left)), { code: "bad argument" });
    assert.deepEqual(left, []);
  });

  test(`a plain one lets ${name} through as without the guard`, async () => {
    const left = [];
    await Promise.resolve(way(real("CHplain", left))).catch(() => {});
    assert.ok(left.length > 0, "something left");
    assert.deepEqual(left, before[name]);
  });
}

test("what the transport hands out leaves", async () => {
  const left = [];
  const own = guard.own(real("CHsealed", left));
  await own.sendMessage(sealed);
  await own.sendMessage(octets);
  assert.equal(left.length, 3);
  assert.ok(left[0].includes(sealed) && left[1].includes(octets.filename));
});

test("that somebody types is not told", async () => {
  const left = [];
  await real("CHsealed", left).typing();
  assert.deepEqual(left, []);
});

test("what the real client gives out goes through the guard, and what it tells of", async () => {
  const heard = [];
  const client = Object.create(Client.prototype, { on: { value: (event) => void heard.push(event) } });
  guard.watchClient(client);
  for (const name of ["getConversationBySid", "peekConversationBySid", "getConversationByUniqueName", "getSubscribedConversations"]) {
    // Its decorators put another class in front.
    const own = Object.hasOwn(Client.prototype, name) ? Client.prototype : Object.getPrototypeOf(Client.prototype);
    assert.equal(typeof Object.getOwnPropertyDescriptor(own, name)?.get, "function", name);
  }
  for (const event of ["conversationAdded", "conversationJoined", "messageAdded", "messageUpdated", "participantJoined", "participantUpdated"]) {
    assert.ok(heard.includes(event) && Client[event] === event, event);
  }
});
