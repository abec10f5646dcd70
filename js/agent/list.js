/**
 * The conversations of one agent as lines of a list: pure, those that go on first, then newest activity.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 */
import { locale } from "../widget/locale.js";
import { isOver, isWaiting, readsAlong } from "../widget/standing.js";
import { dayText, timeText } from "../widget/times.js";
import { words } from "../widget/words.js";
import { customerOf, titleOf } from "./customer.js";
import { previewText } from "./preview.js";
import { deskLocale, deskWords } from "./words.js";

/**
 * @typedef {object} Line
 * @property {string} id
 * @property {string} name
 * @property {string} preview
 * @property {string} time
 * @property {number} unread
 * @property {boolean} verified
 * @property {string} mark  a state worth a word, or ""
 * @property {boolean} over  nothing can be sent in it any more
 */

/**
 * @param {readonly Conversation[]} conversations
 * @param {object} options
 * @param {number} options.now
 * @param {(conversation: Conversation) => number} options.unread
 * @param {boolean} [options.plain]  the preview shows what was written; default false
 * @returns {Line[]}
 */
export function lines(conversations, { now, unread, plain = false }) {
  return conversations
    .map((conversation, index) => ({ conversation, index, last: conversation.messages.at(-1) }))
    // One without a message is the newest of all: somebody is about to write.
    .sort((a, b) => Number(isOver(a.conversation)) - Number(isOver(b.conversation)) || (b.last?.time ?? Infinity) - (a.last?.time ?? Infinity) || b.index - a.index)
    .map(({ conversation, last }) => ({
      id: conversation.id,
      name: titleOf(conversation),
      preview: previewText(last, { plain }),
      time: last ? whenText(last.time, now) : "",
      unread: unread(conversation),
      verified: customerOf(conversation)?.verified ?? false,
      mark: isWaiting(conversation) ? deskWords.noAgent : readsAlong(conversation) ? deskWords.readAlong : deskLocale().marks[conversation.state],
      over: isOver(conversation),
    }));
}

/** The time of today, the day of before. @param {number} time @param {number} now */
export function whenText(time, now) {
  const day = dayText(time, now);
  if (day === words.today) return timeText(time);
  if (day === words.yesterday) return day;
  return new Intl.DateTimeFormat(locale().tag, { day: "numeric", month: "short" }).format(time);
}
