/**
 * One message with all that is told of it, as words. Pure.
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./files.js").FileLook} FileLook
 * @typedef {"retry"|"putBack"|"discard"} TextAction  what can be done with a text that was not sent
 * @typedef {import("./files.js").FileAction|TextAction} Action  what can be done with a message
 */
import { fileLook } from "./files.js";
import { nameOf } from "./model.js";
import { noteAuthor } from "./movewords.js";
import { timeText } from "./times.js";
import { unsentText, words } from "./words.js";

/**
 * @typedef {object} MessageRow
 * @property {"message"} kind
 * @property {string} key
 * @property {Message} message
 * @property {string} name      of who wrote it: "You", "Ana", "Ana's note at handing over"
 * @property {boolean} first    of those in a row from one sender
 * @property {boolean} last
 * @property {string} text      what it says; "" for a file
 * @property {string} time      "10:02"
 * @property {string} status    "Sent", "Not sent"; "" for one that came
 * @property {boolean} showStatus
 * @property {readonly TextAction[]} actions
 * @property {FileLook|null} look  how its file stands, with what can be done with that
 */

/**
 * @typedef {object} RowPlace
 * @property {boolean} first
 * @property {boolean} last
 * @property {boolean} newest  the last of this end's that is sent
 * @property {boolean} over    nothing can be sent any more: there is no trying again
 * @property {boolean} edit    there is a box that a text can go back to
 * @property {(message: Message) => FileLook} [look]
 */

/**
 * @param {Message} message
 * @param {RowPlace} place
 * @returns {MessageRow}
 */
export function messageRow(message, { first, last, newest, over, edit, look = (one) => fileLook(one, {}) }) {
  const sent = message.status === "sent";
  return {
    kind: "message",
    key: `message ${message.id}`,
    message,
    name: message.note ? noteAuthor(message.self ? "" : nameOf(message.from)) : message.self ? words.you : nameOf(message.from),
    first,
    last,
    text: message.file ? "" : textOf(message),
    time: timeText(message.time),
    status: statusText(message),
    // A file that is not there yet says more by itself.
    showStatus: message.self && (sent ? newest : !message.file),
    actions: message.file ? [] : actionsOf(message, over, edit),
    look: message.file ? look(message) : null,
  };
}

/** @param {Message} message @param {boolean} over @param {boolean} edit @returns {readonly TextAction[]} */
function actionsOf({ self, status }, over, edit) {
  if (!self || status !== "failed") return [];
  return [...(over ? [] : [/** @type {const} */ ("retry")]), ...(edit ? [/** @type {const} */ ("putBack")] : []), "discard"];
}

/**
 * What stands for a message that is no file: of one that the client could not make sense of only that, whatever it holds.
 * @param {Message} message
 */
export function textOf(message) {
  return message.unknown ? words.unknown : message.text;
}

/** @param {Message} message */
export function statusText({ status, reason }) {
  if (status === "failed") return unsentText(reason);
  return status === "received" ? "" : words[status];
}
