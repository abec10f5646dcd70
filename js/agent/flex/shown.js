/** What stands in a message's bubble, as words: pure, so that it is the same wherever it is drawn. */
import { fileName, sizeText } from "../../widget/files.js";
import { messageRow } from "../../widget/messagerow.js";
import { isOpaqueName, mayHoldWords, saysSealed } from "./envelope.js";
import { flexWords } from "./words.js";

/**
 * @typedef {object} Shown
 * @property {"text"|"file"|"note"} kind   note: nothing of anybody's words, told in a quieter way
 * @property {string} text
 * @property {string} [name]  who wrote it, as the opened message proves: what the host says of an author is the platform's word
 * @property {string} [facts]
 * @property {boolean} [failed]  what the facts say is that it could not be had
 * @property {{conversation: string, message: string}} [save]
 * @property {{conversation: string, message: string}} [cancel]
 */

/** What is told of a message that is too old for the kit's rows: nothing of what stands around it. */
const alone = { first: true, last: true, newest: false, over: true, edit: false };

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
  const { message, conversation = "" } = found;
  if (found.kind === "message" && message) {
    const { name, text, look } = found.row ?? messageRow(message, alone);
    if (!message.file || !look) return { kind: "text", text, name };
    const at = { conversation, message: message.id };
    const facts = [sizeText(message.file.size), look.words].filter(Boolean).join(" · ");
    return {
      kind: "file", text: fileName(message.file.name), name, facts, ...(look.tone === "danger" ? { failed: true } : {}),
      ...(look.actions.includes("save") ? { save: at } : {}), ...(look.actions.includes("cancel") ? { cancel: at } : {}),
    };
  }
  const notes = { message: flexWords.opening, other: flexWords.otherMessage, entry: flexWords.entry, unread: flexWords.unread, opening: flexWords.opening, unreadable: flexWords.unreadable };
  return { kind: "note", text: notes[found.kind] };
}
