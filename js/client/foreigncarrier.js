// @ts-check
/**
 * The connection over foreign conversations: which of them carries what, what
 * of it is followed, and key packages and manifests that lie in them.
 *
 * @typedef {import("./carrier.js").CarrierHost} CarrierHost
 * @typedef {import("./carrier.js").CarrierState} CarrierState
 * @typedef {import("./carrier.js").Connection} Connection
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./foreignlog.js").Read} Read
 */
import { SealwireError } from "../errors.js";
import { fromHex, toHex } from "./bytes.js";
import { ForeignFiles } from "./foreignfiles.js";
import { Link } from "./foreignlink.js";
import { isGenesis } from "./foreignlog.js";
import { Offers } from "./foreignoffers.js";
import { forQueue } from "./foreignpackages.js";
import { Reachable } from "./foreignreachable.js";
import { VerifiedPackages } from "./foreignverified.js";

/** To be online, from the start of an attempt (ms). */
const ATTEMPT = 20_000;
/** Before the next attempt (ms); doubles. */
const PAUSE = 500;
const MAX_PAUSE = 30_000;
/** Bytes that were given out and not read, beyond which the rest waits; and how long, until it is looked at again (ms). */
const MAX_UNREAD = 4 * 1024 * 1024;
const UNREAD_PAUSE = 20;
/** Until a manifest that this end asked for counts there (ms). */
const ADOPTED = 1_000;
const MANIFEST = "manifest/";
/** What lies under one manifest's name that is looked at, the oldest. */
const LOOKED_AT = 8;
const NOBODY = new Uint8Array();

/** @implements {Connection} */
export class Deliveries {
  #host;
  #ended;
  /** An authority does not join conversations of other platforms. */
  inboxes = false;
  files = new ForeignFiles((conversation) => this.#linkOf(conversation).transport);
  /** @type {Map<Transport, Link>} */
  #links = new Map();
  /** Conversation → where it is. @type {Map<string, Link>} */
  #places = new Map();
  /** What is followed, and which entry is given out next. @type {Map<string, { next: number, waits: boolean }>} */
  #followed = new Map();
  #offers;
  #verified;
  #reach;
  /** The newest that the organisation gave. @type {Uint8Array} */
  #manifest = NOBODY;
  /** @type {CarrierState} */
  #state = "offline";
  #attempt = 0;
  #failures = 0;
  #slow = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #adopted;
  /** @type {(() => void) | null} */
  #live = null;

  /**
   * @param {CarrierHost} host
   * @param {Iterable<Transport>} transports
   * @param {() => void} ended
   */
  constructor(host, transports, ended) {
    this.#host = host;
    this.#ended = ended;
    this.#offers = new Offers(host.member, (spent) => host.remember(spent));
    this.#verified = new VerifiedPackages((keyPackage, member) => host.verify(keyPackage, member));
    this.#reach = new Reachable((link) => this.#offers.others(link), this.#verified, (link) => this.#reached(link));
    for (const transport of transports) this.#link(transport);
  }

  get state() {
    return this.#state;
  }

  get #company() {
    return this.#host.role !== "customer";
  }

