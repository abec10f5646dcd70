/**
 * The queue as a desktop shows it: what waits, how it stands, and whether who works here takes from it. Pure.
 * @typedef {import("../widget/facade.js").Queues} Queues
 *
 * @typedef {object} QueueView
 * @property {boolean} shown    there is a queue to see
 * @property {readonly import("./waiting.js").WaitingLine[]} lines  the longest waiting first
 * @property {string} text      how it stands, where that is not simply as shown; ""
 * @property {boolean} old      it cannot be asked now, and what is shown may be old
 * @property {boolean} takes    who works here may take what waits: agents may, a supervisor reads along
 */
import { queuesText, waitingLines } from "./waiting.js";
import { deskWords } from "./words.js";

/**
 * @param {Queues|undefined} queues
 * @param {{now: number, role: string}} place
 * @returns {QueueView}
 */
export function queueView(queues, { now, role }) {
  if (!queues || queues.state === "none") return { shown: false, lines: [], text: "", old: false, takes: false };
  const lines = waitingLines(queues, now);
  const old = queues.state === "unreachable" || queues.state === "refused";
  const takes = role !== "supervisor";
  return { shown: true, lines, text: queuesText(queues) || (lines.length > 0 && !takes ? deskWords.cannotTake : ""), old, takes };
}
