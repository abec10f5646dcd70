// @ts-check
/**
 * The credential that an end of the company shows: asked for when it is needed,
 * and anew in good time. One from an authority is replaced before half of its
 * life is over, so that an authority that is away for hours keeps nobody from
 * working; one from the page's own source when another connection is made and it
 * is no longer fresh. While the old one stands, a failure to get another is no
 * reason to stop.
 *
 * @typedef {object} ProofHost
 * @property {() => Promise<Uint8Array>} ask
 * @property {(credential: Uint8Array) => Promise<void>} onRenewed  another one, while work goes on
 * @property {(error: unknown) => void} onFailure  none was to be had in the background; it is tried again
 * @property {number | null} age  ms after which it is asked for again; null: at half of its life
 * @property {() => number} [now]  for tests
 */
import { equalBytes } from "./bytes.js";
import { Retry } from "./retry.js";
import { credentialOf } from "./statements.js";

/** Clocks differ: it counts as ended so long before (ms). */
const MARGIN = 60_000;
/** The longest that one timer is set for (ms). */
const LOOK = 10 * 60_000;

export class Proof {
  #host;
  #now;
  /** @type {Uint8Array | null} */
  #credential = null;
  #ends = 0;
  /** When another one is asked for. */
  #due = 0;
  /** @type {Promise<Uint8Array> | null} */
  #asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #retry = new Retry(() => void this.#renew());
  #watching = false;

  /** @param {ProofHost} host */
  constructor(host) {
    this.#host = host;
    this.#now = host.now ?? Date.now;
  }

  /**
   * The one to show now.
   * @returns {Promise<Uint8Array>}
   */
  async get() {
    const now = this.#now();
    if (this.#credential && now < this.#due) return this.#credential;
    try {
      return await this.#ask();
    } catch (error) {
      if (this.#credential && now < this.#ends - MARGIN && this.#due > 0) return this.#credential;
      throw error;
    }
  }

  /** It was refused: another one is asked for before anything is shown again. */
  doubt() {
    this.#due = 0;
  }

  /** Renews it in the background, until `stop`. */
  watch() {
    if (this.#host.age !== null || this.#watching) return;
    this.#watching = true;
    this.#look();
  }

  stop() {
    this.#watching = false;
    clearTimeout(this.#timer);
    this.#retry.stop();
  }

  #look() {
    clearTimeout(this.#timer);
    if (!this.#watching) return;
    const left = this.#due - this.#now();
    if (this.#credential && left <= 0) return void this.#renew();
    this.#timer = setTimeout(() => this.#look(), Math.min(LOOK, Math.max(1_000, left)));
  }

  async #renew() {
    if (!this.#watching) return;
    const before = this.#credential;
    try {
      const credential = await this.#ask();
      this.#retry.reset();
      if (this.#watching && credential !== before) await this.#host.onRenewed(credential);
      this.#look();
    } catch (error) {
      if (!this.#watching) return;
      this.#host.onFailure(error);
      this.#retry.later();
    }
  }

  #ask() {
    this.#asking ??= this.#take().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #take() {
    let credential = await this.#host.ask();
    // The same once more, as an authority may give it, is no reason to renew what was made under it.
    if (this.#credential && equalBytes(credential, this.#credential)) credential = this.#credential;
    const now = this.#now();
    this.#credential = credential;
    if (this.#host.age !== null) {
      this.#due = now + this.#host.age;
      return credential;
    }
    const { notBefore, notAfter } = credentialOf(credential);
    this.#ends = notAfter * 1000;
    const half = notBefore * 500 + notAfter * 500;
    // An authority, or a clock, may give one that is half over.
    this.#due = half > now ? half : now + Math.max(MARGIN, (this.#ends - now) / 2);
    return credential;
  }
}