  start() {
    if (this.#state !== "offline") return;
    for (const link of this.#links.values()) link.start();
    void this.#connect();
  }

  close() {
    if (this.#state === "closed") return;
    clearTimeout(this.#timer);
    this.#attempt++;
    clearTimeout(this.#adopted);
    for (const link of this.#links.values()) link.stop();
    this.#reach.stop();
    this.#set("closed");
    this.#ended();
  }

  reset(slowly = false) {
    if (this.#state === "closed") return;
    this.#slow = slowly;
    this.#drop();
  }

  /** @param {Transport} transport */
  add(transport) {
    if (this.#state === "closed" || this.#links.has(transport)) return;
    const link = this.#link(transport);
    // Before it is started, those that are there start with it.
    if (this.#attempt > 0) link.start();
  }

  /** @param {Transport} transport */
  delete(transport) {
    const link = this.#links.get(transport);
    if (!link) return;
    link.stop();
    this.#offers.forget(link);
    this.#reach.forget(link);
    const gone = this.conversationsOf(transport);
    this.#links.delete(transport);
    // What was followed goes on where it was, once another transport carries it.
    for (const conversation of gone) this.#places.delete(conversation);
    this.#host.onReachable(gone.map(fromHex));
    this.#turned(link);
  }

  /** @param {Transport} transport */
  conversationsOf(transport) {
    const link = this.#links.get(transport);
    return link ? link.log.conversations.filter((id) => this.#places.get(id) === link) : [];
  }

  /**
   * @param {Transport} transport
   * @param {number} sequence  in the transport
   */
  placeOf(transport, sequence) {
    return this.#links.get(transport)?.places.get(sequence);
  }

  /** @param {Transport} transport */
  isLive(transport) {
    return this.#links.get(transport)?.live ?? false;
  }

  /** @param {string} conversation */
  carrying(conversation) {
    return this.#places.get(conversation)?.transport;
  }

  /**
   * @param {Uint8Array} conversation
   * @param {Uint8Array} entry
   */
  async append(conversation, entry) {
    const id = toHex(conversation);
    const link = isGenesis(entry) && !this.#places.has(id) ? this.#beginning(entry) : this.#linkOf(id);
    if (!link.live) throw offline();
    const inspected = await this.#host.inspect(entry);
    if (!inspected) throw new SealwireError("bad argument", "this is no entry");
    if (inspected.manifest.length > 0) await this.#show(link, inspected.manifest);
    return link.append(id, entry, toHex(inspected.id));
  }

  /**
   * @param {Uint8Array} conversation
   * @param {number} after
   */
  async subscribe(conversation, after) {
    const id = toHex(conversation);
    const link = this.#linkOf(id);
    if (link.forked) throw new SealwireError("rolled back", "the platform shows another log than before");
    if (!link.live) throw offline();
    const head = link.log.length(id);
    if (head < after) throw new SealwireError("rolled back", "the platform has fewer entries than were read");
    this.#followed.set(id, { next: after + 1, waits: false });
    void this.#give(id, link);
    return head;
  }

  /** @param {Uint8Array} conversation */
  async unsubscribe(conversation) {
    this.#followed.delete(toHex(conversation));
  }

  /** @param {Uint8Array} keyPackage */
  publish(keyPackage) {
    return this.#offers.publish(keyPackage, this.#reachable());
  }

  /**
   * @param {string} queue
   * @param {Uint8Array} [member]
   * @param {Uint8Array} [conversation]  it is for
   * @param {Uint8Array[]} [rather]  of others than of these
   */
  async take(queue, member = NOBODY, conversation = NOBODY, rather = []) {
    const at = this.#places.get(toHex(conversation));
    const links = at ? [at] : this.#reachable();
    const wanted = { queue, member: toHex(member), company: this.#company, last: rather.map(toHex) };
    const taken = await this.#offers.take(links, wanted, this.#verified);
    if (!taken) throw new SealwireError("unavailable", "no key package lies there");
    return taken;
  }

  /** @param {Uint8Array} hash */
  async manifest(hash) {
    const name = MANIFEST + toHex(hash);
    // Anybody can put others under this name, in a conversation of its own too: they hold nobody up.
    const manifest = await this.#named(name, [this.#manifest, ...this.#reachable().flatMap((link) => link.records.get(name))]);
    if (!manifest) throw new SealwireError("unavailable", "the manifest that a commit names is not there");
    // It may be the newest, and somebody's credential no good under it.
    clearTimeout(this.#adopted);
    this.#adopted = setTimeout(() => this.#lookAnew(), ADOPTED);
    return manifest;
  }

  /** @param {Uint8Array} conversation */
  reachable(conversation) {
    const link = this.#places.get(toHex(conversation));
    return link ? this.#reach.in(link) : [];
  }

  async conversations() {
    return [...this.#places].map(([id, link]) => this.#listed(id, link));
  }

  /**
   * @param {string} id
   * @param {Link} link
   */
  #listed(id, link) {
    return { conversation: fromHex(id), sequence: link.log.length(id) };
  }

  #reachable() {
    return [...this.#links.values()].filter(({ live, forked }) => live && !forked);
  }

  /** @param {string} conversation */
  #linkOf(conversation) {
    const link = this.#places.get(conversation);
    if (!link) throw new SealwireError("unavailable", "no conversation of the platform carries this one, as far as is known");
    return link;
  }

  /**
   * A conversation begins where the key package lies that it adds by.
   * @param {Uint8Array} genesis
   */
  #beginning(genesis) {
    const link = this.#offers.source(this.#reachable(), genesis) ?? this.#reachable()[0];
    if (!link) throw offline();
    return link;
  }

  /**
   * Whoever reads a commit must find the manifest that it names.
   * @param {Link} link
   * @param {Uint8Array} hash
   */
  async #show(link, hash) {
    const name = MANIFEST + toHex(hash);
    const is = (/** @type {Uint8Array[]} */ given) => this.#named(name, given);
    // Whoever is there can put others under this name, once it is known: after the right one.
    const lying = (/** @type {Link} */ at) => at.records.get(name).slice(-LOOKED_AT);
    if (await is(lying(link))) return;
    // One that this end read of in another conversation lies there.
    const manifest = (await is(await this.#host.manifests())) ?? (await is(this.#reachable().flatMap(lying)));
    // Then it is not appended, or nobody who comes could read on. A genesis is made anew.
    if (!manifest) throw new SealwireError("expired", "the manifest that a commit names is not known here any more");
    await link.records.put(name, manifest);
  }

  /**
   * The one whose hash is the name.
   * @param {string} name
   * @param {Uint8Array[]} manifests
   */
  async #named(name, manifests) {
    for (const manifest of manifests) {
      if (MANIFEST + toHex(await this.#host.manifestHash(manifest)) === name) return manifest;
    }
    return undefined;
  }

  /** @param {Transport} transport */
  #link(transport) {
    const link = new Link(transport, {
      inspect: (entry) => this.#host.inspect(entry),
      onRead: (from, read) => this.#read(from, read),
      onTurned: (from) => this.#turned(from),
      onRecords: (from) => this.#look(from),
      onForked: (from) => this.#forked(from),
      onFailure: (error) => this.#state !== "closed" && this.#host.onFailure(error),
    });
    this.#links.set(transport, link);
    return link;
  }

  /**
   * @param {Link} link
   * @param {Read} read
   */
  #read(link, { conversation, entry, commit }) {
    if (commit && isGenesis(entry) && !this.#places.has(conversation)) this.#places.set(conversation, link);
    if (this.#places.get(conversation) !== link) return;
    void this.#give(conversation, link);
    if (!commit) return;
    const wanted = this.#offers.used(link, entry);
    this.#look(link);
    if (!this.#company || this.#state !== "online" || !link.live) return;
    this.#host.onList([this.#listed(conversation, link)]);
    if (wanted) this.#host.onWanted();
  }

  /**
   * What is there of one that is followed, as fast as it is read.
   * @param {string} id
   * @param {Link} link
   */
  async #give(id, link) {
    const followed = this.#followed.get(id);
    if (!followed || followed.waits) return;
    const conversation = fromHex(id);
    while (this.#followed.get(id) === followed) {
      const entry = link.log.at(id, followed.next);
      if (!entry) return;
      if (this.#host.unread() <= MAX_UNREAD) this.#host.onEntry(conversation, followed.next++, entry);
      else {
        followed.waits = true;
        await new Promise((resolve) => setTimeout(resolve, UNREAD_PAUSE));
        followed.waits = false;
      }
    }
  }

  /** @param {Link} link */
  #turned(link) {
    if (this.#state === "closed") return;
    if (link.live) this.#live?.();
    if (this.#state === "offline" && link.live) return void this.#connect();
    if (this.#state !== "online") return;
    if (!this.#somethingLive()) return this.#drop();
    this.#look(link);
    this.#waiting();
    if (!link.live || !this.#company) return;
    // What waited for it goes on.
    this.#host.onList(this.conversationsOf(link.transport).map((id) => this.#listed(id, link)));
    this.#host.onWanted();
  }

  #somethingLive() {
    return this.#links.size === 0 ? this.#company : [...this.#links.values()].some(({ live }) => live);
  }

  /** @param {Link} link */
  #look(link) {
    if (this.#state === "online" && link.live) this.#reach.look(link);
  }

  #lookAnew() {
    this.#verified.forget();
    for (const link of this.#links.values()) this.#look(link);
  }

  /** @param {Link} link */
  #reached(link) {
    this.#host.onReachable(this.conversationsOf(link.transport).map(fromHex));
    this.#waiting();
  }

  /** Whether a first contact could be begun with what lies there. */
  #waiting() {
    if (this.#company || this.#state !== "online") return;
    this.#host.onWaiting(this.#reachable().some((link) => forQueue(this.#reach.in(link), this.#host.queue).length > 0));
  }

  /** @param {Link} link */
  #forked(link) {
    for (const [conversation, at] of this.#places) {
      if (at !== link) continue;
      // Nothing, in the place of what was last there: who follows it sees that it is another log.
      const head = link.log.length(conversation);
      if (this.#followed.has(conversation)) this.#host.onEntry(fromHex(conversation), head, NOBODY);
    }
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#set("connecting");
    const attempt = ++this.#attempt;
    try {
      await this.#host.prepare();
      if (attempt !== this.#attempt) return;
      this.#manifest = await this.#host.manifest();
      if (this.#company) this.#offers.recall(await this.#host.remembered());
      if (attempt !== this.#attempt) return;
      await this.#host.onWelcome(this.#manifest);
      if (attempt !== this.#attempt) return;
      if (!this.#somethingLive()) await this.#becomesLive();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.#host.onFailure(error instanceof Error ? error : new Error(String(error)));
      return this.#drop();
    }
    if (attempt !== this.#attempt) return;
    this.#failures = 0;
    this.#slow = false;
    this.#set("online");
    this.#lookAnew();
    this.#waiting();
  }

  #becomesLive() {
    return new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#live = null;
      };
      const timer = setTimeout(() => {
        done();
        reject(new SealwireError("unavailable", "not connected to the platform"));
      }, ATTEMPT);
      this.#live = () => {
        done();
        resolve();
      };
    });
  }

  #drop() {
    if (this.#state === "closed" || this.#state === "offline") return;
    this.#attempt++;
    this.#live?.();
    this.#followed.clear();
    const most = this.#slow ? MAX_PAUSE : Math.min(MAX_PAUSE, PAUSE * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    this.#slow = false;
    this.#set("offline");
    this.#timer = setTimeout(() => void this.#connect(), most / 2 + (Math.random() * most) / 2);
  }

  /** @param {CarrierState} state */
  #set(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.#host.onState(state);
  }
}

function offline() {
  return new SealwireError("unavailable", "not connected to the platform");
}
