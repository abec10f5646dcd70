// @ts-check
/**
 * The key packages that lie in one foreign conversation, verified. Anybody there
 * can put as many as he likes, so each is read once and judged once by the core,
 * in turn; what the core refuses is let go of, and only what it has verified
 * counts. Of that nothing is displaced by what others put: of one member those
 * stay whose validity, which is signed, ends last.
 *
 * Nothing is dropped because much came before it: when too many wait to be
 * judged, whoever reads the conversation waits with them.
 *
 * @typedef {import("./foreignpackages.js").Package} Package
 * @typedef {import("./foreignverify.js").Verified} Verified
 * @typedef {Package & { hash: string, verified: Verified }} Checked
 *
 * @typedef {object} CheckedHost
 * @property {(found: Package, hash: string) => Promise<Verified | null>} verify  rejects where that cannot be told now
 * @property {() => void} onChange  others could be taken
 */
import { hashOf, packageOf } from "./foreignpackages.js";
import { keepNewest } from "./newest.js";

/** Not judged yet, past which reading waits. */
const MAX_WAITING = 128;
/** Refused under the manifest of now, the newest: the next one may name their issuer. */
const MAX_REFUSED = 64;
/** Of one member, for one use; and of last resort. In all. */
const MAX_OF_ONE = 4;
const MAX_GOOD = 1_024;
/** Before what could not be told is asked again (ms). */
const AGAIN = 5_000;

export class CheckedPackages {
  #host;
  /** By member and hash, in the order in which they came. @type {Map<string, { found: Package, hash: string }>} */
  #waiting = new Map();
  /** @type {Map<string, Checked>} */
  #good = new Map();
  /** @type {Map<string, { found: Package, hash: string }>} */
  #refused = new Map();
  /** Hashes of those by which commits have added. @type {Set<string>} */
  #used = new Set();
  /** Members of whom a verified one for one use was used. @type {Set<string>} */
  #spent = new Set();
  #begun = false;
  #judging = false;
  #failing = false;
  #ended = false;
  /** Who waits until more is judged. @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {CheckedHost} host */
  constructor(host) {
    this.#host = host;
  }

  /**
   * A record that lies there. Resolves when another can be taken.
   * @param {string} name
   * @param {Uint8Array} value
   */
  async note(name, value) {
    const found = packageOf({ name, value });
    if (!found || found.until <= now()) return;
    const hash = await hashOf(value);
    const key = found.member + hash;
    if (this.#ended || this.#waiting.has(key) || this.#good.has(key) || this.#refused.has(key)) return;
    this.#waiting.set(key, { found, hash });
    void this.#judge();
    while (this.#waiting.size > MAX_WAITING && !this.#ended) {
      // Reading goes on where the core tells nothing.
      if (this.#failing) return this.#dropOldest();
      await this.#turned();
    }
  }

  /**
   * Commits have added by these, valid or not.
   * @param {readonly string[]} hashes
   */
  use(hashes) {
    let changed = false;
    for (const hash of hashes) this.#used.add(hash);
    for (const [key, { once, member, hash }] of this.#good) {
      if (!once || !this.#used.has(hash)) continue;
      this.#good.delete(key);
      this.#spent.add(member);
      changed = true;
    }
    if (changed) this.#host.onChange();
  }

  /** All that could be taken now, the newest first. @returns {Checked[]} */
  get good() {
    const time = now();
    return [...this.#good.values()].filter(({ until }) => until > time).reverse();
  }

  /** @param {string} member */
  spent(member) {
    return this.#spent.has(member);
  }

  /**
   * Whether this one lies there, and was not refused.
   * @param {string} member
   * @param {string} hash
   */
  lies(member, hash) {
    const key = member + hash;
    const found = this.#good.get(key) ?? this.#waiting.get(key)?.found;
    return found !== undefined && found.until > now();
  }

  /** Whether a commit has added by it. @param {string} hash */
  used(hash) {
    return this.#used.has(hash);
  }

  /** Resolves when all that is there now is judged, or cannot be now. */
  async settled() {
    const last = [...this.#waiting.keys()].at(-1);
    while (last !== undefined && this.#waiting.has(last) && this.#begun && !this.#failing && !this.#ended) await this.#turned();
  }

  /** They are judged from now on, and those that were again: the manifest may be another. */
  judge() {
    this.#begun = true;
    for (const [key, { hash, ...found }] of this.#good) this.#waiting.set(key, { found, hash });
    for (const [key, { found, hash }] of this.#refused) this.#waiting.set(key, { found, hash });
    this.#refused.clear();
    void this.#judge();
  }

  stop() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#wake();
  }

  async #judge() {
    if (this.#judging || !this.#begun || this.#ended) return;
    this.#judging = true;
    clearTimeout(this.#timer);
    this.#failing = false;
    for (;;) {
      const [next] = this.#waiting;
      if (!next || this.#ended) break;
      const [key, { found, hash }] = next;
      try {
        const verified = await this.#host.verify(found, hash);
        // Under another manifest since: it is asked once more.
        if (this.#waiting.get(key) === next[1]) this.#answer(key, found, hash, verified);
      } catch {
        this.#failing = true;
        this.#timer = setTimeout(() => void this.#judge(), AGAIN);
        break;
      } finally {
        this.#wake();
      }
      await turn();
    }
    this.#judging = false;
    this.#wake();
  }

  /**
   * @param {string} key
   * @param {Package} found
   * @param {string} hash
   * @param {Verified | null} verified
   */
  #answer(key, found, hash, verified) {
    this.#waiting.delete(key);
    const before = this.#good.get(key);
    if (!verified) {
      this.#refused.set(key, { found, hash });
      keepNewest(this.#refused, MAX_REFUSED);
      if (this.#good.delete(key)) this.#host.onChange();
      return;
    }
    if (found.once && this.#used.has(hash)) {
      this.#good.delete(key);
      this.#spent.add(found.member);
      return this.#host.onChange();
    }
    this.#good.set(key, { ...found, hash, verified });
    this.#bound(found);
    if (this.#good.has(key) && JSON.stringify(before?.verified) !== JSON.stringify(verified)) this.#host.onChange();
  }

  /** @param {Package} found  the newest */
  #bound({ member, once }) {
    const time = now();
    for (const [key, { until }] of this.#good) if (until <= time) this.#good.delete(key);
    const same = [...this.#good].filter(([, one]) => one.member === member && one.once === once);
    const first = same.length > MAX_OF_ONE ? same.reduce((a, b) => (b[1].until < a[1].until ? b : a)) : this.#good.size > MAX_GOOD ? same.at(-1) : undefined;
    if (first) this.#good.delete(first[0]);
  }

  /** What came first is not looked at; but what was good before, and may be no more, is. */
  #dropOldest() {
    const others = [...this.#waiting.keys()].filter((key) => !this.#good.has(key));
    for (const key of others.slice(0, Math.max(0, others.length - MAX_WAITING))) this.#waiting.delete(key);
  }

  #turned() {
    return new Promise((/** @type {(v: void) => void} */ resolve) => this.#watchers.add(resolve));
  }

  #wake() {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  }
}

const now = () => Math.floor(Date.now() / 1000);

/** Lets the page do what waits: where the core works in process nothing else would. A timer waits long in a page that is not looked at. */
function turn() {
  return new Promise((/** @type {(v: void) => void} */ resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
