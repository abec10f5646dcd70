/** How many messages came while the log was not shown. */

/** @typedef {import("./facade.js").Conversation} Conversation */

export class Unseen {
  /** @type {Set<string>} messages that were on screen, or were there before */
  #seen = new Set();
  /** @type {Conversation|undefined} */
  #in;

  /** @param {Conversation|undefined} conversation @param {boolean} shown  the log is: what there is, is seen */
  count(conversation, shown) {
    const messages = conversation?.messages ?? [];
    if (shown || conversation !== this.#in) {
      this.#in = conversation;
      for (const message of messages) this.#seen.add(message.id);
    }
    return messages.filter((m) => !m.self && !this.#seen.has(m.id)).length;
  }
}
