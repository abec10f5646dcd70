// @ts-check
/**
 * What a client is told of foreign conversations while it is online: which ones
 * there are, who could be added in them, whether somebody is there to begin with,
 * and that a key package of its own is wanted.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 * @typedef {import("./carrier.js").CarrierHost} CarrierHost
 *
 * @typedef {object} TellingHost
 * @property {CarrierHost} client
 * @property {import("./foreignplaces.js").Places} places
 * @property {import("./foreignoffers.js").Offers} offers
 * @property {() => boolean} online
 */
import { fromHex } from "./bytes.js";
import { forQueue } from "./foreignpackages.js";
import { Reachable } from "./foreignreachable.js";

export class Telling {
  #host;
  #reach;
  #company;

  /** @param {TellingHost} host */
  constructor(host) {
    this.#host = host;
    this.#company = host.client.role !== "customer";
    this.#reach = new Reachable((link) => host.offers.others(link), (link) => this.#reached(link));
  }

  /** Who could be added there. @param {Link} link */
  reachable(link) {
    return this.#reach.in(link);
  }

  /** This end is online. */
  online() {
    for (const link of this.#host.places.links) this.#look(link);
    this.#waiting();
  }

  /** It is live now, or is not any more, and this end stays online. @param {Link} link */
  turned(link) {
    const { client, places } = this.#host;
    this.#look(link);
    this.#waiting();
    if (!link.live || !this.#company) return;
    // What waited for it goes on.
    client.onList(places.in(link).map((id) => places.list(id)));
    client.onWanted();
  }

  /**
   * A commit was read.
   * @param {string} conversation
   * @param {Link} link  where it is
   */
  committed(conversation, link) {
    const { client, places } = this.#host;
    if (this.#company && this.#there(link)) client.onList([places.list(conversation)]);
  }

  /** What could be taken there is another. @param {Link} link */
  packages(link) {
    const { client, offers } = this.#host;
    this.#look(link);
    if (this.#company && this.#there(link) && offers.wants(link)) client.onWanted();
  }

  /**
   * It is followed no more.
   * @param {Link} link
   * @param {readonly string[]} conversations  that it carried
   */
  removed(link, conversations) {
    this.#reach.forget(link);
    this.#host.client.onReachable(conversations.map(fromHex));
  }

  /** For good. */
  stop() {
    this.#reach.stop();
  }

  /** @param {Link} link */
  #there(link) {
    return this.#host.online() && link.live;
  }

  /** @param {Link} link */
  #look(link) {
    if (this.#there(link)) this.#reach.look(link);
  }

  /** @param {Link} link */
  #reached(link) {
    const { client, places } = this.#host;
    client.onReachable(places.in(link).map(fromHex));
    this.#waiting();
  }

  /** Whether a first contact could be begun with what lies there. */
  #waiting() {
    const { client, places, online } = this.#host;
    if (this.#company || !online()) return;
    client.onWaiting(places.reachable.some((link) => forQueue(this.#reach.in(link), client.queue).length > 0));
  }
}
