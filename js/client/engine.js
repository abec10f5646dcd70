// @ts-check
/**
 * One conversation at work: it reads the log in order, repairs gaps, and sends
 * what the outbox holds, one entry at a time. The end service decides what is
 * true and what to append next; the relay only carries. Every failure stops the
 * work and leaves it to be resumed by the next reason to: another connection,
 * another entry, or a pause.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./status.js").Status} Status
 * @typedef {import("./conversations.js").ConversationSummary} ConversationSummary
 * @typedef {import("./conversations.js").Received} Received
 * @typedef {import("./outbox.js").OutboxItem} OutboxItem
 * @typedef {import("./remote.js").EndService} EndService
 * @typedef {import("./relay.js").RelayConnection} RelayConnection
 *
 * @typedef {object} EngineHost  what a conversation asks of its session
 * @property {EndService} end
 * @property {RelayConnection} relay
 * @property {import("./events.js").Events} events
 * @property {boolean} renews      this end renews its place in old epochs unasked (the company's side)
 * @property {(engine: Engine) => void} onQueued  a text waits and there is no conversation yet
 * @property {() => void} onRefused   the relay refused a genesis
 * @property {(error: unknown) => Promise<void>} onTrouble  a call of the end service failed
 * @property {(bytes: number) => boolean} mayQueue  whether so many unread bytes more may be held (negative: given back)
 */
import { SealwireError } from "../errors.js";
import { encodeTextContent, textOf } from "./content.js";
import { Conversation } from "./conversation.js";
import { fromHex, toHex } from "./bytes.js";
import { Retry } from "./retry.js";

/** How long an appended entry may take to come back in the log before the subscription is renewed (ms). */
const READ_BACK = 15_000;
/** Rounds of refused, or of commits without a message getting through, before a pause. */
const MAX_ROUNDS = 8;
/** An end that renews does so when its own last commit is older than this (ms). */
const RENEW_AGE = 4 * 3_600_000;

/** Refusals that reading on, and sealing again, answers. */
const STALE = ["stale epoch", "stale head", "not a member", "sent before you joined"];

export class Engine {
  #host;
  id;
  /** @type {Status | null} */
  #status = null;
  /** Id of the last entry read. @type {Uint8Array} */
  #last = new Uint8Array();
  #refreshed = 0;
  /** The relay says that this end is no member: it can neither read on nor send. */
  #barred = false;
  /** The relay's log contradicts what was read. */
  #split = false;
  /** @type {Message[]} */
  #log = [];
  /** Not in the log yet. @type {Message[]} */
  #waiting = [];
  /** @type {{ sequence: number, entry: Uint8Array }[]} */
  #unread = [];
  #reading = false;
  /** @type {Promise<void> | null} */
  #pumping = null;
  #again = false;
  /** Settles when the id that texts are kept under is certain again. @type {Promise<unknown>} */
  #certain = Promise.resolve();
  /** Subscribed on the connection of now. */
  #following = false;
  #ended = false;
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #retry = new Retry(() => this.resume());
  facade = new Conversation(this);

  /**
   * @param {EngineHost} host
   * @param {string} id  "" while there is no conversation
   */
  constructor(host, id) {
    this.#host = host;
    this.id = id;
  }

  get epoch() {
    return this.#status?.epoch ?? 0;
  }

  /** @returns {readonly Member[]} */
  get members() {
    return this.#status?.members ?? [];
  }

