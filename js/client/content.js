// @ts-check
/**
 * Content of a message, as ends agree on it: JSON with a type. This version
 * writes and shows {type: "text", text}, {type: "note", text} (for the colleague
 * it is handed over to, and read by all) and {type: "file", …}. Strictly parsed:
 * well-formed UTF-8, an object, fields of their exact form. Anything else is
 * kept and never shown as a text, so that nothing that is not a text is ever
 * rendered as one; of a file that is not well-formed only that is told.
 *
 * The key of a file stays in the end service: what the page is given is the
 * content without it (`forPage`).
 *
 * @typedef {object} FileFields   what a page may know of a file
 * @property {string} name        as sent, at most 255 bytes: show and save it only by names.js
 * @property {string} media       a claim, never acted on
 * @property {number} size        bytes, the true ones
 * @property {Uint8Array} [thumbnail]  as sent: decode and draw it anew before showing
 *
 * @typedef {FileFields & { file: Uint8Array, secret: Uint8Array, hash: Uint8Array }} FileContent
 *
 * @typedef {{ type: "text", text: string, note: boolean }
 *   | { type: "file", fields: FileFields, held: boolean }
 *   | { type: "unknown" }} Shown   held: it was still on its way up
 */
import { SealwireError } from "../errors.js";
import { decodeText, encodeText, fromBase64url, toBase64url } from "./bytes.js";
import { MAX_NAME } from "./names.js";

/** Bytes of content in one message (wasm/wire's table of limits). */
export const MAX_CONTENT = 32768;
/** Bytes of a thumbnail. */
export const MAX_THUMBNAIL = 16384;
const FILE_ID = 16;
const FILE_SECRET = 48;
const FILE_HASH = 32;
const MEDIA = /^[A-Za-z0-9!#$&^_.+-]{1,63}\/[A-Za-z0-9!#$&^_.+-]{1,63}$/;
export const OCTETS = "application/octet-stream";

/**
 * @param {unknown} text
 * @param {"text" | "note"} [type]
 * @returns {Uint8Array}
 */
export function encodeTextContent(text, type = "text") {
  if (typeof text !== "string") throw new TypeError(`expected text as a string, got ${typeof text}`);
  if (text.length === 0) throw new RangeError("expected a text that is not empty");
  // A lone surrogate has no UTF-8 form: it is refused rather than silently replaced by another character.
  if (/\p{Surrogate}/u.test(text)) throw new RangeError("expected well-formed Unicode, got a lone surrogate");
  const content = encodeText(JSON.stringify({ type, text }));
  if (content.length > MAX_CONTENT) throw new SealwireError("too long", `the message takes ${content.length} bytes, at most ${MAX_CONTENT} fit`);
  return content;
}

/**
 * @param {FileContent} content
 * @returns {Uint8Array}
 */
export function encodeFileContent({ name, media, size, file, secret, hash, thumbnail }) {
  const fields = { type: "file", name, media, size, file: toBase64url(file), secret: toBase64url(secret), hash: toBase64url(hash) };
  return encodeText(JSON.stringify(thumbnail ? { ...fields, thumbnail: toBase64url(thumbnail) } : fields));
}

/**
 * Stands in the outbox for a file that is on its way up; never sent.
 * @param {FileFields} fields
 */
export function encodeHeld({ name, media, size }) {
  return encodeText(JSON.stringify({ type: "held file", name, media, size }));
}

/** @param {Uint8Array} content */
export function isHeldFile(content) {
  return objectOf(content)?.["type"] === "held file";
}

/**
 * A media type that can be sent; what is none is just bytes.
 * @param {string} media
 */
export function mediaOf(media) {
  return MEDIA.test(media) ? media : OCTETS;
}

/**
 * @param {Uint8Array} content
 * @returns {string | null} null when it is not a text
 */
export function textOf(content) {
  return textIn(objectOf(content), "text");
}

/**
 * @param {Record<string, unknown> | null} value
 * @param {"text" | "note"} type
 */
function textIn(value, type) {
  if (value?.["type"] !== type) return null;
  const { text } = value;
  return typeof text === "string" && !/\p{Surrogate}/u.test(text) ? text : null;
}

/**
 * @param {Uint8Array} content
 * @returns {FileContent | null} null when it is not a well-formed file
 */
export function fileOf(content) {
  const value = objectOf(content);
  const fields = value?.["type"] === "file" ? fieldsOf(value) : null;
  const file = octets(value?.["file"], FILE_ID);
  const secret = octets(value?.["secret"], FILE_SECRET);
  const hash = octets(value?.["hash"], FILE_HASH);
  return fields && file && secret && hash ? { ...fields, file, secret, hash } : null;
}

/**
 * The content as the page is given it: a file's without its key.
 * @param {Uint8Array} content
 * @returns {Uint8Array}
 */
export function forPage(content) {
  if (objectOf(content)?.["type"] !== "file") return content;
  const file = fileOf(content);
  if (!file) return encodeText(JSON.stringify({ type: "unknown" }));
  const { name, media, size, thumbnail } = file;
  return encodeText(JSON.stringify({ type: "file", name, media, size, ...(thumbnail ? { thumbnail: toBase64url(thumbnail) } : {}) }));
}

/**
 * What to show of content that `forPage` gave; null shows nothing.
 * @param {Uint8Array} content
 * @returns {Shown | null}
 */
export function shownOf(content) {
  const value = objectOf(content);
  const [text, note] = [textIn(value, "text"), textIn(value, "note")];
  if (text !== null || note !== null) return { type: "text", text: text ?? note ?? "", note: note !== null };
  const type = value?.["type"];
  if (type === "unknown") return { type };
  const fields = value && (type === "file" || type === "held file") ? fieldsOf(value) : null;
  return fields && { type: "file", fields, held: type === "held file" };
}

/**
 * @param {Uint8Array} content
 * @returns {Record<string, unknown> | null}
 */
function objectOf(content) {
  try {
    const value = /** @type {unknown} */ (JSON.parse(decodeText(content)));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    // Without a prototype: nothing is inherited that was not sent.
    return Object.assign(Object.create(null), value);
  } catch {
    return null;
  }
}

/**
 * @param {Record<string, unknown>} value
 * @returns {FileFields | null}
 */
function fieldsOf({ name, media, size, thumbnail }) {
  if (typeof name !== "string" || name === "" || /\p{Surrogate}/u.test(name) || encodeText(name).length > MAX_NAME) return null;
  if (typeof media !== "string" || !MEDIA.test(media)) return null;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return null;
  if (thumbnail === undefined) return { name, media, size };
  const image = octets(thumbnail);
  return image && image.length > 0 && image.length <= MAX_THUMBNAIL ? { name, media, size, thumbnail: image } : null;
}

/**
 * @param {unknown} text
 * @param {number} [length]
 */
function octets(text, length) {
  if (typeof text !== "string" || text.length > (MAX_THUMBNAIL * 4) / 3 + 4) return null;
  try {
    const bytes = fromBase64url(text);
    return length === undefined || bytes.length === length ? bytes : null;
  } catch {
    return null;
  }
}
