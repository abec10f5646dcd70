// @ts-check
/**
 * The company's authority, as its people's clients speak to it: it turns a login
 * into a credential, tells who waits in which queue, and gives a conversation to
 * one of those who claim it. Every answer is a claim: credentials are verified by
 * the end service, and that a conversation is ours its log says.
 *
 * Whoever asks proves the identity key over a nonce of the authority's, for the
 * authority's own host, by the same hello as at a relay (SPEC 10.2): nobody can
 * pass on what was made for another. Whom it lets in only later asks no sooner.
 *
 * @typedef {import("./types.js").Queues} Queues
 * @typedef {import("./authoritycalls.js").Refusal} Refusal
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
import { SealwireError } from "../errors.js";
import { AuthorityCalls, Unanswered, octets, pauseOf } from "./authoritycalls.js";
import { encodeText, toBase64url } from "./bytes.js";
import { pause } from "./pause.js";
import { readQueues } from "./queues.js";

/** @type {AuthorityTimes} */
const TIMES = { answer: 15_000, poll: 45_000, pause: 1_000, longest: 30_000, least: 200 };
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
  #calls;
  /** The authority that hellos are made for. */
  #name;
  /** A login is not shown again before then. @type {{ until: number, by: Refusal } | null} */
  #later = null;
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
    this.#calls = new AuthorityCalls(host, this.#times.answer);
    this.#name = `authority:${new URL(host.url).host}`; // a relay's hello, even at this host, is not one for it
  }

  /**
   * A credential for this device's identity, against the company's login.
   * @throws {Refusal} "rate limited", without asking, for as long as the authority said so
   */
  async credential() {
    const left = (this.#later?.until ?? 0) - performance.now();
    if (this.#later && left > 0) throw Object.assign(this.#later.by, { after: left });
    this.#later = null;
    const token = await this.#host.login();
    if (typeof token !== "string" || token === "" || token.length > MAX_LOGIN) throw new TypeError(`authority.login: expected a token of 1 to ${MAX_LOGIN} characters`);
    try {
      const { credential } = await this.#calls.post("credential", await this.#hello(encodeText(token)));
      return octets(credential);
    } catch (error) {
      if (error instanceof SealwireError && error.code === "rate limited") this.#later = { until: performance.now() + pauseOf(error), by: error };
      throw error;
    }
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
   * @throws {Refusal} "bad commit" when another was given it: `by` is who
   */
  async claim(conversation, keyPackage) {
    const body = { conversation, keyPackage: toBase64url(keyPackage) };
    for (let tries = 1; ; tries++) {
      try {
        await this.#inSession((ticket) => this.#calls.post("claim", body, ticket));
        return;
      } catch (error) {
        // It is not known whether it was done: with the same key package it is once only.
        if (tries >= MAX_CLAIMS || !(error instanceof Unanswered)) throw error;
        await pause(this.#times.pause * tries, AbortSignal.timeout(this.#times.longest));
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
      let rest;
      try {
        const after = version;
        const answer = await this.#inSession((ticket) => this.#calls.get(`queues?after=${after}`, { ticket, signal, patience: this.#times.poll }));
        const read = readQueues(answer, this.#host.member);
        version = read.version;
        failures = 0;
        this.#set({ state: "current", reason: null, waiting: read.waiting, agents: read.agents, counts: read.counts });
        rest = this.#times.least - (Date.now() - begun);
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof SealwireError ? error.code : "internal";
        this.#set({ ...this.queues, state: REFUSED.includes(reason) ? "refused" : "unreachable", reason });
        // What was seen is of no use to an authority that starts anew.
        version = 0;
        const most = Math.min(this.#times.longest, this.#times.pause * 2 ** Math.min(failures, 10));
        failures++;
        rest = Math.max(most / 2 + (Math.random() * most) / 2, pauseOf(error));
      }
      await pause(rest, signal);
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
      const { ticket } = await this.#calls.post("session", await this.#hello(await this.#host.credential()));
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
    const { nonce } = await this.#calls.get("nonce");
    const hello = await this.#host.hello(octets(nonce, 32), this.#name, proof);
    return { nonce: String(nonce), hello: toBase64url(hello) };
  }
}
