// @ts-check
/**
 * Stream Chat as a transport: one of its channels, as its client library has it
 * for the user who is connected. Nothing of that library is imported.
 *
 *   const transport = stream({ channel });
 *
 * The order is that of the server's time, then of the message's id. It is not
 * final when a message is first seen, for another may still come to stand before
 * it: so an entry is held back until two readings, some seconds apart, give it
 * the same place. Whatever changes after that is a forked log. A message takes
 * that much longer to arrive.
 *
 * The text of a message says what it is (text.js). What a channel takes at once
 * is little (5,000 characters, unless it is configured otherwise), so commits go
 * in several messages. A file is an attachment of opaque name and type. Messages
 * must not be deleted or edited, and translation, enrichment and commands have
 * to leave them alone.
 *
 * @typedef {import("./transport.js").Transport} Transport
 *
 * @typedef {object} StreamAttachment
 * @property {string} [title]
 * @property {string} [asset_url]
 *
 * @typedef {object} StreamMessage
 * @property {string} id
 * @property {string} [text]
 * @property {string | Date} [created_at]
 * @property {readonly StreamAttachment[]} [attachments]
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
 * @property {() => StreamClient} getClient
 * @property {() => { max_message_length?: number } | undefined} getConfig
 * @property {(message: StreamOutgoing, options: { skip_push: boolean, skip_enrich_url: boolean }) => Promise<unknown>} sendMessage
 * @property {(options: { messages: { limit: number, created_at_after_or_equal: string } }, set: "new") => Promise<{ messages: readonly StreamMessage[] }>} query
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
 *
 * @typedef {object} Seen
 * @property {string} id
 * @property {string} at      sorts as the time does
 * @property {string} text
 * @property {readonly StreamAttachment[]} attachments
 * @property {number} since   ms, this device's: when it was first seen in this place
 */
import { SealwireError } from "../../errors.js";
import { equalBytes } from "../bytes.js";
import { Feed, States } from "./feed.js";
import { FILE_NAME, OCTETS, fromText, roomIn, toText } from "./text.js";
import { fetched, timely } from "./timely.js";

