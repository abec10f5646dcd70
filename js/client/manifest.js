// @ts-check
/**
 * Where a client gets the organisation's newest manifest when no relay shows it:
 * from the page, or from an address, as the company's authority has it
 * (`/v1/authority/manifest`). It is signed: who hands it out can keep a newer
 * one back and nothing else, and the end service judges it.
 *
 * @typedef {() => Uint8Array | Promise<Uint8Array>} ManifestSource
 */
import { SealwireError } from "../errors.js";
import { bodyOf } from "./body.js";

/** Bytes of a manifest (wasm/wire's table of limits). */
const MAX_MANIFEST = 16_384;
const PATIENCE = 15_000;

/**
 * @param {string} address
 * @param {typeof globalThis.fetch} fetch
 * @returns {() => Promise<Uint8Array>}
 */
export function manifestAt(address, fetch) {
  return async () => {
    try {
      const response = await fetch(address, {
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.ok) return new Uint8Array(await (await bodyOf(response, MAX_MANIFEST)).arrayBuffer());
    } catch {
      // As below.
    }
    throw new SealwireError("unavailable", "the organisation's manifest cannot be had");
  };
}

/**
 * @param {ManifestSource} source
 * @returns {() => Promise<Uint8Array>}
 */
export function manifestBy(source) {
  return async () => {
    const manifest = await source();
    if (!(manifest instanceof Uint8Array)) throw new TypeError("manifest: expected a Uint8Array");
    return manifest;
  };
}

/** No source was named. @returns {Promise<Uint8Array>} */
export async function noManifest() {
  throw new SealwireError("unavailable", "no source of the organisation's manifest is set");
}
