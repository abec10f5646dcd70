/**
 * What is said about who comes, goes, and can read what, in the language of now. Both sides see each move; the customer
 * is told it in the second person where it is about what they write.
 *
 * @typedef {object} MoveOn
 * @property {string} who         whom it is about; "" for this person
 * @property {string|null} by     who did it; "" for this person, null: nobody to name
 * @property {string} past        how far back `who` can read: "all", "part", "" for nothing, or the time since when
 * @property {string} at          when
 * @property {boolean} customer   told to the customer
 * @property {boolean} supervisor `who` reads and does not write
 * @property {string} [queue]     another one than its own, into which it went; "" for its own
 */
import { locale } from "./locale.js";
import { codeOf, entry, sentence } from "./words.js";

/**
 * Why a move was not made: nothing was changed by it.
 * @param {unknown} error
 * @returns {string}
 */
export function moveProblem(error) {
  const code = codeOf(error);
  return entry(locale().moveSentences, code) ?? sentence(code);
}

/**
 * What asking for someone else does.
 * @param {string} names  of the agents who go
 */
export function askText(names) {
  return locale().say.ask(names);
}

/** What is under way. @param {import("./facade.js").Move} move */
export function movingText(move) {
  return locale().movings[move];
}

/**
 * What somebody who is, or was, in a conversation could read.
 * @param {string} past   how far back from before they came in, as MoveOn has it
 * @param {string} since  when they came in
 * @param {string} until  "" while they are in
 */
export function readsText(past, since, until) {
  return locale().say.reads(past, since, until);
}

/**
 * A move, in words: who came or went, and what they can read. One sentence stands without a full stop.
 * @param {import("./facade.js").Moved} kind
 * @param {MoveOn} on
 */
export function moveText(kind, on) {
  return locale().say.move(kind, on);
}

/**
 * Whose words for whoever comes next.
 * @param {string} name  "" for this person
 */
export function noteAuthor(name) {
  return locale().say.noteAuthor(name);
}
