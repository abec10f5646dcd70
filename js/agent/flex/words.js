/**
 * What the plugin alone says, in the language of now (setLocale of ../kit.js). What it shares with the desk stands in
 * ../words.js and ../../widget/words.js.
 * @typedef {typeof en} FlexLocale
 */
import { locale } from "../../widget/locale.js";
import { de } from "./locales/de.js";
import { en } from "./locales/en.js";

/** By language, those of the widget's. @type {Readonly<Record<string, FlexLocale>>} */
export const flexLocales = Object.freeze({ en, de });

/** Every sentence, in the language of now whenever it is read. @type {FlexLocale} */
export const flexWords = new Proxy(en, { get: (_, key) => Reflect.get(flexLocales[locale().tag.slice(0, 2)] ?? en, key) });
