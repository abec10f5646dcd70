/**
 * A file as words: pure functions, no document. The name and the type come from whoever sent it, so both are only
 * ever shown, and shown so that they cannot pass for something else.
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./facade.js").ConversationState} ConversationState
 */
import { locale } from "./locale.js";
import { plainName } from "./model.js";
import { entry, fileProblem, unsentText, words } from "./words.js";

/** So many letters of a name are shown, and so many of its end. */
const shownLetters = 60;
const shownEnd = 16;

/** What may be chosen to go with one press of Send. */
export const maxFiles = 20;

/**
 * The name as it may stand in a line: the end of a long one stays, because it says what kind of file it is.
 * @param {string} name
 */
export function fileName(name) {
  const letters = [...plainName(name.replace(/[\s\p{Z}]+/gu, " "), Infinity)];
  if (letters.length === 0) return words.unnamedFile;
  if (letters.length <= shownLetters) return letters.join("");
  return `${letters.slice(0, shownLetters - shownEnd - 1).join("")}…${letters.slice(-shownEnd).join("")}`;
}

/** In steps of 1,000, as disks and downloads are told. @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1000) return locale().say.bytes(bytes);
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  // What would round up to 1,000 is one of the next.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value < 9.95 ? 1 : 0;
  return `${value.toLocaleString(locale().tag, { maximumFractionDigits: digits })} ${units[unit]}`;
}

/** The endings of files that run when they are opened; the sender's type says nothing about them. */
const programs = /\.(exe|com|scr|msi|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|lnk|jar|app|command|sh|apk|dmg|pkg|reg|cpl|msc|pif|docm|xlsm|pptm)[. ]*$/i;

/**
 * The kind of a file in words. A name whose ending runs says so, whatever type is claimed.
 * @param {string} media
 * @param {string} [name]
 */
export function kindText(media, name = "") {
  if (programs.test(name)) return words.program;
  const type = media.toLowerCase().split(";")[0]?.trim() ?? "";
  return entry(locale().kinds, type) ?? entry(locale().families, type.split("/")[0]) ?? words.file;
}

/** A list's line for a file. @param {{name: string, media: string}} file */
export function filePreview({ name, media }) {
  return `${kindText(media, name)}: ${fileName(name)}`;
}

/** @typedef {"cancel"|"save"|"retry"|"discard"} FileAction */

/**
 * How a file stands.
 * @typedef {object} FileLook
 * @property {string} words         the state, without colour or picture; "" where the name and size say enough
 * @property {"plain"|"done"|"danger"} tone
 * @property {number|null} percent  0 to 100 while it moves
 * @property {string} moving        the name of the progress, while it moves
 * @property {readonly FileAction[]} actions
 */

/**
 * @param {Message} message  one with a file
 * @param {object} place
 * @param {ConversationState} [place.state]
 * @param {boolean} [place.online]
 * @param {boolean} [place.here]   this page has the file that is to be sent
 * @param {boolean} [place.saved]  this page handed it to the browser before
 * @returns {FileLook}
 */
export function fileLook(message, { state = "secured", online = true, here = true, saved = false }) {
  const { file, self, status } = message;
  if (!file) throw new TypeError("fileLook expected a message with a file");
  // Rounded down: while anything is missing it is not all, and can be cancelled.
  const percent = Math.floor(Math.min(1, Math.max(0, file.progress || 0)) * 100);
  const { say } = locale();
  const part = say.part(sizeText(Math.floor((file.size * percent) / 100)), sizeText(file.size));
  const name = fileName(file.name);
  // An own file that is in the log is fetched like anyone's.
  const up = self && status !== "sent";
  const over = state === "left" || state === "closed" || state === "lost" || state === "forked";
  /** @type {FileAction[]} */
  const again = here && !over ? ["retry", "discard"] : ["discard"];
  /** @param {Partial<FileLook>} over @returns {FileLook} */
  const look = (over) => ({ words: "", tone: "plain", percent: null, moving: "", actions: [], ...over });
  switch (file.state) {
    case "uploading": {
      /** @type {FileAction[]} */
      const actions = status === "queued" && percent < 100 ? ["cancel"] : [];
      if (state === "waiting" && percent === 0) return look({ words: words.fileWaits, actions });
      const said = percent === 100 ? words.sendingFile : !online ? words.waitsForConnection : percent === 0 ? words.waitsToBeSent : say.sendingPart(part);
      return look({ words: said, percent, moving: say.sending(name), actions });
    }
    case "downloading":
      return look({ words: online ? say.fetchingPart(part) : words.waitsForConnection, percent, moving: say.fetching(name), actions: ["cancel"] });
    case "failed":
      if (up && message.reason) return look({ words: unsentText(message.reason), tone: "danger", actions: again });
      if (!up) return look({ words: fileProblem({ code: file.error }, "down"), tone: "danger", actions: ["save"] });
      if (!here) return look({ words: words.lostFile, tone: "danger", actions: ["discard"] });
      return look({ words: fileProblem({ code: file.error }, "up"), tone: "danger", actions: again });
    case "cancelled":
      return look({ words: words.cancelledFile, actions: again });
    default:
      // The server gives a file to members only.
      if (saved || file.state === "saved") return look({ words: words.savedFile, tone: "done", actions: state === "left" ? [] : ["save"] });
      return state === "left" ? look({ words: words.fileLeft }) : look({ actions: ["save"] });
  }
}
