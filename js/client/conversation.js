// @ts-check
/**
 * A conversation as an app sees it: what is known now, by getters, and `send`.
 * Changes are told by the client's events.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").ConversationState} ConversationState
 *
 * @typedef {object} ConversationModel  what stands behind the facade (engine.js)
 * @property {string} id
 * @property {number} epoch
 * @property {readonly Member[]} members
 * @property {ConversationState} state
 * @property {readonly Message[]} messages
 * @property {(text: string) => Promise<Message>} send
 */

export class Conversation {
  #model;

  /** @param {ConversationModel} model */
  constructor(model) {
    this.#model = model;
  }

  /** 32 hex digits; empty until there is somebody to seal to. */
  get id() {
    return this.#model.id;
  }

  /** Number of the key period; it rises with each commit. */
  get epoch() {
    return this.#model.epoch;
  }

  /** Everyone who can read what is sent now; nobody else can. */
  get members() {
    return this.#model.members;
  }

  get state() {
    return this.#model.state;
  }

  /** In the order of the log, then what is not in it yet. */
  get messages() {
    return this.#model.messages;
  }

  /**
   * Keeps a text, sealed, on this device, and sends it as soon as that is safe.
   * Resolves with the message once it is kept; its status follows by "message" events.
   * @param {string} text  well-formed Unicode, not empty, at most 32,768 bytes as content
   * @returns {Promise<Message>}
   * @throws {TypeError | RangeError | import("../errors.js").SealwireError} and what a "pre:send" handler throws
   */
  send(text) {
    return this.#model.send(text);
  }
}
