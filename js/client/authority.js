// @ts-check
/**
 * The company's authority, as its people's clients speak to it: it turns a login
 * into a credential, tells who waits in which queue, and gives a conversation to
 * one of those who claim it. Every answer is a claim: credentials are verified by
 * the end service, and that a conversation is ours its log says.
 *
 * Whoever asks proves the identity key over a nonce of the authority's, for the
 * authority's own host, by the same hello as at a relay (SPEC 10.2): nobody can
 * pass on what was made for another.
 *
 * @typedef {import("./types.js").Queues} Queues
 * @typedef {import("../errors.js").Code} Code
 *
 * @typedef {object} AuthorityHost
 * @property {string} url       without a slash at its end
 * @property {() => string | Promise<string>} login
 * @property {typeof globalThis.fetch} fetch
 * @property {(nonce: Uint8Array, host: string, proof: Uint8Array) => Promise<Uint8Array>} hello
 * @property {string} member    own member id
 * @property {() => Promise<Uint8Array>} credential  the one to show now
 * @property {() => void} doubt  it was refused: another is needed
 * @property {(queues: Queues) => void} onQueues
 * @property {Partial<AuthorityTimes>} [times]  for tests
 *
 * @typedef {object} AuthorityTimes  milliseconds
 * @property {number} answer   for an answer
 * @property {number} poll     for one that may wait for news
 * @property {number} pause    after a failure; doubles
 * @property {number} longest  pause
 * @property {number} least    between two polls
 */
import { SealwireError, codeOf } from "../errors.js";
import { encodeText, fromBase64url, toBase64url } from "./bytes.js";
import { readQueues } from "./queues.js";

/** @type {AuthorityTimes} */
const TIMES = { answer: 15_000, poll: 45_000, pause: 1_000, longest: 30_000, least: 200 };
/** Bytes of an answer that are read. */
const MAX_ANSWER = 4 * 1024 * 1024;
const MAX_LOGIN = 8192;
/** Times that one claim is sent. */
const MAX_CLAIMS = 5;
/** Answers that mean: this login, or this credential, will not do. */
const REFUSED = ["bad credential", "expired", "open failed", "bad key", "not a member", "bad argument", "unsupported version"];
/** Of them those that another session answers. */
const STALE = ["bad credential", "expired"];

/** @type {Queues} */
export const NO_QUEUES = Object.freeze({ state: "none", reason: null, waiting: [], agents: [], counts: [] });

export class Authority {
  #host;
  #times;
  /** The authority that hellos are made for. */
  #name;
  /** @type {Promise<string> | null} */
  #ticket = null;
  /** @type {AbortController | null} */
  #following = null;
  /** @type {Queues} */
  queues = Object.freeze({ ...NO_QUEUES, state: "asking" });

  /** @param {AuthorityHost} host */
  constructor(host) {
    this.#host = host;
    this.#times = { ...TIMES, ...host.times };
    this.#name = `authority:${new URL(host.url).host}`; // a relay's hello, even at this host, is not one for it
  }

  /** A credential for this device's identity, against the company's login. */
  async credential() {
    const token = await this.#host.login();
    if (typeof token !== "string" || token === "" || token.length > MAX_LOGIN) throw new TypeError(`authority.login: expected a token of 1 to ${MAX_LOGIN} characters`);
    const { credential } = await this.#post("credential", await this.#hello(encodeText(token)));
    return octets(credential);
  }

