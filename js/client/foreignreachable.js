// @ts-check
/**
 * Who of the company could be added in each foreign conversation: whose key
 * package lies there, verified by the core. Nothing of a record is told that is
 * not. Who is in the conversation already is in the list, too.
 *
 * That a key package lies there says that its owner was there with Sealwire and
 * can be added by it, not that she is there now: the one of last resort lies
 * there until it ends.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 * @typedef {import("./foreignverify.js").Verified} Verified
 * @typedef {import("./foreignpackages.js").Package} Package
 */

/** Members of one conversation that are told, those whose key package is the newest. */
const MAX_TOLD = 64;
/** Before what could not be told is asked again; the longest that a timer runs (ms). */
const AGAIN = 5_000;
const LONGEST = 3_600_000;

export class Reachable {
  #packages;
  #verified;
  #changed;
  /** @type {Map<Link, { told: readonly Verified[], looking: boolean, again: boolean, timer?: ReturnType<typeof setTimeout> }>} */
  #links = new Map();

  /**
   * @param {(link: Link) => Package[]} packages  that could be taken there, the newest first
   * @param {import("./foreignverified.js").VerifiedPackages} verified
   * @param {(link: Link) => void} changed
   */
  constructor(packages, verified, changed) {
    this.#packages = packages;
    this.#verified = verified;
    this.#changed = changed;
  }

  /** @param {Link} link */
  in(link) {
    return this.#links.get(link)?.told ?? [];
  }

  /** Something lies there, or does not any more. @param {Link} link */
  look(link) {
    const at = this.#links.get(link) ?? { told: [], looking: false, again: false };
    this.#links.set(link, at);
    at.again = true;
    if (!at.looking) void this.#look(link, at);
  }

  /** @param {Link} link */
  forget(link) {
    clearTimeout(this.#links.get(link)?.timer);
    this.#links.delete(link);
  }

  stop() {
    for (const link of [...this.#links.keys()]) this.forget(link);
  }

  /**
   * @param {Link} link
   * @param {{ told: readonly Verified[], looking: boolean, again: boolean, timer?: ReturnType<typeof setTimeout> }} at
   */
  async #look(link, at) {
    at.looking = true;
    let next = LONGEST;
    while (at.again && this.#links.get(link) === at) {
      at.again = false;
      try {
        const { told, ends } = await this.#list(link, () => at.again || this.#links.get(link) !== at);
        next = Math.min(LONGEST, Math.max(0, ends * 1_000 - Date.now()));
        if (at.again || this.#links.get(link) !== at || same(at.told, told)) continue;
        at.told = told;
        this.#changed(link);
      } catch {
        next = AGAIN;
      }
    }
    at.looking = false;
    if (this.#links.get(link) !== at) return;
    clearTimeout(at.timer);
    at.timer = setTimeout(() => this.look(link), next);
  }

  /**
   * @param {Link} link
   * @param {() => boolean} over  nobody wants to know it any more
   */
  async #list(link, over) {
    /** @type {Verified[]} */
    const told = [];
    let ends = Infinity;
    for (const found of this.#packages(link)) {
      if (told.length >= MAX_TOLD || over()) break;
      if (told.some(({ member }) => member === found.member)) continue;
      const verified = await this.#verified.inTurn(found);
      if (!verified) continue;
      told.push(verified);
      ends = Math.min(ends, found.until);
    }
    return { told: Object.freeze(told.sort((a, b) => (a.member < b.member ? -1 : 1))), ends };
  }
}

/**
 * @param {readonly Verified[]} a
 * @param {readonly Verified[]} b  both in the order of their members
 */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
