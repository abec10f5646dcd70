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
 * @typedef {import("./foreignchecked.js").Checked} Checked
 */

/** Members of one conversation that are told, those whose key package is the newest. */
const MAX_TOLD = 64;
/** The longest that a timer runs (ms). */
const LONGEST = 3_600_000;

export class Reachable {
  #packages;
  #changed;
  /** @type {Map<Link, { told: readonly Verified[], looking: boolean, timer?: ReturnType<typeof setTimeout> }>} */
  #links = new Map();

  /**
   * @param {(link: Link) => Checked[]} packages  that could be taken there, the newest first
   * @param {(link: Link) => void} changed
   */
  constructor(packages, changed) {
    this.#packages = packages;
    this.#changed = changed;
  }

  /** @param {Link} link */
  in(link) {
    return this.#links.get(link)?.told ?? [];
  }

  /** Something lies there, or does not any more: it is listed once, however much comes in one turn. @param {Link} link */
  look(link) {
    const at = this.#links.get(link) ?? { told: [], looking: false };
    this.#links.set(link, at);
    if (at.looking) return;
    at.looking = true;
    queueMicrotask(() => this.#look(link, at));
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
   * @param {{ told: readonly Verified[], looking: boolean, timer?: ReturnType<typeof setTimeout> }} at
   */
  #look(link, at) {
    at.looking = false;
    if (this.#links.get(link) !== at) return;
    /** @type {Map<string, Checked>} */
    const members = new Map();
    for (const found of this.#packages(link)) {
      if (members.size >= MAX_TOLD) break;
      if (!members.has(found.member)) members.set(found.member, found);
    }
    const ends = Math.min(...[...members.values()].map(({ until }) => until * 1_000 - Date.now()), LONGEST);
    clearTimeout(at.timer);
    at.timer = setTimeout(() => this.look(link), Math.max(0, ends));
    const told = [...members.values()].map(({ verified }) => verified).sort((a, b) => (a.member < b.member ? -1 : 1));
    if (same(at.told, told)) return;
    at.told = Object.freeze(told);
    this.#changed(link);
  }
}

/**
 * @param {readonly Verified[]} a
 * @param {readonly Verified[]} b  both in the order of their members
 */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
