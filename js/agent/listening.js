/**
 * What tells a kit that something may have changed: its client, the language that is spoken, and time.
 * @typedef {import("../widget/facade.js").Client} Client
 */
import { onLocale } from "../widget/locale.js";

const events = /** @type {const} */ (["state", "agents", "conversation", "members", "message", "queues"]);

export class Listening {
  #heard;
  #tick;
  /** What ends it. @type {(() => unknown)[]} */
  #ends = [];
  /** @type {Client|undefined} */
  client;

  /**
   * @param {() => void} heard
   * @param {number} [tick]  how often time alone changes something, ms; 0 for never
   */
  constructor(heard, tick = 30_000) {
    this.#heard = heard;
    this.#tick = tick;
  }

  /** @param {Client} client */
  attach(client) {
    this.close();
    this.client = client;
    for (const type of events) {
      client.on(type, this.#heard);
      this.#ends.push(() => client.off(type, this.#heard));
    }
    this.#ends.push(onLocale(this.#heard));
    if (this.#tick > 0) {
      const timer = setInterval(this.#heard, this.#tick);
      this.#ends.push(() => clearInterval(timer));
    }
  }

  close() {
    for (const end of this.#ends.splice(0)) end();
    this.client = undefined;
  }
}
