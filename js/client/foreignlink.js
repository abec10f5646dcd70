// @ts-check
/**
 * One foreign conversation, followed: its entries in order, its records, whether
 * it is there now. It begins at the first entry each time an identity is opened,
 * since what an entry comes to hangs on all before it.
 *
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./transports/transport.js").Records} Records
 * @typedef {import("./foreignlog.js").Read} Read
 *
 * @typedef {object} LinkHost
 * @property {import("./foreignlog.js").Inspect} inspect
 * @property {(link: Link, read: Read) => void} onRead
 * @property {(link: Link) => void} onTurned   it is live now, or is not any more
 * @property {(link: Link) => void} onRecords  there are others
 * @property {(link: Link) => void} onForked   what it showed before is another now
 * @property {(error: Error) => void} onFailure
 */
import { SealwireError } from "../errors.js";
import { equalBytes, toHex } from "./bytes.js";
import { Frames, entryFrame, recordFrame, split } from "./foreignframes.js";
import { ForeignLog } from "./foreignlog.js";
import { Mutex } from "./mutex.js";

/** How long the log may take to show what was appended to it (ms). */
const READ_BACK = 30_000;
/** Before following is tried again (ms); doubles. */
const PAUSE = 500;
const MAX_PAUSE = 30_000;
/** Records kept in the log that are remembered, the newest. */
const MAX_RECORDS = 1_024;

export class Link {
  transport;
  log;
  #host;
  #frames = new Frames();
  #records;
  /** All that was there was read, and the platform is there. */
  live = false;
  forked = false;
  /** Where what stands at a place of the transport stands in its conversation's log. @type {Map<number, { conversation: string, sequence: number }>} */
  places = new Map();
  #stopped = false;
  /** @type {AsyncIterator<import("./transports/transport.js").TransportEntry> | null} */
  #iterator = null;
  /** @type {(() => void)[]} */
  #unfollow = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  /** Entries that were stored and did not show yet, with how often. @type {Map<string, number>} */
  #again = new Map();
  /** Sequence up to which the platform's conversation was read. */
  #read = 0;
  #appending = new Mutex();
  /** Who waits for something to be read. @type {Set<() => void>} */
  #watchers = new Set();

  /**
   * @param {Transport} transport
   * @param {LinkHost} host
   */
  constructor(transport, host) {
    this.transport = transport;
    this.#host = host;
    this.log = new ForeignLog(host.inspect);
    this.#records = transport.records ?? new LogRecords((frame) => this.#send(frame));
  }

  /** @returns {Records} */
  get records() {
    return this.#records;
  }

  /** More records were put there than are remembered. */
  get crowded() {
    return this.#records instanceof LogRecords && this.#records.crowded;
  }

