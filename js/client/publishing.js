// @ts-check
/**
 * When an end of the company's side publishes key packages: as it comes online,
 * when some were taken or are wanted, and when it acts under another credential.
 * What cannot be published is told once, and tried later: until then nobody new
 * can reach it, and it works on.
 *
 * @typedef {object} PublishingHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./carrier.js").Connection} connection
 * @property {boolean} company  a customer publishes none
 * @property {import("./proving.js").Proving} proving
 * @property {(error: unknown) => Promise<void>} onTrouble
 * @property {(error: unknown) => void} tell
 */
import { KeyPackages } from "./packages.js";

/** Before key packages that could not be published are tried again (ms). */
const LATER = 60_000;

export class Publishing {
  #host;
  #packages;
  /** That they cannot be published was told. */
  #told = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  #ended = false;

  /** @param {PublishingHost} host */
  constructor(host) {
    this.#host = host;
    this.#packages = new KeyPackages(host.end, host.connection);
  }

  /** The credential is another one; who calls hears what fails. */
  renew() {
    return this.#packages.renew();
  }

  /** What is missing, if that can be done now. */
  async replenish() {
    if (this.#host.company && this.#online) await this.publish();
  }

  /** What is missing. */
  async publish() {
    const { proving, onTrouble, tell } = this.#host;
    clearTimeout(this.#later);
    try {
      await (proving.another ? this.#packages.renew() : this.#packages.replenish());
      proving.another = false;
      this.#told = false;
    } catch (error) {
      await onTrouble(error);
      if (!this.#online) return;
      if (!this.#told) tell(error);
      this.#told = true;
      clearTimeout(this.#later);
      this.#later = setTimeout(() => void this.replenish(), LATER);
    }
  }

  /** For good. */
  stop() {
    this.#ended = true;
    clearTimeout(this.#later);
  }

  get #online() {
    return !this.#ended && this.#host.connection.state === "online";
  }
}
