/** How many messages came while the chat was closed. */

/** @typedef {import("./facade.js").Conversation} Conversation */

export class Unseen {
  /** @type {Set<string>} messages that were on screen, or were there before */
  #seen = new Set();
  /** @type {Conversation|undefined} */
  #in;

  /** @param {Conversation|undefined} conversation @param {boolean} open  what there is, is seen */
  count(conversation, open) {
    const messages = conversation?.messages ?? [];
    if (open || conversation !== this.#in) {
      this.#in = conversation;
      for (const message of messages) this.#seen.add(message.id);
    }
    return messages.filter((m) => !m.self && !this.#seen.has(m.id)).length;
  }
}
