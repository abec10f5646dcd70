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
 * @property {{ readonly epoch: number, readonly members: readonly Member[], readonly state: ConversationState, readonly differs: Member | null, readonly attended: boolean, readonly queue: string, readonly previous: string | null }} standing
 * @property {{ readonly all: readonly Message[], readonly notes: readonly import("./types.js").Note[], readonly ledger: readonly import("./types.js").LedgerEntry[], readonly since: number }} timeline
 * @property {{ readonly reachable: readonly import("./types.js").Reachable[] }} around
 * @property {ConversationActs} acts
 * @property {import("./types.js").ConversationMoves & { readonly moves: import("./types.js").Move[], readonly now: import("./types.js").Move | null }} moving
 *
 * @typedef {object} ConversationActs  what can be done in it (composing.js)
 * @property {(text: string) => Promise<Message>} send
 * @property {(file: Blob, options: SendFileOptions) => Promise<Message>} sendFile
 * @property {(id: string, options: SaveFileOptions) => Promise<SavedFile>} saveFile
 * @property {(id: string) => Promise<void>} retry
 * @property {(id: string) => Promise<void>} discard
 * @property {(member: string) => Promise<import("./types.js").SafetyNumber>} safetyNumber
 */

export class Conversation {
  #place;
  #standing;
  #timeline;
  #acts;
  #moving;
  #around;

  /** @param {ConversationParts} parts */
  constructor({ place, standing, timeline, acts, moving, around }) {
    this.#place = place;
    this.#standing = standing;
    this.#timeline = timeline;
    this.#acts = acts;
    this.#moving = moving;
    this.#around = around;
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

  /** An agent or a bot is in it; else only the queue's inbox is, and it waits for an agent. */
  get attended() {
    return this.#standing.attended;
  }

  /** That it was begun for; empty before. */
  get queue() {
    return this.#standing.queue;
  }

  /** Id of the conversation that it continues, or null. */
  get previous() {
    return this.#standing.previous;
  }

  /**
   * Who of the company could be added here and is not in it; for a customer: with whom a new conversation could go on
   * from this one. Where another chat platform carries it: whose key packages lie there, verified. Over a relay nobody.
   */
  get reachable() {
    return this.#around.reachable;
  }

  /** Milliseconds: when it began, as its first commit says; 0 before. */
  get since() {
    return this.#timeline.since;
  }

  /** From when to when somebody could read, from the log alone, in the order in which they came in. */
  get ledger() {
    return this.#timeline.ledger;
  }

  /** What this end can do now with who is in it, as far as it knows. */
  get moves() {
    return this.#moving.moves;
  }

  /** The move that is under way, or null. */
  get moving() {
    return this.#moving.now;
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

  /**
   * Hands it over, with all earlier messages that may be granted, and leaves. The note goes before; every member reads
   * it. This and the other moves resolve once their commit stands in the log.
   * @param {import("./types.js").TransferOptions} target  a colleague, online or away, or a queue
   * @param {{ note?: string }} [options]
   * @returns {Promise<void>}
   * @throws {TypeError | import("../errors.js").SealwireError} "stale head" when another commit came first that changed
   *   who is in; "unavailable" without a connection, or without a key package of who is to come
   */
  async transfer(target, options = {}) {
    return this.#moving.transfer(target, options);
  }

  /**
   * Gives it back to its queue, and leaves.
   * @param {{ note?: string }} [options]
   */
  async park(options = {}) {
    return this.#moving.park(options);
  }

  /**
   * Brings a colleague in: an agent for a conference, or a supervisor, who reads and does not speak.
   * @param {import("./types.js").InviteOptions} options
   */
  async invite(options) {
    return this.#moving.invite(options);
  }

  /** A supervisor speaks from here on, as an agent. */
  async takeOver() {
    return this.#moving.takeOver();
  }

  /** Leaves it to the others of the company. */
  async leave() {
    return this.#moving.leave();
  }

  /** Ends it: nothing can be added any more. */
  async close() {
    return this.#moving.close();
  }

  /**
   * @param {string} member  id
   */
  async remove(member) {
    return this.#moving.remove(member);
  }

  /**
   * The digits by which this end's person and a member's see that no other key stands between them. They compare them
   * over a way that whoever could stand there does not carry: in person, or by telephone with somebody whose voice
   * they know. Said in the conversation itself they prove nothing.
   * @param {string} member  id, another's
   * @returns {Promise<import("./types.js").SafetyNumber>}
   * @throws {import("../errors.js").SealwireError} "bad argument": the own id, or none; "not a member": nobody here has
   *   that id, or this end is in it no more; "epoch gone" while it rejoins; "unavailable" before it has begun, while
   *   the log is read again, and when the client is closed
   */
  safetyNumber(member) {
    return this.#acts.safetyNumber(member);
  }

  /** A customer asks for somebody else: the agents go, and it waits in its queue again. */
  async askAnother() {
    return this.#moving.askAnother();
  }
}
