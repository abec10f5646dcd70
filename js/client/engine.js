// @ts-check
/**
 * One conversation at work: when what it is made of (engineparts.js) reads and
 * sends, stops and goes on. The end service decides what is true and what to
 * append next; the relay only carries. Every failure stops the work and leaves it
 * to be resumed by the next reason to: another connection, another entry, or a
 * pause.
 *
 * @typedef {import("./status.js").Status} Status
 *
 * @typedef {object} EngineHost  what a conversation asks of its session
 * @property {import("./remote.js").EndService} end
 * @property {import("./carrier.js").Connection} connection
 * @property {import("./carrier.js").Files} files
 * @property {import("./events.js").Events} events
 * @property {() => void} [found]  of one that is only looked at: this end is in it; until then nothing is told
 * @property {boolean} company     this end is of the company's side: it renews its place in old epochs unasked
 * @property {(queue: string, member?: string) => Promise<Uint8Array>} take  a key package to add
 * @property {() => void} onTurned   something was read
 * @property {(engine: Engine) => void} onQueued  a text waits and there is no conversation yet
 * @property {() => void} onRefused   the relay refused a genesis
 * @property {(error: unknown) => Promise<void>} onTrouble  a call of the end service failed
 * @property {(bytes: number) => boolean} mayQueue  whether so many unread bytes more may be held (negative: given back)
 */
import { SealwireError } from "../errors.js";
import { fromHex } from "./bytes.js";
import { Duties, turnsOf } from "./duties.js";
import { partsOf } from "./engineparts.js";
import { Retry } from "./retry.js";
import { asError } from "./thrown.js";

/** An end that renews does so when its own last commit is older than this (ms). */
const RENEW_AGE = 4 * 3_600_000;

export class Engine {
  #host;
  #timeline;
  #reader;
  #standing;
  #place;
  #sender;
  #attachments;
  #moving;
  #retry = new Retry(() => this.resume());
  #duties = new Duties(() => this.#pump());
  #refreshed = 0;
  /** It is only looked at, and this end was not found in it yet. */
  #hidden;
  #ended = false;
  facade;

  /**
   * @param {EngineHost} host
   * @param {string} id  "" while there is no conversation
   */
  constructor(host, id) {
    this.#host = host;
    this.#hidden = host.found !== undefined;
    const parts = partsOf(host, id, {
      facade: () => this.facade,
      hidden: () => this.#hidden,
      ended: () => this.#ended,
      able: () => this.#able(),
      begun: () => this.#begun,
      renews: () => host.company && Date.now() - this.#refreshed > RENEW_AGE,
      duties: this.#duties,
      onRead: (received) => this.#read(received),
      onTrouble: (error) => this.#trouble(error),
      resume: () => this.resume(),
      pump: () => this.#pump(),
      go: () => this.#go(),
      unbegin: () => this.#unbegin(),
    });
    this.#timeline = parts.timeline;
    this.#standing = parts.standing;
    this.#reader = parts.reader;
    this.#place = parts.place;
    this.#attachments = parts.attachments;
    this.#sender = parts.sender;
    this.#moving = parts.moving;
    this.facade = parts.facade;
  }

  get id() {
    return this.#place.id;
  }

  get state() {
    return this.#standing.state;
  }

  /** What is written now can be sent, now or later. */
  get open() {
    return this.#standing.open;
  }

  /** Ids of those who are in it while it goes on; whoever begins another did not get what he wants from them. */
  get silent() {
    return this.open ? this.#standing.members.map(({ id }) => fromHex(id)) : [];
  }

  /** Entries read. */
  get index() {
    return this.#reader.index;
  }

  /** Its log is being followed on the connection of now. */
  get following() {
    return this.#reader.following;
  }

  /** Something waits to be sent. */
  get pending() {
    return this.#timeline.pending;
  }

  /** @param {import("./conversations.js").ConversationSummary} summary */
  restore({ status, last, refreshed, asks, history }) {
    this.#reader.set(this.id, status, last);
    this.#refreshed = refreshed;
    this.#standing.begin();
    this.#duties.set(turnsOf(asks, status.members));
    this.recall(history);
  }

