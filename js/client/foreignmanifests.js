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
import { manifestName } from "./foreignnamed.js";

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
    const name = toHex(hash);
    await Promise.all(this.#host.reachable().map((link) => link.looked()));
    const manifest = this.#lying(name) ?? (await this.#named(name, [this.newest]));
    if (!manifest) throw new SealwireError("unavailable", "the manifest that a commit names is not there");
    return manifest;
  }

  /**
   * It lies there once this has resolved.
   * @param {Link} link
   * @param {Uint8Array} hash
   */
  async show(link, hash) {
    const name = toHex(hash);
    await link.looked();
    if (link.manifests.get(name)) return;
    // One that this end read of in another conversation lies there.
    const manifest = (await this.#named(name, await this.#host.manifests())) ?? this.#lying(name);
    // Then its commit is not appended, or nobody who comes could read on. A genesis is made anew.
    if (!manifest) throw new SealwireError("expired", "the manifest that a commit names is not known here any more");
    await link.put(manifestName(name), manifest);
  }

  /** @param {string} hash */
  #lying(hash) {
    for (const link of this.#host.reachable()) {
      const manifest = link.manifests.get(hash);
      if (manifest) return manifest;
    }
    return undefined;
  }

  /**
   * @param {string} hash
   * @param {readonly Uint8Array[]} manifests
   */
  async #named(hash, manifests) {
    for (const manifest of manifests) if (toHex(await this.#host.manifestHash(manifest)) === hash) return manifest;
    return undefined;
  }
}
