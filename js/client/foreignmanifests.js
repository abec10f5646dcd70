// @ts-check
/**
 * The manifests that commits name, among the records of foreign conversations:
 * whoever reads a commit must find its manifest there, and whoever puts others
 * under its name holds nobody up.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 *
 * @typedef {object} ManifestsHost
 * @property {(manifest: Uint8Array) => Promise<Uint8Array>} manifestHash
 * @property {() => Promise<Uint8Array[]>} manifests  that this end holds
 * @property {() => Link[]} reachable
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";

const PREFIX = "manifest/";
/** What lies under one manifest's name that is looked at, the oldest: others are put after the right one, once its name is known. */
const LOOKED_AT = 8;

export class Manifests {
  #host;
  /** The newest that the organisation gave. @type {Uint8Array} */
  newest = new Uint8Array();

  /** @param {ManifestsHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * The one with this hash, wherever it lies.
   * @param {Uint8Array} hash
   */
  async find(hash) {
    const name = PREFIX + toHex(hash);
    // Of a conversation of somebody's own, too.
    const manifest = await this.#named(name, [this.newest, ...this.#host.reachable().flatMap((link) => link.records.get(name))]);
    if (!manifest) throw new SealwireError("unavailable", "the manifest that a commit names is not there");
    return manifest;
  }

  /**
   * It lies there once this has resolved.
   * @param {Link} link
   * @param {Uint8Array} hash
   */
  async show(link, hash) {
    const name = PREFIX + toHex(hash);
    const is = (/** @type {Uint8Array[]} */ given) => this.#named(name, given);
    const lying = (/** @type {Link} */ at) => at.records.get(name).slice(-LOOKED_AT);
    if (await is(lying(link))) return;
    // One that this end read of in another conversation lies there.
    const manifest = (await is(await this.#host.manifests())) ?? (await is(this.#host.reachable().flatMap(lying)));
    // Then its commit is not appended, or nobody who comes could read on. A genesis is made anew.
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
      if (PREFIX + toHex(await this.#host.manifestHash(manifest)) === name) return manifest;
    }
    return undefined;
  }
}