  /** Follows the queues until `stop`. */
  follow() {
    if (this.#following) return;
    this.#following = new AbortController();
    void this.#follow(this.#following.signal);
  }

  stop() {
    this.#following?.abort();
    this.#following = null;
  }

  /**
   * Resolves once the commit that gives it to this end is stored.
   * @param {string} conversation
   * @param {Uint8Array} keyPackage  fresh, to be used once
   * @throws {SealwireError & { by?: string }} "bad commit" when another was given it: `by` is who
   */
  async claim(conversation, keyPackage) {
    const body = { conversation, keyPackage: toBase64url(keyPackage) };
    for (let tries = 1; ; tries++) {
      try {
        await this.#inSession((ticket) => this.#post("claim", body, ticket));
        return;
      } catch (error) {
        // It is not known whether it was done: with the same key package it is once only.
        if (tries >= MAX_CLAIMS || !(error instanceof Unanswered)) throw error;
        await rest(this.#times.pause * tries, AbortSignal.timeout(this.#times.longest));
      }
    }
  }

  /** @param {AbortSignal} signal */
  async #follow(signal) {
    let version = 0;
    let failures = 0;
    while (!signal.aborted) {
      const begun = Date.now();
      /** @type {number} */
      let pause;
      try {
        const after = version;
        const answer = await this.#inSession((ticket) => this.#get(`queues?after=${after}`, { ticket, signal, patience: this.#times.poll }));
        const read = readQueues(answer, this.#host.member);
        version = read.version;
        failures = 0;
        this.#set({ state: "current", reason: null, waiting: read.waiting, agents: read.agents, counts: read.counts });
        pause = this.#times.least - (Date.now() - begun);
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof SealwireError ? error.code : "internal";
        this.#set({ ...this.queues, state: REFUSED.includes(reason) ? "refused" : "unreachable", reason });
        // What was seen is of no use to an authority that starts anew.
        version = 0;
        const most = Math.min(this.#times.longest, this.#times.pause * 2 ** Math.min(failures, 10));
        failures++;
        pause = most / 2 + (Math.random() * most) / 2;
      }
      await rest(pause, signal);
    }
  }

  /** @param {Queues} queues */
  #set(queues) {
    if (JSON.stringify(queues) === JSON.stringify(this.queues)) return;
    this.queues = Object.freeze(queues);
    this.#host.onQueues(this.queues);
  }

  /**
   * With a ticket; with another one if that has ended.
   * @template T
   * @param {(ticket: string) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async #inSession(act) {
    for (let again = true; ; again = false) {
      const session = (this.#ticket ??= this.#session());
      try {
        return await act(await session);
      } catch (error) {
        const code = error instanceof SealwireError ? error.code : "internal";
        if (this.#ticket === session && REFUSED.includes(code)) this.#ticket = null;
        if (!again || !STALE.includes(code)) throw error;
      }
    }
  }

  async #session() {
    try {
      const { ticket } = await this.#post("session", await this.#hello(await this.#host.credential()));
      octets(ticket);
      return String(ticket);
    } catch (error) {
      this.#ticket = null;
      if (error instanceof SealwireError && STALE.includes(error.code)) this.#host.doubt();
      throw error;
    }
  }

  /** @param {Uint8Array} proof */
  async #hello(proof) {
    const { nonce } = await this.#get("nonce");
    const hello = await this.#host.hello(octets(nonce, 32), this.#name, proof);
    return { nonce: String(nonce), hello: toBase64url(hello) };
  }

  /**
   * @param {string} path
   * @param {{ ticket?: string, signal?: AbortSignal, patience?: number }} [options]
   */
  #get(path, options) {
    return this.#request(path, { method: "GET" }, options);
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} body
   * @param {string} [ticket]
   */
  #post(path, body, ticket) {
    return this.#request(path, { method: "POST", body: JSON.stringify(body) }, ticket === undefined ? {} : { ticket });
  }

  /**
   * @param {string} path
   * @param {{ method: string, body?: string }} request
   * @param {{ ticket?: string, signal?: AbortSignal, patience?: number }} [options]
   * @returns {Promise<Record<string, unknown>>}
   */
  async #request(path, request, { ticket, signal, patience = this.#times.answer } = {}) {
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
    if (response.status === 503) throw new Unanswered();
    throw refusal(answer);
  }
}

/** Whether it was done is not known. */
class Unanswered extends SealwireError {
  constructor() {
    super("unavailable", "the company's authority does not answer");
  }
}

/**
 * @param {Record<string, unknown>} answer
 * @returns {SealwireError & { by?: string }}
 */
function refusal({ code, by }) {
  const error = new SealwireError(typeof code === "number" ? codeOf(code) : "unavailable", "refused by the company's authority");
  return typeof by === "string" ? Object.assign(error, { by: by.slice(0, 64) }) : error;
}

/**
 * The body, which must be a JSON object, and not endless.
 * @param {Response} response
 * @returns {Promise<Record<string, unknown>>}
 */
async function objectIn(response) {
  const pieces = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    length += next.value.length;
    if (length > MAX_ANSWER) {
      void reader?.cancel().catch(() => {});
      throw new SealwireError("too large");
    }
    pieces.push(next.value);
  }
  const value = /** @type {unknown} */ (JSON.parse(await new Blob(pieces).text()));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SealwireError("unavailable");
  return Object.assign(Object.create(null), value);
}

/**
 * @param {unknown} text
 * @param {number} [length]
 */
function octets(text, length) {
  try {
    const bytes = fromBase64url(String(text));
    if (bytes.length > 0 && (length === undefined || bytes.length === length)) return bytes;
  } catch {
    // As below.
  }
  throw new SealwireError("unavailable", "an answer of another kind");
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function rest(ms, signal) {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
