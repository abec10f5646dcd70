// @ts-check
/**
 * One identity at work: its end service, its carrier, its conversations. It
 * judges nothing itself: the end service checks manifests, credentials and key
 * packages against the pinned roots, and whatever it refuses stops here, with
 * nothing sent. How it proves who it is stands in proving.js, how conversations
 * come to it in arrivals.js, and how a customer begins one in contact.js.
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
import { Arrivals } from "./arrivals.js";
import { fromHex, toHex } from "./bytes.js";
import { Contact } from "./contact.js";
import { Engines } from "./engines.js";
import { Proving } from "./proving.js";
import { Publishing } from "./publishing.js";
import { Troubles } from "./troubles.js";
import { Trust } from "./trust.js";

export class Session {
  #settings;
  #host;
  #opened;
  end;
  connection;
  #engines;
  #publishing;
  #proving;
  #trust;
  #arrivals;
  #contact;
  #troubles;
  agents = false;
  #ended = false;

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
    const online = () => this.connection.state === "online";
    const troubles = (this.#troubles = new Troubles({ end, events: host.events, onLost: () => host.onLost() }));
    const onTrouble = (/** @type {unknown} */ error) => troubles.met(error);
    const tell = (/** @type {unknown} */ error) => troubles.tell(error);
    const proving = (this.#proving = new Proving({ settings, end, opened, events: host.events, online, onRenewed: () => this.#renewed() }));
    const trust = (this.#trust = new Trust({ events: host.events, onChange: () => host.onState() }));
    const carrier = settings.carrier({
      member: opened.member,
      role: settings.role,
      queue: settings.queue,
      manifest: settings.manifest,
      prepare: () => proving.prepare(),
      hello: (nonce, host) => end.hello(nonce, host, proving.proof),
      inspect: (entry) => end.inspect(entry),
      manifests: () => end.manifests(),
      manifestHash: (manifest) => end.manifestHash(manifest),
      verify: (keyPackage, member) => (this.#customer ? end.verify(keyPackage, member, settings.queue) : end.verify(keyPackage, member)),
      remembered: () => end.remembered(),
      remember: (bytes) => end.remember(bytes),
      unread: () => engines.unread,
      onWelcome: (manifest) => this.#welcome(manifest),
      onEntry: (conversation, sequence, entry) => this.#engine(toHex(conversation))?.receive(sequence, entry),
      onList: (list) => this.#listed(list),
      onWanted: () => void publishing.replenish(),
      onWaiting: (agents) => this.#waiting(agents),
      onReachable: (conversations) => conversations.forEach((id) => engines.find(toHex(id))?.tell()),
      onState: (state) => this.#carrierState(state),
      onFailure: (error) => this.#failure(error),
    });
    const connection = (this.connection = carrier.connection);
    const engines = (this.#engines = new Engines({
      end,
      carrier,
      events: host.events,
      company: !this.#customer,
      onTurned: (id) => this.#arrivals.turned(id),
      onQueued: () => void this.#contact.begin(),
      onRefused: () => this.#contact.later(),
      onTrouble,
    }));
    const publishing = (this.#publishing = new Publishing({ end, connection, company: !this.#customer, proving, onTrouble, tell }));
    this.#arrivals = new Arrivals({
      end,
      engines,
      online,
      admits: (id) => connection.admits?.(fromHex(id)) ?? true,
      onHeld: () => troubles.held(),
      onFound: () => publishing.replenish(),
      onTrouble,
    });
    this.#contact = new Contact({
      end,
      connection,
      queue: settings.queue,
      there: () => this.agents && online(),
      engine: () => (this.#customer ? engines.find("") : undefined),
      rather: (id) => engines.find(id)?.silent ?? [],
      refused: (error) => trust.refuse(error),
      onBegun: () => trust.restore(),
      onTrouble,
      tell,
    });
    engines.restore(opened);
  }

  /** Own member id. */
  get member() {
    return this.#opened.member;
  }

  /** Its conversations. */
  get engines() {
    return this.#engines.shown;
  }

  get #customer() {
    return this.#settings.role === "customer";
  }

  /** @returns {"connecting" | "online" | "offline" | "closed" | "refused"} */
  get state() {
    return this.#trust.refused && this.connection.state !== "closed" ? "refused" : this.connection.state;
  }

  /** Who waits in which queue, as the authority says. */
  get queues() {
    return this.#proving.queues;
  }

  start() {
    this.connection.start();
    this.#proving.start();
  }

  /** Stops everything; the end service is the caller's to close. */
  stop() {
    if (this.#ended) return;
    this.#ended = true;
    this.#troubles.stop();
    this.#publishing.stop();
    this.#proving.stop();
    this.#contact.stop();
    this.#arrivals.stop();
    for (const engine of this.engines) engine.stop();
    this.connection.close();
  }

  /**
   * Has the authority give a conversation to this end, and waits until it is there.
   * @param {string} id
   */
  async claim(id) {
    return this.#arrivals.claim(id, this.#proving.authority);
  }

  /**
   * The conversation that a customer writes in: one that goes on, or may again, or a new one.
   * @param {boolean} anew  do not wait for one that may go on again
   * @param {string} continues  a new one, and its genesis names this one; or ""
   */
  async current(anew, continues) {
    return (continues === "" ? this.#engines.current(anew) : undefined) ?? this.#engines.begin(continues);
  }

  /** @param {string} id */
  #engine(id) {
    return this.#arrivals.find(id) ?? this.#engines.find(id);
  }

  /** Another credential enters each conversation by this end's own commit. */
  async #renewed() {
    for (const engine of this.engines) engine.renew();
    await this.#publishing.renew();
  }

  /** @param {Uint8Array} manifest */
  async #welcome(manifest) {
    try {
      await this.end.manifest(manifest, true);
      await this.#proving.adopt();
    } catch (error) {
      await this.#troubles.met(error);
      if (this.#trust.refuse(error)) {
        this.#troubles.tell(error);
        this.connection.reset(true);
      }
      throw error;
    }
    this.#trust.restore();
  }

  /** @param {import("./carrier.js").CarrierState} state */
  #carrierState(state) {
    if (this.#ended && state !== "closed") return;
    if (state === "online") {
      this.#proving.connected();
      this.#arrivals.connected();
      for (const engine of this.engines) this.#proving.another ? engine.renew() : engine.resume();
      if (!this.#customer) void this.#online();
      void this.#contact.begin();
    } else {
      this.agents = false;
      this.#arrivals.disconnected();
      for (const engine of this.engines) engine.disconnected();
    }
    this.#host.onState();
  }

  /** The company's side: be found, and find what was begun meanwhile. Who cannot be found any more still finds. */
  async #online() {
    await this.#publishing.publish();
    try {
      if (this.connection.state !== "online" || this.#ended) return;
      this.#listed(await this.connection.conversations());
    } catch (error) {
      await this.#troubles.met(error);
      if (this.connection.state === "online" && !this.#ended) this.#troubles.tell(error);
    }
  }

  /** @param {import("./carrier.js").Listed[]} list */
  #listed(list) {
    if (!this.#customer) this.#arrivals.listed(list);
  }

  /** @param {boolean} agents */
  #waiting(agents) {
    this.agents = agents;
    this.#host.onState();
    if (agents) void this.#contact.begin();
  }

  /** @param {Error} error */
  #failure(error) {
    if (this.#ended) return;
    this.#proving.doubt(error);
    this.#troubles.failed(error);
  }
}
