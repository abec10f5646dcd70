// @ts-check
/**
 * Keeps an agent's key packages at the relay: some to be taken once, and one of
 * last resort. The end service has saved a private half before its public half
 * leaves.
 *
 * @typedef {import("./remote.js").EndService} EndService
 * @typedef {import("./carrier.js").Connection} Connection
 */
import { SealwireError } from "../errors.js";

/** One-time key packages that lie ready. */
const READY = 10;

export class KeyPackages {
  #end;
  #connection;
  /** @type {Promise<void> | null} */
  #working = null;
  #again = false;

  /**
   * @param {EndService} end
   * @param {Connection} connection
   */
  constructor(end, connection) {
    this.#end = end;
    this.#connection = connection;
  }

  /** The credential is another one: so is the key package of last resort, which whoever is away is added by. */
  async renew() {
    await this.#connection.publish(await this.#end.lastResort(true));
    await this.replenish();
  }

  /** Publishes what is missing; one run at a time, and another after it if asked meanwhile. */
  async replenish() {
    if (this.#working) {
      this.#again = true;
      return this.#working;
    }
    this.#working = this.#run().finally(() => (this.#working = null));
    return this.#working;
  }

  async #run() {
    await this.#end.expire();
    do {
      this.#again = false;
      // The answer to the last-resort one tells how many others are still there.
      let count = await this.#lastResort();
      while (count < READY) {
        const now = await this.#connection.publish(await this.#end.keyPackage());
        if (now <= count) break;
        count = now;
      }
    } while (this.#again);
  }

  async #lastResort() {
    try {
      return await this.#connection.publish(await this.#end.lastResort());
    } catch (error) {
      // The credential that it was made under has ended, or its issuer is gone.
      if (!(error instanceof SealwireError) || !["expired", "bad credential"].includes(error.code)) throw error;
      return this.#connection.publish(await this.#end.lastResort(true));
    }
  }
}
