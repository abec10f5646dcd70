// @ts-check
/**
 * Names of files, which strangers choose. `shownFileName` is for showing as
 * text: one line, nothing invisible, nothing that turns the reading direction
 * round, the ending always visible. `safeFileName` is for saving on any system:
 * a plain name, never a path, a hidden file or a device.
 */
import { encodeText } from "./bytes.js";

/** Bytes of a name in a message (SPEC 6.7). */
export const MAX_NAME = 255;
/** Bytes of a name for saving: file systems take 255, and browsers append " (1)". */
const MAX_SAVED = 200;
/** Characters shown. */
const MAX_SHOWN = 100;
/** Characters at the end of a shortened name that stay, so that its ending does. */
const TAIL = 20;
const NAMELESS = "file";

/** Windows takes these for devices, whatever ending follows. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?= *(\.|$))/i;

/** @param {string} name */
export function shownFileName(name) {
  const characters = [...visible(name)];
  if (characters.length === 0) return NAMELESS;
  if (characters.length <= MAX_SHOWN) return characters.join("");
  return `${characters.slice(0, MAX_SHOWN - TAIL - 1).join("")}…${characters.slice(-TAIL).join("")}`;
}

/** @param {string} name */
export function safeFileName(name) {
  let safe = visible(name).replace(/[\\/:*?"<>|⁄∕⧵⧸／＼]/gu, "_");
  safe = shorten(safe.replace(/^[. ]+/, "").replace(/[. ]+$/, ""), MAX_SAVED);
  if (safe === "") return NAMELESS;
  return DEVICE.test(safe) ? `_${safe}` : safe;
}

/**
 * The form in which a name is sent.
 * @param {string} name
 */
export function sentFileName(name) {
  return shorten(visible(name), MAX_NAME) || NAMELESS;
}

/**
 * One line of visible characters: no controls, no format characters (direction,
 * zero width, tags) but the joiners that scripts and emoji need inside a word.
 * @param {string} name
 */
function visible(name) {
  return name
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .normalize("NFC")
    .replace(/[\s\p{Z}]/gu, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, (c) => (c === "\u200c" || c === "\u200d" ? c : ""))
    .replace(/([\u200c\u200d])[\u200c\u200d]+/g, "$1")
    .replace(/^[ \u200c\u200d]+|[ \u200c\u200d]+$/g, "")
    .replace(/ {2,}/g, " ");
}

/**
 * Takes from the middle, before the ending.
 * @param {string} name
 * @param {number} bytes
 */
function shorten(name, bytes) {
  if (encodeText(name).length <= bytes) return name;
  const ending = /[^. ]\.([^. /\\]{1,16})$/u.exec(name)?.[1];
  const tail = ending && encodeText(ending).length <= TAIL ? `.${ending}` : "";
  let stem = "";
  let room = bytes - encodeText(tail).length;
  for (const c of tail ? name.slice(0, -tail.length) : name) {
    room -= encodeText(c).length;
    if (room < 0) break;
    stem += c;
  }
  return stem.replace(/[. ]+$/, "") + tail;
}
