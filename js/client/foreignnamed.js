// @ts-check
/**
 * The manifests that lie in one foreign conversation: of what anybody puts there
 * under a manifest's name only what has that hash. One that a commit names is
 * kept as long as the log is; of others, which may be named yet, only so many.
 */
import { toHex } from "./bytes.js";
import { keepNewest } from "./newest.js";

const NAME = /^manifest\/([0-9a-f]{64})$/;
const MAX_MANIFEST = 16_384;
/** Those that no commit names, the newest: somebody can put one between a manifest and the commit that it is there for. */
const MAX_LOOSE = 256;

/** @param {string} hash */
export function manifestName(hash) {
  return `manifest/${hash}`;
}

export class NamedManifests {
  #hash;
  /** What commits name. @type {Set<string>} */
  #wanted = new Set();
  /** @type {Map<string, Uint8Array>} */
  #named = new Map();
  /** @type {Map<string, Uint8Array>} */
  #loose = new Map();

  /** @param {(manifest: Uint8Array) => Promise<Uint8Array>} hash  of any bytes, by SPEC 2.5 */
  constructor(hash) {
    this.#hash = hash;
  }

  /**
   * A record that lies there.
   * @param {string} name
   * @param {Uint8Array} value
   */
  async note(name, value) {
    const hash = NAME.exec(name)?.[1];
    if (!hash || value.length > MAX_MANIFEST || this.get(hash)) return;
    if (toHex(await this.#hash(value)) !== hash || this.get(hash)) return;
    if (this.#wanted.has(hash)) return void this.#named.set(hash, value);
    this.#loose.set(hash, value);
    keepNewest(this.#loose, MAX_LOOSE);
  }

  /** A commit names it. @param {string} hash */
  name(hash) {
    this.#wanted.add(hash);
    const manifest = this.#loose.get(hash);
    if (!manifest) return;
    this.#loose.delete(hash);
    this.#named.set(hash, manifest);
  }

  /** @param {string} hash */
  get(hash) {
    return this.#named.get(hash) ?? this.#loose.get(hash);
  }
}
