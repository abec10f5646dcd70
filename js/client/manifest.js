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
      if (response.ok) return await small(response);
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

/** @param {Response} response */
async function small({ body }) {
  const reader = body?.getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const pieces = [];
  let length = 0;
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    length += next.value.length;
    if (length > MAX_MANIFEST) {
      void reader?.cancel().catch(() => {});
      throw new SealwireError("too large");
    }
    pieces.push(next.value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
