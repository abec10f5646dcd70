// @ts-check
/**
 * Bringing an entry into the foreign conversation where it belongs: a genesis
 * where the key package lies that it adds by, all else where its conversation is.
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
    const link = isGenesis(entry) && !places.at(conversation) ? await this.#beginning(entry) : places.of(conversation);
    if (!link?.live) throw offline();
    const inspected = await inspect(entry);
    if (!inspected) throw new SealwireError("bad argument", "this is no entry");
    if (inspected.manifest.length > 0) await manifests.show(link, inspected.manifest);
    if (isGenesis(entry)) await memory.keep(conversation, link.transport.id);
    return link.append(conversation, entry, toHex(inspected.id));
  }

  /** @param {Uint8Array} genesis */
  async #beginning(genesis) {
    const { reachable } = this.#host.places;
    return (await this.#host.offers.source(reachable, genesis)) ?? reachable[0];
  }
}
