/**
 * What sealed text looks like on somebody else's platform: "sealwire:1:" and base64url of bytes that nobody but an end
 * can make sense of. A text says of itself that it is sealed; whether it is genuine, the client finds out.
 */

const mark = "sealwire:1:";
const letters = /^[A-Za-z0-9_-]+$/;

/** A conversation with such a message in it is a sealed one. @param {unknown} body @returns {body is string} */
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

/** An opaque name, as files are uploaded under. @param {unknown} name */
export function isOpaqueName(name) {
  return typeof name === "string" && /^[A-Za-z0-9_-]{22,43}$/.test(name);
}
