// @ts-check
/**
 * The connection over foreign conversations: what a client asks of it, and how
 * that hangs together. Which of them carries what stands in foreignplaces.js, what
 * comes from them in foreignlinks.js, what a client is told unasked in
 * foreigntelling.js.
 *
 * @typedef {import("./carrier.js").CarrierHost} CarrierHost
 * @typedef {import("./carrier.js").Connection} Connection
 * @typedef {import("./transports/transport.js").Transport} Transport
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";
import { Admission } from "./foreignadmission.js";
import { Appending } from "./foreignappending.js";
import { Attempts, offline } from "./foreignattempts.js";
import { ForeignFiles } from "./foreignfiles.js";
import { Following } from "./foreignfollowing.js";
import { Judging } from "./foreignjudging.js";
import { Links } from "./foreignlinks.js";
import { Manifests } from "./foreignmanifests.js";
import { Memory } from "./foreignmemory.js";
import { Offers } from "./foreignoffers.js";
import { Places } from "./foreignplaces.js";
import { Telling } from "./foreigntelling.js";
import { VerifiedPackages } from "./foreignverified.js";
import { asError } from "./thrown.js";

const NOBODY = new Uint8Array();

/** @implements {Connection} */
export class Deliveries {
  #company;
  #ended;
  /** An authority does not join conversations of other platforms. */
  inboxes = false;
  places;
  files = new ForeignFiles((conversation) => this.places.of(conversation).transport);
  #following;
  #manifests;
  #offers;
  #judging;
  #admission;
  #appending;
  #telling;
  #links;
  #attempts;

  /**
   * @param {CarrierHost} host
   * @param {Iterable<Transport>} transports
   * @param {() => void} ended
   */
  constructor(host, transports, ended) {
    this.#company = host.role !== "customer";
    this.#ended = ended;
    const memory = new Memory((bytes) => host.remember(bytes));
    const places = (this.places = new Places(memory, (conversation, link) => links.placed(conversation, link)));
    const offers = (this.#offers = new Offers(host.member, (spent) => memory.spend(spent)));
    const inspect = (/** @type {Uint8Array} */ entry) => host.inspect(entry);
    const verified = new VerifiedPackages((keyPackage, member) => host.verify(keyPackage, member));
    const judging = (this.#judging = new Judging({ manifests: () => host.manifests(), verified, links: () => places.links }));
    const manifests = (this.#manifests = new Manifests({ manifestHash: (manifest) => host.manifestHash(manifest), manifests: () => host.manifests(), reachable: () => places.reachable }));
    const following = (this.#following = new Following(host));
    this.#appending = new Appending({ inspect, places, offers, manifests, memory });
    const closed = () => this.state === "closed";
    const onFailure = (/** @type {unknown} */ error) => {
      if (!closed()) host.onFailure(asError(error));
    };
    const admission = (this.#admission = new Admission({ memory, at: (id) => places.at(id), onFailure }));
    const telling = (this.#telling = new Telling({ client: host, places, offers, online: () => this.state === "online" }));
    const turned = (/** @type {boolean} */ live) => this.#attempts.turned(live);
    const links = (this.#links = new Links({ client: host, places, offers, verified, judging, following, admission, telling, turned, closed, onFailure }));
    this.#attempts = new Attempts({
      steps: [
        () => host.prepare(),
        async () => void (manifests.newest = await host.manifest()),
        async () => {
          memory.recall(await host.remembered());
          offers.recall(memory.spent);
          places.decide();
        },
        () => host.onWelcome(manifests.newest),
        // Who reads on may wait for it.
        () => judging.judge(),
      ],
      live: () => this.#somethingLive(),
      onState: (state) => {
        if (state === "offline") following.clear();
        host.onState(state);
      },
      onOnline: () => telling.online(),
      onFailure: (error) => host.onFailure(error),
    });
    for (const transport of transports) links.add(transport);
  }

  get state() {
    return this.#attempts.state;
  }

  start() {
    if (this.state !== "offline") return;
    for (const link of this.places.links) link.start();
    void this.#attempts.begin();
  }

  close() {
    if (this.state === "closed") return;
    this.#judging.stop();
    for (const link of this.places.links) link.stop();
    this.places.stop();
    this.#telling.stop();
    this.#attempts.close();
    this.#ended();
  }

  reset(slowly = false) {
    this.#attempts.reset(slowly);
  }

  /** @param {Transport} transport */
  add(transport) {
    if (this.state === "closed" || this.places.link(transport)) return;
    const link = this.#links.add(transport);
    // Before it is started, those that are there start with it.
    if (this.#attempts.begun) link.start();
  }

  /** @param {Transport} transport */
  delete(transport) {
    const link = this.places.link(transport);
    if (link) this.#links.delete(link);
  }

  /**
   * @param {Uint8Array} conversation
   * @param {Uint8Array} entry
   */
  append(conversation, entry) {
    return this.#appending.append(toHex(conversation), entry);
  }

  /**
   * @param {Uint8Array} conversation
   * @param {number} after
   */
  async subscribe(conversation, after) {
    const id = toHex(conversation);
    const link = this.places.of(id);
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
    return this.#offers.publish(keyPackage, this.places.reachable);
  }

  /**
   * @param {string} queue
   * @param {Uint8Array} [member]
   * @param {Uint8Array} [conversation]  it is for
   * @param {Uint8Array[]} [rather]  of others than of these
   */
  async take(queue, member = NOBODY, conversation = NOBODY, rather = []) {
    const at = this.places.at(toHex(conversation));
    const links = at ? [at] : this.places.reachable;
    const wanted = { queue, member: toHex(member), company: this.#company, last: rather.map(toHex) };
    const taken = await this.#offers.take(links, wanted);
    if (!taken) throw new SealwireError("unavailable", "no key package lies there");
    return taken;
  }

  /** @param {Uint8Array} hash */
  async manifest(hash) {
    const manifest = await this.#manifests.find(hash);
    this.#judging.soon();
    return manifest;
  }

  /** @param {Uint8Array} conversation */
  reachable(conversation) {
    const link = this.places.at(toHex(conversation));
    return link ? this.#telling.reachable(link) : [];
  }

  async conversations() {
    return this.places.listed;
  }

  /** @param {Uint8Array} conversation */
  keep(conversation) {
    this.#admission.keep(toHex(conversation));
  }

  /** @param {Uint8Array} conversation */
  admits(conversation) {
    return this.#admission.admits(toHex(conversation));
  }

  #somethingLive() {
    const { links } = this.places;
    return links.length === 0 ? this.#company : links.some(({ live }) => live);
  }
}
