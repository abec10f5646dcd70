// @ts-check
/**
 * The key packages that an end makes for others to add it by. Their private
 * halves are saved before one is given out.
 */
import { Reader, Writer } from "./bytes.js";

const LAST_RESORT = "last resort";
/** A last-resort key package is published again, the same, for so long (s). */
const LAST_RESORT_AGE = 3_600;
const DAY = 86_400;
/** Validity of a published key package (days). */
const PACKAGE_DAYS = 7;

const seconds = () => Math.floor(Date.now() / 1000);

export class EndPackages {
  #live;

  /** @param {import("./live.js").Live} live */
  constructor(live) {
    this.#live = live;
  }

  /**
   * One for one use.
   * @param {number} [life]  seconds
   */
  fresh(life) {
    return this.#live.change((core, end) => core.callBytes("end_key_package", end, packageArguments(false, life)));
  }

  /**
   * The same bytes for an hour.
   * @param {boolean} renew
   */
  async lastResort(renew) {
    const { store, keystore } = await this.#live.context();
    const kept = await store.get("state", LAST_RESORT);
    if (kept !== undefined && !renew) {
      const r = new Reader(keystore.unseal("state", LAST_RESORT, kept));
      if (seconds() - r.u64() < LAST_RESORT_AGE) return r.rest();
    }
    return this.#live.change((core, end, writes) => {
      const made = core.callBytes("end_key_package", end, packageArguments(true));
      writes.push((context) => context.keystore.seal("state", LAST_RESORT, new Writer().u64(seconds()).raw(made).take()));
      return made;
    });
  }

  /** Drops the private halves of key packages that have expired. */
  async expire() {
    await this.#live.change((core, end) => core.call("end_expire", end, new Writer().u64(seconds()).take()));
  }
}

/**
 * @param {boolean} lastResort
 * @param {number} [life]  seconds
 */
function packageArguments(lastResort, life = PACKAGE_DAYS * DAY) {
  return new Writer().u64(seconds()).u64(seconds() + life).u8(lastResort ? 1 : 0).take();
}
