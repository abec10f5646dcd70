// @ts-check
/**
 * One identity at work: its end service, its carrier, its conversations. It
 * judges nothing itself: the end service checks manifests, credentials and key
 * packages against the pinned roots, and whatever it refuses stops here, with
 * nothing sent.
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
import { Authority, NO_QUEUES } from "./authority.js";
import { Engine } from "./engine.js";
import { fromBase64url, fromHex, encodeText, toHex } from "./bytes.js";
import { Joins } from "./joins.js";
import { KeyPackages } from "./packages.js";
import { Proof } from "./proof.js";
import { Retry } from "./retry.js";

/** Answers of the end service that mean: this does not come from the pinned organisation. */
const REFUSALS = ["bad key", "bad credential", "open failed", "expired", "rolled back", "unsupported version", "bad argument", "bad commit", "too large", "too long"];
/** Bytes of unread entries that may wait for the end service; past it the relay is not followed any more. */
const MAX_UNREAD = 16 * 1024 * 1024;
/** A credential is asked for again, on connecting, when the last one is this old (ms). */
const CREDENTIAL_AGE = 15 * 60_000;
/** How long a conversation that the relay lists may take to show another entry, and to show that this end is in it (ms). */
const JOIN_TIME = 8_000;
const LONGEST_JOIN = 180_000;
/** A key package to be claimed with is of use for so long (s). */
const CLAIM_LIFE = 3_600;
/** How long a conversation that was claimed may take to be there (ms). */
const CLAIM_TIME = 30_000;
/** How long a connection is waited for (ms). */
const ONLINE_TIME = 10_000;
/** Answers of the relay, or of the authority, that mean: this credential will not do. */
const UNPROVED = ["bad credential", "expired", "open failed"];

