/**
 * What sealed text looks like on somebody else's platform: "sealwire:1:" and base64url of bytes that nobody but an end
 * can make sense of. A text says of itself that it is sealed; whether it is genuine, the client finds out.
 */

const mark = "sealwire:1:";
/** Bytes of an entry that say what it is; and those of a part before its piece: kind, id, index, count. */
const leastEntry = 2;
const overhead = 1 + 16 + 1 + 1;
const letters = /^[A-Za-z0-9_-]+$/;

/** What says of itself that it is sealed, whatever it is: it is never shown as somebody's words. @param {unknown} body @returns {body is string} */
export function saysSealed(body) {
  return typeof body === "string" && body.startsWith(mark);
}

/**
 * What may leave in a sealed conversation: the mark, then base64url and nothing else, in its one canonical form.
 * @param {unknown} body
 * @returns {body is string}
 */
export function isSealed(body) {
  if (!saysSealed(body)) return false;
  const text = body.slice(mark.length);
  if (!letters.test(text) || text.length % 4 === 1) return false;
  const spare = text.length % 4 === 2 ? 15 : text.length % 4 === 3 ? 3 : 0;
  return ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(text.at(-1) ?? "") & spare) === 0;
}

/**
 * A conversation with such a message in it is a sealed one: an entry, a part or a record (SPEC 10.5). Nothing is proved by
 * it, but nobody types it by chance.
 * @param {unknown} body
 */
export function isFrame(body) {
  if (!isSealed(body)) return false;
  const bytes = atob(body.slice(mark.length).replaceAll("-", "+").replaceAll("_", "/"));
  const at = (/** @type {number} */ i) => bytes.charCodeAt(i);
  switch (at(0)) {
    case 1:
      return bytes.length > leastEntry;
    case 2:
      return bytes.length > overhead && at(overhead - 2) < at(overhead - 1);
    case 3:
      return bytes.length > 2 && at(1) > 0 && bytes.length > 2 + at(1);
    default:
      return false;
  }
}

/** An opaque name, as files are uploaded under. @param {unknown} name */
export function isOpaqueName(name) {
  return typeof name === "string" && /^[A-Za-z0-9_-]{22,43}$/.test(name);
}

/**
 * Whether it may carry somebody's words, as far as the outside says: for leaving out of a list what only sets up the
 * encryption. Nothing is believed for it.
 * @param {unknown} body
 */
export function mayHoldWords(body) {
  if (!isSealed(body)) return true;
  const [a = "", b = "", c = "", d = ""] = body.slice(mark.length, mark.length + 4);
  const bytes = atob(`${a}${b}${c}${d}`.replaceAll("-", "+").replaceAll("_", "/").padEnd(4, "="));
  const [frame, , kind] = [bytes.charCodeAt(0), bytes.charCodeAt(1), bytes.charCodeAt(2)];
  // Of what was split only the whole says what it is.
  return frame === 2 || (frame === 1 && kind === 2);
}
