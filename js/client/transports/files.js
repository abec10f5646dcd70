// @ts-check
/**
 * Files of a platform's conversation, by their opaque name: where the messages
 * that were read say that each is. The first that is told of under a name counts.
 */
import { SealwireError } from "../../errors.js";

/** 16 bytes in base64url. */
const NAME = /^[A-Za-z0-9_-]{22}$/;
export const OCTETS = "application/octet-stream";
/** For an upload (ms): as long as it takes. It is ended by a signal, which platforms' libraries do not know. */
export const UPLOAD = 2 ** 31 - 1;

/** @template Where */
export class Files {
  #fetch;
  /** @type {Map<string, Where>} */
  #known = new Map();

  /** @param {typeof globalThis.fetch | undefined} fetch  default the global one */
  constructor(fetch) {
    this.#fetch = fetch ?? ((/** @type {RequestInfo | URL} */ input, /** @type {RequestInit | undefined} */ init) => globalThis.fetch(input, init));
  }

  /**
   * A message tells of one.
   * @param {string | null | undefined} name
   * @param {Where} where
   */
  note(name, where) {
    if (name && NAME.test(name) && !this.#known.has(name)) this.#known.set(name, where);
  }

  /** @param {string} name */
  has(name) {
    return this.#known.has(name);
  }

  /** @param {string} name */
  of(name) {
    const where = this.#known.get(name);
    if (where === undefined) throw new SealwireError("unavailable", "no message has this file");
    return where;
  }

  /**
   * What stands at an address.
   * @param {string} url
   * @param {AbortSignal} signal
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  async fetch(url, signal) {
    const fetch = this.#fetch;
    /** @type {Response} */
    let response;
    try {
      response = await fetch(url, { signal, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" });
    } catch {
      signal.throwIfAborted();
      throw new SealwireError("unavailable", "the platform's files cannot be reached");
    }
    if (!response.ok || !response.body) throw new SealwireError("unavailable", `the platform's files answered ${response.status}`);
    return response.body;
  }
}
