// @ts-check
/**
 * One identity at work: its end service, its relay connection, its
 * conversations. It judges nothing itself: the end service checks manifests,
 * credentials and key packages against the pinned roots, and whatever it
 * refuses stops here, with nothing sent.
 *
 * @typedef {import("./options.js").Settings} Settings
 * @typedef {import("./end.js").Opened} Opened
 * @typedef {import("./remote.js").EndService} EndService
 *
 * @typedef {object} SessionHost
 * @property {import("./events.js").Events} events
 * @property {() => void} onState   `state` or `agents` may have changed
 * @property {() => void} onLost    another tab has taken this identity over
 */
import { SealwireError } from "../errors.js";
import { Engine } from "./engine.js";
import { fromBase64url, fromHex, encodeText, toHex } from "./bytes.js";
import { Joins } from "./joins.js";
import { KeyPackages } from "./packages.js";
import { RelayConnection } from "./relay.js";
import { RelayFiles } from "./relayfiles.js";
import { Retry } from "./retry.js";

/** Answers of the end service that mean: this does not come from the pinned organisation. */
const REFUSALS = ["bad key", "bad credential", "open failed", "expired", "rolled back", "unsupported version", "bad argument", "bad commit", "too large", "too long"];
/** Bytes of unread entries that may wait for the end service; past it the relay is not followed any more. */
const MAX_UNREAD = 16 * 1024 * 1024;
/** A credential is asked for again, on connecting, when the last one is this old (ms). */
const CREDENTIAL_AGE = 15 * 60_000;
/** How long a conversation that the relay lists may take to show that this end is in it (ms). */
const JOIN_TIME = 8_000;

export class Session {
  #settings;
  #host;
  #opened;
  end;
  relay;
  agents = false;
  #refused = false;
  #ended = false;
  /** @type {Uint8Array} */
  #proof = new Uint8Array();
  #proofAt = 0;
  #unread = 0;
  /** @type {Engine[]} */
  engines = [];
  /** Listed by the relay, and looked at now: shown only once this end is found to be in it. @type {Map<string, Engine>} */
  #joining = new Map();
  #joins = new Joins((id) => this.#join(id));
  /** Tells a customer's end to try to reach somebody again. */
  #first = new Retry(() => void this.#contact());
  #contacting = false;
  #packages;
  #files;

