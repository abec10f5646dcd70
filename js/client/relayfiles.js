// @ts-check
/**
 * The relay's file store over HTTP: opaque bytes up in parts, down as a stream.
 * One call is one attempt; upload.js and download.js decide what to do after a
 * failure. What comes back is never trusted for its size: every body is read up
 * to a bound and then left.
 *
 * A ticket, got over the relay connection, authorises the files of one
 * conversation. It is kept until the relay answers 401.
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
import { SealwireError, codeOf } from "../errors.js";
import { FileRefusal } from "./filerefusal.js";
import { Slots } from "./slots.js";
import { Tap } from "./tap.js";
import { Writer, decodeText, fromBase64url, toBase64url } from "./bytes.js";

/** @type {FileTimes} */
const TIMES = { answer: 30_000, part: 120_000, silence: 30_000 };
/** Bytes of a refusal that are read, and of other answers. */
const MAX_REFUSAL = 4096;
const MAX_ANSWER = 4 * 1024 * 1024;
const NOTHING = new Uint8Array();
/** What came is passed on in pieces of this many bytes. */
const PIECE = 256 * 1024;
/** Files on their way up at once: the relay bounds what one end has under way. */
const UPLOADS = 2;

/** Answers that say "not now". */
const LATER = [401, 408, 425, 429, 500, 502, 503, 504];
/** Answers that say that the relay has not what it was given. */
const GONE = [404, 409, 410];

/**
 * @param {import("../errors.js").Code} code
 * @param {string} text
 * @param {number} [status]  without one, nothing was answered at all
 */
function refused(code, text, status) {
  const known = status !== undefined;
  return new FileRefusal(code, text, { later: !known || LATER.includes(status), gone: known && GONE.includes(status), soon: status === 401 });
}

export class RelayFiles {
  #base;
  #fetch;
  #ask;
  #times;
  /** @type {Map<string, Promise<string>>} */
  #tickets = new Map();
  /** A place in the line of those that go up. */
  uploads = new Slots(UPLOADS);

  /** @param {RelayFilesOptions} options */
  constructor({ relay, fetch, ticket, times }) {
    const url = new URL(relay);
    url.protocol = url.protocol === "wss:" ? "https:" : "http:";
    // Beside the connection, so that a path in front of both is kept.
    this.#base = url.pathname.endsWith("/v1/connect") ? new URL("files", url) : new URL("/v1/files", url);
    this.#fetch = fetch;
    this.#ask = ticket;
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
    const answer = await this.#json(conversation, "", init, undefined);
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
    await this.#done(conversation, `/${id}/${part}`, init, signal, this.#times.part);
  }

  /**
   * Parts that the relay does not have.
   * @param {string} conversation
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async missing(conversation, id, signal) {
    const { missing } = /** @type {{ missing?: unknown }} */ (await this.#json(conversation, `/${id}/parts`, {}, signal));
    if (!Array.isArray(missing)) throw refused("unavailable", "the relay does not say which parts it has");
    return new Set(/** @type {unknown[]} */ (missing));
  }

  /**
   * @param {string} conversation
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async complete(conversation, id, signal) {
    await this.#done(conversation, `/${id}/complete`, { method: "POST" }, signal, this.#times.part);
  }

  /**
   * @param {string} conversation
   * @param {string} id
   */
  async remove(conversation, id) {
    await this.#done(conversation, `/${id}`, { method: "DELETE" }, undefined, this.#times.answer);
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
      const response = await this.#call(conversation, `/${id}`, init, timer.signal);
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

  /**
   * @param {string} conversation
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal | undefined} signal
   * @param {number} patience
   */
  async #done(conversation, path, init, signal, patience) {
    const timer = new Deadline(signal);
    try {
      timer.set(patience);
      await this.#call(conversation, path, init, timer.signal);
    } finally {
      timer.end();
    }
  }

  /**
   * @param {string} conversation
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<object>}
   */
  async #json(conversation, path, init, signal) {
    const timer = new Deadline(signal);
    try {
      timer.set(this.#times.answer);
      const value = await bounded(await this.#call(conversation, path, init, timer.signal), MAX_ANSWER);
      if (typeof value !== "object" || value === null) throw refused("unavailable", "an answer that does not parse");
      return value;
    } finally {
      timer.end();
    }
  }

  /**
   * @param {string} conversation
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal} signal
   */
  async #call(conversation, path, init, signal) {
    const ticket = await this.#ticket(conversation);
    signal.throwIfAborted();
    /** @type {Response} */
    let response;
    try {
      response = await this.#fetch(this.#base.href + path, {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${ticket}` },
        signal,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
    } catch {
      signal.throwIfAborted();
      throw refused("unavailable", "the relay's files cannot be reached");
    }
    if (response.ok) return response;
    if (response.status === 401) this.#tickets.delete(conversation);
    const said = await bounded(response, MAX_REFUSAL);
    const code = typeof said === "object" && said !== null && "code" in said && typeof said.code === "number" ? codeOf(said.code) : "unavailable";
    throw refused(code, `the relay answered ${response.status}`, response.status);
  }

  /** @param {string} conversation */
  #ticket(conversation) {
    const known = this.#tickets.get(conversation);
    if (known) return known;
    const asked = this.#ask(conversation).then(toBase64url, (error) => {
      this.#tickets.delete(conversation);
      throw refusalOf(error);
    });
    this.#tickets.set(conversation, asked);
    return asked;
  }
}

/** An abort of one's own: by the caller's signal, or when time is up. */
class Deadline {
  #controller = new AbortController();
  #outer;
  #follow = () => this.#controller.abort(this.#outer?.reason);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {AbortSignal | undefined} outer */
  constructor(outer) {
    this.#outer = outer;
    if (outer?.aborted) this.#follow();
    outer?.addEventListener("abort", this.#follow);
  }
  get signal() {
    return this.#controller.signal;
  }
  /** @param {number} ms */
  set(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(refused("unavailable", "the relay does not answer")), ms);
  }
  stop() {
    clearTimeout(this.#timer);
  }
  /** What is still under way ends. */
  end() {
    this.stop();
    this.#outer?.removeEventListener("abort", this.#follow);
    this.#controller.abort(refused("unavailable", "ended"));
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

/**
 * The JSON of a small body; null when it is none, or not small.
 * @param {Response} response
 * @param {number} limit
 * @returns {Promise<unknown>}
 */
async function bounded({ body }, limit) {
  if (!body) return null;
  const reader = body.getReader();
  const w = new Writer();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return JSON.parse(decodeText(w.take()));
      length += value.length;
      if (length > limit) return null;
      w.raw(value);
    }
  } catch {
    return null;
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {string} text */
function isFileId(text) {
  try {
    return fromBase64url(text).length === 16;
  } catch {
    return false;
  }
}

/** @param {unknown} error of asking for a ticket: a relay that answers means it */
function refusalOf(error) {
  const code = error instanceof SealwireError ? error.code : "internal";
  if (code === "bad argument") return refused("unavailable", "this relay keeps no files", 501);
  return refused(code, "no ticket", code === "not a member" ? 403 : undefined);
}
