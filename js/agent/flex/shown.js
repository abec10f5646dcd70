/** What stands in a message's bubble, as words: pure, so that it is the same wherever it is drawn. */
import { fileName, sizeText } from "../../widget/files.js";
import { textOf } from "../../widget/messagerow.js";
import { nameOf } from "../../widget/model.js";
import { words as say } from "../../widget/words.js";
import { isOpaqueName, mayHoldWords, saysSealed } from "./envelope.js";
import { flexWords } from "./words.js";

/**
 * @typedef {object} Shown
 * @property {"text"|"file"|"note"} kind   note: nothing of anybody's words, told in a quieter way
 * @property {string} text
 * @property {string} [name]  who wrote it, as the opened message proves: what the host says of an author is the platform's word
 * @property {string} [facts]
 * @property {{conversation: string, message: string}} [save]
 */

/**
 * Nothing that anybody has to see: what sets up the encryption, and what is carried of a file.
 * @param {{body?: unknown, attachedMedia?: readonly {filename?: unknown}[]|null}} source  the host's message
 */
export function isCarriage(source) {
  return saysSealed(source.body) ? !mayHoldWords(source.body) : shownOf(source, { kind: "opening" }) === null;
}

/**
 * @param {{body?: unknown, attachedMedia?: readonly {filename?: unknown}[]|null}} source  the host's message
 * @param {import("./sessions.js").Found} found
 * @returns {Shown|null} null: nothing at all, what is carried of a file
 */
export function shownOf(source, found) {
  if (!saysSealed(source.body)) {
    const files = source.attachedMedia ?? [];
    // What it carries is told of by the message that has its key.
    if (!source.body && files.length > 0 && files.every(({ filename }) => isOpaqueName(filename))) return null;
    return { kind: "note", text: flexWords.notSealed };
  }
  const { message } = found;
  if (found.kind === "message" && message) {
    const from = message.self ? say.you : nameOf(message.from);
    if (!message.file) return { kind: "text", text: textOf(message), name: from };
    const { name, size, state } = message.file;
    const save = state === "available" || state === "saved" || state === "sent" || state === "failed" ? { save: { conversation: found.conversation ?? "", message: message.id } } : {};
    return { kind: "file", text: fileName(name), name: from, facts: sizeText(size), ...save };
  }
  const notes = { message: flexWords.opening, other: flexWords.otherMessage, entry: flexWords.entry, unread: flexWords.unread, opening: flexWords.opening, unreadable: flexWords.unreadable };
  return { kind: "note", text: notes[found.kind] };
}
