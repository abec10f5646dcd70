// @ts-check
/**
 * The foreign conversations that are followed: they come and go, and what each
 * brings goes to those whom it concerns.
 *
 * @typedef {import("./transports/transport.js").Transport} Transport
 * @typedef {import("./foreignlog.js").Read} Read
 *
 * @typedef {object} LinksHost
 * @property {import("./carrier.js").CarrierHost} client
 * @property {import("./foreignplaces.js").Places} places
 * @property {import("./foreignoffers.js").Offers} offers
 * @property {import("./foreignverified.js").VerifiedPackages} verified
 * @property {import("./foreignjudging.js").Judging} judging
 * @property {import("./foreignfollowing.js").Following} following
 * @property {import("./foreignadmission.js").Admission} admission
 * @property {import("./foreigntelling.js").Telling} telling
 * @property {(live: boolean) => boolean} turned  one is live, or is not any more; whether this end stays online
 * @property {() => boolean} closed
 * @property {(error: unknown) => void} onFailure
 */
import { Link } from "./foreignlink.js";
import { isGenesis } from "./foreignlog.js";

export class Links {
  #host;

  /** @param {LinksHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** @param {Transport} transport */
  add(transport) {
    const { client, places, verified, judging, telling, closed, onFailure } = this.#host;
    const link = new Link(transport, {
      inspect: (entry) => client.inspect(entry),
      verify: (found, hash) => verified.of(found, hash),
      manifestHash: (manifest) => client.manifestHash(manifest),
      onRead: (from, read) => this.#read(from, read),
      onTurned: (from) => this.#turned(from),
      onPackages: (from) => telling.packages(from),
      onForked: (from) => this.#forked(from),
      onFailure: (error) => {
        if (!closed()) places.settle(link);
        onFailure(error);
      },
    });
    places.add(link);
    judging.add(link);
    return link;
  }

  /** It is followed no more. @param {Link} link */
  delete(link) {
    const { places, offers, telling } = this.#host;
    link.stop();
    offers.forget(link);
    // What was followed goes on where it was, once another transport carries it.
    telling.removed(link, places.remove(link));
    this.#turned(link);
  }

  /**
   * Where a conversation is was found out.
   * @param {string} conversation
   * @param {Link} link
   */
  placed(conversation, link) {
    this.#host.admission.placed(conversation, link);
    this.#came(conversation, link, true);
  }

  /**
   * @param {Link} link
   * @param {Read} read
   */
  #read(link, { conversation, entry, commit }) {
    const { places } = this.#host;
    if (places.at(conversation) === link) return this.#came(conversation, link, commit);
    if (commit && isGenesis(entry)) places.begins(conversation, link);
  }

  /**
   * @param {string} conversation
   * @param {Link} link  where it is
   * @param {boolean} commit
   */
  #came(conversation, link, commit) {
    void this.#host.following.give(conversation, link);
    if (commit) this.#host.telling.committed(conversation, link);
  }

  /** @param {Link} link */
  #turned(link) {
    const { places, telling, turned } = this.#host;
    if (link.live) places.settle(link);
    if (turned(link.live)) telling.turned(link);
  }

  /** @param {Link} link */
  #forked(link) {
    const { places, following } = this.#host;
    places.settle(link);
    for (const conversation of places.in(link)) following.forked(conversation, link);
  }
}
