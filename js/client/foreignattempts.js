// @ts-check
/**
 * Being online over foreign conversations: attempts, one after another, each of
 * some steps and of something that is there, with pauses that grow.
 *
 * @typedef {import("./carrier.js").CarrierState} CarrierState
 *
 * @typedef {object} AttemptsHost
 * @property {(() => Promise<void>)[]} steps  of an attempt, in order; one that throws ends it
 * @property {() => boolean} live  something is there to be online with
 * @property {(state: CarrierState) => void} onState
 * @property {() => void} onOnline  after that was told
 * @property {(error: Error) => void} onFailure
 */
import { SealwireError } from "../errors.js";
import { asError } from "./thrown.js";

/** To be online, from the last step of an attempt (ms). */
const ATTEMPT = 20_000;
/** Before the next attempt (ms); doubles. */
const PAUSE = 500;
const MAX_PAUSE = 30_000;

export class Attempts {
  #host;
  /** @type {CarrierState} */
  state = "offline";
  #attempt = 0;
  #failures = 0;
  #slow = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void) | null} */
  #live = null;

  /** @param {AttemptsHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** There was one. */
  get begun() {
    return this.#attempt > 0;
  }

  async begin() {
    clearTimeout(this.#timer);
    this.#set("connecting");
    const attempt = ++this.#attempt;
    try {
      for (const step of this.#host.steps) {
        await step();
        if (attempt !== this.#attempt) return;
      }
      if (!this.#host.live()) await this.#becomesLive();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.#host.onFailure(asError(error));
      return this.#drop();
    }
    if (attempt !== this.#attempt) return;
    this.#failures = 0;
    this.#slow = false;
    this.#set("online");
    this.#host.onOnline();
  }

  /**
   * Something is there that was not, or is not any more. True if it stays online.
   * @param {boolean} live
   */
  turned(live) {
    if (this.state === "closed") return false;
    if (live) this.#live?.();
    if (this.state === "offline" && live) void this.begin();
    if (this.state !== "online") return false;
    if (this.#host.live()) return true;
    this.#drop();
    return false;
  }

  /** @param {boolean} slowly  a long pause */
  reset(slowly) {
    if (this.state === "closed") return;
    this.#slow = slowly;
    this.#drop();
  }

  /** For good. */
  close() {
    clearTimeout(this.#timer);
    this.#attempt++;
    this.#set("closed");
  }

  #becomesLive() {
    return new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#live = null;
      };
      const timer = setTimeout(() => {
        done();
        reject(offline());
      }, ATTEMPT);
      this.#live = () => {
        done();
        resolve();
      };
    });
  }

  #drop() {
    if (this.state === "closed" || this.state === "offline") return;
    this.#attempt++;
    this.#live?.();
    const most = this.#slow ? MAX_PAUSE : Math.min(MAX_PAUSE, PAUSE * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    this.#slow = false;
    this.#set("offline");
    this.#timer = setTimeout(() => void this.begin(), most / 2 + (Math.random() * most) / 2);
  }

  /** @param {CarrierState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.#host.onState(state);
  }
}

export function offline() {
  return new SealwireError("unavailable", "not connected to the platform");
}
