/**
 * The objects of the Conversations SDK, as far as Flex and the plugin use them, over the cloud's socket. They have the
 * SDK's shape (a builder, an unsent message, methods on the prototypes), and everything they are told to send is sent.
 */
import { EventEmitter } from "./emitter.js";

/** One browser's connection. */
export class Line extends EventEmitter {
  #socket;
  #next = 1;
  #open = new Map();
  #talks = new Map();

  connectionState = "connecting";

  constructor(identity) {
    super();
    this.setMaxListeners(100);
    this.identity = identity;
    this.user = { identity };
  }

  async open() {
    this.#socket = new WebSocket(`${location.origin.replace("http", "ws")}/cloud`);
    this.#socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    await new Promise((resolve, reject) => {
      this.#socket.onopen = resolve;
      this.#socket.onerror = () => reject(new Error("no cloud"));
    });
    await this.ask({ op: "hello", identity: this.identity });
    this.connectionState = "connected";
    this.emit("connectionStateChanged", "connected");
    return this;
  }

  ask(frame) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#open.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...frame, id }));
    });
  }

  /** Another object for the same conversation each time, as the SDK may give. */
  async conversation(sid) {
    const { talk } = await this.ask({ op: "get", sid });
    const made = new Conversation(this, sid, talk);
    this.#talks.set(sid, [...(this.#talks.get(sid) ?? []), made]);
    return made;
  }

  #hear(frame) {
    if (frame.id) {
      const open = this.#open.get(frame.id);
      this.#open.delete(frame.id);
      if (frame.error) open?.reject(new Error(frame.error));
      else open?.resolve(frame);
      return;
    }
    for (const talk of this.#talks.get(frame.sid) ?? []) talk.hear(frame);
  }
}

export class Conversation extends EventEmitter {
  constructor(line, sid, { attributes, messages, participants }) {
    super();
    this.setMaxListeners(100);
    this._line = line;
    this.sid = sid;
    this.attributes = attributes;
    this.state = { current: "active" };
    this.status = "joined";
    this.isJoined = true;
    this.createdBy = "system";
    this.limits = { mediaAttachmentsCountLimit: 10 };
    this._participants = new Map((participants ?? []).map((identity, i) => [identity, { sid: `MB${i}`, identity, type: "chat", attributes: {} }]));
    this._messages = (messages ?? []).map((one) => new Message(this, one));
    this._messagesEntity = new Messages(this);
  }

  get lastMessage() {
    return this._messages.length ? { index: this._messages.length - 1, dateCreated: new Date() } : undefined;
  }

  hear({ event, message, author }) {
    if (event === "typing") return this.emit("typingStarted", { identity: author, conversation: this });
    if (event !== "messageAdded" || this._messages.some(({ index }) => index === message.index)) return;
    const made = new Message(this, message);
    this._messages.push(made);
    this.emit("messageAdded", made);
  }

  async getParticipants() {
    return [...this._participants.values()];
  }

  async getMessages(pageSize = 30, anchor = "end", direction = "backwards") {
    const at = anchor === "end" ? this._messages.length : anchor;
    const [from, to] = direction === "forward" ? [at, at + pageSize] : [Math.max(0, (anchor === "end" ? at : at + 1) - pageSize), anchor === "end" ? at : at + 1];
    const items = this._messages.slice(from, to);
    return {
      items,
      hasPrevPage: from > 0,
      hasNextPage: to < this._messages.length,
      prevPage: () => this.getMessages(pageSize, from - 1),
      nextPage: () => this.getMessages(pageSize, to, "forward"),
    };
  }

  async getMessagesCount() {
    return this._messages.length;
  }

  async getUnreadMessagesCount() {
    return 0;
  }

  async setAllMessagesRead() {
    return 0;
  }

  async advanceLastReadMessageIndex() {
    return 0;
  }

  async updateLastReadMessageIndex() {
    return 0;
  }

  async typing() {
    await this._line.ask({ op: "typing", sid: this.sid });
  }

  async updateAttributes(attributes) {
    await this._line.ask({ op: "attributes", sid: this.sid, attributes });
    this.attributes = attributes;
    return this;
  }

