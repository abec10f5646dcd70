/**
 * The moves that the client offers a customer, and what is asked before one that cannot be undone.
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./question.js").Asked} Asked
 */
import { nameOf, peopleOf } from "./model.js";
import { askText, moveProblem } from "./movewords.js";
import { listText, words } from "./words.js";

/**
 * Those of a customer.
 * @param {Conversation} conversation
 * @returns {{key: string, name: string, icon: import("./dom.js").IconName, question: Asked}[]}
 */
export function customerMoves(conversation) {
  const can = conversation.moves;
  const agents = peopleOf(conversation).filter((m) => m.role === "agent" || m.role === "bot" || m.role === "supervisor");
  /** @type {ReturnType<typeof customerMoves>} */
  const moves = [];
  if (can.includes("askAnother") && agents.length > 0) {
    moves.push({
      key: "ask", name: words.askOther, icon: "handover",
      question: { title: words.askTitle, text: askText(listText(agents.map(nameOf))), yes: words.askOther, act: () => conversation.askAnother(), problem: moveProblem },
    });
  }
  if (can.includes("close")) {
    moves.push({
      key: "end", name: words.endMove, icon: "leave",
      question: { title: words.endTitle, text: words.endText, yes: words.endIt, act: () => conversation.close(), problem: moveProblem },
    });
  }
  return moves;
}
