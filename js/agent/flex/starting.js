/**
 * The client on its way: asked for when it is needed, and asked for again where that failed: after a pause that doubles,
 * when the browser is online again, and whenever somebody wants it. One that has ended, as when its worker has stopped, is
 * forgotten, and another is asked for.
 *
 * Whoever waits for it waits only so long, and is then refused: a box that waited for ever could not be written in again.
 * A client that comes later than that is taken all the same, unless another was asked for: then it is closed.
 *
 * @typedef {import("../../widget/facade.js").Client} Client
 */
import { refusal } from "./refusal.js";
import { flexWords } from "./words.js";

/** How long somebody waits for it; the first pause and the longest; and how long one has to last for the pauses to begin anew (ms). */
const patience = 30_000;
const firstPause = 2_000;
const longestPause = 60_000;
const lasting = 60_000;

export class Starting {
  #ask;
  #came;
  #gone;
  #changed;
  #wait;
  #pauses;
  #page;
  /** @type {Client|null} */
  #client = null;
  /** @type {Promise<Client>|null} */
  #asking = null;
  #asked = 0;
  #failed = false;
  #ended = false;
  #pause;
  #since = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** How the client of now is listened to no more. */
  #leave = () => {};
  #online = () => {
    if (this.#failed) this.start().catch(() => {});
  };

  /**
   * @param {object} parts
   * @param {() => Client|Promise<Client>} parts.client
   * @param {(client: Client) => void} parts.came
   * @param {() => void} parts.gone     the one that came has ended
   * @param {() => void} parts.changed
   * @param {number} [parts.wait]       ms
   * @param {{first: number, most: number}} [parts.pauses]  ms
   * @param {Pick<EventTarget, "addEventListener"|"removeEventListener">} [parts.page]  which tells when it is online again
   */
  constructor({ client, came, gone, changed, wait = patience, pauses = { first: firstPause, most: longestPause }, page = globalThis.window }) {
    this.#ask = client;
    this.#came = came;
    this.#gone = gone;
    this.#changed = changed;
    this.#wait = wait;
    this.#pauses = pauses;
    this.#pause = pauses.first;
    this.#page = /** @type {typeof page|undefined} */ (page);
    this.#page?.addEventListener("online", this.#online);
  }

  get client() {
    return this.#client;
  }

  /** Asked for in vain, until it is there. */
  get failed() {
    return this.#failed;
  }

  /**
   * @returns {Promise<Client>}
   * @throws {Error} "unavailable" when it could not be had, or not in time
   */
  start() {
    if (this.#client) return Promise.resolve(this.#client);
    this.#asking ??= this.#try();
    return this.#within(this.#asking);
  }

  /** Somebody asks for another try: what was waited for in vain is given up. */
  again() {
    if (this.#client || this.#ended) return;
    if (this.#failed) this.#asking = null;
    this.start().catch(() => {});
  }

  /** Nothing is tried or listened to any more. The client is the caller's to close. */
  end() {
    this.#ended = true;
    this.#asked++;
    this.#leave();
    clearTimeout(this.#timer);
    this.#page?.removeEventListener("online", this.#online);
  }

  async #try() {
    const asked = ++this.#asked;
    clearTimeout(this.#timer);
    try {
      if (this.#ended) throw new Error("ended");
      const client = await this.#ask();
      if (asked !== this.#asked) {
        void client.close();
        throw new Error("another was asked for");
      }
      this.#client = client;
      this.#failed = false;
      this.#since = Date.now();
      this.#listen(client);
      this.#came(client);
      return client;
    } catch (cause) {
      const error = refused(cause);
      if (asked === this.#asked) {
        this.#asking = null;
        this.#failed = true;
        this.#later();
      }
      throw error;
    } finally {
      this.#changed();
    }
  }

  /** @param {Client} client */
  #listen(client) {
    const state = () => {
      if (client.state !== "closed" || this.#client !== client) return;
      this.#leave();
      this.#client = null;
      this.#asking = null;
      if (Date.now() - this.#since >= lasting) this.#pause = this.#pauses.first;
      this.#gone();
      this.#later();
      this.#changed();
    };
    client.on("state", state);
    this.#leave = () => client.off("state", state);
  }

  #later() {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.start().catch(() => {}), this.#pause);
    // Where a process ends when nothing is left to do, this is nothing.
    this.#timer.unref?.();
    this.#pause = Math.min(this.#pauses.most, this.#pause * 2);
  }

  /** @param {Promise<Client>} asking */
  #within(asking) {
    return new Promise((/** @type {(client: Client) => void} */ resolve, reject) => {
      const timer = setTimeout(() => {
        if (this.#asking === asking && !this.#client && !this.#failed) {
          this.#failed = true;
          this.#changed();
        }
        reject(refused());
      }, this.#wait);
      asking.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

/** @param {unknown} [cause] */
function refused(cause) {
  return Object.assign(refusal("unavailable", flexWords.missing), cause === undefined ? {} : { cause });
}
