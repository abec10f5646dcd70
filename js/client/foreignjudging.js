// @ts-check
/**
 * When the key packages that lie in foreign conversations are judged: under each
 * manifest that this end adopts once, all of them. Somebody's credential may be
 * no good under the newest one, or good only under that.
 *
 * @typedef {import("./foreignlink.js").Link} Link
 * @typedef {import("./foreignverified.js").VerifiedPackages} VerifiedPackages
 *
 * @typedef {object} JudgingHost
 * @property {() => Promise<Uint8Array[]>} manifests  those that this end knew last, the newest first
 * @property {VerifiedPackages} verified  what the core said
 * @property {() => Link[]} links
 */
import { equalBytes } from "./bytes.js";

/** Until a manifest that this end asked for counts there (ms). */
const ADOPTED = 1_000;
const NONE = new Uint8Array();

export class Judging {
  #host;
  /** Under which they were judged last. @type {Uint8Array | null} */
  #under = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #stopped = false;

  /** @param {JudgingHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** What lies there is judged under the manifest of now, once. */
  async judge() {
    const { manifests, verified, links } = this.#host;
    const [newest = NONE] = await manifests();
    if (this.#stopped || (this.#under && equalBytes(newest, this.#under))) return;
    this.#under = newest;
    verified.forget();
    for (const link of links()) link.packages.judge();
  }

  /** A foreign conversation is there that was not. @param {Link} link */
  add(link) {
    if (this.#under) link.packages.judge();
  }

  /** This end asked for a manifest: it may be the newest. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.judge().catch(() => {}), ADOPTED);
  }

  /** For good. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
