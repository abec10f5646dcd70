// @ts-check
/**
 * Key packages in foreign conversations: this end's own, one for one use and one
 * of last resort in each, and the others', to take.
 *
 * A commit is not judged here, so whoever is in a foreign conversation can use up
 * a key package with one that nobody takes. Each that replaces it is a secret of
 * the end's, which holds 1,024 of them for up to 8 days: so only so many are put
 * there, however often the page is loaded, and until another is, the one of last
 * resort is what lies there.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 * @typedef {import("./foreignpackages.js").Package} Package
 */
import { toHex } from "./bytes.js";
import { Allowance } from "./foreignallowance.js";
import { PREFIX, forInbox, forQueue, holds, isOnce, packageName, packageOf } from "./foreignpackages.js";

/** One-time key packages that a client wants to know ready. */
const READY = 10;
/** For one use, in one conversation: so many at once, and then one in so long (ms). In 8 days that is fewer than an end holds. */
const AT_ONCE = 4;
const EVERY = 15 * 60_000;
/** Of those that replace another in all conversations together. */
const ALL_AT_ONCE = 32;

export class Offers {
  #member;
  /** What commits have added by. @type {WeakMap<Link, Set<string>>} */
  #used = new WeakMap();
  /** This end's for one use that it put there: it may take a while until they are seen. @type {WeakMap<Link, Uint8Array[]>} */
  #own = new WeakMap();
  /** @type {WeakMap<Link, Allowance>} */
  #allowances = new WeakMap();
  /** @type {Allowance | undefined} */
  #replacing;
  #remember;
  /** Where one of this end's was used. @type {WeakSet<Link>} */
  #replaced = new WeakSet();
  /** How often one was taken here. @type {Map<string, number>} */
  #taken = new Map();

  /**
   * @param {string} member  own
   * @param {(spent: Uint8Array) => Promise<void>} remember  keeps what was spent
   */
  constructor(member, remember) {
    this.#member = member;
    this.#remember = remember;
  }

  /**
   * What was spent before. None is put anywhere in the place of another before this is known.
   * @param {Uint8Array} spent  empty: nothing
   */
  recall(spent) {
    this.#replacing ??= new Allowance(ALL_AT_ONCE, EVERY, spent);
  }

  /** @param {Link} link */
  forget(link) {
    this.#used.delete(link);
    this.#own.delete(link);
  }

  /**
   * @param {Uint8Array} keyPackage  this end's
   * @param {readonly Link[]} links
   * @returns {Promise<number>} how many one-time ones are ready, as if it were one place: READY where none is wanted,
   *   less than none where many are
   */
  async publish(keyPackage, links) {
    const name = packageName(this.#member);
    const wanting = links.filter((link) => this.#wants(link));
    if (isOnce(keyPackage)) {
      const [first] = wanting;
      if (!first) return READY;
      if (this.#replacing && this.#replaces(first)) {
        this.#replacing.spend();
        await this.#remember(this.#replacing.bytes);
      }
      this.#allowance(first).spend();
      await first.records.put(name, keyPackage);
      this.#own.set(first, [...(this.#own.get(first) ?? []), keyPackage]);
      return READY - links.filter((link) => this.#wants(link)).length;
    }
    const text = toHex(keyPackage);
    for (const link of links) {
      if (!link.records.get(name).some((known) => toHex(known) === text)) await link.records.put(name, keyPackage);
    }
    return READY - wanting.length;
  }

  /**
   * A commit was read. True when one of this end's is wanted and may be put there: it may hold the one that was.
   * @param {Link} link
   * @param {Uint8Array} commit
   */
  used(link, commit) {
    const used = this.#usedIn(link);
    const own = this.#own.get(link) ?? [];
    this.#own.set(link, own.filter((bytes) => !holds(commit, bytes)));
    for (const { bytes, once, member } of this.#all(link)) {
      if (!once || !holds(commit, bytes)) continue;
      used.add(toHex(bytes));
      if (member === this.#member) this.#replaced.add(link);
    }
    return this.#wants(link);
  }

  /**
   * What lies there of others and could be taken, the newest first.
   * @param {Link} link
   */
  others(link) {
    return this.#all(link).filter(({ member }) => member !== this.#member);
  }

  /**
   * One that was verified.
   * @param {readonly Link[]} links
   * @param {{ queue: string, member: string, company: boolean, last: string[] }} wanted  last: whose is taken where there is no other
   * @param {import("./foreignverified.js").VerifiedPackages} verified
   */
  async take(links, { queue, member, company, last }, verified) {
    const all = links.flatMap((link) => this.others(link));
    const fit = member !== "" ? all.filter((p) => p.member === member) : company ? forInbox(all, queue) : forQueue(all, queue);
    // One that came to nothing is not the first again; of the others those for one use, the newest.
    const times = (/** @type {Package} */ { bytes }) => this.#taken.get(toHex(bytes)) ?? 0;
    const late = (/** @type {Package} */ found) => Number(last.includes(found.member));
    for (const found of fit.sort((a, b) => late(a) - late(b) || times(a) - times(b) || Number(b.once) - Number(a.once))) {
      if (!(await verified.of(found))) continue;
      this.#taken.set(toHex(found.bytes), times(found) + 1);
      return found.bytes;
    }
    return undefined;
  }

  /**
   * Where the key package lies by which a commit adds.
   * @param {readonly Link[]} links
   * @param {Uint8Array} commit
   */
  source(links, commit) {
    return links.find((link) => this.#all(link).some(({ bytes }) => holds(commit, bytes)));
  }

  /** @param {Link} link */
  #wants(link) {
    if (!this.#allowance(link).some || (this.#replaces(link) && !this.#replacing?.some)) return false;
    const now = Math.floor(Date.now() / 1000);
    const name = packageName(this.#member);
    const own = (this.#own.get(link) ?? []).some((value) => packageOf({ name, value }, now));
    return !own && !this.#all(link).some(({ member, once }) => once && member === this.#member);
  }

  /** One of this end's was used there, or may have been, as far as can be seen. @param {Link} link */
  #replaces(link) {
    return this.#replaced.has(link) || link.crowded;
  }

  /**
   * What lies there and could be taken now.
   * @param {Link} link
   */
  #all(link) {
    const now = Math.floor(Date.now() / 1000);
    const used = this.#usedIn(link);
    return link.records.list(PREFIX).flatMap((record) => {
      const found = packageOf(record, now);
      return found && !(found.once && used.has(toHex(found.bytes))) ? [found] : [];
    });
  }

  /** @param {Link} link */
  #allowance(link) {
    const allowance = this.#allowances.get(link) ?? new Allowance(AT_ONCE, EVERY);
    this.#allowances.set(link, allowance);
    return allowance;
  }

  /** @param {Link} link */
  #usedIn(link) {
    const used = this.#used.get(link) ?? new Set();
    this.#used.set(link, used);
    return used;
  }
}