export class Session {
  #settings;
  #host;
  #opened;
  end;
  connection;
  agents = false;
  #refused = false;
  #ended = false;
  /** @type {Uint8Array} */
  #proof = new Uint8Array();
  /** The company's side. */
  #credentials;
  /** The one under which the end acts, and whether that is another since the last connection. @type {Uint8Array | null} */
  #adopted = null;
  #another = false;
  /** @type {Authority | null} */
  #authority = null;
  /** What a person was told of the authority, until it works again. @type {string} */
  #toldOf = "";
  /** Who waits for a connection. @type {Set<() => void>} */
  #connecting = new Set();
  /** Claimed, and not there yet. @type {Map<string, (engine: Engine) => void>} */
  #claimed = new Map();
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
    const { connection, files } = settings.carrier({
      member: opened.member,
      role: settings.role,
      manifest: settings.manifest,
      prepare: () => this.#prepare(),
      hello: (nonce, host) => this.end.hello(nonce, host, this.#proof),
      inspect: (entry) => this.end.inspect(entry),
      onWelcome: (manifest) => this.#welcome(manifest),
      onEntry: (conversation, sequence, entry) => this.#engine(toHex(conversation))?.receive(sequence, entry),
      onList: (list) => this.#listed(list),
      onWanted: () => void this.#replenish(),
      onWaiting: (agents) => this.#waiting(agents),
      onState: (state) => this.#carrierState(state),
      onFailure: (error) => this.#failure(error),
    });
    this.connection = connection;
    this.#files = files;
    const { authority } = settings;
    if (authority) {
      this.#authority = new Authority({
        ...authority,
        fetch: settings.fetch,
        member: opened.member,
        hello: (nonce, name, proof) => end.hello(nonce, name, proof),
        credential: () => this.#credentials.get(),
        doubt: () => this.#credentials.doubt(),
        onQueues: (queues) => this.#queues(queues),
      });
    }
    this.#credentials = new Proof({
      ask: () => this.#credential(),
      age: authority ? null : CREDENTIAL_AGE,
      onRenewed: (credential) => this.#renewed(credential),
      onFailure: (error) => this.#askFailed(error),
    });
    this.#packages = new KeyPackages(end, connection);
    for (const summary of opened.conversations) this.#add(summary.status.id).restore(summary);
    for (const item of opened.outbox) (this.#engine(item.conversation) ?? this.#add(item.conversation)).restoreQueued(item);
  }

  /** Own member id. */
  get member() {
    return this.#opened.member;
  }

  get #customer() {
    return this.#settings.role === "customer";
  }

  /** @returns {"connecting" | "online" | "offline" | "closed" | "refused"} */
  get state() {
    return this.#refused && this.connection.state !== "closed" ? "refused" : this.connection.state;
  }

  start() {
    this.connection.start();
    this.#authority?.follow();
    this.#credentials.watch();
  }

  /** Who waits in which queue, as the authority says. */
  get queues() {
    return this.#authority?.queues ?? NO_QUEUES;
  }

  /**
   * Has the authority give a conversation to this end, and waits until it is there.
   * @param {string} id
   * @returns {Promise<Engine>}
   */
  async claim(id) {
    if (!this.#authority) throw new SealwireError("unavailable", "no authority is set");
    // Not before the end acts under its credential: it stands in the key package.
    await this.#whenOnline();
    const there = this.engines.find((engine) => engine.id === id && engine.state === "secured");
    if (there) return there;
    const keyPackage = await this.end.keyPackage(CLAIM_LIFE);
    await this.#authority.claim(id, keyPackage);
    const came = this.#came(id);
    this.#listed([{ conversation: fromHex(id), sequence: Infinity }]);
    return came;
  }

  /** @returns {Promise<void>} */
  #whenOnline() {
    if (this.connection.state === "online") return Promise.resolve();
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
  #came(id) {
    return new Promise((/** @type {(engine: Engine) => void} */ resolve, reject) => {
      const look = () => {
        const engine = this.engines.find((e) => e.id === id && e.state === "secured");
        if (engine) resolve(engine);
        return engine !== undefined;
      };
      if (look()) return;
      const timer = setTimeout(() => {
        this.#claimed.delete(id);
        reject(new SealwireError("unavailable", "it was given to this end, and does not show yet"));
      }, CLAIM_TIME);
      this.#claimed.set(id, () => {
        if (!look()) return;
        clearTimeout(timer);
        this.#claimed.delete(id);
      });
    });
  }

  /**
   * What an engine told of itself changed.
   * @param {Engine} engine
   */
  #turned(engine) {
    this.#claimed.get(engine.id)?.(engine);
  }

  /**
   * The conversation that a customer writes in: one that goes on, or may again, or a new one.
   * @param {boolean} anew  do not wait for one that may go on again
   * @param {string} continues  a new one, and its genesis names this one; or ""
   */
  async current(anew, continues) {
    if (continues !== "") return this.#begin(continues);
    const last = (/** @type {Engine} */ engine) => engine.facade.messages.at(-1)?.time ?? Infinity;
    /** @param {readonly import("./types.js").ConversationState[]} states */
    const newest = (states) => this.engines.filter((e) => states.includes(e.state)).sort((a, b) => last(a) - last(b)).at(-1);
    return newest(["waiting", "secured"]) ?? (anew ? undefined : newest(["rejoining", "doubtful", "unreadable", "forked"])) ?? this.#begin("");
  }

  /** @param {string} continues */
  async #begin(continues) {
    await this.end.continues(continues);
    return this.#engine("") ?? this.#add("");
  }

  /** Stops everything; the end service is the caller's to close. */
  stop() {
    if (this.#ended) return;
    this.#ended = true;
    this.#authority?.stop();
    this.#credentials.stop();
    this.#first.stop();
    this.#joins.clear();
    for (const engine of [...this.engines, ...this.#joining.values()]) engine.stop();
    this.connection.close();
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
   * @param {() => void} [found]  this end is in it; until then nothing is told of it
   */
  #make(id, found) {
    /** @type {Engine} */
    const engine = new Engine(
      {
        end: this.end,
        connection: this.connection,
        files: this.#files,
        events: this.#host.events,
        ...(found ? { found } : {}),
        company: !this.#customer,
        take: (queue, member = "") => this.connection.take(queue, fromHex(member), fromHex(engine.id)),
        onTurned: () => this.#turned(engine),
        onQueued: () => void this.#contact(),
        onRefused: () => this.#first.later(),
        onTrouble: (error) => this.#trouble(error),
        mayQueue: (bytes) => this.#mayQueue(bytes),
      },
      id,
    );
    return engine;
  }

  /** What takes time is done before the relay's clock runs: the page's token, the agent's credential. */
  async #prepare() {
    const { thumbprint } = this.#opened;
    if (this.#customer) {
      const token = await this.#settings.identityToken({ thumbprint });
      if (typeof token !== "string" || token === "") throw new TypeError("identityToken: expected a string that is not empty");
      this.#proof = encodeText(token);
      return;
    }
    try {
      this.#proof = await this.#credentials.get();
    } catch (error) {
      if (!this.#authority) throw error;
      // A person was told in words, once, however often it is tried.
      this.#askFailed(error);
      throw new SealwireError("unavailable", "no credential is to be had");
    }
    this.#toldOf = "";
  }

  /** @returns {Promise<Uint8Array>} */
  async #credential() {
    if (this.#authority) return this.#authority.credential();
    const { identity, thumbprint } = this.#opened;
    const given = await this.#settings.credential({ identity: identity.slice(), thumbprint });
    const credential = typeof given === "string" ? fromBase64url(given) : given;
    if (!(credential instanceof Uint8Array)) throw new TypeError("credential: expected a Uint8Array or base64url");
    return credential;
  }

  /**
   * Another credential, while work goes on: it enters each conversation by this end's own commit.
   * @param {Uint8Array} credential
   */
  async #renewed(credential) {
    if (this.#ended) return;
    this.#toldOf = "";
    // Before the first welcome there is no manifest to judge it by.
    if (this.connection.state !== "online") return;
    await this.end.credential(credential);
    this.#proof = this.#adopted = credential;
    for (const engine of this.engines) engine.renew();
    await this.#packages.renew();
  }

  /**
   * No credential is to be had.
   * @param {unknown} error
   */
  #askFailed(error) {
    const refused = error instanceof SealwireError ? UNPROVED.includes(error.code) : true;
    this.#tellOf(refused);
  }

  /** @param {import("./types.js").Queues} queues */
  #queues(queues) {
    if (this.#ended) return;
    this.#host.events.emit("queues", { queues });
    if (queues.state === "current") this.#toldOf = "";
    else if (queues.state === "refused") this.#tellOf(true);
    // Where nothing can be reached, that is what is shown already.
    else if (queues.state === "unreachable" && this.connection.state === "online") this.#tellOf(false);
  }

  /** @param {boolean} refused */
  #tellOf(refused) {
    const code = refused ? "login refused" : "authority unreachable";
    if (this.#ended || this.#toldOf === code) return;
    this.#toldOf = code;
    this.#host.events.emit("notice", {
      code,
      text: refused
        ? "The company's login was not accepted. Sign in again to see the queues and to go on working here."
        : "The company's own service does not answer. Conversations that are open go on; who is waiting is not known until it is back.",
    });
  }

  /** @param {Uint8Array} manifest */
  async #welcome(manifest) {
    try {
      await this.end.manifest(manifest, true);
      if (!this.#customer) await this.end.credential(this.#proof);
      this.#another = this.#authority !== null && this.#adopted !== this.#proof;
      this.#adopted = this.#proof;
    } catch (error) {
      await this.#trouble(error);
      if (isRefusal(error)) {
        this.#refuse();
        this.#tell(error);
        this.connection.reset(true);
      }
      throw error;
    }
    this.#setRefused(false);
  }

  /** @param {import("./carrier.js").CarrierState} state */
  #carrierState(state) {
    if (this.#ended && state !== "closed") return;
    if (state === "online") {
      for (const done of [...this.#connecting]) done();
      for (const engine of this.engines) this.#another ? engine.renew() : engine.resume();
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
      await (this.#another ? this.#packages.renew() : this.#packages.replenish());
      this.#another = false;
      this.#listed(await this.connection.conversations());
    } catch (error) {
      await this.#trouble(error);
      if (this.connection.state === "online" && !this.#ended) this.#tell(error);
    }
  }

  /** @param {{ conversation: Uint8Array, sequence: number }[]} list */
  #listed(list) {
    if (this.#customer || this.#ended) return;
    const known = new Map(this.engines.map((engine) => [engine.id, engine]));
    for (const { conversation, sequence } of list) {
      const id = toHex(conversation);
      const engine = known.get(id);
      if (!engine) this.#joins.add(id);
      else if (engine.state === "left" && sequence > engine.index) void engine.readmit();
      // What carries it may only be there since now.
      else engine.resume();
    }
  }

  async #replenish() {
    try {
      if (!this.#customer && !this.#ended && this.connection.state === "online") await this.#packages.replenish();
    } catch (error) {
      await this.#trouble(error);
    }
  }

  /**
   * Reads a conversation that the relay lists; one that this end is not in leaves nothing behind.
   * @param {string} id
   */
  async #join(id) {
    if (this.#ended || this.connection.state !== "online" || this.#engine(id)) return;
    let found = false;
    const engine = this.#make(id, () => {
      found = true;
      this.#joining.delete(id);
      this.#show(engine);
    });
    this.#joining.set(id, engine);
    // As long as it shows entries it is read, within reason: the commit that added this end is the last of what may be many.
    let [index, last] = [0, Date.now()];
    const begun = last;
    const late = setInterval(() => {
      const now = Date.now();
      if (engine.index > index) [index, last] = [engine.index, now];
      if (!found && (now - last > JOIN_TIME || now - begun > LONGEST_JOIN)) engine.stop();
    }, JOIN_TIME / 8);
    try {
      await this.end.join(id);
      await engine.look();
      // It took one of the key packages.
      if (found) await this.#packages.replenish();
    } catch (error) {
      await this.#trouble(error);
    } finally {
      clearInterval(late);
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
    if (!this.#customer || this.#ended || this.#contacting || !this.agents || this.connection.state !== "online" || !engine?.pending) return;
    this.#contacting = true;
    try {
      const keyPackage = await this.connection.take(this.#settings.queue);
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
    if (!this.#authority || (error instanceof SealwireError && UNPROVED.includes(error.code))) this.#credentials.doubt();
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
      this.connection.reset(true);
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
