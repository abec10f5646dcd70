// What the tests of the core share.

import assert from "node:assert/strict";
import { instantiate } from "../../core/instance.js";
import { loadModule } from "../../core/loader.js";
import { SealwireError } from "../../errors.js";

/** The shipped module, compiled once for a test file. */
export const module = await loadModule();

export const start = () => instantiate(module);

/**
 * Asserts that f refuses with this code, and tells nothing else.
 * @param {import("../../errors.js").Code} code
 * @param {() => unknown} f
 * @param {string} [name]
 */
export function refuses(code, f, name) {
  assert.throws(f, (error) => error instanceof SealwireError && error.code === code, name);
}

/** @param {string} text */
export const hex = (text) => new Uint8Array(Buffer.from(text, "hex"));

/**
 * Pseudo-random, so that a failure comes again: a 32-bit xorshift.
 * @param {number} seed
 */
export function repeatable(seed) {
  let state = seed;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    /** @param {number} n */
    below: (n) => next() % n,
    /** @param {number} n */
    bytes: (n) => Uint8Array.from({ length: n }, () => next() >>> 11),
  };
}
