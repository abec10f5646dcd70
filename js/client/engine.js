// @ts-check
/**
 * One conversation at work: what the page sees of it, and the sending of what
 * the outbox holds, one entry at a time. The end service decides what is true
 * and what to append next; the relay only carries. Every failure stops the work
 * and leaves it to be resumed by the next reason to: another connection,
 * another entry, or a pause.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./status.js").Status} Status
 * @typedef {import("./conversations.js").Received} Received
 * @typedef {import("./remote.js").EndService} EndService
 * @typedef {import("./relay.js").RelayConnection} RelayConnection
 *
 * @typedef {object} EngineHost  what a conversation asks of its session
 * @property {EndService} end
 * @property {RelayConnection} relay
 * @property {import("./relayfiles.js").RelayFiles} files
 * @property {import("./events.js").Events} events
 * @property {(status: Status) => boolean} [found]  of one that is only looked at: whether this end is in it; until then nothing is told
 * @property {boolean} renews      this end renews its place in old epochs unasked (the company's side)
 * @property {(engine: Engine) => void} onQueued  a text waits and there is no conversation yet
 * @property {() => void} onRefused   the relay refused a genesis
 * @property {(error: unknown) => Promise<void>} onTrouble  a call of the end service failed
 * @property {(bytes: number) => boolean} mayQueue  whether so many unread bytes more may be held (negative: given back)
 */
import { SealwireError } from "../errors.js";
import { Attachments } from "./attachments.js";
import { fromHex } from "./bytes.js";
import { encodeTextContent } from "./content.js";
import { Conversation } from "./conversation.js";
import { Reader } from "./reader.js";
import { Retry } from "./retry.js";
import { Timeline } from "./timeline.js";

/** Rounds of refused entries, or of commits without a message getting through, before a pause. */
const MAX_ROUNDS = 8;
/** An end that renews does so when its own last commit is older than this (ms). */
const RENEW_AGE = 4 * 3_600_000;
/** Refusals that reading on, and sealing again, answers. */
const STALE = ["stale epoch", "stale head", "not a member", "sent before you joined"];
/** Refusals of a genesis that say "not now" rather than "never". */
const LATER = ["unavailable", "rate limited", "internal"];

export class Engine {
  #host;
  #timeline;
  #reader;
  #attachments;
  #retry = new Retry(() => this.resume());
  id;
  #refreshed = 0;
  /** The relay says that this end is no member: it can neither read on nor send. */
  #barred = false;
  /** The relay's log contradicts what was read. */
  #split = false;
  #ended = false;
  /** @type {Promise<void> | null} */
  #pumping = null;
  #again = false;
  /** Settles when the id that texts are kept under is certain again. @type {Promise<unknown>} */
  #certain = Promise.resolve();
  /** As the last change left it. @type {{ members: readonly Member[], state: string }} */
  #before = { members: [], state: "waiting" };
  facade = new Conversation(this);

