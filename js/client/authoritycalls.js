// @ts-check
/**
 * Requests to the company's authority over HTTP, and its answers taken apart:
 * JSON objects, not endless, or a refusal with its code and, where the authority
 * names one, the pause after which it may be asked again.
 *
 * @typedef {import("../errors.js").Code} Code
 *
 * @typedef {object} CallsHost
 * @property {string} url       without a slash at its end
 * @property {typeof globalThis.fetch} fetch
 *
 * @typedef {{ ticket?: string, signal?: AbortSignal, patience?: number }} CallOptions  patience: ms for an answer
 *
 * @typedef {SealwireError & { by?: string, after?: number }} Refusal  by: who was first, where that is why; after: ms
 */
import { SealwireError, codeOf } from "../errors.js";
import { bodyOf } from "./body.js";
import { fromBase64url } from "./bytes.js";

/** Bytes of an answer that are read. */
const MAX_ANSWER = 4 * 1024 * 1024;
/** The longest pause that an authority can name (s): it may know better by then. */
const LONGEST_PAUSE = 3_600;

export class AuthorityCalls {
  #host;
  #patience;

  /**
   * @param {CallsHost} host
   * @param {number} patience  ms for an answer
   */
  constructor(host, patience) {
    this.#host = host;
    this.#patience = patience;
  }

  /**
   * @param {string} path
   * @param {CallOptions} [options]
   */
  get(path, options) {
    return this.#request(path, { method: "GET" }, options);
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} body
   * @param {string} [ticket]
   */
  post(path, body, ticket) {
    return this.#request(path, { method: "POST", body: JSON.stringify(body) }, ticket === undefined ? {} : { ticket });
  }

  /**
   * @param {string} path
   * @param {{ method: string, body?: string }} request
   * @param {CallOptions} [options]
   * @returns {Promise<Record<string, unknown>>}
   * @throws {Unanswered | Refusal}
   */
  async #request(path, request, { ticket, signal, patience = this.#patience } = {}) {
    const { url, fetch } = this.#host;
    const clock = AbortSignal.timeout(patience);
    /** @type {Record<string, string>} */
    const headers = { ...(request.body === undefined ? {} : { "Content-Type": "application/json" }), ...(ticket ? { Authorization: `Bearer ${ticket}` } : {}) };
    /** @type {Response} */
    let response;
    /** @type {Record<string, unknown>} */
    let answer;
    try {
      response = await fetch(`${url}/v1/authority/${path}`, {
        ...request,
        headers,
        mode: "cors",
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: signal ? AbortSignal.any([signal, clock]) : clock,
      });
      answer = await objectIn(response);
    } catch {
      throw new Unanswered();
    }
    if (response.ok) return answer;
    throw Object.assign(response.status === 503 ? new Unanswered() : refusal(answer), pauseIn(response));
  }
}

/** Whether it was done is not known. */
export class Unanswered extends SealwireError {
  constructor() {
    super("unavailable", "the company's authority does not answer");
  }
}

/**
 * @param {unknown} text
 * @param {number} [length]
 */
export function octets(text, length) {
  try {
    const bytes = fromBase64url(String(text));
    if (bytes.length > 0 && (length === undefined || bytes.length === length)) return bytes;
  } catch {
    // As below.
  }
  throw new SealwireError("unavailable", "an answer of another kind");
}

/**
 * The pause that an error names (ms), or 0.
 * @param {unknown} error
 */
export function pauseOf(error) {
  return error instanceof SealwireError ? (/** @type {Refusal} */ (error).after ?? 0) : 0;
}

/**
 * @param {Record<string, unknown>} answer
 * @returns {Refusal}
 */
function refusal({ code, by }) {
  const error = new SealwireError(typeof code === "number" ? codeOf(code) : "unavailable", "refused by the company's authority");
  return typeof by === "string" ? Object.assign(error, { by: by.slice(0, 64) }) : error;
}

/**
 * What Retry-After says, in seconds; a date is not asked for.
 * @param {Response} response
 */
function pauseIn({ headers }) {
  const named = headers.get("Retry-After") ?? "";
  return /^[0-9]{1,9}$/.test(named) ? { after: Math.min(Number(named), LONGEST_PAUSE) * 1000 } : {};
}

/**
 * The body, which must be a JSON object.
 * @param {Response} response
 * @returns {Promise<Record<string, unknown>>}
 */
async function objectIn(response) {
  const value = /** @type {unknown} */ (JSON.parse(await (await bodyOf(response, MAX_ANSWER)).text()));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SealwireError("unavailable");
  return Object.assign(Object.create(null), value);
}
