// @ts-check
/**
 * Twilio Conversations as a transport: one conversation of it, as its SDK has it
 * for the user who is logged in there. Nothing of the SDK is imported: versions
 * 2.1, 2.5 and 3.0 have the shapes that are used, and are held against them.
 *
 *   const transport = twilio({ client, conversation });
 *
 * Every entry is a message whose body says what it is (text.js); the order is
 * that of the message index; a file is a media message of opaque name and type.
 * Attributes, of whatever, are neither read nor written: anybody overwrites them
 * as a whole. Nor is the author, who is whom the server says.
 *
 * Messages must not be deleted or edited there, nor the conversation's history:
 * whoever reads it from its beginning would find another log.
 *
 * @typedef {import("./transport.js").Transport} Transport
 *
 * @typedef {object} TwilioMedia
 * @property {string | null} filename
 * @property {() => PromiseLike<string | null>} getContentTemporaryUrl
 *
 * @typedef {object} TwilioMessage
 * @property {number} index
 * @property {string | null} body
 * @property {readonly TwilioMedia[] | null} attachedMedia
 *
 * @typedef {object} TwilioPage
 * @property {readonly TwilioMessage[]} items
 * @property {boolean} hasNextPage
 * @property {() => PromiseLike<TwilioPage>} nextPage
 *
 * @typedef {object} TwilioLimits
 * @property {number} mediaAttachmentSizeLimitInMb
 *
 * @typedef {{ contentType: string, filename: string, media: Blob }} TwilioFile
 *
 * @typedef {{
 *   (event: "messageAdded", listener: (message: TwilioMessage) => void): unknown,
 *   (event: "messageUpdated", listener: (change: { message: TwilioMessage }) => void): unknown,
 * }} TwilioListen
 *
 * @typedef {object} TwilioConversation
 * @property {string} [sid]
 * @property {TwilioLimits} [limits]
 * @property {(pageSize: number, anchor: number, direction: "forward") => PromiseLike<TwilioPage>} getMessages
 * @property {(message: string | TwilioFile) => PromiseLike<number>} sendMessage
 * @property {TwilioListen} on
 * @property {TwilioListen} off
 *
 * @typedef {(event: "connectionStateChanged", listener: (state: string) => void) => unknown} TwilioListenState
 *
 * @typedef {object} TwilioClient
 * @property {string} connectionState
 * @property {{ identity: string }} user
 * @property {TwilioListenState} on
 * @property {TwilioListenState} off
 *
 * @typedef {object} TwilioOptions
 * @property {TwilioClient} client
 * @property {TwilioConversation} conversation
 * @property {typeof globalThis.fetch} [fetch]  for files; default the global one
 * @property {{ answer?: number, pause?: number }} [times]  for tests; milliseconds
 */
import { SealwireError } from "../../errors.js";
import { equalBytes } from "../bytes.js";
import { asError } from "../thrown.js";
import { Feed, States } from "./feed.js";
import { Files, OCTETS, UPLOAD } from "./files.js";
import { fromText, roomIn, toText } from "./text.js";
import { timely } from "./timely.js";

/** Characters of a body, under Twilio's 32 KB. */
const MAX_BODY = 32_000;
const PAGE = 100;
const MB = 1_000_000;
const MAX_GAPS = 10_000;
/** Where the SDK does not say. */
const MAX_FILE_MB = 150;
/** For an answer (ms). */
const ANSWER = 20_000;
/** Before reading is tried again (ms); doubles with each failure. */
const PAUSE = 1_000;
const MAX_PAUSE = 30_000;
/** Readings that fail one after another before it is told why. */
const FAILURES = 4;

/**
 * @param {TwilioOptions} options
 * @returns {Transport}
 */
export function twilio(options) {
  return new Twilio(options);
}

/** @implements {Transport} */
class Twilio {
  #client;
  #conversation;
  #answer;
  #pause;
  #feed = new Feed();
  #states;
  /** Index of the next message to read. */
  #next = 0;
  /** Those before it that were not there: deleted, or kept back. @type {Set<number>} */
  #gaps = new Set();
  /** @type {Files<TwilioMedia>} */
  #files;
  /** @type {Promise<void> | null} */
  #reading = null;
  #again = false;
  /** Readings that failed since the last that did not, or since the connection is another. */
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #added = (/** @type {TwilioMessage} */ message) => this.#came(message);
  #updated = (/** @type {{ message: TwilioMessage }} */ { message }) => this.#compare(message);
  #connection = () => this.#turned();
  maxBody = roomIn(MAX_BODY);

