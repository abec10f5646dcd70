// @ts-check
/**
 * Whom a move brings in: the key package of a colleague or of a queue's inbox,
 * as the relay gives it. It could give another's: a queue's inbox is compared
 * here, and that of a person who was named by the core.
 *
 * @typedef {NonNullable<import("./writing.js").Moves["adds"]>} Adds
 * @typedef {{ id: string, by: "member" | "queue" }} Newcomer
 *
 * @typedef {object} NewcomersHost
 * @property {import("./standing.js").Standing} standing
 * @property {() => boolean} able       the relay is there, and nothing forbids to write
 * @property {(queue: string, member?: string) => Promise<Uint8Array>} take  a key package: of the queue's inbox, or of a member
 * @property {(ms: number) => Promise<void>} [pause]  for tests
 */
import { SealwireError } from "../errors.js";
import { pause } from "./pause.js";
import { ownerAlias, ownerRole } from "./statements.js";
import { ATTENDS, ROLE } from "./status.js";

/** A colleague who is only just there publishes key packages in a moment: one is asked for again after so long each (ms). */
const AGAIN = [500, 1_000, 2_500];

export class Newcomers {
  #host;

  /** @param {NewcomersHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * What a commit adds for this newcomer: nothing where it is in already.
   * @param {Newcomer} [newcomer]
   * @param {number} [as]  the role, where it is not its own
   * @returns {Promise<Adds>}
   */
  async adds(newcomer, as) {
    if (!newcomer) return [];
    const { members } = this.#host.standing;
    if (newcomer.by === "queue") {
      if (members.some((m) => m.role === "inbox" && m.alias === newcomer.id)) return [];
      return [await this.inbox(newcomer.id)];
    }
    // Whoever is in already needs no key package, and keeps its role.
    const member = members.find((m) => m.id === newcomer.id);
    if (member && !ATTENDS.includes(member.role)) throw new SealwireError("bad argument", "only an agent can be handed a conversation");
    if (member) return [];
    const keyPackage = await this.#takeOf(newcomer.id);
    const role = ownerRole(keyPackage);
    return [{ role: as ?? (role === ROLE.supervisor ? ROLE.agent : role), keyPackage, member: newcomer.id }];
  }

  /** @param {string} queue */
  async inbox(queue) {
    const keyPackage = await this.#host.take(queue);
    if (ownerRole(keyPackage) !== ROLE.inbox || ownerAlias(keyPackage) !== queue) throw new SealwireError("unavailable", "this is not the queue's inbox");
    return { role: ROLE.inbox, keyPackage };
  }

  /** @param {string} member */
  async #takeOf(member) {
    const { standing, take, able, pause: rest = pause } = this.#host;
    for (const ms of AGAIN) {
      try {
        return await take(standing.queue, member);
      } catch (error) {
        if (!(error instanceof SealwireError) || error.code !== "unavailable" || !able()) throw error;
        await rest(ms);
      }
    }
    return take(standing.queue, member);
  }
}
