// @ts-check
/**
 * Bringing an entry into the foreign conversation where it belongs: a genesis
 * where the key package lies that it adds by, and then there alone, as it may
 * stand there although no answer came; all else where its conversation is.
 * The manifest that a commit names lies there before it, or nobody who comes
 * could read on.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 *
 * @typedef {object} AppendingHost
 * @property {import("./foreignlog.js").Inspect} inspect
 * @property {import("./foreignplaces.js").Places} places
 * @property {import("./foreignoffers.js").Offers} offers
 * @property {import("./foreignmanifests.js").Manifests} manifests
 * @property {import("./foreignmemory.js").Memory} memory
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";
import { offline } from "./foreignattempts.js";
import { isGenesis } from "./foreignlog.js";

export class Appending {
  #host;
  /** Where a genesis was sent whose platform has no name for it. @type {Map<string, Link>} */
  #sent = new Map();

  /** @param {AppendingHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * Resolves with its place in the conversation's log once it is read back.
   * @param {string} conversation
   * @param {Uint8Array} entry
   */
  async append(conversation, entry) {
    const { inspect, places, manifests, memory } = this.#host;
    const link = isGenesis(entry) && !places.at(conversation) ? await this.#beginning(conversation, entry) : places.of(conversation);
    if (!link?.live) throw offline();
    const inspected = await inspect(entry);
    if (!inspected) throw new SealwireError("bad argument", "this is no entry");
    if (inspected.manifest.length > 0) await manifests.show(link, inspected.manifest);
    if (isGenesis(entry)) {
      await memory.keep(conversation, link.transport.id);
      if (memory.where(conversation) === undefined) this.#sent.set(conversation, link);
    }
    return link.append(conversation, entry, toHex(inspected.id));
  }

  /**
   * @param {string} conversation
   * @param {Uint8Array} genesis
   * @returns {Promise<Link | undefined>} undefined: it cannot be reached now
   */
  async #beginning(conversation, genesis) {
    const { places, offers, memory } = this.#host;
    const { links, reachable } = places;
    const where = memory.where(conversation);
    if (where !== undefined) return reachable.find(({ transport }) => transport.id === where);
    const sent = this.#sent.get(conversation);
    if (sent) return reachable.find((link) => link === sent);
    if (links.length === 1) return reachable[0];
    const source = await offers.source(reachable, genesis);
    if (source || reachable.length < links.length || links.some(({ transport }) => transport.id === undefined)) return source;
    // It was sent nowhere, and whom it adds would not see it in any of them: another takes its place.
    throw new SealwireError("bad commit", "its key package lies in no conversation of the platform");
  }
}