  /** @param {TwilioOptions} options */
  constructor({ client, conversation, fetch, times = {} }) {
    this.#client = client;
    this.#conversation = conversation;
    this.#files = new Files(fetch);
    this.#answer = times.answer ?? ANSWER;
    this.#pause = times.pause ?? PAUSE;
    this.#states = new States(this.#connected ? "online" : "offline");
    conversation.on("messageAdded", this.#added);
    conversation.on("messageUpdated", this.#updated);
    client.on("connectionStateChanged", this.#connection);
    if (this.#connected) void this.#readOn();
  }

  get id() {
    return this.#conversation.sid;
  }

  get self() {
    return this.#client.user.identity;
  }

  get state() {
    return this.#states.now;
  }

  get maxFile() {
    return (this.#conversation.limits?.mediaAttachmentSizeLimitInMb ?? MAX_FILE_MB) * MB;
  }

  /** @param {Uint8Array} bytes */
  async append(bytes) {
    if (bytes.length > this.maxBody) throw new SealwireError("too large", `at most ${this.maxBody} bytes fit`);
    this.#check();
    const { last } = this.#feed;
    try {
      const index = await timely(this.#answer, "sendMessage", () => this.#conversation.sendMessage(toText(bytes)));
      return index + 1;
    } catch (error) {
      // It may be there all the same: then it is not sent again.
      await this.#readOn();
      const came = this.#feed.find(bytes);
      if (came > last) return came;
      throw error;
    }
  }

  /** @param {number} after */
  entries(after) {
    return this.#feed.entries(after);
  }

  /**
   * @param {string} id
   * @param {Blob} file
   * @param {{ signal: AbortSignal }} options
   */
  async upload(id, file, { signal }) {
    if (this.#files.has(id)) return;
    this.#check();
    signal.throwIfAborted();
    try {
      await timely(UPLOAD, "sendMessage", () => this.#conversation.sendMessage({ contentType: OCTETS, filename: id, media: file }));
    } catch (error) {
      await this.#readOn();
      if (!this.#files.has(id)) throw error;
    }
  }

  /**
   * @param {string} id
   * @param {{ signal: AbortSignal }} options
   */
  async download(id, { signal }) {
    const media = this.#files.of(id);
    const url = await timely(this.#answer, "getContentTemporaryUrl", () => media.getContentTemporaryUrl());
    if (!url?.startsWith("https://")) throw new SealwireError("unavailable", "no address for the file");
    return this.#files.fetch(url, signal);
  }

  /** @param {(state: "online" | "offline" | "closed") => void} handler */
  onState(handler) {
    return this.#states.on(handler);
  }

  close() {
    clearTimeout(this.#timer);
    this.#conversation.off("messageAdded", this.#added);
    this.#conversation.off("messageUpdated", this.#updated);
    this.#client.off("connectionStateChanged", this.#connection);
    this.#states.set("closed");
    this.#feed.close();
  }

  get #connected() {
    return this.#client.connectionState === "connected";
  }

  #check() {
    if (this.state !== "online") throw new SealwireError("unavailable", "not connected to the platform");
  }

  #turned() {
    if (this.state === "closed") return;
    this.#failures = 0;
    this.#states.set(this.#connected ? "online" : "offline");
    // What came meanwhile is not told of by events alone.
    if (this.#connected) void this.#readOn();
  }

  /** @param {TwilioMessage} message */
  #came(message) {
    if (this.state === "closed") return;
    if (message.index < this.#next) return this.#compare(message);
    // Not before what is before it: what is missing may only be late.
    if (message.index > this.#next || this.#reading) return void this.#readOn();
    this.#take(message);
  }

  /** @param {TwilioMessage} message */
  #take(message) {
    const { index, body, attachedMedia } = message;
    const bytes = fromText(body);
    for (let gap = this.#next; gap < index && this.#gaps.size < MAX_GAPS; gap++) this.#gaps.add(gap);
    this.#next = index + 1;
    if (bytes) this.#feed.push(index + 1, bytes);
    for (const media of attachedMedia ?? []) this.#files.note(media.filename, media);
  }

  /** A message that was read already. @param {TwilioMessage} message */
  #compare({ index, body }) {
    if (index >= this.#next) return;
    const before = this.#feed.at(index + 1)?.bytes;
    const now = fromText(body);
    if (!before) {
      // What was no entry when it was read is none for whoever read on since; one that was not there came out of order.
      if (now && this.#gaps.has(index)) this.#feed.fail(new SealwireError("forked log", "a message came before others that were there"));
      return;
    }
    if (!now || !equalBytes(before, now)) this.#feed.fail(new SealwireError("forked log", "a message is another than before"));
  }

  /** Reads all that is there and was not read; never throws. */
  #readOn() {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    clearTimeout(this.#timer);
    this.#again = false;
    this.#reading = this.#readAll().finally(() => {
      this.#reading = null;
      if (this.#again) void this.#readOn();
    });
    return this.#reading;
  }

  async #readAll() {
    try {
      do {
        this.#again = false;
        let page = await timely(this.#answer, "getMessages", () => this.#conversation.getMessages(PAGE, this.#next, "forward"));
        for (;;) {
          if (this.state === "closed") return;
          for (const message of [...page.items].sort((a, b) => a.index - b.index)) {
            if (message.index >= this.#next) this.#take(message);
            else this.#compare(message);
          }
          if (!page.hasNextPage) break;
          const { nextPage } = page;
          page = await timely(this.#answer, "nextPage", () => nextPage.call(page));
        }
      } while (this.#again);
      this.#failures = 0;
      this.#feed.trouble(null);
      if (this.state === "online") this.#feed.mark(this.#next);
    } catch (error) {
      this.#again = false;
      if (this.state === "online") this.#failed(error);
    }
  }

  /** It is tried again: whoever is not let in any more may be later. Until then it is not to look as if nothing came. @param {unknown} error */
  #failed(error) {
    const pause = Math.min(this.#pause * 2 ** this.#failures, MAX_PAUSE);
    this.#timer = setTimeout(() => void this.#readOn(), pause);
    if (++this.#failures >= FAILURES) this.#feed.trouble(asError(error));
  }
}
