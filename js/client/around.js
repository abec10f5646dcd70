// @ts-check
/**
 * Who of the company could be added in a conversation and is not in it, where
 * what carries it tells that: over a relay the company's authority does.
 *
 * @typedef {import("./types.js").Reachable} Reachable
 * @typedef {import("./foreignverify.js").Verified} Verified
 */
import { ROLE, roleName } from "./status.js";

/** @type {readonly number[]} */
const CUSTOMERS = [ROLE.agent];
/** @type {readonly number[]} */
const ROLES = [ROLE.agent, ROLE.supervisor, ROLE.bot];

export class Around {
  #standing;
  #verified;

  /**
   * @param {{ readonly members: readonly import("./types.js").Member[], readonly queue: string, readonly self: import("./types.js").Member | null }} standing
   * @param {() => readonly Verified[]} verified  whose key packages the core has verified
   */
  constructor(standing, verified) {
    this.#standing = standing;
    this.#verified = verified;
  }

  /** @returns {readonly Reachable[]} */
  get reachable() {
    const { members, queue, self } = this.#standing;
    const inside = new Set(members.map(({ id }) => id));
    const roles = self?.role === "customer" ? CUSTOMERS : ROLES;
    return this.#verified()
      .filter(({ member, role, queues }) => !inside.has(member) && roles.includes(role) && queues.includes(queue))
      .map(({ member, role, alias, queues }) => Object.freeze({ id: member, alias, role: roleName(role), queues: Object.freeze([...queues]) }));
  }
}
