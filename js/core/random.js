/**
 * Randomness for the core: `crypto.getRandomValues`, or nothing at all. What is
 * missing, throws or fills short is refused with the code `no randomness`. A
 * source that answers well-formed bytes that are not random cannot be told
 * from a good one: whoever replaced it runs code in this page already.
 */

import { SealwireError } from "../errors.js";

/** Most bytes that one call of getRandomValues gives. */
const CALL = 65_536;

/** Drawn at least, whatever is asked for, so that a short fill shows as zeroes at the end. */
const LEAST = 64;

/**
 * @param {number} length
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {SealwireError} `no randomness`
 */
export function randomBytes(length) {
  const bytes = new Uint8Array(Math.max(length, LEAST));
  for (let at = 0; at < bytes.length; at += CALL) {
    // A last piece reaches back, so that it too is long enough to be checked.
    const start = Math.max(0, Math.min(at, bytes.length - LEAST));
    draw(bytes.subarray(start, Math.min(start + CALL, bytes.length)));
  }
  const result = bytes.slice(0, length);
  bytes.fill(0);
  return result;
}

/** @param {Uint8Array<ArrayBuffer>} piece */
function draw(piece) {
  let answer;
  try {
    answer = globalThis.crypto.getRandomValues(piece);
  } catch {
    throw new SealwireError("no randomness", "crypto.getRandomValues is missing or failed");
  }
  // Sixteen zero bytes in a row at either end come by chance once in 2^127 calls.
  const half = 16;
  if (answer !== piece || zero(piece.subarray(0, half)) || zero(piece.subarray(-half))) {
    throw new SealwireError("no randomness", "crypto.getRandomValues did not fill what it was given");
  }
}

/** @param {Uint8Array} bytes */
function zero(bytes) {
  return bytes.every((b) => b === 0);
}
