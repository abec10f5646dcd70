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
 * @typedef {import("./foreignchecked.js").Checked} Checked
 */
import { Allowance } from "./foreignallowance.js";
import { forQueue, hashOf, isOnce, newcomersOf, packageName } from "./foreignpackages.js";

/** One-time key packages that a client wants to know ready. */
const READY = 10;
/** For one use, in one conversation: so many at once, and then one in so long (ms). In 8 days that is fewer than an end holds. */
const AT_ONCE = 4;
const EVERY = 15 * 60_000;
/** Of those that replace another in all conversations together. */
const ALL_AT_ONCE = 32;
/** How long one that was put there may take to be seen there (ms). */
const SHOWN = 60_000;

export class Offers {
  #member;
  /** This end's, by hash, that it put there itself: it may take a while until they are seen. @type {WeakMap<Link, Map<string, { once: boolean, at: number }>>} */
  #put = new WeakMap();
  /** @type {WeakMap<Link, Allowance>} */
  #allowances = new WeakMap();
  /** @type {Allowance | undefined} */
  #replacing;
  #remember;
  /** How often one was taken here, by hash. @type {Map<string, number>} */
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
    this.#put.delete(link);
  }

  /**
   * @param {Uint8Array} keyPackage  this end's
   * @param {readonly Link[]} links
   * @returns {Promise<number>} how many one-time ones are ready, as if it were one place: READY where none is wanted,
   *   less than none where many are
   */
  async publish(keyPackage, links) {
    // Its own from before may be among what is judged now.
    await Promise.all(links.map(settled));
    const wanting = links.filter((link) => this.wants(link));
    if (isOnce(keyPackage)) {
      const [first] = wanting;
      if (!first) return READY;
      if (this.#replacing && this.#replaces(first)) {
        this.#replacing.spend();
        await this.#remember(this.#replacing.bytes);
      }
      this.#allowance(first).spend();
      await this.#lay(first, keyPackage);
      return READY - links.filter((link) => this.wants(link)).length;
    }
    const hash = await hashOf(keyPackage);
    for (const link of links) if (!this.#lies(link, hash)) await this.#lay(link, keyPackage);
    return READY - wanting.length;
  }

  /**
   * One of this end's for one use is wanted there, and may be put there.
   * @param {Link} link
   */
  wants(link) {
    if (!this.#allowance(link).some || (this.#replaces(link) && !this.#replacing?.some)) return false;
    const put = [...(this.#put.get(link) ?? [])].some(([hash, { once }]) => once && !link.packages.used(hash) && this.#lies(link, hash));
    // What others put in this end's name is none of its own: the core has verified these.
    return !put && !link.packages.good.some(({ member, once }) => once && member === this.#member);
  }

  /**
   * What lies there of others and could be taken, the newest first.
   * @param {Link} link
   */
  others(link) {
    return link.packages.good.filter(({ member }) => member !== this.#member);
  }

  /**
   * @param {readonly Link[]} links
   * @param {{ queue: string, member: string, company: boolean, last: string[] }} wanted  last: whose is taken where there is no other
   */
  async take(links, wanted) {
    await Promise.all(links.map(settled));
    // One that came to nothing is not the first again; of the others those for one use, the newest.
    const times = (/** @type {Checked} */ { hash }) => this.#taken.get(hash) ?? 0;
    const late = (/** @type {Checked} */ found) => Number(wanted.last.includes(found.member));
    const [found] = this.#fit(links, wanted).sort((a, b) => late(a) - late(b) || times(a) - times(b) || Number(b.once) - Number(a.once));
    if (!found) return undefined;
    this.#taken.set(found.hash, times(found) + 1);
    return found.bytes;
  }

  /**
   * Where the key package lies by which a commit adds.
   * @param {readonly Link[]} links
   * @param {Uint8Array} commit
   */
  async source(links, commit) {
    await Promise.all(links.map(settled));
    const hashes = await Promise.all(newcomersOf(commit).map(hashOf));
    return links.find((link) => link.packages.good.some(({ hash }) => hashes.includes(hash)));
  }

  /**
   * @param {readonly Link[]} links
   * @param {{ queue: string, member: string, company: boolean }} wanted
   */
  #fit(links, { queue, member, company }) {
    const all = links.flatMap((link) => this.others(link));
    if (member !== "") return all.filter((found) => found.member === member);
    // No queue has an inbox here, to which the company's side could give something back.
    return company ? [] : forQueue(all, queue);
  }

  /**
   * @param {Link} link
   * @param {Uint8Array} keyPackage
   */
  async #lay(link, keyPackage) {
    await link.put(packageName(this.#member), keyPackage);
    const put = this.#put.get(link) ?? new Map();
    this.#put.set(link, put);
    for (const hash of put.keys()) if (!this.#lies(link, hash)) put.delete(hash);
    put.set(await hashOf(keyPackage), { once: isOnce(keyPackage), at: Date.now() });
  }

  /**
   * One of this end's lies there, or is on its way.
   * @param {Link} link
   * @param {string} hash
   */
  #lies(link, hash) {
    const put = this.#put.get(link)?.get(hash);
    return link.packages.lies(this.#member, hash) || (put !== undefined && Date.now() - put.at < SHOWN);
  }

  /** One of this end's was used there. @param {Link} link */
  #replaces(link) {
    return link.packages.spent(this.#member);
  }

  /** @param {Link} link */
  #allowance(link) {
    const allowance = this.#allowances.get(link) ?? new Allowance(AT_ONCE, EVERY);
    this.#allowances.set(link, allowance);
    return allowance;
  }
}

/** @param {Link} link */
async function settled(link) {
  await link.looked();
  await link.packages.settled();
}
