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
const shows = /([A-Za-z_.]*(?:lastMessage|message))\.source\.(?:body|media)/i;

/**
 * The host's template engine: a block helper gets what stands behind its name, and draws one of its two parts.
 * @typedef {{fn: (on: unknown) => string, inverse: (on: unknown) => string}} Parts
 * @typedef {{registerHelper: (name: string, help: (message: unknown, parts: Parts) => string) => void}} Handlebars
 */

/**
 * @param {Record<string, unknown>} strings  manager.strings
 * @param {object} options
 * @param {Handlebars|undefined} options.handlebars
 * @param {(sid: string) => boolean} options.sealed
 * @returns {string[]} the names of those that were changed
 */
export function coverStrings(strings, { handlebars, sealed }) {
  handlebars?.registerHelper(helper, function (/** @type {unknown} */ message, /** @type {Parts} */ options) {
    // @ts-expect-error Handlebars gives the context as this.
    const context = /** @type {unknown} */ (this);
    return hides(message, sealed) ? options.fn(context) : options.inverse(context);
  });
  const changed = [];
  for (const [name, template] of Object.entries(strings)) {
    const covered = typeof template === "string" ? coveredTemplate(template, handlebars !== undefined) : template;
    if (covered === template) continue;
    strings[name] = covered;
    changed.push(name);
  }
  return changed;
}

/** @param {string} template @param {boolean} helped */
export function coveredTemplate(template, helped) {
  const path = shows.exec(template)?.[1];
  if (!path || template.includes(helper)) return template;
  return helped ? `{{#${helper} ${path}}}${flexWords.sealedMessage}{{else}}${template}{{/${helper}}}` : flexWords.sealedMessage;
}

/** @param {unknown} message @param {(sid: string) => boolean} sealed */
export function hides(message, sealed) {
  const { source } = /** @type {{source?: {body?: unknown, conversation?: {sid?: unknown}}}} */ (message ?? {});
  if (!source) return false;
  return saysSealed(source.body) || sealed(String(source.conversation?.sid ?? ""));
}
