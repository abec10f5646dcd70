// @ts-check
/**
 * What becomes of what fails while an identity is at work: it is told, or it
 * passes by itself; and it may mean that another tab has taken the identity over.
 *
 * @typedef {object} TroublesHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./events.js").Events} events
 * @property {() => void} onLost  another tab has taken this identity over
 */
import { SealwireError } from "../errors.js";
import { asError } from "./thrown.js";

export class Troubles {
  #host;
  /** That conversations wait because too many were begun at once was told. */
  #crowded = false;
  #ended = false;

  /** @param {TroublesHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** For good: the identity is let go of, whoever has it now. */
  stop() {
    this.#ended = true;
  }

  /** @param {unknown} error */
  tell(error) {
    this.#host.events.emit("error", { error: asError(error) });
  }

  /** Why an attempt or a connection ended: that something is not to be had is nothing to tell. @param {Error} error */
  failed(error) {
    if (!isUnavailable(error)) this.tell(error);
  }

  /** Conversations have to wait: told once. */
  held() {
    if (this.#crowded) return;
    this.#crowded = true;
    this.tell(new SealwireError("rate limited", "more conversations were begun with this end in one conversation of the platform than it takes at once: the others come later"));
  }

  /**
   * Storage that cannot be written may mean that another tab writes it now.
   * @param {unknown} error
   */
  async met(error) {
    if (this.#ended || !isUnavailable(error)) return;
    const owned = await this.#host.end.owned().catch(() => true);
    if (!owned && !this.#ended) this.#host.onLost();
  }
}

/** @param {unknown} error */
function isUnavailable(error) {
  return error instanceof SealwireError && error.code === "unavailable";
}
