/**
 * Templates of the host that show what was written: in a sealed conversation they say only that something came. The
 * rest of each template, and all of it in other conversations, stays as it was, in whatever language.
 *
 * They ask a helper of the host's template engine (Handlebars, which Flex leaves at `window.Handlebars` for that). Where
 * there is none, these templates say it for all conversations: ciphertext or plaintext never shows for want of a helper.
 */
import { saysSealed } from "./envelope.js";
import { flexWords } from "./words.js";

const helper = "sealwireSealed";
/** What a template asks for: "{{a.b.source.body}}", "{{body}}", "{{#with a.b.source}}". */
const asks = /\{\{[^}]*?([A-Za-z_.]*)\b(?:body|media)\b[^}]*\}\}/i;
const within = /\{\{#with\s+([A-Za-z_.]+)\s*\}\}/;

/**
 * The host's template engine: a block helper gets what stands behind its name, and draws one of its two parts.
 * @typedef {{fn: (on: unknown) => string, inverse: (on: unknown) => string}} Parts
 * @typedef {{registerHelper: (name: string, help: (message: unknown, parts: Parts) => string) => void}} Handlebars
 */

/** The host's templates, as they are now: another plugin, or another language, may bring the originals back. */
export class Strings {
  #strings;
  #helped;
  /** As they were when they were looked at last. @type {Map<string, unknown>} */
  #seen = new Map();

  /**
   * @param {() => Record<string, unknown>} strings  manager.strings
   * @param {object} options
   * @param {Handlebars|undefined} options.handlebars
   * @param {(sid: string) => boolean} options.sealed
   */
  constructor(strings, { handlebars, sealed }) {
    this.#strings = strings;
    this.#helped = handlebars !== undefined;
    handlebars?.registerHelper(helper, function (/** @type {unknown} */ message, /** @type {Parts} */ options) {
      // @ts-expect-error Handlebars gives the context as this.
      const context = /** @type {unknown} */ (this);
      return hides(message, sealed) ? options.fn(context) : options.inverse(context);
    });
  }

  /** @returns {string[]} the names of those that were changed */
  cover() {
    const strings = this.#strings();
    const changed = [];
    for (const name of Object.keys(strings)) {
      const template = strings[name];
      if (this.#seen.get(name) === template) continue;
      const covered = typeof template === "string" ? coveredTemplate(template, this.#helped) : template;
      if (covered !== template) {
        strings[name] = covered;
        changed.push(name);
      }
      // As the host gives it back.
      this.#seen.set(name, strings[name]);
    }
    return changed;
  }
}

/** @param {string} template @param {boolean} helped */
export function coveredTemplate(template, helped) {
  const found = asks.exec(template);
  if (!found || template.includes(helper)) return template;
  const path = (found[1] ?? "").replace(/\.$/, "").replace(/(^|\.)source$/i, "") || (within.exec(template)?.[1] ?? "this").replace(/\.source$/i, "");
  return helped ? `{{#${helper} ${path}}}${flexWords.sealedMessage}{{else}}${template}{{/${helper}}}` : flexWords.sealedMessage;
}

/**
 * @typedef {{body?: unknown, conversation?: {sid?: unknown}, conversationSid?: unknown}} Source  the SDK's message
 * @typedef {Source & {source?: Source, lastMessage?: Wrapped, message?: Wrapped, helper?: {chat?: {lastMessage?: Wrapped}}}} Wrapped
 */

/**
 * @param {unknown} message  the host's or the SDK's, or what has one
 * @param {(sid: string) => boolean} sealed
 * @param {number} [deep]
 * @returns {boolean}
 */
export function hides(message, sealed, deep = 4) {
  if (typeof message !== "object" || message === null || deep === 0) return false;
  const { source, lastMessage, message: own, helper: { chat } = {}, body, conversation, conversationSid } = /** @type {Wrapped} */ (message);
  if (saysSealed(body) || sealed(String(conversation?.sid ?? conversationSid ?? ""))) return true;
  return [source, lastMessage, own, chat?.lastMessage].some((one) => hides(one, sealed, deep - 1));
}
