// @ts-check
/**
 * The conversations of one identity: those that the app is shown, and how much
 * that was not read yet may wait in all of them together.
 *
 * @typedef {import("./engine.js").EngineHost} EngineHost
 *
 * @typedef {object} EnginesHost
 * @property {EngineHost["end"]} end
 * @property {import("./carrier.js").Carrier} carrier
 * @property {import("./events.js").Events} events
 * @property {boolean} company
 * @property {(id: string) => void} onTurned  something was read
 * @property {EngineHost["onQueued"]} onQueued
 * @property {EngineHost["onRefused"]} onRefused
 * @property {EngineHost["onTrouble"]} onTrouble
 */
import { fromHex } from "./bytes.js";
import { Engine } from "./engine.js";

/** Bytes of unread entries that may wait for the end service; past it the carrier is not followed any more. */
const MAX_UNREAD = 16 * 1024 * 1024;
const NOT_OPENED = "conversation not opened";
const TEXT =
  "What this device has kept of one or more conversations could not be opened. Where that is possible it asks by itself to be let into them again; until then they are not complete here, and what waited in them is not sent. Nothing of it was erased.";
/** This end has not been let in again yet. */
const ASKING = ["waiting", "rejoining"];

export class Engines {
  #host;
  #unread = 0;
  /** Those that are shown. @type {Engine[]} */
  shown = [];
  /** Saved ones that did not open, by id. @type {Map<string, import("../errors.js").Code>} */
  failed = new Map();
  /** Of those, the ones that can be read anew. @type {Set<string>} */
  #anew = new Set();
  /** Of those, what waits there. @type {import("./outbox.js").OutboxItem[]} */
  #unsent = [];
  /** They did not open, and are being read anew. @type {Set<string>} */
  #recovering = new Set();

  /** @param {EnginesHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** @param {import("./end.js").Opened} opened */
  restore({ conversations, outbox, failed }) {
    for (const { id, code, anew } of failed) {
      this.failed.set(id, code);
      if (anew) this.#anew.add(id);
    }
    for (const summary of conversations) this.add(summary.status.id).restore(summary);
    // What waits in one that did not open waits on, unseen.
    this.#unsent = outbox.filter((item) => this.failed.has(item.conversation));
    for (const item of outbox) if (!this.failed.has(item.conversation)) (this.find(item.conversation) ?? this.add(item.conversation)).restoreQueued(item);
    if (failed.length > 0) this.#host.events.emit("notice", { code: NOT_OPENED, text: `${TEXT} (${[...new Set(this.failed.values())].join(", ")})` });
  }

  /** Those that did not open and can be read anew. */
  get recoverable() {
    return [...this.failed.keys()].filter((id) => this.#anew.has(id));
  }

  /**
   * One that did not open was read anew, and this end is found in it.
   * @param {Engine} engine
   * @param {import("./conversations.js").ConversationSummary["history"]} history
   */
  recovered(engine, history) {
    this.failed.delete(engine.id);
    this.#recovering.add(engine.id);
    engine.recall(history);
    this.show(engine);
  }

  /**
   * What waits in one that was read anew: after all that stands in its log already.
   * @param {Engine} engine
   */
  requeue(engine) {
    for (const item of this.#unsent) if (item.conversation === engine.id) engine.restoreQueued(item);
    this.#unsent = this.#unsent.filter(({ conversation }) => conversation !== engine.id);
  }

  /** @param {string} id */
  find(id) {
    return this.shown.find((engine) => engine.id === id);
  }

  /** @param {string} id */
  add(id) {
    const engine = this.make(id);
    this.show(engine);
    return engine;
  }

  /** @param {Engine} engine */
  show(engine) {
    this.shown.push(engine);
    if (engine.id !== "") this.#host.carrier.connection.keep?.(fromHex(engine.id));
    this.#host.events.emit("conversation", { conversation: engine.facade });
  }

  /**
   * @param {string} id
   * @param {() => void} [found]  this end is in it; until then nothing is told of it
   */
  make(id, found) {
    const { carrier, onTurned, ...host } = this.#host;
    /** @type {Engine} */
    const engine = new Engine(
      {
        ...host,
        connection: carrier.connection,
        files: carrier.files,
        ...(found ? { found } : {}),
        take: (queue, member = "") => carrier.connection.take(queue, fromHex(member), fromHex(engine.id)),
        onTurned: () => {
          this.#turned(engine);
          onTurned(engine.id);
        },
        mayQueue: (bytes) => this.#mayQueue(bytes),
      },
      id,
    );
    return engine;
  }

  /**
   * The one that a customer writes in: one that goes on, or may again; undefined: a new one is to begin.
   * @param {boolean} anew  do not wait for one that may go on again
   */
  current(anew) {
    const last = (/** @type {Engine} */ engine) => engine.facade.messages.at(-1)?.time ?? Infinity;
    /** @param {readonly import("./types.js").ConversationState[]} states */
    const newest = (states) => this.shown.filter((e) => states.includes(e.state)).sort((a, b) => last(a) - last(b)).at(-1);
    return newest(["waiting", "secured"]) ?? (anew ? undefined : newest(["rejoining", "doubtful", "unreadable", "forked"]));
  }

  /**
   * A new one, which waits for somebody to begin it with.
   * @param {string} continues  the one that its genesis is to name, or ""
   */
  async begin(continues) {
    const before = continues === "" ? undefined : this.find(continues);
    // Of one that has ended a person was told what was not sent.
    const along = await this.#host.end.continues(continues, before?.open ?? false);
    const engine = this.find("") ?? this.add("");
    for (const item of along) {
      before?.release(item);
      engine.take(item);
    }
    return engine;
  }

  /**
   * Something of it was read: what was told of those that did not open may be over.
   * @param {Engine} engine
   */
  #turned(engine) {
    if (ASKING.includes(engine.state) || !this.#recovering.delete(engine.id)) return;
    if (this.#recovering.size === 0 && this.failed.size === 0) this.#host.events.emit("notice:over", { code: NOT_OPENED });
  }

  /** Bytes of entries that came and were not read yet. */
  get unread() {
    return this.#unread;
  }

  /** @param {number} bytes */
  #mayQueue(bytes) {
    if (this.#unread + bytes > MAX_UNREAD) {
      this.#host.carrier.connection.reset(true);
      return false;
    }
    this.#unread += bytes;
    return true;
  }
}
