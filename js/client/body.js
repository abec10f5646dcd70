// @ts-check
import { SealwireError } from "../errors.js";

/**
 * The body of an answer, which must not be endless.
 * @param {Response} response
 * @param {number} most  bytes
 * @returns {Promise<Blob>}
 */
export async function bodyOf({ body }, most) {
  const reader = body?.getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const pieces = [];
  let length = 0;
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    length += next.value.length;
    if (length > most) {
      void reader?.cancel().catch(() => {});
      throw new SealwireError("too large");
    }
    pieces.push(next.value);
  }
  return new Blob(pieces);
}