  /**
   * @param {EngineHost} host
   * @param {string} id  "" while there is no conversation
   */
  constructor(host, id) {
    this.#host = host;
    this.id = id;
    this.#timeline = new Timeline((message) => host.events.emit("message", { conversation: this.facade, message }));
    this.#reader = new Reader({
      end: host.end,
      relay: host.relay,
      mayQueue: host.mayQueue,
      onRead: (received) => this.#read(received),
      onDrained: () => void (this.pending && this.#pump()),
      onForked: () => this.#forked(),
      onBarred: (barred) => this.#bar(barred),
      onTrouble: (error) => void this.#trouble(error),
    });
    this.#reader.set(id, null);
    this.#attachments = new Attachments(
      {
        end: host.end,
        files: host.files,
        conversation: () => this.id,
        ready: () => this.#able() && !this.#barred && this.state === "secured",
        hold: (content, message) => this.#keep((conversation) => host.end.hold(conversation, content, message)),
        onReleased: () => this.resume(),
        onTrouble: (error) => void this.#trouble(error),
      },
      this.#timeline,
    );
  }

  get epoch() {
    return this.#reader.status?.epoch ?? 0;
  }

  /** @returns {readonly Member[]} */
  get members() {
    return this.#reader.status?.members ?? [];
  }

  get messages() {
    return this.#timeline.all;
  }

  /** @returns {import("./types.js").ConversationState} */
  get state() {
    if (this.#split) return "forked";
    if (this.#barred) return "lost";
    switch (this.#reader.status?.state) {
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
    return this.#timeline.pending;
  }

  /** @param {import("./conversations.js").ConversationSummary} summary */
  restore({ status, last, refreshed, history }) {
    this.#reader.set(this.id, status, last);
    this.#refreshed = refreshed;
    this.#before = { members: this.members, state: this.state };
    for (const item of history) this.#show(item, true);
  }

  /** @param {import("./outbox.js").OutboxItem} item */
  restoreQueued(item) {
    this.#timeline.wait(item, this.#self(), true);
    this.#settle();
  }

  /**
   * The conversation of what waits without one is being made. What is written
   * meanwhile is kept only when that has ended, one way or the other.
   * @param {Promise<Status>} genesis
   */
  async begin(genesis) {
    await this.#become(genesis.then((status) => ({ id: status.id, status })));
    this.resume();
  }

  /** @param {string} text */
  async send(text) {
    const content = encodeTextContent(text);
    this.#checkOpen();
    await this.#host.events.ask("pre:send", { conversation: this.facade, text });
    return this.#wait(await this.#keep((conversation) => this.#host.end.queue(conversation, content)));
  }

  /**
   * @param {Blob} blob
   * @param {import("./types.js").SendFileOptions} options
   */
  async sendFile(blob, options) {
    const fields = this.#attachments.describe(blob, options);
    this.#checkOpen();
    await this.#host.events.ask("pre:send", { conversation: this.facade, text: "", file: { ...fields } });
    const id = await this.#attachments.send(blob, fields, options, (item) => void this.#wait(item));
    return /** @type {import("./types.js").Message} */ (this.#timeline.find(id));
  }

  /**
   * @param {string} id
   * @param {import("./types.js").SaveFileOptions} options
   */
  async saveFile(id, options) {
    if (this.#ended) throw ended();
    return this.#attachments.save(id, options);
  }

  /** @param {string} id */
  async retry(id) {
    const message = this.#failed(id);
    this.#checkOpen();
    if (message.file) await this.#attachments.retry(id);
    this.#settle();
    this.#go();
  }

  /** @param {string} id */
  async discard(id) {
    const message = this.#timeline.find(id);
    if (message?.file?.state !== "uploading" || message.status !== "queued" || message.file.progress === 1) this.#failed(id);
    if (this.#ended) throw ended();
    this.#attachments.forget(id);
    await this.#host.end.discard(id);
    this.#timeline.done(id);
    this.#host.events.emit("conversation", { conversation: this.facade });
  }

  /** Reads up to the head; throws where `resume` would try again. */
  look() {
    return this.#reader.follow();
  }

  /** There may be something to do: a connection, or a pause that is over. */
  resume() {
    if (this.#ended) return;
    this.#attachments.resume();
    if (this.id !== "") void this.#pump();
  }

  /** The connection ended. */
  disconnected() {
    this.#reader.stop();
    this.#retry.stop();
  }

  /** For good. */
  stop() {
    this.#ended = true;
    this.#attachments.stop();
    this.disconnected();
  }

  /**
   * @param {number} sequence
   * @param {Uint8Array} entry
   */
  receive(sequence, entry) {
    if (!this.#ended) this.#reader.receive(sequence, entry);
  }

  /** @param {Received} received */
  #read({ status, refreshed, event, item, done }) {
    if (this.#host.found && !this.#host.found(status)) return;
    const before = this.#before;
    this.#before = { members: status.members, state: this.state };
    this.#refreshed = refreshed;
    this.#retry.reset();
    if (done) this.#timeline.done(done);
    if (item) this.#show(item);
    if (event.type === "commit") this.#roster(before.members, event);
    this.#settle();
    if (this.state === before.state) return;
    this.#changed();
    this.#attachments.resume();
  }

  /**
   * @param {import("./records.js").HistoryItem} item
   * @param {boolean} [restored]
   */
  #show(item, restored) {
    const message = this.#timeline.read(item, restored);
    if (message?.file) this.#attachments.draw(message.id);
  }

  /** @param {import("./outbox.js").OutboxItem} item */
  #wait(item) {
    const message = this.#timeline.wait(item, this.#self());
    this.#settle();
    this.#go();
    return message;
  }

  /** Something waits to be sent. */
  #go() {
    if (this.id === "") this.#host.onQueued(this);
    else void this.#pump();
  }

  /** @param {string} id */
  #failed(id) {
    const message = this.#timeline.find(id);
    if (message?.status !== "failed") throw new SealwireError("bad argument", "no message that failed");
    return message;
  }

  #checkOpen() {
    if (this.#ended) throw ended();
    if (!this.#open()) throw new SealwireError(this.state === "forked" ? "forked log" : "not a member", `the conversation is ${this.state}`);
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
    if (before.length > 0 && this.#timeline.sending) {
      this.#host.events.emit("notice", {
        code: "members changed",
        text: "Who can read this conversation changed before your last message was sent. It goes to the people shown now.",
        conversation: this.facade,
      });
    }
  }

  /** Sends what there is to send; one at a time, however often it is asked. */
  async #pump() {
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = this.#send().catch((error) => this.#trouble(error));
    await this.#pumping;
    this.#pumping = null;
    if (this.#again) void this.#pump();
  }

  async #send() {
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      this.#again = false;
      if (!this.#able()) return;
      if (!this.#begun) await this.#reader.follow();
      if (!this.#able() || this.#barred) return;
      const step = await this.#host.end.next(this.id, this.#renew());
      if (step.kind === "none") return;
      if (step.kind === "settled") {
        this.#timeline.done(step.message);
        continue;
      }
      if (step.kind === "message") this.#timeline.change(step.message, "sending");
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
      const code = error instanceof SealwireError ? error.code : "internal";
      if (this.#begun) {
        if (!LATER.includes(code)) await this.#unbegin();
        throw error;
      }
      if (!STALE.includes(code)) throw error;
      await this.#reader.refollow();
      return false;
    }
    await this.#reader.follow();
    await this.#reader.readTo(sequence);
    return true;
  }

  /** The relay refused the genesis for good: what was written waits for another one. */
  async #unbegin() {
    await this.#become(this.#host.end.ungenesis(this.id).then(() => ({ id: "", status: null })));
    this.#timeline.requeue();
    this.#host.onRefused();
  }

  /** @param {Promise<{ id: string, status: Status | null }>} change */
  async #become(change) {
    const became = change.then(({ id, status }) => {
      this.id = id;
      this.#reader.set(id, status);
    });
    this.#certain = became.catch(() => {});
    await became;
    this.#changed();
  }

  /**
   * @template T
   * @param {(conversation: string) => Promise<T>} keep
   */
  async #keep(keep) {
    try {
      await this.#certain;
      return await keep(this.id);
    } catch (error) {
      // Perhaps another tab writes now: the session finds out.
      await this.#host.onTrouble(error);
      throw error;
    }
  }

  /** @param {unknown} error */
  async #trouble(error) {
    if (this.#ended || this.#hidden) return;
    this.#again = false;
    this.#reader.stop();
    if (this.#host.relay.state === "online") this.#retry.later();
    if (!(error instanceof SealwireError) || error.code !== "unavailable") {
      this.#host.events.emit("error", { error: error instanceof Error ? error : new Error(String(error)) });
    }
    await this.#host.onTrouble(error);
  }

  /** @param {boolean} barred */
  #bar(barred) {
    if (this.#barred === barred) return;
    this.#barred = barred;
    if (this.#hidden) return;
    this.#settle();
    this.#changed();
  }

  #forked() {
    if (this.#split) return;
    this.#split = true;
    if (this.#hidden) return;
    this.#settle();
    this.#changed();
  }

  #changed() {
    this.#before = { members: this.members, state: this.state };
    this.#host.events.emit("conversation", { conversation: this.facade });
  }

  #settle() {
    this.#timeline.settle(this.#open());
    if (!this.#open()) this.#attachments.halt();
  }

  #open() {
    return this.state === "waiting" || this.state === "secured";
  }

  /** An own genesis is made but not read back: only customers begin conversations, and are not told of others'. */
  get #begun() {
    return this.#reader.status?.state === "empty" && !this.#host.renews;
  }

  /** It is only looked at, and this end was not found in it yet. */
  get #hidden() {
    const { status } = this.#reader;
    return this.#host.found !== undefined && !(status && this.#host.found(status));
  }

  #able() {
    return !this.#ended && !this.#split && this.id !== "" && this.#host.relay.state === "online";
  }

  #renew() {
    return this.#host.renews && Date.now() - this.#refreshed > RENEW_AGE;
  }

  #self() {
    return this.members.find((m) => m.self) ?? null;
  }
}

function ended() {
  return new SealwireError("unavailable", "the client is closed, or open in another tab");
}
