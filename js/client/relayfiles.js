// @ts-check
/**
 * The relay's file store over HTTP: opaque bytes up in parts, down as a stream.
 * One call is one attempt; upload.js and download.js decide what to do after a
 * failure. What comes back is never trusted for its size.
 *
 * @typedef {typeof globalThis.fetch} Fetch
 *
 * @typedef {object} RelayFilesOptions
 * @property {string} relay   the address of the relay connection
 * @property {Fetch} fetch
 * @property {(conversation: string) => Promise<Uint8Array>} ticket
 * @property {Partial<FileTimes>} [times]  for tests
 *
 * @typedef {object} FileTimes  milliseconds
 * @property {number} answer   for the answer to a small request
 * @property {number} part     for a part to be taken
 * @property {number} silence  without a byte of a file
 */
import { fromBase64url } from "./bytes.js";
import { Deadline } from "./deadline.js";
import { FileRequests, refused } from "./filerequests.js";
import { Slots } from "./slots.js";
import { Tap } from "./tap.js";

/** @type {FileTimes} */
const TIMES = { answer: 30_000, part: 120_000, silence: 30_000 };
const NOTHING = new Uint8Array();
/** What came is passed on in pieces of this many bytes. */
const PIECE = 256 * 1024;
/** Files on their way up at once: the relay bounds what one end has under way. */
const UPLOADS = 2;

export class RelayFiles {
  #requests;
  #times;
  /** A place in the line of those that go up. */
  uploads = new Slots(UPLOADS);

  /** @param {RelayFilesOptions} options */
  constructor({ relay, fetch, ticket, times }) {
    const url = new URL(relay);
    url.protocol = url.protocol === "wss:" ? "https:" : "http:";
    // Beside the connection, so that a path in front of both is kept.
    const base = url.pathname.endsWith("/v1/connect") ? new URL("files", url) : new URL("/v1/files", url);
    this.#requests = new FileRequests({ base, fetch, ticket });
    this.#times = { ...TIMES, ...times };
  }

  /**
   * A place for so many bytes; its name.
   * @param {string} conversation
   * @param {number} length
   */
  async create(conversation, length) {
    // Not abortable: an answer that nobody waits for would leave a place that nobody knows.
    const init = { method: "POST", headers: { "Upload-Length": String(length) } };
    const answer = await this.#requests.json(conversation, "", init, undefined, this.#times.answer);
    const id = /** @type {{ id?: unknown }} */ (answer).id;
    if (typeof id !== "string" || !isFileId(id)) throw refused("unavailable", "the relay gave no name for the file");
    return id;
  }

  /**
   * @param {string} conversation
   * @param {string} id
   * @param {number} part
   * @param {Blob} body  of bare bytes Chromium keeps a copy for each part until it collects
   * @param {AbortSignal} signal
   */
  async put(conversation, id, part, body, signal) {
    const init = { method: "PUT", body, headers: { "Content-Type": "application/octet-stream" } };
    await this.#requests.done(conversation, `/${id}/${part}`, init, signal, this.#times.part);
  }

  /**
   * Parts that the relay does not have.
   * @param {string} conversation
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async missing(conversation, id, signal) {
    const { missing } = /** @type {{ missing?: unknown }} */ (await this.#requests.json(conversation, `/${id}/parts`, {}, signal, this.#times.answer));
    if (!Array.isArray(missing)) throw refused("unavailable", "the relay does not say which parts it has");
    return new Set(/** @type {unknown[]} */ (missing));
  }

  /**
   * @param {string} conversation
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async complete(conversation, id, signal) {
    await this.#requests.done(conversation, `/${id}/complete`, { method: "POST" }, signal, this.#times.part);
  }

  /**
   * @param {string} conversation
   * @param {string} id
   */
  async remove(conversation, id) {
    await this.#requests.done(conversation, `/${id}`, { method: "DELETE" }, undefined, this.#times.answer);
  }

  /**
   * The bytes from `offset` on, to `length`, never more, in pieces whose buffer is given back for the next. Ends
   * early when the connection does: then it throws after the last of what came.
   * @param {string} conversation
   * @param {string} id
   * @param {number} offset
   * @param {number} length  of the whole
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<Uint8Array, void, ArrayBuffer>}
   */
  async *read(conversation, id, offset, length, signal) {
    const timer = new Deadline(signal);
    try {
      timer.set(this.#times.answer);
      const init = offset > 0 ? { headers: { Range: `bytes=${offset}-` } } : {};
      const response = await this.#requests.call(conversation, `/${id}`, init, timer.signal);
      let skip = begins(response, offset, length);
      const tap = new Tap(/** @type {ReadableStream<Uint8Array>} */ (response.body));
      let piece = new Uint8Array(PIECE);
      for (let filled = 0, left = length - offset; ; ) {
        timer.set(this.#times.silence);
        // At the end one byte more is asked for: there must not be any.
        const bytes = await tap.read(skip || Math.min(PIECE - filled, left + 1)).catch(() => NOTHING);
        const ended = bytes.length === 0;
        if (skip > 0) {
          skip -= bytes.length;
        } else {
          left -= bytes.length;
          if (left < 0) throw refused("too large", "the relay sent more than the file has", 200);
          piece.set(bytes, filled);
          filled += bytes.length;
        }
        if (filled > 0 && (filled === PIECE || left === 0 || ended)) {
          timer.stop();
          piece = new Uint8Array(yield piece.subarray(0, filled));
          filled = 0;
        }
        if (!ended) continue;
        signal.throwIfAborted();
        if (left > 0) throw refused("unavailable", "the connection ended before the file did");
        return;
      }
    } finally {
      // Also when the caller goes away: nothing more of it is received.
      timer.end();
    }
  }
}

/**
 * How many bytes to skip to be at `offset`; throws when the answer is not the rest of the file.
 * @param {Response} response
 * @param {number} offset
 * @param {number} length
 */
function begins({ status, headers, body }, offset, length) {
  const partial = offset > 0 && status === 206;
  if (!partial && status !== 200) throw refused("unavailable", `the relay answered ${status}`, status);
  if (!body) throw refused("truncated file", "the relay sent no file", status);
  // Sealed bytes do not compress: what comes encoded only grows.
  if (!["", "identity"].includes(headers.get("Content-Encoding") ?? "")) throw refused("too large", "the relay sent an encoded file", status);
  const said = headers.get("Content-Length");
  const due = partial ? length - offset : length;
  if (said !== null && said !== String(due)) {
    throw refused(Number(said) > due ? "too large" : "truncated file", "the relay's file has another length", status);
  }
  const range = headers.get("Content-Range");
  if (partial && range !== null && range !== `bytes ${offset}-${length - 1}/${length}`) throw refused("truncated file", "the relay sent another range", status);
  return partial ? 0 : offset;
}

/** @param {string} text */
function isFileId(text) {
  try {
    return fromBase64url(text).length === 16;
  } catch {
    return false;
  }
}
