// @ts-check
/**
 * The one core that an end service works with now. Given up, as it died or as
 * what it held could not be saved, it is made anew of the store by the next call.
 *
 * @typedef {import("../core/instance.js").Core} Core
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./end.js").OpenOptions} OpenOptions
 */
import { SealwireError } from "../errors.js";
import { loadContext, usable } from "./context.js";

export class Live {
  #makeCore;
  #mutex;
  #alias;
  /** A fresh one that was made for something else, for the opening that follows. @type {Core | null} */
  #spare = null;
  /** @type {Context | null} */
  #context = null;
  /** @type {OpenOptions | null} */
  #options = null;

  /**
   * @param {() => Promise<Core>} makeCore a fresh instance of the verified module
   * @param {import("./mutex.js").Mutex} mutex
   * @param {() => string} alias  of the end's credential
   */
  constructor(makeCore, mutex, alias) {
    this.#makeCore = makeCore;
    this.#mutex = mutex;
    this.#alias = alias;
  }

  /** That it lives in; null while it is closed. */
  get store() {
    return this.#context?.store ?? null;
  }

  /** @returns {OpenOptions} */
  get options() {
    return /** @type {OpenOptions} */ (this.#options);
  }

  /**
   * Asks a fresh core, which is of use for the opening that follows.
   * @template T
   * @param {(core: Core) => T} ask
   */
  async beforehand(ask) {
    const core = await this.#makeCore();
    const answer = ask(core);
    this.#spare = core;
    return answer;
  }

  /**
   * Not while it is open.
   * @param {Store} store
   * @param {OpenOptions} options
   */
  async open(store, options) {
    this.#options = options;
    const { context, fresh } = await this.#load(store);
    this.#context = context;
    return { context, fresh };
  }

  /** Nothing works with it any more; what there was is the caller's to give up. */
  close() {
    const context = this.#context;
    this.#context = null;
    return context;
  }

  /**
   * @returns {Promise<Context>}
   * @throws {SealwireError} "unavailable" where it is closed
   */
  async context() {
    if (!this.#context) throw new SealwireError("unavailable", "the end service is closed");
    if (usable(this.#context)) return this.#context;
    return this.#mutex.run("context", async () => {
      const context = this.#context;
      if (!context) throw new SealwireError("unavailable", "the end service is closed");
      if (usable(context)) return context;
      const { context: again } = await this.#load(context.store);
      if (!this.#context) throw new SealwireError("unavailable", "the end service is closed");
      this.#context = again;
      return again;
    });
  }

  /**
   * Changes the end's own state and saves it; a failed save goes back to the saved state.
   * @template T
   * @param {(core: Core, end: number, writes: ((context: Context) => import("./store.js").Write)[]) => T} act
   * @returns {Promise<T>}
   */
  change(act) {
    return this.#mutex.run("end", async () => {
      const context = await this.context();
      /** @type {((context: Context) => import("./store.js").Write)[]} */
      const writes = [];
      const result = act(context.core, context.end, writes);
      try {
        await context.store.write([context.savedEnd(), ...writes.map((make) => make(context))]);
      } catch (error) {
        context.abandon();
        throw error;
      }
      return result;
    });
  }

  /** @param {Store} store */
  async #load(store) {
    const core = this.#spare ?? (await this.#makeCore());
    this.#spare = null;
    return loadContext(core, store, this.options, this.#alias);
  }
}
