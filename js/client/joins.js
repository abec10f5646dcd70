// @ts-check
/**
 * Conversations that a relay lists and that are still to be looked at: a few at
 * a time, the newest first, at a pace that the relay takes, and so many in all.
 * What the relay says is a claim: a list of thousands that do not exist costs
 * their names, and does not keep a new one from its turn.
 */
import { Pace } from "./pace.js";

/** Looked at, at one time. */
const AT_ONCE = 4;
/** Names that wait; past it the oldest are left for the next connection's list. */
const MAX_WAITING = 20_000;
/** Looks a second, and their burst, under what the relay allows a connection. */
const RATE = 25;
const BURST = 100;

export class Joins {
  #look;
  /** @type {string[]} */
  #waiting = [];
  #running = 0;
  #pace = new Pace(RATE, BURST);

  /** @param {(id: string) => Promise<void>} look  does not throw */
  constructor(look) {
    this.#look = look;
  }

  /** @param {string} id */
  add(id) {
    this.#waiting.push(id);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    if (this.#running < AT_ONCE) void this.#run();
  }

  /** Forgets what waits. */
  clear() {
    this.#waiting = [];
  }

  async #run() {
    this.#running++;
    while (this.#waiting.length > 0) {
      await this.#pace.turn();
      const id = this.#waiting.pop();
      if (id === undefined) break;
      await this.#look(id);
    }
    this.#running--;
  }
}
