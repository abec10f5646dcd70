// @ts-check
/**
 * How conversations come to an end of the company's side: the carrier lists
 * them, each is looked at, and shown once this end is found to be in it; or the
 * authority gives one to it, which is waited for. What is listed is a claim: a
 * conversation that this end is not in leaves nothing behind. In the same way
 * any end comes back to one that it keeps and that did not open.
 *
 * @typedef {import("./engine.js").Engine} Engine
 *
 * @typedef {object} ArrivalsHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./engines.js").Engines} engines
 * @property {() => boolean} online
 * @property {(id: string) => boolean} admits  it may be looked at now
 * @property {() => void} onHeld  one has to wait for that
 * @property {() => Promise<void>} onFound       a key package was taken
 * @property {(error: unknown) => Promise<void>} onTrouble
 */
import { SealwireError } from "../errors.js";
import { fromHex, toHex } from "./bytes.js";
import { Joins } from "./joins.js";

/** How long a conversation that is listed may take to show another entry, and to show that this end is in it (ms). */
const JOIN_TIME = 8_000;
const LONGEST_JOIN = 180_000;
/** A key package to be claimed with is of use for so long (s). */
const CLAIM_LIFE = 3_600;
/** How long a conversation that was claimed may take to be there (ms). */
const CLAIM_TIME = 30_000;
/** Before those that may not be looked at yet are asked for again (ms). */
const HELD_PAUSE = 60_000;
/** How long a connection is waited for (ms). */
const ONLINE_TIME = 10_000;

export class Arrivals {
  #host;
  #joins = new Joins((id) => this.#join(id));
  /** Looked at now. @type {Map<string, Engine>} */
  #joining = new Map();
  /** May not be looked at yet, the newest first. @type {Set<string>} */
  #held = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  /** Who waits for a connection. @type {Set<() => void>} */
  #connecting = new Set();
  /** Claimed, and not there yet. @type {Map<string, () => void>} */
  #claimed = new Map();
  #ended = false;

  /** @param {ArrivalsHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * One that is looked at.
   * @param {string} id
   */
  find(id) {
    return this.#joining.get(id);
  }

  /** @param {readonly import("./carrier.js").Listed[]} list */
  listed(list) {
    if (this.#ended) return;
    const known = new Map(this.#host.engines.shown.map((engine) => [engine.id, engine]));
    for (const { conversation, sequence } of list) {
      const id = toHex(conversation);
      if (this.#host.engines.failed.has(id)) continue;
      const engine = known.get(id);
      if (!engine) this.#joins.add(id);
      else if (engine.state === "left" && sequence > engine.index) void engine.readmit();
      // What carries it may only be there since now.
      else if (!engine.following) engine.resume();
    }
  }

  /**
   * Has the authority give a conversation to this end, and waits until it is there.
   * @param {string} id
   * @param {import("./authority.js").Authority} authority
   * @returns {Promise<Engine>}
   */
  async claim(id, authority) {
    // Not before the end acts under its credential: it stands in the key package.
    await this.#whenOnline();
    const there = this.#secured(id);
    if (there) return there;
    // Nobody else would have it then, and this end could not read it.
    const failed = this.#host.engines.failed.get(id);
    if (failed) throw new SealwireError(failed, "this device keeps the conversation, and could not open it");
    const keyPackage = await this.#host.end.keyPackage(CLAIM_LIFE);
    await authority.claim(id, keyPackage);
    const came = this.#came(id);
    this.listed([{ conversation: fromHex(id), sequence: Infinity }]);
    return came;
  }

  /**
   * What is known of a conversation changed.
   * @param {string} id
   */
  turned(id) {
    this.#claimed.get(id)?.();
  }

  connected() {
    for (const done of [...this.#connecting]) done();
    for (const id of this.#host.engines.recoverable) this.#joins.add(id);
  }

  disconnected() {
    // The next connection's list tells of them again.
    this.#joins.clear();
    this.#forget();
    for (const engine of this.#joining.values()) engine.disconnected();
  }

  /** For good. */
  stop() {
    this.#ended = true;
    this.#joins.clear();
    this.#forget();
    for (const engine of this.#joining.values()) engine.stop();
  }

  /** @param {string} id */
  #hold(id) {
    if (this.#held.size === 0) {
      this.#host.onHeld();
      this.#again = setTimeout(() => {
        const held = [...this.#held].reverse();
        this.#forget();
        for (const one of held) this.#joins.add(one);
      }, HELD_PAUSE);
    }
    this.#held.add(id);
  }

  #forget() {
    clearTimeout(this.#again);
    this.#held.clear();
  }

  /** @returns {Promise<void>} */
  #whenOnline() {
    if (this.#host.online()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#connecting.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#connecting.delete(done);
        reject(new SealwireError("unavailable", "not connected to the relay"));
      }, ONLINE_TIME);
      this.#connecting.add(done);
    });
  }

  /** @param {string} id */
  #secured(id) {
    const engine = this.#host.engines.find(id);
    return engine?.state === "secured" ? engine : undefined;
  }

  /** @param {string} id */
  #came(id) {
    return new Promise((/** @type {(engine: Engine) => void} */ resolve, reject) => {
      const there = this.#secured(id);
      if (there) return resolve(there);
      const timer = setTimeout(() => {
        this.#claimed.delete(id);
        reject(new SealwireError("unavailable", "it was given to this end, and does not show yet"));
      }, CLAIM_TIME);
      this.#claimed.set(id, () => {
        const engine = this.#secured(id);
        if (!engine) return;
        clearTimeout(timer);
        this.#claimed.delete(id);
        resolve(engine);
      });
    });
  }

  /** @param {string} id */
  async #join(id) {
    const { end, engines, online, onFound, onTrouble } = this.#host;
    if (this.#ended || !online() || this.#joining.has(id) || engines.find(id)) return;
    const failed = engines.failed.has(id);
    if (!failed && !this.#host.admits(id)) return this.#hold(id);
    let found = false;
    /** @type {Awaited<ReturnType<typeof end.recover>>} */
    let history = [];
    const engine = engines.make(id, () => {
      found = true;
      this.#joining.delete(id);
      failed ? engines.recovered(engine, history) : engines.show(engine);
    });
    this.#joining.set(id, engine);
    // As long as it shows entries it is read, within reason: the commit that added this end is the last of what may be many.
    let [index, last] = [0, Date.now()];
    const begun = last;
    const late = setInterval(() => {
      const now = Date.now();
      if (engine.index > index) [index, last] = [engine.index, now];
      // Not for good: the entry that adds this end may be with the end service by now.
      if (!found && (now - last > JOIN_TIME || now - begun > LONGEST_JOIN)) engine.disconnected();
    }, JOIN_TIME / 8);
    try {
      if (failed) history = await end.recover(id);
      else await end.join(id);
      await engine.look();
    } catch (error) {
      await onTrouble(error);
    }
    clearInterval(late);
    // What is being read is read before it is let go of, and may yet be the entry that adds this end.
    if (!found) await end.leave(id).catch(() => {});
    if (this.#joining.get(id) === engine) this.#joining.delete(id);
    if (!found) return engine.stop();
    engines.requeue(engine);
    engine.resume();
    await onFound().catch(onTrouble);
  }
}
