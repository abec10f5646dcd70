/**
 * What waits in the queues of one agent, as lines: how long, how much, whether somebody had it before. Pure; nothing of
 * what was written is known before a conversation is taken.
 * @typedef {import("../widget/facade.js").Queues} Queues
 */
import { plainName } from "../widget/model.js";
import { moveProblem } from "../widget/movewords.js";
import { momentText, lastedText } from "../widget/times.js";
import { codeOf } from "../widget/words.js";
import { deskLocale, deskWords } from "./words.js";

/**
 * @typedef {object} WaitingLine
 * @property {string} id
 * @property {string} name   "New", "Parked"
 * @property {string} facts  "since 09:51 (4 min), 3 entries"
 * @property {string} queue  "" where there is only one
 */

/**
 * The longest waiting first, as the client has them.
 * @param {Queues} queues
 * @param {number} now
 * @returns {WaitingLine[]}
 */
export function waitingLines({ waiting, agents, counts }, now) {
  const names = new Set([...waiting.map((one) => one.queue), ...agents.flatMap((one) => one.queues), ...counts.map((one) => one.queue)]);
  return waiting.map(({ id, queue, since, entries, parked }) => ({
    id,
    name: parked ? deskWords.parkedConversation : deskWords.newConversation,
    facts: deskLocale().say.waits(momentText(since, now), lastedText(now - since), entries),
    queue: names.size > 1 ? queue : "",
  }));
}

/**
 * How the queues stand, where that is not simply as shown.
 * @param {Queues} queues
 */
export function queuesText({ state, waiting }) {
  if (state === "unreachable") return deskWords.queuesOld;
  if (state === "refused") return deskWords.queuesRefused;
  if (state === "asking") return deskWords.queuesAsking;
  return waiting.length === 0 ? deskWords.queuesEmpty : "";
}

/**
 * Why a conversation was not got.
 * @param {unknown} error
 */
export function claimProblem(error) {
  const code = codeOf(error);
  if (code === "bad commit") {
    const by = typeof error === "object" && error !== null && "by" in error && typeof error.by === "string" ? error.by : "";
    return deskLocale().say.faster(plainName(by));
  }
  return code === "unavailable" || code === "not a member" || code === "bad argument" ? deskWords.claimGone : moveProblem(error);
}
