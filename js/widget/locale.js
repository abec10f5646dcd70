/**
 * The language that the widget, the desk and the kit speak: one for the page. It may change while they are shown; what
 * they hold of it as text is then said anew (onLocale).
 * @typedef {typeof en} Locale
 */
import { de } from "./locales/de.js";
import { en } from "./locales/en.js";

/** By language; the first is spoken where none of them is asked for. @type {Readonly<Record<string, Locale>>} */
export const locales = Object.freeze({ en, de });

let now = en;
/** @type {Set<() => void>} */
const followers = new Set();

/** What is said, now. @returns {Locale} */
export function locale() {
  return now;
}

/**
 * @param {string|undefined} language  "de", "de-AT"; one that is not spoken, or none, is English
 */
export function setLocale(language = "") {
  const short = language.toLowerCase().split("-")[0] ?? "";
  const before = now;
  now = (Object.hasOwn(locales, short) ? locales[short] : undefined) ?? en;
  if (now !== before) for (const follow of [...followers]) follow();
}

/**
 * @param {() => void} listener  told at once, after another language was chosen
 * @returns {() => void} ends it
 */
export function onLocale(listener) {
  followers.add(listener);
  return () => void followers.delete(listener);
}

/**
 * A table of the language of now, whichever that is when it is read.
 * @template {object} T
 * @param {(locale: Locale) => T} pick
 * @returns {T}
 */
export function live(pick) {
  return /** @type {T} */ (new Proxy({}, { get: (_, key) => Reflect.get(pick(now), key) }));
}
