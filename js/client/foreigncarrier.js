// @ts-check
/**
 * The connection over foreign conversations: which of them carries what, and
 * what is done with it there.
 *
 * @typedef {import("./carrier.js").CarrierHost} CarrierHost
 * @typedef {import("./carrier.js").Connection} Connection
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./foreignlog.js").Read} Read
 */
import { SealwireError } from "../errors.js";
import { equalBytes, fromHex, toHex } from "./bytes.js";
import { Allowance } from "./foreignallowance.js";
import { Attempts } from "./foreignattempts.js";
import { ForeignFiles } from "./foreignfiles.js";
import { Following } from "./foreignfollowing.js";
import { Link } from "./foreignlink.js";
import { isGenesis } from "./foreignlog.js";
import { Manifests } from "./foreignmanifests.js";
import { Memory } from "./foreignmemory.js";
import { Offers } from "./foreignoffers.js";
import { forQueue } from "./foreignpackages.js";
import { Places } from "./foreignplaces.js";
import { Reachable } from "./foreignreachable.js";
import { VerifiedPackages } from "./foreignverified.js";

/** Until a manifest that this end asked for counts there (ms). */
const ADOPTED = 1_000;
/** Conversations that others begin with this end in one of the platform's: so many at once, and then one in so long (ms). */
const BEGUN_AT_ONCE = 8;
const BEGUN_EVERY = 5 * 60_000;
const NOBODY = new Uint8Array();