  /**
   * What this device has kept of it.
   * @param {import("./conversations.js").ConversationSummary["history"]} history
   */
  recall(history) {
    for (const item of history) {
      if ("content" in item) this.#show(item, true);
      else this.#timeline.mark(item);
    }
  }

  /** @param {import("./outbox.js").OutboxItem} item */
  restoreQueued(item) {
    this.#timeline.wait(item, this.#standing.self, true);
    this.#standing.settle();
  }

  /**
   * What was written here goes along to the one that continues this.
   * @param {import("./outbox.js").OutboxItem} item
   */
  release({ id }) {
    this.#timeline.done(id);
    this.#standing.changed();
  }

  /**
   * What was written in the one that this continues.
   * @param {import("./outbox.js").OutboxItem} item
   */
  take(item) {
    this.#timeline.wait(item, this.#standing.self);
    this.#standing.settle();
    this.#go();
  }

  /**
   * The conversation of what waits without one is being made.
   * @param {Promise<Status>} genesis
   */
  async begin(genesis) {
    await this.#place.begin(genesis);
    this.resume();
  }

  /** Reads up to the head; throws where `resume` would try again. */
  look() {
    return this.#reader.follow();
  }

  /** The relay lists it: this end, which had left, may be in it again. */
  async readmit() {
    if (this.#ended || this.state !== "left") return;
    try {
      await this.#reader.refollow();
      this.resume();
    } catch (error) {
      await this.#trouble(error);
    }
  }

  /** What is told of it beside the log may be another. */
  tell() {
    if (!this.#ended && !this.#hidden) this.#standing.changed();
  }

  /** The own credential is another one now: it is to stand in the conversation before the old one ends. */
  renew() {
    this.#refreshed = 0;
    this.resume();
  }

  /** There may be something to do: a connection, or a pause that is over. */
  resume() {
    if (this.#ended) return;
    this.#attachments.resume();
    this.#duties.go();
    this.#pump();
  }

  /** The connection ended. */
  disconnected() {
    this.#duties.stop();
    this.#reader.stop();
    this.#retry.stop();
    this.#moving.read(null);
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

  /** @param {import("./reading.js").Received} received */
  #read({ status, refreshed, event, asks, member, held, before, commit, item, note, done }) {
    if (this.#hidden) {
      if (!member) return;
      this.#hidden = false;
      this.#host.found?.();
    }
    if (held) this.#standing.hold(held);
    this.#refreshed = refreshed;
    this.#retry.reset();
    this.#duties.set(turnsOf(asks, status.members));
    if (done) this.#timeline.done(done);
    for (const one of before ?? []) this.#timeline.mark(one);
    if (commit) this.#timeline.mark(commit);
    if (item) this.#show(item);
    if (note) this.#timeline.mark(note);
    if (this.#standing.read(event)) this.#attachments.resume();
    else if (note || (commit && status.state !== "rereading")) this.#standing.changed();
    this.#moving.read(event);
    this.#host.onTurned();
  }

  /**
   * @param {import("./records.js").MessageItem} item
   * @param {boolean} [restored]
   */
  #show(item, restored) {
    const message = this.#timeline.read(item, restored);
    if (message?.file) this.#attachments.draw(message.id);
  }

  /** Something waits to be sent. */
  #go() {
    if (this.id === "") this.#host.onQueued(this);
    else this.#pump();
  }

  #pump() {
    if (this.id !== "") void this.#sender.pump();
  }

  /** The relay refused the genesis for good. */
  async #unbegin() {
    await this.#place.unbegin();
    this.#timeline.requeue();
    this.#host.onRefused();
  }

  /** @param {unknown} error */
  async #trouble(error) {
    if (this.#ended || this.#hidden) return;
    this.#sender.hush();
    this.#reader.stop();
    if (this.#host.connection.state === "online") this.#retry.later();
    if (!(error instanceof SealwireError) || error.code !== "unavailable") {
      this.#host.events.emit("error", { error: asError(error) });
    }
    await this.#host.onTrouble(error);
    this.#moving.read(null);
  }

  /** An own genesis is made but not read back: only customers begin conversations, and are not told of others'. */
  get #begun() {
    return this.#reader.status?.state === "empty" && !this.#host.company;
  }

  #able() {
    return !this.#ended && !this.#standing.split && this.state !== "left" && this.id !== "" && this.#host.connection.state === "online";
  }
}
