// @ts-check
/**
 * Stream Chat as a transport: one of its channels, as its client library has it
 * for the user who is connected. Nothing of that library is imported.
 *
 *   const transport = stream({ channel });
 *
 * The order is that of the server's time, which is not final when a message is
 * first seen (streamsettling.js): a message takes some seconds longer to arrive.
 *
 * The text of a message says what it is (text.js). What a channel takes at once
 * is little (5,000 characters, unless it is configured otherwise), so commits go
 * in several messages. A file is an attachment of opaque name and type. Messages
 * must not be deleted or edited, and translation, enrichment and commands have
 * to leave them alone.
 *
 * @typedef {import("./transport.js").Transport} Transport
 *
 * @typedef {{ id: string, text: string, attachments?: { type: string, title: string, asset_url: string, mime_type: string }[] }} StreamOutgoing
 * @typedef {{ message?: { id?: string, text?: string } }} StreamEvent
 * @typedef {{ unsubscribe: () => void }} StreamSubscription
 *
 * @typedef {object} StreamClient
 * @property {string} [userID]
 * @property {{ isHealthy?: boolean } | null} [wsConnection]
 * @property {(event: "connection.changed", handler: (event: { online?: boolean }) => void) => StreamSubscription} on
 *
 * @typedef {object} StreamChannel
 * @property {string} [cid]
 * @property {() => StreamClient} getClient
 * @property {() => { max_message_length?: number } | undefined} getConfig
 * @property {(message: StreamOutgoing, options: { skip_push: boolean, skip_enrich_url: boolean }) => Promise<unknown>} sendMessage
 * @property {import("./streammessages.js").StreamQuery} query
 * @property {(file: File, name: string, type: string) => Promise<{ file: string }>} sendFile
 * @property {(event: "message.new" | "message.updated" | "message.deleted", handler: (event: StreamEvent) => void) => StreamSubscription} on
 *
 * @typedef {object} StreamOptions
 * @property {StreamChannel} channel  watched
 * @property {number} [settle]   milliseconds between the two readings; default 3,000
 * @property {(url: URL) => boolean} [mayFetch]  whether a file may be fetched from there, for any user of the channel can
 *   name an address; default: Stream's own hosts
 * @property {typeof globalThis.fetch} [fetch]   for files; default the global one
 * @property {{ answer?: number }} [times]       for tests; milliseconds
 */
import { SealwireError } from "../../errors.js";
import { Feed, States } from "./feed.js";
import { Files, OCTETS, UPLOAD } from "./files.js";
import { Readings } from "./readings.js";
import { readFrom } from "./streammessages.js";
import { Settling } from "./streamsettling.js";
import { roomIn, toText } from "./text.js";
import { timely } from "./timely.js";

/** Characters of a text where the channel does not say. */
const MAX_TEXT = 5_000;
const MAX_FILE = 100_000_000;
const SETTLE = 3_000;
const ANSWER = 20_000;
const PREFIX = "sealwire-";
/** Messages that one append may take, where the platform stores other ones. */
const TIMES = 3;
const QUIET = { skip_push: true, skip_enrich_url: true };

/**
 * @param {StreamOptions} options
 * @returns {Transport}
 */
export function stream(options) {
  return new Stream(options);
}

/** @implements {Transport} */
class Stream {
  #channel;
  #client;
  #mayFetch;
  #answer;
  #feed = new Feed();
  #states;
  /** By name, their addresses. @type {Files<string>} */
  #files;
  #settling;
  #readings;
  /** @type {StreamSubscription[]} */
  #subscriptions;
  maxBody;
  maxFile = MAX_FILE;

