/**
 * Twilio Conversations as a fake over a backend: the parts of the SDK's
 * Conversation, Message, Media and Client that the adapter uses, in their shapes.
 * `make transports` holds these against the SDK's own types.
 */
import { EventEmitter } from "node:events";

/** @typedef {import("./transport-backend.js").Backend} Backend */
/** @typedef {import("./transport-backend.js").Stored} Stored */
/** @typedef {"unknown" | "disconnecting" | "disconnected" | "connecting" | "connected" | "denied" | "error"} ConnectionState */

const PAGE = 30;
/** Twilio's limit of a body. */
const MAX_BODY = 32 * 1024;

export class FakeMedia {
  #media;
  /** @param {NonNullable<Stored["media"]>} media */
  constructor(media) {
    this.#media = media;
  }
  /** @returns {string | null} */
  get filename() {
    return this.#media.filename;
  }
  get contentType() {
    return this.#media.contentType;
  }
  get size() {
    return this.#media.bytes.length;
  }
  /** @returns {Promise<string | null>} */
  async getContentTemporaryUrl() {
    return `https://media.twilio.test/${this.#media.filename}`;
  }
}

export class FakeMessage {
  #stored;
  /** @param {Stored} stored */
  constructor(stored) {
    this.#stored = stored;
  }
  get index() {
    return this.#stored.index;
  }
  /** @returns {string | null} */
  get author() {
    return this.#stored.author;
  }
  /** @returns {string | null} */
  get body() {
    return this.#stored.media ? null : this.#stored.body;
  }
  /** @returns {"text" | "media"} */
  get type() {
    return this.#stored.media ? "media" : "text";
  }
  /** @returns {FakeMedia[] | null} */
  get attachedMedia() {
    return this.#stored.media ? [new FakeMedia(this.#stored.media)] : null;
  }
}

/** @template T */
class FakePage {
  #all;
  #from;
  #size;
  /** @param {T[]} all @param {number} from @param {number} size */
  constructor(all, from, size) {
    this.#all = all;
    this.#from = from;
    this.#size = size;
    this.items = all.slice(from, from + size);
    this.hasNextPage = from + size < all.length;
    this.hasPrevPage = from > 0;
  }
  /** @returns {Promise<FakePage<T>>} */
  async nextPage() {
    if (!this.hasNextPage) throw new Error("No next page");
    return new FakePage(this.#all, this.#from + this.#size, this.#size);
  }
  /** @returns {Promise<FakePage<T>>} */
  async prevPage() {
    return new FakePage(this.#all, Math.max(0, this.#from - this.#size), this.#size);
  }
}

export class FakeConversation extends EventEmitter {
  #backend;
  #name;
  limits = {
    mediaAttachmentsCountLimit: 10,
    mediaAttachmentSizeLimitInMb: 150,
    mediaAttachmentsTotalSizeLimitInMb: 150,
  };

  /** @param {Backend} backend @param {string} name */
  constructor(backend, name) {
    super();
    this.#backend = backend;
    this.#name = name;
  }

  /**
   * @param {number} [pageSize]
   * @param {number} [anchor]
   * @param {"backwards" | "forward"} [direction]
   */
  async getMessages(pageSize = PAGE, anchor, direction = "backwards") {
    const all = this.#backend.read(this.#name);
    if (direction !== "forward") throw new Error("the fake reads forward only");
    return new FakePage(all.filter(({ index }) => index >= (anchor ?? 0)).map((m) => new FakeMessage(m)), 0, pageSize);
  }

  /**
   * @param {null | string | FormData | { contentType: null | string, filename?: string, media: null | string | Buffer | Blob }} message
   * @returns {Promise<number>}
   */
  async sendMessage(message) {
    if (typeof message === "string") {
      if (message.length > MAX_BODY) throw new Error("Message body is too long");
      return (await this.#backend.store(this.#name, { body: message })).index;
    }
    if (message === null || message instanceof FormData || !(message.media instanceof Blob)) throw new Error("the fake takes a text, or a file as a Blob");
    const bytes = new Uint8Array(await message.media.arrayBuffer());
    return (await this.#backend.store(this.#name, { media: { filename: String(message.filename), contentType: String(message.contentType), bytes } })).index;
  }
}

export class FakeClient extends EventEmitter {
  /** @type {ConnectionState} */
  connectionState = "connected";
  user;
  /** @param {string} identity */
  constructor(identity) {
    super();
    this.user = { identity };
  }
}

/**
 * One user of the platform, in its conversation.
 * @param {Backend} backend
 * @param {string} name
 */
export function twilioUser(backend, name) {
  const client = new FakeClient(name);
  const conversation = new FakeConversation(backend, name);
  backend.views.add({
    name,
    // As the SDK does it: told of later than it is stored.
    added: (message) => queueMicrotask(() => conversation.emit("messageAdded", new FakeMessage(message))),
    updated: (message) => queueMicrotask(() => conversation.emit("messageUpdated", { message: new FakeMessage(message), updateReasons: ["body"] })),
    turned: (online) => {
      client.connectionState = online ? "connected" : "disconnected";
      client.emit("connectionStateChanged", client.connectionState);
    },
  });
  /** @type {typeof globalThis.fetch} */
  const fetch = async (input) => {
    const name = String(input).split("/").at(-1);
    const media = backend.messages.find((m) => m.media?.filename === name)?.media;
    return media ? new Response(Uint8Array.from(media.bytes)) : new Response("", { status: 404 });
  };
  return { client, conversation, fetch };
}
