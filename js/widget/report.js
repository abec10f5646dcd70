/**
 * What stops a chat, to the developer of its page: in the console, and as an "error" event ({code}) of the element. A
 * visitor reads a sentence in the chat itself. Nothing is told that a page keeps to itself: texts are only those of this
 * package, which hold no data; of what others throw it is the name.
 */
import { SealwireError } from "../index.js";
import { codeOf } from "./words.js";

/** connect() says by these that an option is wrong. @param {unknown} error */
export function isMisuse(error) {
  return error instanceof TypeError || error instanceof RangeError;
}

/**
 * @param {EventTarget} element
 * @param {unknown} error
 * @param {string} [hint]  where to look
 */
export function report(element, error, hint = "") {
  const code = isMisuse(error) ? "bad argument" : codeOf(error);
  console.error(`<sealwire-chat> ${textOf(error, code)}${hint && `; ${hint}`}`);
  element.dispatchEvent(new CustomEvent("error", { detail: { code } }));
}

/** Why a place cannot encrypt. @param {string} what  it lacks */
export function lackOf(what) {
  return new SealwireError("unavailable", `expected ${what}, which is not here: an old browser, or a page without https`);
}

/** What an end that is not let in is answered, whatever of it does not fit. @type {ReadonlySet<string>} */
const unproved = new Set(["bad credential", "expired", "open failed"]);

/**
 * Where to look for what a client told in the background; "" for nowhere in particular.
 * @param {string} code
 * @param {import("./facade.js").ClientState} state
 */
export function hintOf(code, state) {
  if (state === "refused") return "what was shown does not come from the company whose key org-key names";
  return unproved.has(code) ? "look at org-key, at the origins that the relay allows, and at the identity token" : "";
}

/** @param {unknown} error @param {string} code */
function textOf(error, code) {
  if (error instanceof SealwireError) return error.message;
  if (isMisuse(error)) return `${code}: ${/** @type {Error} */ (error).message}`;
  return `${code}: ${error instanceof Error ? error.name : typeof error}`;
}
