/**
 * How far what stands in a conversation can be trusted: one word for a mark, a sentence for a person, and the bar above
 * it. Pure.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 *
 * verified: the company's key vouches for everyone in it. unverified: sealed, but nobody vouches for somebody in it.
 * pending: nothing is sealed to anybody yet. paused: nothing is sent for now, and that heals by itself. stopped: nothing
 * is sent any more, something is wrong. over: it ended as it should.
 * @typedef {"verified"|"unverified"|"pending"|"paused"|"stopped"|"over"} TrustLevel
 *
 * @typedef {object} Trust
 * @property {TrustLevel} level
 * @property {string} words
 *
 * @typedef {object} Banner  tone picks a colour and a drawing; the words say the same without them
 * @property {import("../widget/standing.js").Lock["tone"]} tone
 * @property {string} title   "End-to-end encrypted with Customer 3F9A"
 * @property {string} detail  "" if the title says it all
 */
import { nameOf, others } from "../widget/model.js";
import { movingText } from "../widget/movewords.js";
import { isOver, isPaused, isWaiting, lockOf, readsAlong } from "../widget/standing.js";
import { listText, words } from "../widget/words.js";
import { deskLocale, deskWords } from "./words.js";

/**
 * @param {Client|undefined} client
 * @param {Conversation} conversation
 * @returns {Trust}
 */
export function trustOf(client, conversation) {
  const lock = lockOf(client, conversation);
  const told = lock.detail || lock.title;
  if (client?.state === "refused" || client?.state === "closed" || conversation.state === "lost" || conversation.state === "forked") return { level: "stopped", words: told };
  if (isOver(conversation)) return { level: "over", words: told };
  if (isPaused(conversation)) return { level: "paused", words: told };
  if (conversation.state !== "secured") return { level: "pending", words: told };
  const doubted = others(conversation).filter((m) => !m.verified);
  if (doubted.length === 0) return { level: "verified", words: deskWords.verified };
  return { level: "unverified", words: doubted.every((m) => m.role === "customer") ? words.notVerified : deskLocale().say.doubt(listText(doubted.map(nameOf))) };
}

/**
 * @param {Client|undefined} client
 * @param {Conversation} conversation
 * @returns {Banner}
 */
export function bannerOf(client, conversation) {
  const lock = conversation.state === "waiting" ? { tone: /** @type {const} */ ("pending"), title: words.settingUp, detail: "" } : lockOf(client, conversation);
  if (conversation.moving) return { ...lock, detail: movingText(conversation.moving) };
  if (client?.state === "offline" && lock.tone === "secure") return { ...lock, detail: words.reconnecting };
  if (isPaused(conversation) || isOver(conversation) || isWaiting(conversation)) return lock;
  return { ...lock, detail: readsAlong(conversation) ? words.readsAlong : "" };
}