  get messages() {
    return [...this.#log, ...this.#waiting];
  }

  /** @returns {import("./types.js").ConversationState} */
  get state() {
    if (this.#split) return "forked";
    if (this.#barred) return "lost";
    switch (this.#status?.state) {
      case "active":
        return "secured";
      case "lost":
      case "not a member":
        return "lost";
      case "forked":
        return "forked";
      case "closed":
        return "closed";
      default:
        return "waiting";
    }
  }

  /** Something waits to be sent. */
  get pending() {
    return this.#waiting.some((m) => m.status !== "failed");
  }

  /** @param {ConversationSummary} summary */
  restore(summary) {
    this.#status = summary.status;
    this.#last = summary.last;
    this.#refreshed = summary.refreshed;
    for (const item of summary.history) this.#show(item);
  }

  /** @param {OutboxItem} item */
  restoreQueued(item) {
    this.#waiting.push(this.#queued(item));
    this.#settleFailed();
  }

  /**
   * The conversation of what waits without one is being made. What is written
   * meanwhile is kept only when that has ended, one way or the other.
   * @param {Promise<Status>} genesis
   */
  async begin(genesis) {
    const begun = genesis.then((status) => {
      this.id = status.id;
      this.#status = status;
    });
    this.#certain = begun.catch(() => {});
    await begun;
    this.#host.events.emit("conversation", { conversation: this.facade });
    this.resume();
  }

  /** The relay refused the genesis: back to waiting. */
  async #unbegin() {
    const undone = this.#host.end.ungenesis(this.id).then(() => {
      this.id = "";
      this.#status = null;
      this.#following = false;
    });
    this.#certain = undone.catch(() => {});
    await undone;
    for (const message of this.#waiting) this.#change(message.id, "queued");
    this.#host.events.emit("conversation", { conversation: this.facade });
  }

  /** @param {string} text */
  async send(text) {
    const content = encodeTextContent(text);
    if (this.#ended) throw new SealwireError("unavailable", "the client is closed, or open in another tab");
    if (this.state !== "waiting" && this.state !== "secured") throw new SealwireError(this.state === "forked" ? "forked log" : "not a member", `the conversation is ${this.state}`);
    await this.#host.events.ask("pre:send", { conversation: this.facade, text });
    const item = await this.#keep(content);
    const message = this.#queued(item);
    this.#waiting.push(message);
    this.#tell(message);
    this.#settleFailed();
    if (this.id === "") this.#host.onQueued(this);
    else void this.#pump();
    return message;
  }

  /** @param {Uint8Array} content */
  async #keep(content) {
    try {
      await this.#certain;
      return await this.#host.end.queue(this.id, content);
    } catch (error) {
      // Perhaps another tab writes now: the session finds out.
      await this.#host.onTrouble(error);
      throw error;
    }
  }

  /** The connection is online, anew or still: go on with whatever there is. */
  resume() {
    if (this.#ended || this.id === "") return;
    // A new connection may be to a relay that knows better.
    if (this.#barred && !this.#following) this.#setBarred(false);
    void this.#pump();
  }

  /** The connection ended. */
  disconnected() {
    this.#following = false;
    this.#drop();
    this.#wake();
    this.#retry.stop();
  }

  /** For good. */
  stop() {
    this.#ended = true;
    this.disconnected();
  }

  /**
   * @param {number} sequence
   * @param {Uint8Array} entry
   */
  receive(sequence, entry) {
    if (this.#ended || !this.#following) return;
    if (!this.#host.mayQueue(entry.length)) return;
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
      if (this.pending) void this.#pump();
    } catch (error) {
      await this.#trouble(error);
    } finally {
      this.#reading = false;
    }
  }

  /**
   * @param {number} sequence
   * @param {Uint8Array} entry
   */
  async #readOne(sequence, entry) {
    const index = this.#status?.index ?? 0;
    if (sequence <= index) return this.#compare(sequence, index, entry);
    // What follows a gap is of no use before it: subscribing again fills it.
    if (sequence > index + 1) throw new SealwireError("unavailable", "the relay left entries out");
    let received = await this.#host.end.receive(this.id, sequence, entry);
    if ("need" in received) {
      await this.#host.end.manifest(await this.#host.relay.manifest(received.need), false);
      received = await this.#host.end.receive(this.id, sequence, entry);
      if ("need" in received) throw new SealwireError("unavailable", "the manifest that a commit names is missing");
    }
    this.#apply(received);
  }

  /**
   * The relay shows an entry again; it must be the same one.
   * @param {number} sequence
   * @param {number} index
   * @param {Uint8Array} entry
   */
  async #compare(sequence, index, entry) {
    if (sequence !== index || this.#last.length === 0) return;
    if (toHex(await this.#host.end.entryId(entry)) !== toHex(this.#last)) this.#forked();
  }

  /** @param {Received} received */
  #apply({ status, last, refreshed, event, item, done }) {
    const state = this.state;
    const before = this.members;
    this.#status = status;
    this.#last = last;
    this.#refreshed = refreshed;
    this.#retry.reset();
    if (done) this.#waiting = this.#waiting.filter((m) => m.id !== done);
    if (item) {
      const message = this.#show(item);
      if (message) this.#tell(message);
    }
    if (event.type === "commit") this.#roster(before, event);
    this.#settleFailed();
    if (this.state !== state) this.#host.events.emit("conversation", { conversation: this.facade });
    this.#wake();
  }

  /**
   * @param {readonly Member[]} before
   * @param {import("./status.js").CommitEvent} event
   */
  #roster(before, event) {
    const added = this.members.filter((m) => event.added.includes(m.id) || !before.some((b) => b.id === m.id));
    const removed = before.filter((m) => event.removed.includes(m.id));
    if (added.length === 0 && removed.length === 0) return;
    this.#host.events.emit("members", { conversation: this.facade, added, removed });
    // What was sealed for others but is not in the log is sealed again for those of now: the writer is told.
    if (before.length > 0 && this.#waiting.some((m) => m.status === "sending")) {
      this.#host.events.emit("notice", { code: "members changed", text: "Who can read this conversation has changed before your last message was sent. It goes to the people shown now.", conversation: this.facade });
    }
  }

  /** Sends what there is to send; one at a time, however often it is asked. */
  #pump() {
    if (this.#pumping) {
      this.#again = true;
      return this.#pumping;
    }
    this.#pumping = this.#send()
      .catch((error) => this.#trouble(error))
      .finally(() => {
        this.#pumping = null;
        if (this.#again && this.#host.relay.state === "online") {
          this.#again = false;
          void this.#pump();
        }
      });
    return this.#pumping;
  }

  async #send() {
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      this.#again = false;
      if (!this.#able()) return;
      if (!this.#begun) await this.#follow();
      if (!this.#able()) return;
      const step = await this.#host.end.next(this.id, this.#renew());
      if (step.kind === "none") return;
      if (step.kind === "settled") {
        this.#waiting = this.#waiting.filter((m) => m.id !== step.message);
        rounds = 0;
        continue;
      }
      if (step.kind === "message") this.#change(step.message, "sending");
      if (!(await this.#append(step.entry))) continue;
      this.#retry.reset();
      if (step.kind === "message") rounds = -1;
    }
    throw new SealwireError("unavailable", "the relay accepts nothing");
  }

  /**
   * True once the entry was read back.
   * @param {Uint8Array} entry
   */
  async #append(entry) {
    /** @type {number} */
    let sequence;
    try {
      sequence = await this.#host.relay.append(fromHex(this.id), entry);
    } catch (error) {
      if (this.#begun && refused(error)) {
        await this.#unbegin();
        this.#host.onRefused();
        throw error;
      }
      if (!(error instanceof SealwireError) || !STALE.includes(error.code)) throw error;
      this.#following = false;
      await this.#follow();
      return false;
    }
    if (this.#begun) await this.#follow();
    await this.#readTo(sequence);
    return true;
  }

  /** Subscribes, if that is not done, and reads up to the head. */
  async #follow() {
    if (this.#following) return;
    const index = this.#status?.index ?? 0;
    this.#following = true;
    /** @type {number} */
    let head;
    try {
      // The last entry is asked for again: another one in its place shows a log that was changed.
      head = await this.#host.relay.subscribe(fromHex(this.id), Math.max(0, index - 1));
    } catch (error) {
      this.#following = false;
      if (error instanceof SealwireError && error.code === "rolled back") return this.#forked();
      if (error instanceof SealwireError && error.code === "not a member") return this.#setBarred(true);
      throw error;
    }
    this.#setBarred(false);
    if (head < index) return this.#forked();
    await this.#readTo(head);
  }

  /**
   * Resolves when the log has been read up to there.
   * @param {number} sequence
   */
  async #readTo(sequence) {
    const deadline = Date.now() + READ_BACK;
    while ((this.#status?.index ?? 0) < sequence) {
      if (!this.#able() || !this.#following) throw new SealwireError("unavailable", "not connected");
      if (Date.now() >= deadline) {
        this.#following = false;
        throw new SealwireError("unavailable", "the relay does not show what it stored");
      }
      await new Promise((/** @type {(v: void) => void} */ resolve) => {
        const timer = setTimeout(done, deadline - Date.now() + 1);
        const watchers = this.#watchers;
        function done() {
          clearTimeout(timer);
          watchers.delete(done);
          resolve();
        }
        watchers.add(done);
      });
    }
  }

  /** @param {unknown} error */
  async #trouble(error) {
    if (this.#ended) return;
    this.#again = false;
    this.#drop();
    this.#following = false;
    this.#wake();
    if (this.#host.relay.state === "online") this.#retry.later();
    if (!(error instanceof SealwireError) || error.code !== "unavailable") this.#host.events.emit("error", { error: error instanceof Error ? error : new Error(String(error)) });
    await this.#host.onTrouble(error);
  }

  /** @param {boolean} barred */
  #setBarred(barred) {
    if (this.#barred === barred) return;
    this.#barred = barred;
    this.#settleFailed();
    this.#host.events.emit("conversation", { conversation: this.facade });
  }

  #forked() {
    if (this.#split) return;
    this.#split = true;
    this.#drop();
    this.#settleFailed();
    this.#host.events.emit("conversation", { conversation: this.facade });
    this.#wake();
  }

  /** An own genesis is made but not read back. */
  get #begun() {
    return this.#status?.state === "empty" && this.#own;
  }

  get #own() {
    return !this.#host.renews;
  }

  #able() {
    return !this.#ended && !this.#split && !this.#barred && this.id !== "" && this.#host.relay.state === "online";
  }

  #renew() {
    return this.#host.renews && Date.now() - this.#refreshed > RENEW_AGE;
  }

  #drop() {
    for (const { entry } of this.#unread) this.#host.mayQueue(-entry.length);
    this.#unread = [];
  }

  #wake() {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Where nothing more can be sent, what waits has failed; its text stays. */
  #settleFailed() {
    const open = this.state === "waiting" || this.state === "secured";
    for (const message of this.#waiting) {
      if (!open) this.#change(message.id, "failed");
      else if (message.status === "failed") this.#change(message.id, "queued");
    }
  }

  /**
   * @param {string} id
   * @param {import("./types.js").MessageStatus} status
   */
  #change(id, status) {
    const at = this.#waiting.findIndex((m) => m.id === id);
    const old = this.#waiting[at];
    if (!old || old.status === status) return;
    this.#waiting[at] = Object.freeze({ ...old, status });
    this.#tell(this.#waiting[at]);
  }

  /** @param {Message} message */
  #tell(message) {
    this.#host.events.emit("message", { conversation: this.facade, message });
  }

  /**
   * @param {OutboxItem} item
   * @returns {Message}
   */
  #queued({ id, time, content }) {
    const from = this.members.find((m) => m.self) ?? null;
    return Object.freeze({ id, from, self: true, text: textOf(content) ?? "", time, status: /** @type {const} */ ("queued") });
  }

  /**
   * Only a text becomes a message that is shown.
   * @param {import("./records.js").HistoryItem} item
   * @returns {Message | null}
   */
  #show(item) {
    const text = textOf(item.content);
    if (text === null) return null;
    const message = Object.freeze({
      id: toHex(item.id),
      from: item.from,
      self: item.own,
      text,
      time: item.time,
      status: item.own ? /** @type {const} */ ("sent") : /** @type {const} */ ("received"),
      ...(item.gap > 0 ? { gap: item.gap } : {}),
    });
    this.#log.push(message);
    return message;
  }
}

/**
 * The relay says that this genesis will never do, rather than not now.
 * @param {unknown} error
 */
function refused(error) {
  return error instanceof SealwireError && !["unavailable", "rate limited", "internal"].includes(error.code);
}
