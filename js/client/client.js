// @ts-check
/**
 * The client: one identity at one organisation, its conversations, its events.
 *
 *   const client = await connect({ module }, { relay, orgKey, identityToken });
 *   client.on("message", async ({ message }) => show(message));
 *   const conversation = await client.start();
 *   await conversation.send("Hello");
 *
 * connect() resolves once this device's keys are open, before the relay has
 * answered; `state` tells the rest. A failure in the background is an "error"
 * event, something to tell a person a "notice"; of both, the first that no
 * handler was there for are kept for it.
 *
 * @typedef {import("./types.js").ClientOptions} ClientOptions
 * @typedef {import("./types.js").ClientState} ClientState
 * @typedef {import("./types.js").Conversation} Conversation
 * @typedef {import("./types.js").ClientEvents} ClientEvents
 * @typedef {import("./options.js").Settings} Settings
 * @typedef {import("./spawn.js").Environment} Environment
 */
import { SealwireError } from "../errors.js";
import { NO_QUEUES } from "./authority.js";
import { encodeText, toHex } from "./bytes.js";
import { Events } from "./events.js";
import { acquire } from "./lock.js";
import { checkOptions } from "./options.js";
import { Session } from "./session.js";
import { spawnEnd } from "./spawn.js";

/**
 * @param {Environment} environment
 * @param {ClientOptions} options
 * @returns {Promise<Client>}
 * @throws {TypeError | RangeError} for options
 * @throws {SealwireError} "unavailable" without WebCrypto or storage; "open failed" when this device's keys do not open
 */
export async function connect(environment, options) {
  const settings = checkOptions(options);
  if (typeof crypto === "undefined" || !crypto.subtle) throw new SealwireError("unavailable", "WebCrypto is missing: the page needs https, or localhost");
  const client = new Client(environment, settings);
  await client.enter(settings.takeOver);
  return client;
}

export class Client {
  #environment;
  #settings;
  #events = new Events();
  /** @type {Session | null} */
  #session = null;
  /** @type {import("./remote.js").EndService | null} */
  #end = null;
  /** @type {import("./lock.js").Lock | null} */
  #lock = null;
  #elsewhere = false;
  #closed = false;
  /** @type {Promise<void> | null} */
  #entering = null;
  #told = { state: /** @type {ClientState} */ ("connecting"), agents: false };

  /**
   * Use connect().
   * @param {Environment} environment
   * @param {Settings} settings
   */
  constructor(environment, settings) {
    this.#environment = environment;
    this.#settings = settings;
  }

