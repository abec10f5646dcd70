// @ts-check
/**
 * Whether what the carrier showed comes from the pinned organisation. The end
 * service judges; here it is kept that it refused, which a person is told once,
 * until something is good again. Nothing is sent meanwhile.
 *
 * @typedef {object} TrustHost
 * @property {import("./events.js").Events} events
 * @property {() => void} onChange
 */
import { SealwireError } from "../errors.js";

/** Answers of the end service that mean: this does not come from the organisation. */
const REFUSALS = ["bad key", "bad credential", "open failed", "expired", "rolled back", "unsupported version", "bad argument", "bad commit", "too large", "too long"];
const CODE = "refused";
const TEXT = "What the relay showed does not come from this organisation. Nothing was sent; what you wrote is kept on this device.";

export class Trust {
  #host;
  refused = false;

  /** @param {TrustHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * Whether this is such an answer.
   * @param {unknown} error
   */
  refuse(error) {
    if (!(error instanceof SealwireError) || !REFUSALS.includes(error.code)) return false;
    if (this.refused) return true;
    this.refused = true;
    this.#host.onChange();
    this.#host.events.emit("notice", { code: CODE, text: TEXT });
    return true;
  }

  /** What it showed now is good. */
  restore() {
    if (!this.refused) return;
    this.refused = false;
    this.#host.events.emit("notice:over", { code: CODE });
    this.#host.onChange();
  }
}
