/**
 * What a list or a notification says of a message: that there is one, and of what kind. What was written stands there
 * only where a page asks for that, and what is sealed never does. Pure.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Message} Message
 */
import { filePreview } from "../widget/files.js";
import { textOf } from "../widget/messagerow.js";
import { nameOf } from "../widget/model.js";
import { deskLocale, deskWords } from "./words.js";

/** Letters of a text that a preview shows. */
const letters = 120;

/**
 * @param {Message|undefined} message
 * @param {{plain?: boolean}} [options]  plain: what was written, too; default false
 */
export function previewText(message, { plain = false } = {}) {
  if (!message) return deskWords.noMessage;
  const from = message.note ? deskWords.saidNote : message.self ? deskWords.saidYou : "";
  if (plain) return `${from}${message.file ? filePreview(message.file) : [...textOf(message).replace(/\s+/g, " ")].slice(0, letters).join("")}`;
  return `${from}${message.file ? deskWords.sealedFile : deskWords.sealedMessage}`;
}

/**
 * The words of a notification that something came: from whom, and nothing of it.
 * @param {Message} message
 */
export function notificationText({ file, from }) {
  return deskLocale().say.arrived(file ? deskWords.sealedFile : deskWords.sealedMessage, nameOf(from));
}