  /** @returns {ClientState} */
  get state() {
    if (this.#closed) return "closed";
    if (this.#elsewhere) return "elsewhere";
    return this.#session?.state ?? "connecting";
  }

  /**
   * What this end is to the organisation; a credential or a login for another role is refused. Agents take what waits
   * in a queue by `claim`; supervisors are brought in.
   */
  get role() {
    return this.#settings.role;
  }

  /** Somebody of the organisation is there now, as the relay says. */
  get agents() {
    return this.#session?.agents ?? false;
  }

  /** Who waits in this agent's queues, and who else is there: as the authority says. A snapshot. */
  get queues() {
    return this.#session?.queues ?? NO_QUEUES;
  }

  /** Own member id, 32 hex digits; empty while this identity is open elsewhere. */
  get member() {
    return this.#session?.member ?? "";
  }

  get conversations() {
    return (this.#session?.engines ?? []).map((engine) => engine.facade);
  }

  /** @param {string} id */
  conversation(id) {
    return this.conversations.find((conversation) => conversation.id === id);
  }

  /**
   * A customer's conversation: the one that goes on, or may again, or a new one, which begins with its first text.
   * @param {{ anew?: boolean, continues?: Conversation | string }} [options]  continues: a new one that names this one, as what it goes on from. anew: a new one rather than one that is "rejoining", "doubtful", "unreadable" or "forked"
   */
  async start({ anew = false, continues = "" } = {}) {
    if (this.#settings.role !== "customer") throw new SealwireError("bad argument", "customers start conversations; agents are added to them");
    if (!this.#session) throw new SealwireError("unavailable", this.#closed ? "the client is closed" : "open in another tab");
    const previous = typeof continues === "string" ? continues : continues.id;
    if (!/^([0-9a-f]{32})?$/.test(previous)) throw new TypeError("continues: expected a conversation");
    return (await this.#session.current(anew, previous)).facade;
  }

  /**
   * Takes a conversation that waits in one of this agent's queues; resolves once it is this end's.
   * @param {string} id
   * @returns {Promise<Conversation>}
   * @throws {SealwireError & { by?: string }} "bad commit" when another was faster: `by` is who; "unavailable" when it
   *   waits no more, or the authority does not answer
   */
  async claim(id) {
    if (!this.#session) throw new SealwireError("unavailable", this.#closed ? "the client is closed" : "open in another tab");
    if (typeof id !== "string" || !/^[0-9a-f]{32}$/.test(id)) throw new TypeError("claim: expected a conversation's id");
    return (await this.#session.claim(id)).facade;
  }

  /** Goes on here, and no longer in the other tab. */
  async takeOver() {
    if (this.#closed) throw new SealwireError("unavailable", "the client is closed");
    if (this.#elsewhere) await this.enter(true);
  }

  /** Ends the work of this client; what is stored stays for the next one. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    await this.#leave((end) => end.close());
    this.#changed();
  }

  /** Ends it, and erases this device's keys and history for this organisation and role. Texts not sent are lost. */
  async destroySession() {
    if (this.#elsewhere) await this.takeOver();
    if (this.#closed) throw new SealwireError("unavailable", "the client is closed");
    this.#closed = true;
    await this.#leave((end) => end.erase());
    this.#changed();
  }

  /**
   * @template {keyof ClientEvents} K
   * @param {K} type
   * @param {(detail: ClientEvents[K]) => unknown} handler  awaited before the next event is told
   */
  on(type, handler) {
    this.#events.on(type, handler);
  }

  /**
   * @template {keyof ClientEvents} K
   * @param {K} type
   * @param {(detail: ClientEvents[K]) => unknown} handler
   */
  off(type, handler) {
    this.#events.off(type, handler);
  }

  /**
   * Opens this identity here; "elsewhere" when another tab holds it.
   * @param {boolean} steal
   * @returns {Promise<void>}
   */
  enter(steal) {
    this.#entering ??= this.#enter(steal).finally(() => (this.#entering = null));
    return this.#entering;
  }

  /** @param {boolean} steal */
  async #enter(steal) {
    const { role, roots, history, person } = this.#settings;
    // In hex: no two names fall together wherever the namespace names something.
    const who = person === "" ? role : `${role}:${toHex(encodeText(person))}`;
    const end = spawnEnd(this.#environment, () => this.#crashed(end));
    try {
      const name = `sealwire:${await end.tenant({ role, roots, history })}:${who}`;
      const lock = history === "device" ? await acquire(name, steal, () => this.#lost(end)) : { release: () => {} };
      if (!lock) {
        end.terminate();
        this.#elsewhere = true;
        return this.#changed();
      }
      this.#lock = lock;
      const known = history === "device" ? await namespaces(who) : [];
      const opened = await end.open({ role, roots, history, name });
      if (this.#closed) throw new SealwireError("unavailable", "the client is closed");
      this.#end = end;
      this.#elsewhere = false;
      if (opened.fresh && known.some((other) => other !== name)) {
        this.#events.emit("notice", {
          code: "new organisation",
          text: "This page now belongs to another organisation key than before. A new, empty session was begun; what was written under the other key stays apart.",
        });
      }
      this.#session = new Session(this.#settings, end, opened, { events: this.#events, onState: () => this.#changed(), onLost: () => this.#lost(end) });
      this.#session.start();
      this.#changed();
    } catch (error) {
      end.terminate();
      this.#lock?.release();
      this.#lock = null;
      throw error;
    }
  }

  /** @param {import("./remote.js").EndService} end the one that was taken over */
  #lost(end) {
    if (end !== this.#end) return;
    this.#elsewhere = true;
    // At once: nothing of this tab may be written or sent after the other one began.
    end.terminate();
    void this.#leave();
    this.#changed();
  }

  /** @param {import("./remote.js").EndService} end */
  #crashed(end) {
    if (end !== this.#end) return;
    this.#events.emit("error", { error: new SealwireError("internal", "the worker ended; connect again") });
    void this.close();
  }

  /** @param {(end: import("./remote.js").EndService) => Promise<void>} [last] what the end service does before it ends */
  async #leave(last) {
    const end = this.#end;
    const lock = this.#lock;
    this.#session?.stop();
    this.#session = null;
    this.#end = null;
    this.#lock = null;
    try {
      if (end && last) await last(end);
    } finally {
      end?.terminate();
      lock?.release();
    }
  }

  #changed() {
    const { state, agents } = this;
    if (state !== this.#told.state) this.#events.emit("state", { state });
    if (agents !== this.#told.agents) this.#events.emit("agents", { agents });
    this.#told = { state, agents };
  }
}

/**
 * Names of the databases that other organisation keys left for this role and person, where the browser tells.
 * @param {string} who
 */
async function namespaces(who) {
  try {
    const all = (await indexedDB.databases?.()) ?? [];
    return all.map(({ name }) => name ?? "").filter((name) => name.startsWith("sealwire:") && name.endsWith(`:${who}`));
  } catch {
    return [];
  }
}
