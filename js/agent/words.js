/**
 * What the desk and the kit say, in the language of now. What they share with the widget stands in ../widget/words.js and
 * movewords.js.
 * @typedef {typeof en} DeskLocale
 */
import { locale } from "../widget/locale.js";
import { de } from "./locales/de.js";
import { en } from "./locales/en.js";

/** By language, those of the widget's. @type {Readonly<Record<string, DeskLocale>>} */
export const deskLocales = Object.freeze({ en, de });

/** @returns {DeskLocale} */
export function deskLocale() {
  return deskLocales[locale().tag.slice(0, 2)] ?? en;
}

/** Every sentence that stands alone, in the language of now whenever it is read. @type {DeskLocale["words"]} */
export const deskWords = new Proxy(en.words, { get: (_, key) => Reflect.get(deskLocale().words, key) });