  async sendMessage(message, attributes) {
    if (typeof message === "string" || message === null) return this._messagesEntity.send(message, attributes);
    return this._messagesEntity.sendMedia(message, attributes);
  }

  prepareMessage() {
    return new MessageBuilder(this._messagesEntity);
  }
}

class Messages {
  constructor(conversation) {
    this.conversation = conversation;
  }

  async send(body, attributes = {}) {
    const { sid, _line } = this.conversation;
    return (await _line.ask({ op: "send", sid, body: body ?? "", attributes, media: [] })).index;
  }

  async sendMedia(media, attributes = {}) {
    const { sid, _line } = this.conversation;
    return (await _line.ask({ op: "send", sid, body: "", attributes, media: [await upload(_line, media, "media")] })).index;
  }

  async sendV2({ text, attributes, mediaContent, emailOptions }) {
    const { sid, _line } = this.conversation;
    const media = [];
    for (const [category, content] of mediaContent) media.push(await upload(_line, content, category));
    return _line.ask({ op: "send", sid, body: text ?? "", subject: emailOptions.subject, attributes, media });
  }
}

async function upload(line, content, category) {
  let { media, contentType, filename } = content;
  if (content instanceof FormData) {
    const [file] = content.values();
    [media, contentType, filename] = [file, file.type, file.name];
  }
  const bytes = new Uint8Array(await new Blob([media]).arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return (await line.ask({ op: "upload", file: { filename: filename ?? "", contentType: contentType ?? "", category, content: btoa(binary) } })).sid;
}

class MessageBuilder {
  constructor(messagesEntity) {
    this.message = new UnsentMessage(messagesEntity);
  }
  setBody(text) {
    this.message.text = text;
    return this;
  }
  setSubject(subject) {
    this.message.emailOptions.subject = subject;
    return this;
  }
  setAttributes(attributes) {
    this.message.attributes = attributes;
    return this;
  }
  setEmailBody(type, body) {
    this.message.mediaContent.push(["body", body]);
    return this;
  }
  addMedia(payload) {
    this.message.mediaContent.push(["media", payload]);
    return this;
  }
  build() {
    return this.message;
  }
  buildAndSend() {
    return this.build().send();
  }
}

class UnsentMessage {
  constructor(messagesEntity) {
    this.messagesEntity = messagesEntity;
    this.attributes = {};
    this.mediaContent = [];
    this.emailOptions = {};
  }
  async send() {
    return (await this.messagesEntity.sendV2(this)).index;
  }
}

export class Message {
  constructor(conversation, { sid, index, author, body, subject, attributes, media, at }) {
    Object.assign(this, { conversation, sid, index, author, body, subject, attributes, participantSid: `MB-${author}`, dateCreated: new Date(at) });
    this.attachedMedia = (media ?? []).map((one) => new Media(conversation._line, one));
    this.media = this.attachedMedia[0] ?? null;
    this.type = this.media ? "media" : "text";
    this.state = { body };
    this.aggregatedDeliveryReceipt = null;
  }
  on() {}
  off() {}
  removeListener() {}
  getMediaByCategories(categories) {
    return this.attachedMedia.filter(({ category }) => categories.includes(category));
  }
  async updateBody(body) {
    await this.conversation._line.ask({ op: "send", sid: this.conversation.sid, body, attributes: {}, media: [] });
    return this;
  }
  async updateAttributes(attributes) {
    await this.conversation._line.ask({ op: "send", sid: this.conversation.sid, body: "", attributes, media: [] });
    return this;
  }
}

class Media {
  constructor(line, { sid, filename, contentType, category, size }) {
    Object.assign(this, { sid, filename, contentType, category, size });
    this.line = line;
  }
  async getContentTemporaryUrl() {
    return `https://media.cloud.test/${this.sid}`;
  }
}

/** What stands at such an address. */
export async function fetchMedia(line, address) {
  const { file } = await line.ask({ op: "file", sid: new URL(address).pathname.slice(1) });
  return new Response(Uint8Array.from(atob(file.content ?? ""), (c) => c.charCodeAt(0)));
}
