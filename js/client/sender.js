// @ts-check
/**
 * Brings to the relay what there is to append to one conversation, one entry at
 * a time, however often it is asked. The end service says what comes next; an
 * entry counts when it was read back. Every failure stops the work and leaves
 * it to be resumed by the next reason to: another connection, another entry, or
 * a pause.
 *
 * @typedef {import("./status.js").Status} Status
 *
 * @typedef {object} SenderHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./carrier.js").Connection} connection
 * @property {import("./reader.js").Reader} reader
 * @property {import("./timeline.js").Timeline} timeline
 * @property {() => string} conversation  its id
 * @property {() => boolean} able      the relay is there, and nothing forbids to write
 * @property {() => boolean} barred    the relay says that this end is no member
 * @property {() => boolean} begun     an own genesis is made but not read back
 * @property {() => boolean} unasked   to do what is due now, even with nothing to send
 * @property {() => boolean} held      nothing else may be sent for now, and nobody let in: somebody asked only just
 * @property {() => void} done         that was done, or could not be
 * @property {(queue: string) => Promise<void>} attend  nobody of the company is left who would read: bring its inbox in
 * @property {() => Promise<void>} unbegin  the relay refused the genesis for good
 * @property {(error: unknown) => Promise<void>} onTrouble  the work stopped
 */
import { SealwireError } from "../errors.js";
import { fromHex } from "./bytes.js";

/** Rounds of refused entries, or of commits before a message that does not get through, before a pause. */
const MAX_ROUNDS = 8;
/** Refusals that reading on, and sealing again, answers. */
const STALE = ["stale epoch", "stale head", "not a member", "sent before you joined"];
/** Refusals of a genesis that say "not now" rather than "never". */
const LATER = ["unavailable", "rate limited", "internal"];

export class Sender {
  #host;
  /** @type {Promise<void> | null} */
  #pumping = null;
  #again = false;

  /** @param {SenderHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** Sends what there is to send. */
  async pump() {
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = this.#send().catch((error) => this.#host.onTrouble(error));
    await this.#pumping;
    this.#pumping = null;
    if (this.#again) void this.pump();
  }

  /** Whoever asked meanwhile is not to have the work taken up again. */
  hush() {
    this.#again = false;
  }

  async #send() {
    const { end, reader, timeline, conversation, able, barred, begun, unasked, held, attend, done } = this.#host;
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      this.#again = false;
      if (!able()) return;
      if (!begun()) await reader.follow();
      if (!able() || barred()) return;
      const duty = unasked();
      const quiet = held();
      if (!duty && quiet) return;
      const step = await end.next(conversation(), duty, quiet);
      if (duty) done();
      if (step.kind === "none") return;
      if (step.kind === "unattended") {
        await attend(step.queue);
        continue;
      }
      if (step.kind === "settled") {
        timeline.done(step.message);
        continue;
      }
      if (step.kind === "message") timeline.change(step.message, "sending");
      try {
        if (!(await this.#append(step.entry))) continue;
      } catch (error) {
        // Nobody asked for it, and it is asked again after its pause.
        if (step.kind === "join" && error instanceof SealwireError && error.code === "rate limited") return;
        throw error;
      }
      // A relay that shows something else in a message's place gets no endless stream of it.
      if (duty || (step.kind === "message" && timeline.find(step.message)?.status !== "sending")) rounds = -1;
    }
    throw new SealwireError("unavailable", "the relay accepts nothing");
  }

  /**
   * True once the entry was read back.
   * @param {Uint8Array} entry
   */
  async #append(entry) {
    const { connection, reader, conversation, begun, unbegin } = this.#host;
    /** @type {number} */
    let sequence;
    try {
      sequence = await connection.append(fromHex(conversation()), entry);
    } catch (error) {
      const code = error instanceof SealwireError ? error.code : "internal";
      if (begun()) {
        if (!LATER.includes(code)) await unbegin();
        throw error;
      }
      if (!STALE.includes(code)) throw error;
      await reader.refollow();
      return false;
    }
    await reader.follow();
    await reader.readTo(sequence);
    return true;
  }
}
