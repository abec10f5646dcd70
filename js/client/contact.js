// @ts-check
/**
 * A customer's first contact: when a text waits, and somebody is there, a key
 * package is taken and the conversation begins with its genesis. What was
 * refused is tried again after a pause, with another key package; nothing is
 * sent meanwhile.
 *
 * @typedef {object} ContactHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./carrier.js").Connection} connection
 * @property {string} queue  whom the customer asks for
 * @property {() => boolean} there  a first contact can be made: online, and somebody is there
 * @property {() => import("./engine.js").Engine | undefined} engine  what waits without a conversation
 * @property {(id: string) => Uint8Array[]} rather  ids of who is in a conversation and to be asked last when another continues it
 * @property {(error: unknown) => boolean} refused  tells of what does not come from the organisation; whether this is it
 * @property {() => void} onBegun
 * @property {(error: unknown) => Promise<void>} onTrouble
 * @property {(error: unknown) => void} tell
 */
import { SealwireError } from "../errors.js";
import { Retry } from "./retry.js";

const NOBODY = new Uint8Array();

export class Contact {
  #host;
  #retry = new Retry(() => void this.begin());
  #working = false;
  #ended = false;

  /** @param {ContactHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** Begins the conversation of what waits, if that can be done now. */
  async begin() {
    const { end, connection, queue, there, engine, rather, refused, onBegun, onTrouble, tell } = this.#host;
    const waiting = engine();
    if (this.#ended || this.#working || !there() || !waiting?.pending) return;
    this.#working = true;
    try {
      const keyPackage = await connection.take(queue, NOBODY, NOBODY, rather(await end.continued()));
      try {
        await waiting.begin(end.genesis(queue, keyPackage));
        this.#retry.reset();
        onBegun();
      } catch (error) {
        // Another agent's key package may be good.
        refused(error);
        throw error;
      }
    } catch (error) {
      this.later();
      await onTrouble(error);
      if (!(error instanceof SealwireError) || error.code !== "unavailable") tell(error);
    } finally {
      this.#working = false;
    }
  }

  /** After a pause. */
  later() {
    if (!this.#ended) this.#retry.later();
  }

  /** For good. */
  stop() {
    this.#ended = true;
    this.#retry.stop();
  }
}
