/**
 * What is said about codes, counts and names, in the language of now (locale.js): what a person can do about it, never
 * what a machine said about it.
 */
import { live, locale } from "./locale.js";

/** Every sentence that stands alone. */
export const words = live((l) => l.words);

/** The codes that mean: who is on the other side is in doubt, so this page stops. */
const refusals = new Set(["bad key", "forked log", "bad credential", "expired", "rolled back"]);

/**
 * Why nothing is sent for now: a message came in somebody's name that may not be theirs.
 * @param {string} name
 */
export function doubtfulText(name) {
  return locale().say.doubtful(name);
}

/**
 * Why nothing is sent any more: it is proven that two courses of one conversation were shown.
 * @param {string|null} name  null: only the server's own word differs from before
 */
export function forkedText(name) {
  return locale().say.forked(name);
}

/**
 * What happened between the messages, where nobody's reading was changed on purpose.
 * @param {"missed"|"rejoined"|"replaced"} kind
 * @param {string} name  whom it is about; "" for this device
 */
export function noteText(kind, name) {
  return locale().say.note(kind, name);
}

/**
 * The sentence for a code; what has no code, or one this table lacks, reads as "internal".
 * @param {unknown} code
 * @returns {string}
 */
export function sentence(code) {
  return entry(locale().sentences, code) ?? locale().sentences.internal;
}

/**
 * The code an error carries, or "internal".
 * @param {unknown} error
 * @returns {string}
 */
export function codeOf(error) {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    && Object.hasOwn(locale().sentences, error.code)) return error.code;
  return "internal";
}

/**
 * Why a text came back to the box. What has no code was thrown by a handler of the page itself.
 * @param {unknown} error
 * @returns {string}
 */
export function sendProblem(error) {
  if (error instanceof RangeError || error instanceof TypeError) return words.unsendable;
  if (typeof error === "object" && error !== null && "code" in error) return sentence(error.code);
  return words.held;
}

/**
 * Why a file was not sent or not saved. What has no code, on its way up, was thrown by a handler of the page itself.
 * @param {unknown} error
 * @param {"up"|"down"} way
 * @returns {string}
 */
export function fileProblem(error, way) {
  if (way === "up" && !(typeof error === "object" && error !== null && "code" in error)) return words.heldFile;
  const code = codeOf(error);
  return entry(locale().fileSentences[way], code) ?? sentence(code);
}

/**
 * Whether a file stopped because somebody stopped it.
 * @param {unknown} error
 * @param {AbortSignal} [signal]
 */
export function wasCancelled(error, signal) {
  return signal?.aborted === true || (typeof error === "object" && error !== null && "name" in error && error.name === "AbortError");
}

/**
 * What a notice says: the sentence of its code where there is one, or else the client's own words.
 * "" for one that the page already shows in another way.
 * @param {{code?: string, text?: string}} notice
 * @returns {string}
 */
export function noticeText({ code, text }) {
  if (code === "refused") return "";
  return entry(locale().notices, code) ?? entry(locale().sentences, code) ?? (text || sentence("internal"));
}

/**
 * What failed in the background, as far as a person should know; "" for what the connection line says anyway,
 * and for what has no code: that is the page's own, and the page's developer hears of it.
 * @param {unknown} error
 * @returns {string}
 */
export function backgroundText(error) {
  if (typeof error !== "object" || error === null || !("code" in error) || error.code === "unavailable") return "";
  const code = codeOf(error);
  return code === "bad credential" || code === "expired" || code === "not a member" ? words.proof : sentence(code);
}

/**
 * An error that says: not now.
 * @returns {Error & {code: string}}
 */
export function notNow() {
  return Object.assign(new Error("sealwire widget: not connected"), { code: "unavailable" });
}

/** @param {string} code */
export function isRefusal(code) {
  return refusals.has(code);
}

/**
 * Why a message was not sent.
 * @param {string} [reason]
 */
export function unsentText(reason) {
  if (reason === "left") return words.unsentLeft;
  return reason === "closed" ? words.unsentClosed : words.unsent;
}

/** @param {number} count */
export function missingText(count) {
  return locale().say.missing(count);
}

/** @param {number} count */
export function unreadText(count) {
  return locale().say.unread(count);
}

/**
 * "Ana", "Ana and Bo", "Ana, Bo and Cem".
 * @param {readonly string[]} names
 */
export function listText(names) {
  return locale().say.list(names);
}

/**
 * What a table says of a key that may be anything.
 * @param {Readonly<Record<string, string>>} table
 * @param {unknown} key
 * @returns {string|undefined}
 */
export function entry(table, key) {
  return typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined;
}
