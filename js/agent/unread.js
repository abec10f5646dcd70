/**
 * How many messages an agent has not looked at, by conversation. Kept is only a count beside a conversation id,
 * never a text.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {{getItem: (key: string) => string|null, setItem: (key: string, value: string) => void}} Store
 */

/** @param {Conversation} conversation */
function received(conversation) {
  return conversation.messages.reduce((sum, m) => sum + (m.self ? 0 : 1), 0);
}

export class Unread {
  /** @type {Map<string, number>} */
  #read = new Map();
  #store;
  #key;

  /**
   * @param {Store|undefined} store  undefined: only for as long as the page
   * @param {string} key
   */
  constructor(store, key) {
    this.#store = store;
    this.#key = key;
    try {
      /** @type {unknown} */
      const kept = JSON.parse(store?.getItem(key) ?? "[]");
      if (Array.isArray(kept)) {
        for (const pair of kept) {
          if (Array.isArray(pair) && typeof pair[0] === "string" && Number.isSafeInteger(pair[1])) this.#read.set(pair[0], pair[1]);
        }
      }
    } catch {
      // What cannot be read counts as unread: too many is better than none.
    }
  }

  /** @param {Conversation} conversation */
  count(conversation) {
    return Math.max(0, received(conversation) - (this.#read.get(conversation.id) ?? 0));
  }

  /** @param {Conversation} conversation */
  markRead(conversation) {
    const count = received(conversation);
    if (this.#read.get(conversation.id) === count) return;
    this.#read.set(conversation.id, count);
    try {
      this.#store?.setItem(this.#key, JSON.stringify([...this.#read]));
    } catch {
      // A full or forbidden store loses the count at a reload, nothing else.
    }
  }
}
