// @ts-check
/**
 * A conversation as an app sees it: what is known now, by getters, and what it can do.
 * Changes are told by the client's events.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").ConversationState} ConversationState
 * @typedef {import("./types.js").SendFileOptions} SendFileOptions
 * @typedef {import("./types.js").SaveFileOptions} SaveFileOptions
 * @typedef {import("./types.js").SavedFile} SavedFile
 *
 * @typedef {object} ConversationParts  what stands behind it
 * @property {{ readonly id: string }} place
 * @property {{ readonly epoch: number, readonly members: readonly Member[], readonly state: ConversationState, readonly differs: Member | null }} standing
 * @property {{ readonly all: readonly Message[], readonly notes: readonly import("./types.js").Note[] }} timeline
 * @property {ConversationActs} acts
 *
 * @typedef {object} ConversationActs  what can be done in it (composing.js)
 * @property {(text: string) => Promise<Message>} send
 * @property {(file: Blob, options: SendFileOptions) => Promise<Message>} sendFile
 * @property {(id: string, options: SaveFileOptions) => Promise<SavedFile>} saveFile
 * @property {(id: string) => Promise<void>} retry
 * @property {(id: string) => Promise<void>} discard
 */

export class Conversation {
  #place;
  #standing;
  #timeline;
  #acts;

  /** @param {ConversationParts} parts */
  constructor({ place, standing, timeline, acts }) {
    this.#place = place;
    this.#standing = standing;
    this.#timeline = timeline;
    this.#acts = acts;
  }

  /** 32 hex digits; empty until there is somebody to seal to. */
  get id() {
    return this.#place.id;
  }

  /** Number of the key period; it rises with each commit. */
  get epoch() {
    return this.#standing.epoch;
  }

  /** Everyone who can read what is sent now; nobody else can. */
  get members() {
    return this.#standing.members;
  }

  get state() {
    return this.#standing.state;
  }

  /** Whose course of this conversation is another, while it is "doubtful" or "forked"; null where that is not known. */
  get differs() {
    return this.#standing.differs;
  }

  /** In the order of the log, then what is not in it yet. */
  get messages() {
    return this.#timeline.all;
  }

  /** What happened between the messages, in the order of the log. */
  get notes() {
    return this.#timeline.notes;
  }

  /**
   * Keeps a text, sealed, on this device, and sends it as soon as that is safe.
   * Resolves with the message once it is kept; its status follows by "message" events.
   * @param {string} text  well-formed Unicode, not empty, at most 32,768 bytes as content
   * @returns {Promise<Message>}
   * @throws {TypeError | RangeError | import("../errors.js").SealwireError} and what a "pre:send" handler throws
   */
  send(text) {
    return this.#acts.send(text);
  }

  /**
   * Seals a file on this device and brings it to the relay, then sends the message that tells of it. Resolves with
   * that message once it stands in the conversation; `message.file` follows by "message" events. The file is read
   * when the conversation has begun, and stays in this page: a reload loses it, and says so.
   * @param {Blob} file  a File, or a Blob; it must not change meanwhile
   * @param {SendFileOptions} [options]
   * @returns {Promise<Message>}
   * @throws {TypeError | import("../errors.js").SealwireError} what a "pre:send" handler throws, and the signal's reason
   */
  sendFile(file, options = {}) {
    return this.#acts.sendFile(file, options);
  }

  /**
   * Receives the file of a message, checks all of it, and hands it out. Until it is released, it lies on this
   * device as it is, not sealed.
   * @param {string} id
   * @param {SaveFileOptions} [options]
   * @returns {Promise<SavedFile>}
   * @throws {TypeError | import("../errors.js").SealwireError} "open failed" and "truncated file" when it is not the
   *   file that was sent; "too large"; and the signal's reason
   */
  saveFile(id, options = {}) {
    return this.#acts.saveFile(id, options);
  }

  /**
   * Tries to send a failed message again, the same one.
   * @param {string} id
   */
  retry(id) {
    return this.#acts.retry(id);
  }

  /**
   * Removes a message that failed, or a file that is still on its way up, from this device.
   * @param {string} id
   */
  discard(id) {
    return this.#acts.discard(id);
  }
}
