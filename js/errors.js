/**
 * The one error of Sealwire that an app branches on: by `code`, never by text.
 * The codes are those of `wasm/wire/code.go`, in its order; a test compares.
 */

/** Every code; the number that crosses a border is the index plus one. */
export const codes = /** @type {const} */ ([
  "bad argument",
  "bad handle",
  "too long",
  "bad key",
  "open failed",
  "not a member",
  "sent before you joined",
  "epoch gone",
  "stale epoch",
  "stale head",
  "replayed",
  "forked log",
  "bad commit",
  "bad credential",
  "expired",
  "rolled back",
  "rate limited",
  "too large",
  "unsupported version",
  "truncated file",
  "no randomness",
  "unavailable",
  "internal",
]);

/** @typedef {typeof codes[number]} Code */

export class SealwireError extends Error {
  /**
   * @param {Code} code
   * @param {string} [message] for people; the code alone if left out. Never put data of the failure in it.
   */
  constructor(code, message) {
    super(message === undefined ? code : `${code}: ${message}`);
    this.name = "SealwireError";
    /** @type {Code} */
    this.code = code;
  }
}

/**
 * @param {number} number a code as it crosses a border: positive
 * @returns {Code} `internal` for a number that is none
 */
export function codeOf(number) {
  return codes[number - 1] ?? "internal";
}