  /** @param {StreamOptions} options */
  constructor({ channel, settle = SETTLE, mayFetch = streamsOwn, fetch, times = {} }) {
    this.#channel = channel;
    this.#client = channel.getClient();
    this.#mayFetch = mayFetch;
    this.#answer = times.answer ?? ANSWER;
    this.maxBody = roomIn(channel.getConfig()?.max_message_length ?? MAX_TEXT);
    const files = (this.#files = new Files(fetch));
    const settling = (this.#settling = new Settling(this.#feed, settle, ({ attachments }) => attachments.forEach(({ title, asset_url: url }) => url !== undefined && files.note(title, url))));
    const host = { read: () => this.#read(), online: () => this.state === "online", open: () => settling.open, trouble: (/** @type {Error | null} */ error) => this.#feed.trouble(error) };
    this.#readings = new Readings(host, settle / 2);
    this.#states = new States(this.#client.wsConnection?.isHealthy === false ? "offline" : "online");
    this.#subscriptions = [
      channel.on("message.new", () => this.#readings.hint()),
      channel.on("message.updated", ({ message }) => settling.edited(message) && this.#readings.hint()),
      channel.on("message.deleted", () => this.#readings.hint()),
      this.#client.on("connection.changed", ({ online }) => this.#turned(online === true)),
    ];
    if (this.state === "online") this.#readings.hint();
  }

  get id() {
    return this.#channel.cid;
  }

  get self() {
    return this.#client.userID ?? "";
  }

  get state() {
    return this.#states.now;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {{ id: string }} note
   */
  async append(bytes, { id }) {
    if (bytes.length > this.maxBody) throw new SealwireError("too large", `at most ${this.maxBody} bytes fit`);
    const text = toText(bytes);
    for (let times = 0; times < TIMES; times++) {
      const name = `${PREFIX}${id}${times === 0 ? "" : `-${times}`}`;
      await this.#send({ id: name, text });
      // Where it will stand is not known yet.
      if (this.#settling.shows(name) === text) return 0;
    }
    throw new SealwireError("unavailable", "the platform stores something else");
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
    // The library takes a File in browsers, and a Buffer elsewhere.
    const outside = typeof window === "undefined" && typeof Buffer !== "undefined";
    const body = outside ? /** @type {File} */ (/** @type {unknown} */ (Buffer.from(await file.arrayBuffer()))) : new File([file], id, { type: OCTETS });
    const { file: url } = await timely(UPLOAD, "sendFile", () => this.#channel.sendFile(body, id, OCTETS));
    signal.throwIfAborted();
    await this.#send({ id: PREFIX + id, text: "", attachments: [{ type: "file", title: id, asset_url: url, mime_type: OCTETS }] });
  }

  /**
   * @param {string} id
   * @param {{ signal: AbortSignal }} options
   */
  async download(id, { signal }) {
    const url = this.#files.of(id);
    if (!URL.canParse(url) || !this.#mayFetch(new URL(url))) throw new SealwireError("unavailable", "the file is at an address that is not the platform's");
    return this.#files.fetch(url, signal);
  }

  /** @param {(state: "online" | "offline" | "closed") => void} handler */
  onState(handler) {
    return this.#states.on(handler);
  }

  close() {
    this.#readings.stop();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#states.set("closed");
    this.#feed.close();
  }

  #check() {
    if (this.state !== "online") throw new SealwireError("unavailable", "not connected to the platform");
  }

  /**
   * Resolves once the platform shows it.
   * @param {StreamOutgoing} message
   */
  async #send(message) {
    this.#check();
    /** @type {unknown} */
    let failure;
    try {
      await timely(this.#answer, "sendMessage", () => this.#channel.sendMessage(message, QUIET));
    } catch (error) {
      // It may be there all the same: the server takes each id once.
      failure = error;
    }
    await timely(this.#answer, "query", () => this.#readings.next());
    if (this.#settling.shows(message.id) === undefined) throw failure ?? new SealwireError("unavailable", "the platform does not show what it stored");
  }

  /** @param {boolean} online */
  #turned(online) {
    if (this.state === "closed") return;
    this.#states.set(online ? "online" : "offline");
    this.#readings.restart();
    this.#settling.restart();
    if (online) this.#readings.hint();
  }

  async #read() {
    const list = await readFrom((options, set) => this.#channel.query(options, set), this.#answer, this.#settling.last);
    if (this.state === "online") this.#settling.read(list);
  }
}

/** @param {URL} url */
function streamsOwn({ protocol, hostname }) {
  return protocol === "https:" && /(^|\.)(stream-io-cdn\.com|getstream\.io)$/.test(hostname);
}
