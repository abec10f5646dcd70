/**
 * Where the core lies, as a page says of its chat what init() takes: by properties, which only its scripts can set. Markup,
 * which may have come another way, is not to say where a worker's script is.
 * @typedef {import("../index.js").InitOptions} CoreOptions
 */

/** @type {{[K in keyof Required<CoreOptions>]: {fits: (value: unknown) => boolean, expected: string}}} */
const kinds = {
  module: { fits: (value) => isAddress(value) || value instanceof ArrayBuffer || ArrayBuffer.isView(value), expected: "an address or the module's bytes" },
  workerURL: { fits: isAddress, expected: "an address" },
  worker: { fits: (value) => value === false || typeof value === "function", expected: "a function or false" },
};

/**
 * @template {keyof CoreOptions} K
 * @param {CoreOptions} options
 * @param {K} name
 * @param {CoreOptions[K]} value  undefined: as if nothing had been said
 * @returns {CoreOptions}
 */
export function withCore(options, name, value) {
  const others = { ...options };
  delete others[name];
  if (value === undefined) return others;
  if (!kinds[name].fits(value)) throw new TypeError(`${name} expected ${kinds[name].expected}`);
  return { ...others, [name]: value };
}

/** @param {unknown} value */
function isAddress(value) {
  return typeof value === "string" || value instanceof URL;
}
