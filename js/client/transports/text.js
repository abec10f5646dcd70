// @ts-check
/**
 * Bytes as the text of a chat message that says what it is: `sealwire:1:` and
 * base64url. What is no such text is somebody's message, and none of ours.
 */
import { fromBase64url, toBase64url } from "../bytes.js";

const PREFIX = "sealwire:1:";

/** @param {Uint8Array} bytes */
export function toText(bytes) {
  return PREFIX + toBase64url(bytes);
}

/**
 * @param {unknown} text
 * @returns {Uint8Array | null}
 */
export function fromText(text) {
  if (typeof text !== "string" || !text.startsWith(PREFIX)) return null;
  try {
    return fromBase64url(text.slice(PREFIX.length));
  } catch {
    return null;
  }
}

/**
 * Bytes that fit into a text of so many characters.
 * @param {number} characters
 */
export function roomIn(characters) {
  return Math.floor(((characters - PREFIX.length) * 3) / 4);
}
