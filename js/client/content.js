// @ts-check
/**
 * Content of a message, as ends agree on it: JSON with a type. This version
 * writes and shows {type: "text", text}. Strictly parsed: well-formed UTF-8, an
 * object, a text that is well-formed Unicode. Anything else is "unknown": kept,
 * never shown, so that nothing that is not a text is ever rendered as one.
 */
import { SealwireError } from "../errors.js";
import { decodeText, encodeText } from "./bytes.js";

/** Bytes of content in one message (wasm/wire's table of limits). */
export const MAX_CONTENT = 32768;

/**
 * @param {unknown} text
 * @returns {Uint8Array}
 */
export function encodeTextContent(text) {
  if (typeof text !== "string") throw new TypeError(`expected text as a string, got ${typeof text}`);
  if (text.length === 0) throw new RangeError("expected a text that is not empty");
  // A lone surrogate has no UTF-8 form: it is refused rather than silently replaced by another character.
  if (/\p{Surrogate}/u.test(text)) throw new RangeError("expected well-formed Unicode, got a lone surrogate");
  const content = encodeText(JSON.stringify({ type: "text", text }));
  if (content.length > MAX_CONTENT) throw new SealwireError("too long", `the message takes ${content.length} bytes, at most ${MAX_CONTENT} fit`);
  return content;
}

/**
 * @param {Uint8Array} content
 * @returns {string | null} null when it is not a text
 */
export function textOf(content) {
  try {
    const value = /** @type {unknown} */ (JSON.parse(decodeText(content)));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    if (!Object.hasOwn(value, "type") || !Object.hasOwn(value, "text")) return null;
    const { type, text } = /** @type {{ type: unknown, text: unknown }} */ (value);
    if (type !== "text" || typeof text !== "string" || /\p{Surrogate}/u.test(text)) return null;
    return text;
  } catch {
    return null;
  }
}
