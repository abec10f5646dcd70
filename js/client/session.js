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
import { SealwireError } from "../errors.js";
import { Arrivals } from "./arrivals.js";
import { fromHex, toHex } from "./bytes.js";
import { Contact } from "./contact.js";
import { Engines } from "./engines.js";
import { KeyPackages } from "./packages.js";
import { Proving } from "./proving.js";
import { Trust } from "./trust.js";

/** Before key packages that could not be published are tried again (ms). */
const LATER = 60_000;

export class Session {
  #settings;
  #host;
  #opened;
  end;
  connection;
  #engines;
  #packages;
  #proving;
  #trust;
  #arrivals;
  #contact;
  agents = false;
  /** That conversations wait because too many were begun at once was told. */
  #crowded = false;
  /** That key packages cannot be published was told. */
  #unpublished = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
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
    const onTrouble = (/** @type {unknown} */ error) => this.#trouble(error);
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
      onWanted: () => void this.#replenish(),
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
    this.#packages = new KeyPackages(end, connection);
    this.#arrivals = new Arrivals({
      end,
      engines,
      online,
      admits: (id) => connection.admits?.(fromHex(id)) ?? true,
      onHeld: () => this.#held(),
      onFound: () => this.#replenish(),
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
      tell: (error) => this.#tell(error),
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
    clearTimeout(this.#later);
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
    if (continues !== "") return this.#begin(continues);
    return this.#engines.current(anew) ?? this.#begin("");
  }

  /** @param {string} continues */
  async #begin(continues) {
    const before = continues === "" ? undefined : this.#engines.find(continues);
    // Of one that has ended a person was told what was not sent.
    const along = await this.end.continues(continues, before?.open ?? false);
    const engine = this.#engines.find("") ?? this.#engines.add("");
    for (const item of along) {
      before?.release(item);
      engine.take(item);
    }
    return engine;
  }

  /** @param {string} id */
  #engine(id) {
    return this.#arrivals.find(id) ?? this.#engines.find(id);
  }

  /** Another credential enters each conversation by this end's own commit. */
  async #renewed() {
    for (const engine of this.engines) engine.renew();
    await this.#packages.renew();
  }

  /** @param {Uint8Array} manifest */
  async #welcome(manifest) {
    try {
      await this.end.manifest(manifest, true);
      await this.#proving.adopt();
    } catch (error) {
      await this.#trouble(error);
      if (this.#trust.refuse(error)) {
        this.#tell(error);
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
    await this.#publish();
    try {
      if (this.connection.state !== "online" || this.#ended) return;
      this.#listed(await this.connection.conversations());
    } catch (error) {
      await this.#trouble(error);
      if (this.connection.state === "online" && !this.#ended) this.#tell(error);
    }
  }

  async #replenish() {
    if (!this.#customer && !this.#ended && this.connection.state === "online") await this.#publish();
  }

  /** What fails is told once, and tried later. */
  async #publish() {
    clearTimeout(this.#later);
    try {
      await (this.#proving.another ? this.#packages.renew() : this.#packages.replenish());
      this.#proving.another = false;
      this.#unpublished = false;
    } catch (error) {
      await this.#trouble(error);
      if (this.connection.state !== "online" || this.#ended) return;
      if (!this.#unpublished) this.#tell(error);
      this.#unpublished = true;
      clearTimeout(this.#later);
      this.#later = setTimeout(() => void this.#replenish(), LATER);
    }
  }

  /** @param {import("./carrier.js").Listed[]} list */
  #listed(list) {
    if (!this.#customer) this.#arrivals.listed(list);
  }

  /** Told once. */
  #held() {
    if (this.#crowded) return;
    this.#crowded = true;
    this.#tell(new SealwireError("rate limited", "more conversations were begun with this end in one conversation of the platform than it takes at once: the others come later"));
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
}
