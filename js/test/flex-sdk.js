/** Objects of the Conversations SDK's shape, as its source has them, that write down what would leave. */

/** @param {string} body */
export function message(body) {
  return { body };
}

/** @typedef {{sid: string, body: string, attributes: unknown, media: string[], subject?: unknown, content?: unknown}} Left */

/**
 * A class of its own for each caller, so that what one test guards is free in the next.
 * @param {string} sid
 * @param {{body: string}[]} [messages]
 * @param {boolean} [_free]  for the reader: this one is not guarded
 */
export function sdk(sid, messages = [], _free = false) {
  /** @type {Left[]} */
  const left = [];
  class Own extends Conversation {}
  class OwnMessages extends Messages {}
  class OwnBuilder extends MessageBuilder {}
  class OwnUnsent extends UnsentMessage {}
  class OwnMessage extends Message {}
  class OwnParticipant extends Participant {}
  for (const [of, from] of [[OwnParticipant, Participant], [Own, Conversation], [OwnMessages, Messages], [OwnBuilder, MessageBuilder], [OwnUnsent, UnsentMessage], [OwnMessage, Message]]) {
    for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(from?.prototype ?? {}))) if (name !== "constructor") Object.defineProperty(of?.prototype, name, value);
    // Nothing guarded is shared.
    Object.setPrototypeOf(of?.prototype, Object.prototype);
  }
  const kinds = { Messages: OwnMessages, Builder: OwnBuilder, Unsent: OwnUnsent, Message: OwnMessage, Participant: OwnParticipant };
  const another = () => new Own(sid, messages, left, kinds);
  return { conversation: another(), another, left, Class: Own };
}

/** @typedef {{Messages: typeof Messages, Builder: typeof MessageBuilder, Unsent: typeof UnsentMessage, Message: typeof Message, Participant: typeof Participant}} Kinds */

export class Conversation {
  /** @type {Record<string, unknown>} */
  attributes = {};
  /** What listens to it. @type {Set<string>} */
  listeners = new Set();
  /** @type {Set<(told: never) => void>} */
  #added = new Set();

