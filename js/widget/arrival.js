/** Waiting for a conversation to write in: what was typed before there is one stays with whoever typed it. */
import { notNow } from "./words.js";

/** @typedef {import("./facade.js").Conversation} Conversation */

export class Arrival {
  #current;
  /** @type {((error: Error|null) => void)[]} */
  #waiting = [];

  /** @param {() => Conversation|undefined} current */
  constructor(current) {
    this.#current = current;
  }

  /** @returns {Promise<Conversation>} */
  async ready() {
    if (!this.#current()) {
      await new Promise((resolve, reject) => {
        this.#waiting.push((error) => (error ? reject(error) : resolve(undefined)));
      });
    }
    const conversation = this.#current();
    if (!conversation) throw notNow();
    return conversation;
  }

  /** @param {Error|null} error  null: it is there */
  settle(error) {
    for (const done of this.#waiting.splice(0)) done(error);
  }
}
