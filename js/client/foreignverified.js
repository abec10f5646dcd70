// @ts-check
/**
 * Which of the key packages that lie in foreign conversations the core has
 * verified: each is asked of once, until the manifest is another. As many may
 * lie there as somebody likes to put, so they are looked at in turn, and only so
 * many in a while where nobody waits for the answer.
 *
 * @typedef {import("./foreignverify.js").Verified} Verified
 * @typedef {import("./foreignpackages.js").Package} Package
 */
import { toHex } from "./bytes.js";
import { Allowance } from "./foreignallowance.js";

/** Answers that are remembered: more than records are of one conversation. */
const MAX_KNOWN = 2_048;
/** Looked at without being waited for: so many at once, and then one in so long (ms). */
const AT_ONCE = 64;
const EVERY = 100;

export class VerifiedPackages {
  #verify;
  /** By the package's hash. @type {Map<string, Promise<Verified | null>>} */
  #known = new Map();
  #allowance = new Allowance(AT_ONCE, EVERY);

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
   * @returns {Promise<Verified | null>} rejects as "unavailable" where it cannot be told now
   */
  async of(found) {
    const key = await keyOf(found);
    return this.#known.get(key) ?? this.#ask(key, found);
  }

  /**
   * The same, when its turn has come.
   * @param {Package} found
   */
  async inTurn(found) {
    const key = await keyOf(found);
    while (!this.#known.has(key) && !this.#allowance.some) await new Promise((resolve) => setTimeout(resolve, EVERY));
    const known = this.#known.get(key);
    if (known) return known;
    this.#allowance.spend();
    return this.#ask(key, found);
  }

  /**
   * @param {string} key
   * @param {Package} found
   */
  #ask(key, { bytes, member }) {
    const answer = this.#verify(bytes, member);
    this.#known.set(key, answer);
    // What could not be told is asked again.
    answer.catch(() => this.#known.get(key) === answer && this.#known.delete(key));
    for (const first of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(first);
    }
    return answer;
  }
}

/** @param {Package} found */
async function keyOf({ bytes, member }) {
  return member + toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))));
}
