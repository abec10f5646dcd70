// @ts-check
/**
 * Follows one conversation's log: subscribes, reads entry by entry in order,
 * and compares what the relay shows again with what was read. The end service
 * opens and judges; what the relay shows out of place is not read. At what is
 * no entry reading stops; it is asked for again, as after all other trouble.
 *
 * @typedef {import("./status.js").Status} Status
 * @typedef {import("./reading.js").Received} Received
 * @typedef {import("./remote.js").EndService} EndService
 *
 * @typedef {object} ReaderHost
 * @property {EndService} end
 * @property {import("./carrier.js").Connection} connection
 * @property {(bytes: number) => boolean} mayQueue  whether so many unread bytes more may be held (negative: given back)
 * @property {(received: Received) => void} onRead
 * @property {() => void} onDrained  all that had come has been read
 * @property {() => void} onForked   the relay's log is not the one that was read
 * @property {(barred: boolean) => void} onBarred  whether the relay says that this end is no member
 * @property {(garbled: boolean) => void} onGarbled  whether the relay showed what is no entry; false when all it has was read
 * @property {(error: unknown) => void} onTrouble  reading stopped; `follow` begins anew
 */
import { SealwireError } from "../errors.js";
import { fromHex, toHex } from "./bytes.js";

/** How long the log may take to show what is known to be in it (ms). */
const READ_BACK = 15_000;

export class Reader {
  #host;
  #id = "";
  /** @type {Status | null} */
  status = null;
  /** Id of the last entry read. @type {Uint8Array} */
  #last = new Uint8Array();
  /** @type {{ sequence: number, entry: Uint8Array }[]} */
  #unread = [];
  #reading = false;
  /** Subscribed on the connection of now. */
  #following = false;
  /** To be subscribed again from the beginning: what comes before that is of the old subscription. */
  #rewinding = false;
  /** @type {Set<() => void>} */
  #watchers = new Set();

  /** @param {ReaderHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** Subscribed, or about to be, on the connection of now. */
  get following() {
    return this.#following;
  }

  get index() {
    return this.status?.index ?? 0;
  }

  /**
   * From here on the log of this conversation, read so far.
   * @param {string} id
   * @param {Status | null} status
   * @param {Uint8Array} [last]
   */
  set(id, status, last = new Uint8Array()) {
    this.stop();
    this.#id = id;
    this.status = status;
    this.#last = last;
  }

  /** Forgets the subscription and what was not read; who waits for it hears at once. */
  stop() {
    this.#following = this.#rewinding = false;
    this.#forget();
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Subscribes, if that is not done, and reads up to the head. */
  async follow() {
    if (this.#following) return;
    this.#following = true;
    /** @type {number} */
    let head;
    try {
      // The last entry is asked for again: another one in its place shows a log that was changed.
      head = await this.#host.connection.subscribe(fromHex(this.#id), Math.max(0, this.index - 1));
    } catch (error) {
      this.#following = false;
      const code = error instanceof SealwireError ? error.code : undefined;
      if (code === "rolled back") return this.#forked();
      if (code === "not a member") return this.#host.onBarred(true);
      throw error;
    }
    this.#host.onBarred(false);
    if (head < this.index) return this.#forked();
    await this.readTo(head);
    this.#host.onGarbled(false);
  }

  /** What was followed is out of date: subscribe anew, and read up to the head. */
  async refollow() {
    this.#following = false;
    await this.follow();
  }

  /**
   * Resolves when the log has been read up to there.
   * @param {number} sequence
   */
  async readTo(sequence) {
    let deadline = Date.now() + READ_BACK;
    let at = this.index;
    while (this.index < sequence) {
      if (!this.#following) throw new SealwireError("unavailable", "not connected");
      if (this.index !== at) {
        at = this.index;
        deadline = Date.now() + READ_BACK;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new SealwireError("unavailable", "the relay does not show what it stored");
      await new Promise((/** @type {(v: void) => void} */ resolve) => {
        const watchers = this.#watchers;
        const timer = setTimeout(done, left);
        watchers.add(done);
        function done() {
          clearTimeout(timer);
          watchers.delete(done);
          resolve();
        }
      });
    }
  }

  /**
   * @param {number} sequence
   * @param {Uint8Array} entry
   */
  receive(sequence, entry) {
    if (!this.#following || this.#rewinding || !this.#host.mayQueue(entry.length)) return;
    this.#unread.push({ sequence, entry });
    if (!this.#reading) void this.#read();
  }

  async #read() {
    this.#reading = true;
    try {
      for (let next = this.#unread.shift(); next; next = this.#unread.shift()) {
        this.#host.mayQueue(-next.entry.length);
        await this.#readOne(next.sequence, next.entry);
      }
      if (!this.#rewinding) this.#host.onDrained();
    } catch (error) {
      this.stop();
      this.#host.onTrouble(error);
    } finally {
      this.#reading = false;
    }
    if (this.#rewinding) await this.#rewind();
  }

  /** Reads the log again from its beginning: this end was granted something of it. */
  async #rewind() {
    const { connection, onTrouble } = this.#host;
    const id = fromHex(this.#id);
    try {
      await connection.unsubscribe(id);
      if (!this.#rewinding) return; // disconnected meanwhile: whoever follows next begins there
      this.#rewinding = false;
      await this.readTo(await connection.subscribe(id, 0));
    } catch (error) {
      this.stop();
      onTrouble(error);
    }
  }

  #forget() {
    for (const { entry } of this.#unread) this.#host.mayQueue(-entry.length);
    this.#unread = [];
  }

  /**
   * @param {number} sequence
   * @param {Uint8Array} entry
   */
  async #readOne(sequence, entry) {
    if (sequence <= this.index) return this.#compare(sequence, entry);
    // What follows a gap is of no use before it: subscribing again fills it.
    if (sequence > this.index + 1) throw new SealwireError("unavailable", "the relay left entries out");
    const { end, connection } = this.#host;
    let received = await end.receive(this.#id, sequence, entry);
    if ("need" in received) {
      if (!received.need) {
        this.#host.onGarbled(true);
        throw new SealwireError("unavailable", `what the relay shows is no entry: ${received.code}`);
      }
      await end.manifest(await connection.manifest(received.need), false);
      if (!this.#following) throw new SealwireError("unavailable", "not connected");
      received = await end.receive(this.#id, sequence, entry);
      if ("need" in received) throw new SealwireError("unavailable", "the manifest that a commit names is missing");
    }
    this.status = received.status;
    this.#last = received.last;
    if (received.event.type === "commit" && received.event.rewound) {
      this.#rewinding = true;
      this.#forget();
    }
    this.#host.onRead(received);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /**
   * The relay shows an entry again; it must be the same one.
   * @param {number} sequence
   * @param {Uint8Array} entry
   */
  async #compare(sequence, entry) {
    if (sequence !== this.index || this.#last.length === 0) return;
    if (toHex(await this.#host.end.entryId(entry)) !== toHex(this.#last)) this.#forked();
  }

  #forked() {
    this.stop();
    this.#host.onForked();
  }
}