/** @implements {Connection} */
export class Deliveries {
  #host;
  #ended;
  /** An authority does not join conversations of other platforms. */
  inboxes = false;
  #memory;
  #places;
  files = new ForeignFiles((conversation) => this.#places.of(conversation).transport);
  #following;
  #manifests;
  #offers;
  #verified;
  #reach;
  #attempts;
  /** Conversations that this end is in. @type {Set<string>} */
  #kept = new Set();
  /** @type {WeakMap<Link, Allowance>} */
  #begun = new WeakMap();
  /** Under which key packages were judged last. @type {Uint8Array | null} */
  #under = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #adopted;

  /**
   * @param {CarrierHost} host
   * @param {Iterable<Transport>} transports
   * @param {() => void} ended
   */
  constructor(host, transports, ended) {
    this.#host = host;
    this.#ended = ended;
    const memory = (this.#memory = new Memory((bytes) => host.remember(bytes)));
    this.#places = new Places(memory, (conversation, link) => this.#placed(conversation, link));
    this.#offers = new Offers(host.member, (spent) => memory.spend(spent));
    this.#verified = new VerifiedPackages((keyPackage, member) => host.verify(keyPackage, member));
    this.#reach = new Reachable((link) => this.#offers.others(link), (link) => this.#reached(link));
    this.#following = new Following(host);
    const manifests = (this.#manifests = new Manifests({ manifestHash: (manifest) => host.manifestHash(manifest), manifests: () => host.manifests(), reachable: () => this.#places.reachable }));
    this.#attempts = new Attempts({
      steps: [
        () => host.prepare(),
        async () => void (manifests.newest = await host.manifest()),
        async () => {
          memory.recall(await host.remembered());
          this.#offers.recall(memory.spent);
          this.#places.decide();
        },
        () => host.onWelcome(manifests.newest),
        // Who reads on may wait for it.
        () => this.#judge(),
      ],
      live: () => this.#somethingLive(),
      onState: (state) => {
        if (state === "offline") this.#following.clear();
        host.onState(state);
      },
      onOnline: () => {
        for (const link of this.#places.links) this.#look(link);
        this.#waiting();
      },
      onFailure: (error) => host.onFailure(error),
    });
    for (const transport of transports) this.#link(transport);
  }

  get state() {
    return this.#attempts.state;
  }

  get #company() {
    return this.#host.role !== "customer";
  }

  start() {
    if (this.state !== "offline") return;
    for (const link of this.#places.links) link.start();
    void this.#attempts.begin();
  }

  close() {
    if (this.state === "closed") return;
    clearTimeout(this.#adopted);
    for (const link of this.#places.links) link.stop();
    this.#places.stop();
    this.#reach.stop();
    this.#attempts.close();
    this.#ended();
  }

  reset(slowly = false) {
    this.#attempts.reset(slowly);
  }

  /** @param {Transport} transport */
  add(transport) {
    if (this.state === "closed" || this.#places.link(transport)) return;
    const link = this.#link(transport);
    // Before it is started, those that are there start with it.
    if (this.#attempts.begun) link.start();
  }

  /** @param {Transport} transport */
  delete(transport) {
    const link = this.#places.link(transport);
    if (!link) return;
    link.stop();
    this.#offers.forget(link);
    this.#reach.forget(link);
    // What was followed goes on where it was, once another transport carries it.
    this.#host.onReachable(this.#places.remove(link).map(fromHex));
    this.#turned(link);
  }

  /** @param {Transport} transport */
  conversationsOf(transport) {
    const link = this.#places.link(transport);
    return link ? this.#places.in(link) : [];
  }

  /**
   * @param {Transport} transport
   * @param {number} sequence  in the transport
   */
  placeOf(transport, sequence) {
    const link = this.#places.link(transport);
    const place = link?.places.get(sequence);
    // A copy of what is elsewhere is nothing here.
    return place && this.#places.at(place.conversation) === link ? place : undefined;
  }

  /** @param {Transport} transport */
  isLive(transport) {
    return this.#places.link(transport)?.live ?? false;
  }

  /** @param {string} conversation */
  carrying(conversation) {
    return this.#places.at(conversation)?.transport;
  }

  /**
   * @param {Uint8Array} conversation
   * @param {Uint8Array} entry
   */
  async append(conversation, entry) {
    const id = toHex(conversation);
    const link = isGenesis(entry) && !this.#places.at(id) ? await this.#beginning(entry) : this.#places.of(id);
    if (!link.live) throw offline();
    const inspected = await this.#host.inspect(entry);
    if (!inspected) throw new SealwireError("bad argument", "this is no entry");
    if (inspected.manifest.length > 0) await this.#manifests.show(link, inspected.manifest);
    if (isGenesis(entry)) await this.#memory.keep(id, link.transport.id);
    return link.append(id, entry, toHex(inspected.id));
  }

  /**
   * @param {Uint8Array} conversation
   * @param {number} after
   */
  async subscribe(conversation, after) {
    const id = toHex(conversation);
    const link = this.#places.of(id);
    if (link.forked) throw new SealwireError("rolled back", "the platform shows another log than before");
    if (!link.live) throw offline();
    const head = link.log.length(id);
    if (head < after) throw new SealwireError("rolled back", "the platform has fewer entries than were read");
    this.#following.begin(id, after, link);
    return head;
  }

  /** @param {Uint8Array} conversation */
  async unsubscribe(conversation) {
    this.#following.end(toHex(conversation));
  }

  /** @param {Uint8Array} keyPackage */
  publish(keyPackage) {
    return this.#offers.publish(keyPackage, this.#places.reachable);
  }

  /**
   * @param {string} queue
   * @param {Uint8Array} [member]
   * @param {Uint8Array} [conversation]  it is for
   * @param {Uint8Array[]} [rather]  of others than of these
   */
  async take(queue, member = NOBODY, conversation = NOBODY, rather = []) {
    const at = this.#places.at(toHex(conversation));
    const links = at ? [at] : this.#places.reachable;
    const wanted = { queue, member: toHex(member), company: this.#company, last: rather.map(toHex) };
    const taken = await this.#offers.take(links, wanted);
    if (!taken) throw new SealwireError("unavailable", "no key package lies there");
    return taken;
  }

  /** @param {Uint8Array} hash */
  async manifest(hash) {
    const manifest = await this.#manifests.find(hash);
    // It may be the newest, and somebody's credential no good under it.
    clearTimeout(this.#adopted);
    this.#adopted = setTimeout(() => void this.#judge().catch(() => {}), ADOPTED);
    return manifest;
  }

  /** @param {Uint8Array} conversation */
  reachable(conversation) {
    const link = this.#places.at(toHex(conversation));
    return link ? this.#reach.in(link) : [];
  }

  async conversations() {
    return this.#places.listed;
  }

  /**
   * A conversation begins where the key package lies that it adds by.
   * @param {Uint8Array} genesis
   */
  async #beginning(genesis) {
    const { reachable } = this.#places;
    const link = (await this.#offers.source(reachable, genesis)) ?? reachable[0];
    if (!link) throw offline();
    return link;
  }

  /** @param {Transport} transport */
  #link(transport) {
    const link = new Link(transport, {
      inspect: (entry) => this.#host.inspect(entry),
      verify: (found, hash) => this.#verified.of(found, hash),
      manifestHash: (manifest) => this.#host.manifestHash(manifest),
      onRead: (from, read) => this.#read(from, read),
      onTurned: (from) => this.#turned(from),
      onPackages: (from) => this.#packages(from),
      onForked: (from) => this.#forked(from),
      onFailure: (error) => this.#failed(link, error),
    });
    this.#places.add(link);
    if (this.#under) link.packages.judge();
    return link;
  }

  /**
   * @param {Link} link
   * @param {Read} read
   */
  #read(link, { conversation, entry, commit }) {
    if (this.#places.at(conversation) === link) return this.#came(conversation, link, commit);
    if (commit && isGenesis(entry)) this.#places.begins(conversation, link);
  }

  /**
   * @param {string} conversation
   * @param {Link} link  where it is
   */
  #placed(conversation, link) {
    if (this.#kept.has(conversation)) void this.#keep(conversation, link);
    this.#came(conversation, link, true);
  }

  /**
   * @param {string} conversation
   * @param {Link} link  where it is
   * @param {boolean} commit
   */
  #came(conversation, link, commit) {
    void this.#following.give(conversation, link);
    if (commit && this.#company && this.state === "online" && link.live) this.#host.onList([this.#places.list(conversation)]);
  }

  /** This end is in it, and it is to stay where it is. @param {Uint8Array} conversation */
  keep(conversation) {
    const id = toHex(conversation);
    if (this.#kept.has(id)) return;
    this.#kept.add(id);
    const link = this.#places.at(id);
    if (!link) return;
    this.#allowance(link).spend();
    void this.#keep(id, link);
  }

  /** @param {Uint8Array} conversation */
  admits(conversation) {
    const id = toHex(conversation);
    const link = this.#places.at(id);
    return !link || this.#kept.has(id) || this.#allowance(link).some;
  }

  /** @param {Link} link */
  #allowance(link) {
    const allowance = this.#begun.get(link) ?? new Allowance(BEGUN_AT_ONCE, BEGUN_EVERY);
    this.#begun.set(link, allowance);
    return allowance;
  }

  /**
   * @param {string} conversation
   * @param {Link} link
   */
  async #keep(conversation, link) {
    try {
      await this.#memory.keep(conversation, link.transport.id);
    } catch (error) {
      if (this.state !== "closed") this.#host.onFailure(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /**
   * @param {Link} link
   * @param {Error} error
   */
  #failed(link, error) {
    if (this.state === "closed") return;
    this.#places.settle(link);
    this.#host.onFailure(error);
  }

  /** What could be taken there is another. @param {Link} link */
  #packages(link) {
    this.#look(link);
    if (this.#company && this.state === "online" && link.live && this.#offers.wants(link)) this.#host.onWanted();
  }

  /** @param {Link} link */
  #turned(link) {
    if (link.live) this.#places.settle(link);
    if (!this.#attempts.turned(link.live)) return;
    this.#look(link);
    this.#waiting();
    if (!link.live || !this.#company) return;
    // What waited for it goes on.
    this.#host.onList(this.#places.in(link).map((id) => this.#places.list(id)));
    this.#host.onWanted();
  }

  #somethingLive() {
    const { links } = this.#places;
    return links.length === 0 ? this.#company : links.some(({ live }) => live);
  }

  /** @param {Link} link */
  #look(link) {
    if (this.state === "online" && link.live) this.#reach.look(link);
  }

  /** What lies there is judged under the manifest of now, once. */
  async #judge() {
    const [newest = NOBODY] = await this.#host.manifests();
    if (this.state === "closed" || (this.#under && equalBytes(newest, this.#under))) return;
    this.#under = newest;
    this.#verified.forget();
    for (const link of this.#places.links) link.packages.judge();
  }

  /** @param {Link} link */
  #reached(link) {
    this.#host.onReachable(this.#places.in(link).map(fromHex));
    this.#waiting();
  }

  /** Whether a first contact could be begun with what lies there. */
  #waiting() {
    if (this.#company || this.state !== "online") return;
    this.#host.onWaiting(this.#places.reachable.some((link) => forQueue(this.#reach.in(link), this.#host.queue).length > 0));
  }

  /** @param {Link} link */
  #forked(link) {
    this.#places.settle(link);
    for (const conversation of this.#places.in(link)) this.#following.forked(conversation, link);
  }
}

function offline() {
  return new SealwireError("unavailable", "not connected to the platform");
}
