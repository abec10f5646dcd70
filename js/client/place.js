// @ts-check
/**
 * The id of one conversation, which is there only when its genesis is made, and
 * gone again if the relay refuses that for good. What is written meanwhile is
 * kept only when it has ended, one way or the other.
 *
 * @typedef {import("./status.js").Status} Status
 *
 * @typedef {object} PlaceHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./reader.js").Reader} reader
 * @property {import("./standing.js").Standing} standing
 * @property {(error: unknown) => Promise<void>} onTrouble
 */

export class Place {
  #host;
  id;
  /** Settles when the id that texts are kept under is certain again. @type {Promise<unknown>} */
  #certain = Promise.resolve();

  /**
   * @param {PlaceHost} host
   * @param {string} id
   */
  constructor(host, id) {
    this.#host = host;
    this.id = id;
    host.reader.set(id, null);
  }

  /** @param {Promise<Status>} genesis */
  begin(genesis) {
    return this.#become(genesis.then((status) => ({ id: status.id, status })));
  }

  /** What was written waits for another genesis. */
  unbegin() {
    return this.#become(this.#host.end.ungenesis(this.id).then(() => ({ id: "", status: null })));
  }

  /**
   * @template T
   * @param {(conversation: string) => Promise<T>} keep
   */
  async keep(keep) {
    try {
      await this.#certain;
      return await keep(this.id);
    } catch (error) {
      // Perhaps another tab writes now: the session finds out.
      await this.#host.onTrouble(error);
      throw error;
    }
  }

  /** @param {Promise<{ id: string, status: Status | null }>} change */
  async #become(change) {
    const { reader, standing } = this.#host;
    const became = change.then(({ id, status }) => {
      this.id = id;
      reader.set(id, status);
    });
    this.#certain = became.catch(() => {});
    await became;
    standing.changed();
  }
}
