// @ts-check
import { SealwireError } from "../../errors.js";

/**
 * What a platform's library does in time, or "unavailable": whatever it throws says only that it is not known to be done.
 * @template T
 * @param {number} ms
 * @param {string} what
 * @param {() => T | PromiseLike<T>} act
 * @returns {Promise<T>}
 */
export async function timely(ms, what, act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((/** @type {(v: never) => void} */ _, reject) => {
    timer = setTimeout(() => reject(new SealwireError("unavailable", `${what}: no answer in time`)), ms);
  });
  try {
    return await Promise.race([late, (async () => act())()]);
  } catch (error) {
    if (error instanceof SealwireError) throw error;
    // The text of a library may quote what was sent.
    throw new SealwireError("unavailable", `${what}: ${error instanceof Error ? error.name : "not done"}`);
  } finally {
    clearTimeout(timer);
  }
}
