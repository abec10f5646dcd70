// @ts-check
/**
 * One foreign conversation, followed: its entries in order, the key packages and
 * manifests that lie in it, whether it is there now. It begins at the first entry
 * each time an identity is opened, since what an entry comes to hangs on all
 * before it.
 *
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./transports/transport.js").Records} Records
 * @typedef {import("./foreignlog.js").Read} Read
 *
 * @typedef {object} LinkHost
 * @property {import("./foreignlog.js").Inspect} inspect
 * @property {import("./foreignchecked.js").CheckedHost["verify"]} verify
 * @property {(manifest: Uint8Array) => Promise<Uint8Array>} manifestHash
 * @property {(link: Link, read: Read) => void} onRead
 * @property {(link: Link) => void} onTurned   it is live now, or is not any more
 * @property {(link: Link) => void} onPackages  others could be taken
 * @property {(link: Link) => void} onForked   what it showed before is another now
 * @property {(error: Error) => void} onFailure
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";
import { CheckedPackages } from "./foreignchecked.js";
import { Frames, entryFrame, recordFrame, split } from "./foreignframes.js";
import { ForeignLog } from "./foreignlog.js";
import { NamedManifests } from "./foreignnamed.js";
import { hashOf, newcomersOf } from "./foreignpackages.js";
import { Mutex } from "./mutex.js";
import { asError } from "./thrown.js";

/** How long the log may take to show what was appended to it (ms). */
const READ_BACK = 30_000;
/** Before following is tried again (ms); doubles. */
const PAUSE = 500;
const MAX_PAUSE = 30_000;
const PREFIXES = ["manifest/", "key package/"];

export class Link {
  transport;
  log;
  packages;
  manifests;
  #host;
  #frames = new Frames();
  /** Records of the platform's own place for them that were looked at. @type {WeakSet<Uint8Array>} */
  #looked = new WeakSet();
  /** @type {Promise<void> | null} */
  #looking = null;
  #unlooked = false;
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
    this.packages = new CheckedPackages({ verify: host.verify, onChange: () => this.#stopped || host.onPackages(this) });
    this.manifests = new NamedManifests(host.manifestHash);
  }

  /**
   * Puts a record there, for all who come.
   * @param {string} name
   * @param {Uint8Array} value
   */
  async put(name, value) {
    const { records } = this.transport;
    if (records) await records.put(name, value);
    else await this.#send(recordFrame(name, value));
  }

  /** Resolves when all records that came were looked at. Those in the log are when the log was read. */
  async looked() {
    while (this.#looking) await this.#looking;
  }

  start() {
    const { transport } = this;
    this.#unfollow = [
      transport.onState(() => {
        if (transport.state !== "online") this.#turn(false);
      }),
    ];
    const { records } = transport;
    if (!records) return void this.#follow();
    this.#unfollow.push(records.onChange(() => this.#look(records)));
    this.#look(records);
    void this.#follow();
  }

  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const stop of this.#unfollow) stop();
    void this.#iterator?.return?.();
    this.live = false;
    this.packages.stop();
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
        if (value.bytes) continue;
        this.#failures = 0;
        this.#turn(this.transport.state === "online");
      }
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof SealwireError && error.code === "forked log") {
        this.forked = true;
        return this.#host.onForked(this);
      }
      this.#turn(false);
      this.#host.onFailure(asError(error));
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
    // Records of a platform that has a place for them are not looked for in the log.
    if (frame?.kind === "record" && !this.transport.records) await this.#note(frame);
    if (read?.commit) {
      this.manifests.name(read.manifest);
      this.packages.use(await Promise.all(newcomersOf(read.entry).map(hashOf)));
    }
    if (this.#stopped || !read) return;
    this.places.set(at, { conversation: read.conversation, sequence: read.sequence });
    this.#host.onRead(this, read);
  }

  /** @param {{ name: string, value: Uint8Array }} record */
  async #note({ name, value }) {
    await this.manifests.note(name, value);
    await this.packages.note(name, value);
  }

  /** What lies in the platform's own place for records, each looked at once. @param {Records} records */
  #look(records) {
    this.#unlooked = true;
    this.#looking ??= this.#lookAll(records)
      .catch((error) => this.#host.onFailure(asError(error)))
      .finally(() => (this.#looking = null));
  }

  /** @param {Records} records */
  async #lookAll(records) {
    while (this.#unlooked && !this.#stopped) {
      this.#unlooked = false;
      // Of each the oldest first: what came is judged in its order.
      for (const record of PREFIXES.flatMap((prefix) => records.list(prefix).reverse())) {
        if (this.#stopped) return;
        if (this.#looked.has(record.value)) continue;
        this.#looked.add(record.value);
        await this.#note(record);
      }
    }
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