  /** @param {string} sid @param {{body: string}[]} messages @param {Left[]} left @param {Kinds} kinds */
  constructor(sid, messages, left, kinds) {
    this.sid = sid;
    this.left = left;
    this.kinds = kinds;
    this.messages = messages;
    this._messagesEntity = new kinds.Messages(this);
  }
  /** @param {number} _size @returns {Promise<import("../agent/flex/host.js").SDKPage>} */
  async getMessages(_size) {
    const page = { items: this.messages.map(({ body }, index) => new this.kinds.Message(this, index, body)), hasNextPage: false, nextPage: async () => page };
    return page;
  }
  /** @param {unknown} text @param {unknown} [attributes] @returns {Promise<number>} */
  async sendMessage(text, attributes) {
    if (typeof text === "string" || text === null) return this._messagesEntity.send(text, attributes);
    return this._messagesEntity.sendMedia(text, attributes);
  }
  prepareMessage() {
    return new this.kinds.Builder(this._messagesEntity);
  }
  async typing() {
    this.left.push({ sid: this.sid, body: "typing", attributes: {}, media: [] });
  }
  /** @param {unknown} attributes */
  async updateAttributes(attributes) {
    this.left.push({ sid: this.sid, body: "", attributes: JSON.parse(JSON.stringify(attributes)), media: [] });
    return this;
  }
  /** @param {string} name */
  async updateFriendlyName(name) {
    this.left.push({ sid: this.sid, body: name, attributes: {}, media: [] });
  }
  /** @param {string} event @param {(told: never) => void} listener */
  on(event, listener) {
    this.listeners.add(`${event} ${keyOf(listener)}`);
    if (event === "messageAdded") this.#added.add(listener);
  }
  /** @param {string} event @param {(told: never) => void} listener */
  off(event, listener) {
    this.listeners.delete(`${event} ${keyOf(listener)}`);
    this.#added.delete(listener);
  }
  /** Somebody sent it. @param {string} body */
  come(body) {
    this.messages.push({ body });
    for (const listener of [...this.#added]) /** @type {(told: unknown) => void} */ (listener)({ index: this.messages.length - 1, body });
  }
  /** @param {string} _identity */
  async getParticipantByIdentity(_identity) {
    return new this.kinds.Participant(this);
  }
  /** @param {string} identity @param {unknown} [attributes] */
  async add(identity, attributes = {}) {
    this.left.push({ sid: this.sid, body: identity, attributes: JSON.parse(JSON.stringify(attributes)), media: [] });
  }
  /** @param {string} _proxy @param {string} address @param {unknown} [attributes] @param {unknown} [binding] */
  async addNonChatParticipant(_proxy, address, attributes = {}, binding = {}) {
    this.left.push({ sid: this.sid, body: address, attributes: JSON.parse(JSON.stringify([attributes, binding])), media: [] });
  }
}

/** @type {WeakMap<object, number>} */
const keys = new WeakMap();
let keyed = 0;

/** @param {object} listener */
function keyOf(listener) {
  const key = keys.get(listener) ?? ++keyed;
  keys.set(listener, key);
  return key;
}

class Messages {
  /** @param {Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
  }
  /** @param {string|null} body @param {unknown} [attributes] */
  async send(body, attributes = {}) {
    const { sid, left } = this.conversation;
    return left.push({ sid, body: body ?? "", attributes, media: [] });
  }
  /** @param {unknown} media @param {unknown} [attributes] */
  async sendMedia(media, attributes = {}) {
    const { sid, left } = this.conversation;
    return left.push({ sid, body: "", attributes, media: [nameOf(media)] });
  }
  /** @param {{text?: string, attributes: unknown, mediaContent: [string, unknown][], emailOptions: {subject?: unknown}, contentSid?: unknown, contentVariables?: unknown}} unsent */
  async sendV2({ text, attributes, mediaContent, emailOptions, contentSid, contentVariables }) {
    const { sid, left } = this.conversation;
    return left.push({ sid, body: text ?? "", attributes, media: mediaContent.map(([, media]) => nameOf(media)), subject: emailOptions.subject, content: [contentSid, contentVariables] });
  }
}

/** @param {unknown} media */
function nameOf(media) {
  return media instanceof FormData ? "form" : String(/** @type {{filename?: unknown}} */ (media).filename);
}

class MessageBuilder {
  /** @param {Messages} entity */
  constructor(entity) {
    this.message = new entity.conversation.kinds.Unsent(entity);
    /** @type {Map<string, unknown>} */
    this.emailBodies = new Map();
  }
  /** @param {string} text */
  setBody(text) {
    this.message.text = text;
    return this;
  }
  /** @param {string} subject */
  setSubject(subject) {
    this.message.emailOptions.subject = subject;
    return this;
  }
  /** @param {unknown} attributes */
  setAttributes(attributes) {
    this.message.attributes = attributes;
    return this;
  }
  /** @param {string} type @param {unknown} body */
  setEmailBody(type, body) {
    this.emailBodies.set(type, body);
    return this;
  }
  /** @param {string} sid @param {unknown} variables */
  setContentTemplate(sid, variables) {
    this.message.contentSid = sid;
    this.message.contentVariables = variables;
    return this;
  }
  /** @param {unknown} payload */
  addMedia(payload) {
    this.message.mediaContent.push(["media", payload]);
    return this;
  }
  build() {
    this.emailBodies.forEach((body) => this.message.mediaContent.push(["body", body]));
    return this.message;
  }
  buildAndSend() {
    return this.build().send();
  }
}

class UnsentMessage {
  /** @type {string|undefined} */
  text;
  /** @type {unknown} */
  attributes = {};
  /** @type {[string, unknown][]} */
  mediaContent = [];
  /** @type {{subject?: unknown}} */
  emailOptions = {};
  /** @type {unknown} */
  contentSid;
  /** @type {unknown} */
  contentVariables;
  /** @param {Messages} messagesEntity */
  constructor(messagesEntity) {
    this.messagesEntity = messagesEntity;
  }
  send() {
    return this.messagesEntity.sendV2(this);
  }
}

class Message {
  /** @param {Conversation} conversation @param {number} index @param {string} body */
  constructor(conversation, index, body) {
    Object.assign(this, { index, body });
    this.conversation = conversation;
    this.index = index;
    this.body = body;
  }
  /** @param {string} body */
  async updateBody(body) {
    this.conversation.left.push({ sid: this.conversation.sid, body, attributes: {}, media: [] });
  }
  /** @param {unknown} attributes */
  async updateAttributes(attributes) {
    this.conversation.left.push({ sid: this.conversation.sid, body: "", attributes: JSON.parse(JSON.stringify(attributes)), media: [] });
  }
  async remove() {
    this.conversation.left.push({ sid: this.conversation.sid, body: "removed", attributes: {}, media: [] });
  }
}

class Participant {
  /** @param {Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
  }
  /** @param {unknown} attributes */
  async updateAttributes(attributes) {
    this.conversation.left.push({ sid: this.conversation.sid, body: "", attributes: JSON.parse(JSON.stringify(attributes)), media: [] });
  }
}

/** The SDK's client, which gives conversations out. */
export class Client {
  /** @type {Map<string, Conversation>} */
  objects = new Map();
  /** @type {Map<string, ((given: unknown) => void)[]>} */
  #listeners = new Map();
  /** @param {string} sid */
  async getConversationBySid(sid) {
    return this.objects.get(sid);
  }
  /** @param {string} sid */
  async peekConversationBySid(sid) {
    return this.objects.get(sid);
  }
  /** @param {string} _name */
  async getConversationByUniqueName(_name) {
    return [...this.objects.values()][0];
  }
  async getSubscribedConversations() {
    return { items: [...this.objects.values()] };
  }
  /** @param {string} event @param {(given: unknown) => void} listener */
  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }
  /** @param {string} event @param {unknown} given */
  emit(event, given) {
    for (const listener of this.#listeners.get(event) ?? []) listener(given);
  }
}