  /**
   * @param {Settings} settings
   * @param {EndService} end  open
   * @param {Opened} opened
   * @param {SessionHost} host
   */
  constructor(settings, end, opened, host) {
    this.#settings = settings;
    this.#host = host;
    this.#opened = opened;
    this.end = end;
    this.relay = new RelayConnection({
      url: settings.relay,
      WebSocket: settings.WebSocket,
      prepare: () => this.#prepare(),
      hello: (nonce, host) => this.end.hello(nonce, host, this.#proof),
      onWelcome: (manifest) => this.#welcome(manifest),
      onEntry: (conversation, sequence, entry) => this.#engine(toHex(conversation))?.receive(sequence, entry),
      onPassing: () => {},
      onList: (list) => this.#listed(list),
      onWaiting: (agents) => this.#waiting(agents),
      onState: (state) => this.#relayState(state),
      onFailure: (error) => this.#failure(error),
    });
    this.#files = new RelayFiles({ relay: settings.relay, fetch: settings.fetch, ticket: (conversation) => this.relay.ticket(fromHex(conversation)) });
    this.#packages = new KeyPackages(end, this.relay);
    for (const summary of opened.conversations) this.#add(summary.status.id).restore(summary);
    for (const item of opened.outbox) (this.#engine(item.conversation) ?? this.#add(item.conversation)).restoreQueued(item);
  }

  get #customer() {
    return this.#settings.role === "customer";
  }

  /** @returns {"connecting" | "online" | "offline" | "closed" | "refused"} */
  get state() {
    return this.#refused && this.relay.state !== "closed" ? "refused" : this.relay.state;
  }

  start() {
    this.relay.start();
  }

  /**
   * The conversation that a customer writes in: one that goes on, or may again, or a new one.
   * @param {boolean} anew  do not wait for one that may go on again
   */
  current(anew) {
    const last = (/** @type {Engine} */ engine) => engine.facade.messages.at(-1)?.time ?? Infinity;
    /** @param {readonly import("./types.js").ConversationState[]} states */
    const newest = (states) => this.engines.filter((e) => states.includes(e.state)).sort((a, b) => last(a) - last(b)).at(-1);
    return newest(["waiting", "secured"]) ?? (anew ? undefined : newest(["rejoining", "doubtful", "unreadable", "forked"])) ?? this.#add("");
  }

  /** Stops everything; the end service is the caller's to close. */
  stop() {
    if (this.#ended) return;
    this.#ended = true;
    this.#first.stop();
    this.#joins.clear();
    for (const engine of [...this.engines, ...this.#joining.values()]) engine.stop();
    this.relay.close();
  }

  /** @param {string} id */
  #engine(id) {
    return this.#joining.get(id) ?? this.engines.find((engine) => engine.id === id);
  }

  /** @param {string} id */
  #add(id) {
    const engine = this.#make(id);
    this.#show(engine);
    return engine;
  }

  /** @param {Engine} engine */
  #show(engine) {
    this.engines.push(engine);
    this.#host.events.emit("conversation", { conversation: engine.facade });
  }

  /**
   * @param {string} id
   * @param {(status: import("./status.js").Status) => boolean} [found]  whether this end is in it; until then nothing is told of it
   */
  #make(id, found) {
    return new Engine(
      {
        end: this.end,
        relay: this.relay,
        files: this.#files,
        events: this.#host.events,
        ...(found ? { found } : {}),
        renews: !this.#customer,
        onQueued: () => void this.#contact(),
        onRefused: () => this.#first.later(),
        onTrouble: (error) => this.#trouble(error),
        mayQueue: (bytes) => this.#mayQueue(bytes),
      },
      id,
    );
  }

