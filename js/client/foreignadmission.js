// @ts-check
/**
 * Which conversations of foreign ones this end looks at, and keeps where they
 * are. Whoever is in one of the platform's can begin conversation after
 * conversation there with an agent: of those she is put into, a few are taken at
 * once, and then one in a while, in each of the platform's for itself. What she
 * is in already is never held back.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 *
 * @typedef {object} AdmissionHost
 * @property {import("./foreignmemory.js").Memory} memory
 * @property {(conversation: string) => Link | undefined} at  where one is, as far as is known
 * @property {(error: unknown) => void} onFailure  where it is could not be kept
 */
import { Allowance } from "./foreignallowance.js";

/** Conversations that others begin with this end in one of the platform's: so many at once, and then one in so long (ms). */
const BEGUN_AT_ONCE = 8;
const BEGUN_EVERY = 5 * 60_000;

export class Admission {
  #host;
  /** Conversations that this end is in. @type {Set<string>} */
  #kept = new Set();
  /** @type {WeakMap<Link, Allowance>} */
  #begun = new WeakMap();

  /** @param {AdmissionHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** It may be looked at now. @param {string} conversation */
  admits(conversation) {
    const link = this.#host.at(conversation);
    return !link || this.#kept.has(conversation) || this.#allowance(link).some;
  }

  /** This end is in it, and it is to stay where it is. @param {string} conversation */
  keep(conversation) {
    if (this.#kept.has(conversation)) return;
    this.#kept.add(conversation);
    const link = this.#host.at(conversation);
    if (!link) return;
    this.#allowance(link).spend();
    void this.#remember(conversation, link);
  }

  /**
   * Where it is was found out.
   * @param {string} conversation
   * @param {Link} link
   */
  placed(conversation, link) {
    if (this.#kept.has(conversation)) void this.#remember(conversation, link);
  }

  /**
   * @param {string} conversation
   * @param {Link} link
   */
  async #remember(conversation, link) {
    const { memory, onFailure } = this.#host;
    await memory.keep(conversation, link.transport.id).catch(onFailure);
  }

  /** @param {Link} link */
  #allowance(link) {
    const allowance = this.#begun.get(link) ?? new Allowance(BEGUN_AT_ONCE, BEGUN_EVERY);
    this.#begun.set(link, allowance);
    return allowance;
  }
}
