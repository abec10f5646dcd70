/**
 * An error of the plugin, with a code of the project's table. It never holds what was to be sent.
 * @param {import("../../index.js").Code} code
 * @param {string} text
 * @returns {Error & {code: string}}
 */
export function refusal(code, text) {
  return Object.assign(new Error(`sealwire: ${text}`), { name: "SealwireError", code });
}
