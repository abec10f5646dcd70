// @ts-check
/**
 * Requests to the relay's file store. A ticket, got over the relay connection,
 * authorises those of one conversation; it is kept until the relay answers 401.
 * What comes back is never trusted for its size: a body is read up to a bound
 * and then left.
 *
 * @typedef {object} FileRequestsHost
 * @property {URL} base
 * @property {typeof globalThis.fetch} fetch
 * @property {(conversation: string) => Promise<Uint8Array>} ticket
 */
import { SealwireError, codeOf } from "../errors.js";
import { Writer, decodeText, toBase64url } from "./bytes.js";
import { Deadline } from "./deadline.js";
import { FileRefusal } from "./filerefusal.js";

/** Bytes of a refusal that are read, and of other answers. */
const MAX_REFUSAL = 4096;
const MAX_ANSWER = 4 * 1024 * 1024;

/** Answers that say "not now". */
const LATER = [401, 408, 425, 429, 500, 502, 503, 504];
/** Answers that say that the relay has not what it was given. */
const GONE = [404, 409, 410];

/**
 * @param {import("../errors.js").Code} code
 * @param {string} text
 * @param {number} [status]  without one, nothing was answered at all
 */
export function refused(code, text, status) {
  const known = status !== undefined;
  return new FileRefusal(code, text, { later: !known || LATER.includes(status), gone: known && GONE.includes(status), soon: status === 401 });
}

export class FileRequests {
  #host;
  /** @type {Map<string, Promise<string>>} */
  #tickets = new Map();

  /** @param {FileRequestsHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * One whose answer is only that it was done.
   * @param {string} conversation
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal | undefined} signal
   * @param {number} patience  ms
   */
  async done(conversation, path, init, signal, patience) {
    const timer = new Deadline(signal);
    try {
      timer.set(patience);
      await this.call(conversation, path, init, timer.signal);
    } finally {
      timer.end();
    }
  }

  /**
   * @param {string} conversation
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal | undefined} signal
   * @param {number} patience
   * @returns {Promise<object>}
   */
  async json(conversation, path, init, signal, patience) {
    const timer = new Deadline(signal);
    try {
      timer.set(patience);
      const value = await bounded(await this.call(conversation, path, init, timer.signal), MAX_ANSWER);
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
   * @returns {Promise<Response>} that is well
   */
  async call(conversation, path, init, signal) {
    const ticket = await this.#ticket(conversation);
    signal.throwIfAborted();
    /** @type {Response} */
    let response;
    try {
      response = await this.#host.fetch(this.#host.base.href + path, {
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
    const asked = this.#host.ticket(conversation).then(toBase64url, (error) => {
      this.#tickets.delete(conversation);
      throw refusalOf(error);
    });
    this.#tickets.set(conversation, asked);
    return asked;
  }
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

/** @param {unknown} error of asking for a ticket: a relay that answers means it */
function refusalOf(error) {
  const code = error instanceof SealwireError ? error.code : "internal";
  if (code === "bad argument") return refused("unavailable", "this relay keeps no files", 501);
  return refused(code, "no ticket", code === "not a member" ? 403 : undefined);
}
