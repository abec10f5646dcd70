// @ts-check
/**
 * What the core said of key packages that lie in foreign conversations: each is
 * asked of once, in however many conversations it lies, until the manifest is
 * another.
 *
 * @typedef {import("./foreignverify.js").Verified} Verified
 * @typedef {import("./foreignpackages.js").Package} Package
 */
import { keepNewest } from "./newest.js";

/** Answers that are remembered, the newest. */
const MAX_KNOWN = 2_048;

export class VerifiedPackages {
  #verify;
  /** By member and hash. @type {Map<string, Promise<Verified | null>>} */
  #known = new Map();

  /** @param {(keyPackage: Uint8Array, member: string) => Promise<Verified | null>} verify */
  constructor(verify) {
    this.#verify = verify;
  }

  /** The manifest may be another. */
  forget() {
    this.#known.clear();
  }

  /**
   * @param {Package} found
   * @param {string} hash  of its bytes
   * @returns {Promise<Verified | null>} rejects as "unavailable" where it cannot be told now
   */
  of({ member, bytes }, hash) {
    const key = member + hash;
    const known = this.#known.get(key);
    if (known) return known;
    const answer = this.#verify(bytes, member);
    this.#known.set(key, answer);
    // What could not be told is asked again.
    answer.catch(() => this.#known.get(key) === answer && this.#known.delete(key));
    keepNewest(this.#known, MAX_KNOWN);
    return answer;
  }
}