/** Characters of a text where the channel does not say. */
const MAX_TEXT = 5_000;
const MAX_FILE = 100_000_000;
const SETTLE = 3_000;
const PAGE = 100;
const ANSWER = 20_000;
/** So far behind what is settled is read again, to see what changed there (ms). */
const OVERLAP = 60_000;
const BEGINNING = "1970-01-01T00:00:00Z";
const PREFIX = "sealwire-";
/** Readings that fail one after another before it is told why. */
const FAILURES = 4;
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
  #settle;
  #mayFetch;
  #fetch;
  #answer;
  #feed = new Feed();
  #states;
  /** Id → place, of what is settled. @type {Map<string, number>} */
  #places = new Map();
  /** The last of it. @type {Seen | null} */
  #last = null;
  /** What is not settled yet, in the order of the last reading. @type {Seen[]} */
  #pending = [];
  /** When all that was there is settled: the last of it; unknown until it is read. @type {Seen | null | undefined} */
  #due = undefined;
  #marked = false;
  /** Files by name. @type {Map<string, string>} */
  #files = new Map();
  /** @type {Promise<void> | null} */
  #reading = null;
  #wanted = false;
  #failures = 0;
  /** Who waits for the next reading. @type {(() => void)[]} */
  #readers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {StreamSubscription[]} */
  #subscriptions;
  maxBody;
  maxFile = MAX_FILE;

  /** @param {StreamOptions} options */
  constructor({ channel, settle = SETTLE, mayFetch = streamsOwn, fetch, times = {} }) {
    this.#channel = channel;
    this.#client = channel.getClient();
    this.#settle = settle;
    this.#mayFetch = mayFetch;
    this.#fetch = fetch ?? ((/** @type {RequestInfo | URL} */ input, /** @type {RequestInit | undefined} */ init) => globalThis.fetch(input, init));
    this.#answer = times.answer ?? ANSWER;
    this.maxBody = roomIn(channel.getConfig()?.max_message_length ?? MAX_TEXT);
    this.#states = new States(this.#client.wsConnection?.isHealthy === false ? "offline" : "online");
    this.#subscriptions = [
      channel.on("message.new", () => this.#hint()),
      channel.on("message.updated", ({ message }) => this.#changed(message)),
      channel.on("message.deleted", () => this.#hint()),
      this.#client.on("connection.changed", ({ online }) => this.#turned(online === true)),
    ];
    if (this.state === "online") this.#hint();
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
      if (this.#shows(name) === text) return 0;
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
    const { file: url } = await timely(2 ** 31 - 1, "sendFile", () => this.#channel.sendFile(body, id, OCTETS));
    signal.throwIfAborted();
    await this.#send({ id: PREFIX + id, text: "", attachments: [{ type: "file", title: id, asset_url: url, mime_type: OCTETS }] });
  }

  /**
   * @param {string} id
   * @param {{ signal: AbortSignal }} options
   */
  async download(id, { signal }) {
    const url = this.#files.get(id);
    if (!url || !URL.canParse(url)) throw new SealwireError("unavailable", "no message has this file");
    if (!this.#mayFetch(new URL(url))) throw new SealwireError("unavailable", "the file is at an address that is not the platform's");
    return fetched(this.#fetch, url, signal);
  }

  /** @param {(state: "online" | "offline" | "closed") => void} handler */
  onState(handler) {
    return this.#states.on(handler);
  }

  close() {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#states.set("closed");
    this.#feed.close();
  }

  #check() {
    if (this.state !== "online") throw new SealwireError("unavailable", "not connected to the platform");
  }

  /**
   * The text of a message that was read; undefined: it was not.
   * @param {string} name
   */
  #shows(name) {
    const pending = this.#pending.find(({ id }) => id === name);
    if (pending) return pending.text;
    const place = this.#places.get(name);
    const bytes = place ? this.#feed.at(place)?.bytes : undefined;
    return bytes ? toText(bytes) : place && "";
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
    await timely(this.#answer, "query", () => this.#nextReading());
    if (this.#shows(message.id) === undefined) throw failure ?? new SealwireError("unavailable", "the platform does not show what it stored");
  }

  /** One that begins after now. @returns {Promise<void>} */
  #nextReading() {
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.#hint();
    });
  }

  /** @param {boolean} online */
  #turned(online) {
    if (this.state === "closed") return;
    this.#failures = 0;
    this.#states.set(online ? "online" : "offline");
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = undefined;
    this.#marked = false;
    if (online) this.#hint();
  }

  /** A message that was edited. @param {StreamEvent["message"]} message */
  #changed(message) {
    const place = this.#places.get(message?.id ?? "");
    const before = place ? this.#feed.at(place)?.bytes : undefined;
    const now = fromText(message?.text);
    if (before && !(now && equalBytes(before, now))) this.#fork("a message is another than before");
    else this.#hint();
  }

  /** @param {string} why */
  #fork(why) {
    this.#feed.fail(new SealwireError("forked log", why));
  }

  /** There may be something to read. */
  #hint() {
    if (this.#reading) this.#wanted = true;
    else if (this.#timer === undefined) this.#later(0);
  }

  /** @param {number} ms */
  #later(ms) {
    if (this.state !== "online") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#readNow(), ms);
  }

  /** Never throws. */
  async #readNow() {
    if (this.#reading) return this.#reading;
    clearTimeout(this.#timer);
    this.#wanted = false;
    const readers = this.#readers;
    this.#readers = [];
    this.#reading = this.#read().then(
      () => this.#succeeded(),
      (error) => this.#failed(error),
    );
    await this.#reading;
    this.#reading = null;
    for (const reader of readers) reader();
    this.#timer = undefined;
    // No more often than that: the platform counts readings.
    if (this.#wanted || this.#pending.length > 0) this.#later(this.#settle / 2);
  }

  #succeeded() {
    this.#failures = 0;
    this.#feed.trouble(null);
  }

  /** It is tried again; that it goes on failing is not to look as if nothing came. @param {unknown} error */
  #failed(error) {
    this.#wanted = true;
    if (this.state !== "online" || ++this.#failures < FAILURES) return;
    this.#feed.trouble(error instanceof Error ? error : new Error(String(error)));
  }

  async #read() {
    const list = await this.#tail();
    if (this.state !== "online") return;
    /** @type {Seen[]} */
    const open = [];
    for (const seen of list) {
      if (this.#last && order(seen, this.#last) <= 0) this.#look(seen);
      else if (this.#places.has(seen.id)) this.#moved(seen);
      else open.push(seen);
    }
    // From the first that has another place on all have.
    const same = open.findIndex((seen, at) => this.#pending[at]?.id !== seen.id || this.#pending[at]?.text !== seen.text);
    open.forEach((seen, at) => {
      const before = this.#pending[at];
      if (before && (same < 0 || at < same)) seen.since = before.since;
    });
    if (this.#due === undefined) this.#due = open.at(-1) ?? null;
    const now = Date.now();
    let settled = 0;
    for (const seen of open) {
      if (now - seen.since < this.#settle) break;
      this.#take(seen);
      settled++;
    }
    this.#pending = open.slice(settled);
    if (!this.#marked && (!this.#due || (this.#last && order(this.#due, this.#last) <= 0))) {
      this.#marked = true;
      this.#feed.mark(this.#places.size);
    }
  }

  /** What is settled was seen again. @param {Seen} seen */
  #look({ id, text }) {
    const place = this.#places.get(id);
    const bytes = fromText(text);
    if (!place) {
      if (bytes) this.#fork("a message came before others that were there");
      return;
    }
    const before = this.#feed.at(place)?.bytes;
    // What was deleted has no text: who has read it needs it no more.
    if (before && bytes && !equalBytes(before, bytes)) this.#fork("a message is another than before");
  }

  /** What is settled stands behind all that is: its time is another. @param {Seen} seen */
  #moved({ id, text }) {
    const before = this.#feed.at(Number(this.#places.get(id)));
    // What is nobody's of Sealwire has its one place, and needs no other.
    if (before || fromText(text)) this.#fork("a message stands at a later place than before");
  }

  /** @param {Seen} seen */
  #take(seen) {
    this.#last = seen;
    const place = this.#places.size + 1;
    this.#places.set(seen.id, place);
    const bytes = fromText(seen.text);
    if (bytes) this.#feed.push(place, bytes);
    for (const { title, asset_url: url } of seen.attachments) {
      if (title !== undefined && url !== undefined && FILE_NAME.test(title) && !this.#files.has(title)) this.#files.set(title, url);
    }
  }

  /** All from shortly before what is settled on, in order. @returns {Promise<Seen[]>} */
  async #tail() {
    /** @type {Map<string, Seen>} */
    const found = new Map();
    const now = Date.now();
    for (let from = this.#last ? before(this.#last.at) : BEGINNING; ; ) {
      const messages = { limit: PAGE, created_at_after_or_equal: from };
      const page = await timely(this.#answer, "query", () => this.#channel.query({ messages }, "new"));
      const known = found.size;
      for (const { id, text = "", created_at, attachments = [] } of page.messages) {
        if (created_at !== undefined) found.set(id, { id, text, at: sortable(created_at), attachments, since: now });
      }
      const list = [...found.values()].sort(order);
      const last = list.at(-1);
      if (page.messages.length < PAGE || !last) return list;
      if (found.size === known) throw new SealwireError("unavailable", "the platform shows the same again and again");
      from = `${last.at}Z`;
    }
  }
}

/** @param {Seen} a @param {Seen} b */
function order(a, b) {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/**
 * A time with nine digits behind the second, without its zone, which is always UTC.
 * @param {string | Date} time
 */
function sortable(time) {
  const text = typeof time === "string" ? time : time.toISOString();
  const [, second = "", fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  if (second === "") throw new SealwireError("unavailable", "the platform's time is of another form");
  return `${second}.${fraction.padEnd(9, "0")}`;
}

/** @param {string} at */
function before(at) {
  return new Date(Date.parse(`${at.slice(0, 23)}Z`) - OVERLAP).toISOString();
}

/** @param {URL} url */
function streamsOwn({ protocol, hostname }) {
  return protocol === "https:" && /(^|\.)(stream-io-cdn\.com|getstream\.io)$/.test(hostname);
}