  /** What takes time is done before the relay's clock runs: the page's token, the agent's credential. */
  async #prepare() {
    const { identity, thumbprint } = this.#opened;
    if (this.#customer) {
      const token = await this.#settings.identityToken({ thumbprint });
      if (typeof token !== "string" || token === "") throw new TypeError("identityToken: expected a string that is not empty");
      this.#proof = encodeText(token);
      return;
    }
    if (Date.now() - this.#proofAt < CREDENTIAL_AGE) return;
    const credential = await this.#settings.credential({ identity: identity.slice(), thumbprint });
    this.#proof = typeof credential === "string" ? fromBase64url(credential) : credential;
    if (!(this.#proof instanceof Uint8Array)) throw new TypeError("credential: expected a Uint8Array or base64url");
    this.#proofAt = Date.now();
  }

  /** @param {Uint8Array} manifest */
  async #welcome(manifest) {
    try {
      await this.end.manifest(manifest, true);
      if (!this.#customer) await this.end.credential(this.#proof);
    } catch (error) {
      await this.#trouble(error);
      if (isRefusal(error)) {
        this.#refuse();
        this.#tell(error);
        this.relay.reset(true);
      }
      throw error;
    }
    this.#setRefused(false);
  }

  /** @param {import("./relay.js").RelayState} state */
  #relayState(state) {
    if (this.#ended && state !== "closed") return;
    if (state === "online") {
      for (const engine of this.engines) engine.resume();
      if (!this.#customer) void this.#online();
      void this.#contact();
    } else {
      this.agents = false;
      // The next connection's list tells of them again.
      this.#joins.clear();
      for (const engine of [...this.engines, ...this.#joining.values()]) engine.disconnected();
    }
    this.#host.onState();
  }

  /** The company's side: be found, and find what was begun meanwhile. */
  async #online() {
    try {
      await this.#packages.replenish();
      this.#listed(await this.relay.conversations());
    } catch (error) {
      await this.#trouble(error);
      if (this.relay.state === "online" && !this.#ended) this.#tell(error);
    }
  }

  /** @param {{ conversation: Uint8Array }[]} list */
  #listed(list) {
    if (this.#customer || this.#ended) return;
    const known = new Set(this.engines.map((engine) => engine.id));
    for (const { conversation } of list) {
      const id = toHex(conversation);
      if (!known.has(id)) this.#joins.add(id);
    }
  }

  /**
   * Reads a conversation that the relay lists; one that this end is not in leaves nothing behind.
   * @param {string} id
   */
  async #join(id) {
    if (this.#ended || this.relay.state !== "online" || this.#engine(id)) return;
    let found = false;
    const engine = this.#make(id, ({ members }) => {
      if (!found && members.some((m) => m.self)) {
        found = true;
        this.#joining.delete(id);
        this.#show(engine);
      }
      return found;
    });
    this.#joining.set(id, engine);
    const late = setTimeout(() => found || engine.stop(), JOIN_TIME);
    try {
      await this.end.join(id);
      await engine.look();
      // It took one of the key packages.
      if (found) await this.#packages.replenish();
    } catch (error) {
      await this.#trouble(error);
    } finally {
      clearTimeout(late);
      this.#joining.delete(id);
      if (found) engine.resume();
      else {
        engine.stop();
        await this.end.leave(id).catch(() => {});
      }
    }
  }

  /** @param {boolean} agents */
  #waiting(agents) {
    this.agents = agents;
    this.#host.onState();
    if (agents) void this.#contact();
  }

  /** First contact: when a text waits, and somebody is there, the conversation begins. */
  async #contact() {
    const engine = this.#engine("");
    if (!this.#customer || this.#ended || this.#contacting || !this.agents || this.relay.state !== "online" || !engine?.pending) return;
    this.#contacting = true;
    try {
      const keyPackage = await this.relay.take(this.#settings.queue);
      try {
        await engine.begin(this.end.genesis(this.#settings.queue, keyPackage));
        this.#first.reset();
        this.#setRefused(false);
      } catch (error) {
        // Another agent's key package may be good: it is tried again, after a pause, and nothing is sent meanwhile.
        if (isRefusal(error)) this.#refuse();
        throw error;
      }
    } catch (error) {
      if (!this.#ended) this.#first.later();
      await this.#trouble(error);
      if (!(error instanceof SealwireError) || error.code !== "unavailable") this.#tell(error);
    } finally {
      this.#contacting = false;
    }
  }

  #refuse() {
    if (this.#refused) return;
    this.#setRefused(true);
    this.#host.events.emit("notice", {
      code: "refused",
      text: "What the relay showed does not come from this organisation. Nothing was sent; what you wrote is kept on this device.",
    });
  }

  /** @param {boolean} refused */
  #setRefused(refused) {
    if (this.#refused === refused) return;
    this.#refused = refused;
    this.#host.onState();
  }

  /** @param {Error} error */
  #failure(error) {
    if (this.#ended) return;
    // The proof may be what is wrong: the next attempt asks for a new one.
    this.#proofAt = 0;
    if (!(error instanceof SealwireError) || error.code !== "unavailable") this.#tell(error);
  }

  /** @param {unknown} error */
  #tell(error) {
    this.#host.events.emit("error", { error: error instanceof Error ? error : new Error(String(error)) });
  }

  /**
   * Storage that cannot be written may mean that another tab writes it now.
   * @param {unknown} error
   */
  async #trouble(error) {
    if (this.#ended || !(error instanceof SealwireError) || error.code !== "unavailable") return;
    const owned = await this.end.owned().catch(() => true);
    if (!owned && !this.#ended) this.#host.onLost();
  }

  /** @param {number} bytes */
  #mayQueue(bytes) {
    if (this.#unread + bytes > MAX_UNREAD) {
      this.relay.reset(true);
      return false;
    }
    this.#unread += bytes;
    return true;
  }
}

/** @param {unknown} error */
function isRefusal(error) {
  return error instanceof SealwireError && REFUSALS.includes(error.code);
}
