// @ts-check
/**
 * Which moves an end can make in a conversation, as far as it knows.
 *
 * @typedef {import("./types.js").Move} Move
 */

import { ATTENDS } from "./status.js";

const COMPANY = ["agent", "bot", "inbox"];

/**
 * @param {import("./standing.js").Standing} standing
 * @param {boolean} inboxes  queues have one
 * @returns {Move[]}
 */
export function movesIn({ self, members, free }, inboxes) {
  if (!free || !self) return [];
  const others = members.filter((m) => !m.self);
  /** @param {readonly string[]} roles */
  const some = (roles) => others.some(({ role }) => roles.includes(role));
  /** @type {Move[]} */
  const moves = [];
  switch (self.role) {
    case "agent":
      moves.push("transfer", "invite");
      if (inboxes) moves.push("park");
      if (some(COMPANY)) moves.push("leave");
      if (some([...COMPANY, "supervisor", "guest"])) moves.push("remove");
      moves.push("close");
      break;
    case "supervisor":
      moves.push("takeOver");
      if (some(COMPANY)) moves.push("leave");
      break;
    case "customer":
      if (inboxes && some(ATTENDS)) moves.push("askAnother");
      if (others.some(({ role }) => role !== "archive")) moves.push("remove");
      moves.push("close");
      break;
  }
  return moves;
}
