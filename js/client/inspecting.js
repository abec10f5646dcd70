// @ts-check
/**
 * What the core says of bytes that no conversation has read yet: which entry they
 * are, and by which name a manifest lies. Nothing is believed of them.
 *
 * @typedef {import("./end.js").Context} Context
 */
import { SealwireError } from "../errors.js";
import { OWN } from "./context.js";

/** Bytes of the longest entry, a commit (wasm/wire's table of limits). */
const MAX_ENTRY = 98_304;

export class Inspecting {
  #context;

  /** @param {() => Promise<Context>} context */
  constructor(context) {
    this.#context = context;
  }

  /** @param {Uint8Array} entry */
  async entryId(entry) {
    return (await this.#context()).core.callBytes("entry_id", entry);
  }

  /**
   * By which name a manifest lies where others find it.
   * @param {Uint8Array} manifest  any bytes
   */
  async manifestHash(manifest) {
    return (await this.#context()).core.callBytes("manifest_hash", manifest);
  }

  /**
   * What an entry is, of bytes that nobody checked before.
   * @param {Uint8Array} entry
   * @returns {Promise<{ id: Uint8Array, manifest: Uint8Array } | null>} the manifest's hash of a commit, else empty; null: it does not decode
   */
  async inspect(entry) {
    const { core } = await this.#context();
    if (entry.length > MAX_ENTRY) return null;
    try {
      return { manifest: core.callBytes("entry_manifest", entry), id: core.callBytes("entry_id", entry) };
    } catch (error) {
      if (!(error instanceof SealwireError) || OWN.includes(error.code)) throw error;
      return null;
    }
  }
}