  start() {
    const { transport } = this;
    this.#unfollow = [
      transport.onState(() => {
        if (transport.state !== "online") this.#turn(false);
      }),
      this.#records.onChange(() => this.#host.onRecords(this)),
    ];
    void this.#follow();
  }

  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const stop of this.#unfollow) stop();
    void this.#iterator?.return?.();
    this.live = false;
    this.#wake();
  }

  /**
   * Resolves with its place in the conversation's log once it is read back.
   * @param {string} conversation
   * @param {Uint8Array} entry
   * @param {string} id  of the entry, hex
   */
  async append(conversation, entry, id) {
    const place = () => this.log.place(conversation, id);
    if (this.forked) throw new SealwireError("forked log");
    if (place() > 0) return place();
    const times = this.#again.get(id) ?? 0;
    const stored = await this.#send(entryFrame(entry), times);
    // If it is not there then, the same bytes are to be stored once more.
    this.#again.set(id, times + 1);
    const deadline = Date.now() + READ_BACK;
    while (place() === 0) {
      if (this.#stopped || !this.live) throw new SealwireError("unavailable", "not connected");
      if (stored > 0 && this.#read >= stored) throw new SealwireError("unavailable", "the platform has something else in its place");
      const left = deadline - Date.now();
      if (left <= 0) throw new SealwireError("unavailable", "the platform does not show what it stored");
      await this.#wait(left);
    }
    this.#again.delete(id);
    return place();
  }

  /**
   * Resolves with the sequence of its last part.
   * @param {Uint8Array} frame
   * @param {number} [times]  that it was stored before, and did not show
   */
  #send(frame, times = 0) {
    // One after another: an end's entries keep their order.
    return this.#appending.run("", async () => {
      const name = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(frame)))).slice(0, 32);
      const parts = await split(frame, this.transport.maxBody);
      if (this.#stopped) throw new SealwireError("unavailable", "ended");
      // In whatever order they come to stand.
      const stored = await Promise.all(parts.map((part, at) => this.transport.append(part, { id: [name, at, times].join("-") })));
      return stored.includes(0) ? 0 : Math.max(...stored);
    });
  }

  async #follow() {
    // From the beginning: a part that was read and not put together would be missing else. What stands there stays.
    this.#frames = new Frames();
    try {
      const iterator = this.transport.entries(0)[Symbol.asyncIterator]();
      this.#iterator = iterator;
      for (;;) {
        const { done, value } = await iterator.next();
        if (this.#stopped) return;
        if (done) return this.#turn(false);
        if (value.bytes) await this.#take(value.bytes, value.sequence);
        this.#read = Math.max(this.#read, value.sequence);
        this.#wake();
        if (!value.bytes) this.#turn(this.transport.state === "online");
        this.#failures = 0;
      }
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof SealwireError && error.code === "forked log") {
        this.forked = true;
        return this.#host.onForked(this);
      }
      this.#turn(false);
      this.#host.onFailure(error instanceof Error ? error : new Error(String(error)));
      const pause = Math.min(MAX_PAUSE, PAUSE * 2 ** Math.min(this.#failures++, 10));
      this.#timer = setTimeout(() => void this.#follow(), pause / 2 + (Math.random() * pause) / 2);
    }
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} at  in the transport
   */
  async #take(bytes, at) {
    const frame = await this.#frames.read(bytes);
    const read = frame?.kind === "entry" ? await this.log.read(frame.entry) : null;
    if (this.#stopped) return;
    // Records of a platform that has a place for them are not looked for in the log.
    if (frame?.kind === "record" && this.#records instanceof LogRecords) this.#records.note(frame.name, frame.value);
    if (read) this.places.set(at, { conversation: read.conversation, sequence: read.sequence });
    if (read) this.#host.onRead(this, read);
  }

  /** @param {boolean} live */
  #turn(live) {
    const turned = this.live !== live;
    this.live = live;
    this.#wake();
    if (turned) this.#host.onTurned(this);
  }

  #wake() {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** @param {number} ms */
  #wait(ms) {
    return new Promise((/** @type {(v: void) => void} */ resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#watchers.add(done);
    });
  }
}

/** Records on a platform that has no other place for them: messages of the conversation, of a kind of their own. */
class LogRecords {
  #append;
  /** The newest first. @type {{ name: string, value: Uint8Array }[]} */
  #all = [];
  crowded = false;
  /** @type {Set<() => void>} */
  #handlers = new Set();

  /** @param {(frame: Uint8Array) => Promise<unknown>} append */
  constructor(append) {
    this.#append = append;
  }

  /**
   * @param {string} name
   * @param {Uint8Array} value
   */
  note(name, value) {
    if (this.get(name).some((known) => equalBytes(known, value))) return;
    this.#all.unshift({ name, value });
    if (this.#all.length > MAX_RECORDS) this.crowded = this.#all.pop() !== undefined;
    for (const handler of [...this.#handlers]) handler();
  }

  /**
   * @param {string} name
   * @param {Uint8Array} value
   */
  async put(name, value) {
    await this.#append(recordFrame(name, value));
  }

  /** @param {string} name */
  get(name) {
    return this.#all.flatMap((record) => (record.name === name ? [record.value] : []));
  }

  /** @param {string} prefix */
  list(prefix) {
    return this.#all.filter(({ name }) => name.startsWith(prefix));
  }

  /** @param {() => void} handler */
  onChange(handler) {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }
}
