// @ts-check
/**
 * How one conversation stands for the page, from what the end service read and
 * what the relay says, and the telling of every change of it. A conversation
 * that is only looked at tells nothing until this end was found in it.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").ConversationState} ConversationState
 * @typedef {import("./status.js").Status} Status
 *
 * @typedef {object} StandingHost
 * @property {() => Status | null} status  as it was last read
 * @property {import("./events.js").Events} events
 * @property {import("./timeline.js").Timeline} timeline
 * @property {() => import("./conversation.js").Conversation} facade
 * @property {(status: Status) => boolean} [found]
 * @property {() => void} onShut  nothing more can be sent
 */

/** @type {Readonly<Record<import("./status.js").CoreState, ConversationState>>} */
const STATES = Object.freeze({
  empty: "waiting",
  active: "secured",
  doubtful: "doubtful",
  lost: "rejoining",
  "not a member": "lost",
  forked: "forked",
  closed: "closed",
});
/** @type {readonly ConversationState[]} */
const OPEN = ["waiting", "secured", "doubtful", "rejoining", "unreadable"];

export class Standing {
  #host;
  /** The relay says that this end is no member: it can neither read on nor send. */
  barred = false;
  /** The relay's log contradicts what was read. */
  split = false;
  /** What the relay showed last is no entry. */
  #garbled = false;
  /** As the last change left it. @type {{ members: readonly Member[], state: ConversationState }} */
  #before = { members: [], state: "waiting" };

  /** @param {StandingHost} host */
  constructor(host) {
    this.#host = host;
  }

  get epoch() {
    return this.#host.status()?.epoch ?? 0;
  }

  /** @returns {readonly Member[]} */
  get members() {
    return this.#host.status()?.members ?? [];
  }

  /** @returns {Member | null} */
  get self() {
    return this.members.find((m) => m.self) ?? null;
  }

  /** @returns {ConversationState} */
  get state() {
    if (this.split) return "forked";
    if (this.barred) return "lost";
    const state = STATES[this.#host.status()?.state ?? "empty"];
    return this.#garbled && OPEN.includes(state) ? "unreadable" : state;
  }

  /** @returns {Member | null} */
  get differs() {
    const id = this.#host.status()?.differs;
    return this.members.find((m) => m.id === id) ?? null;
  }

  /** What is written now can be sent, now or later. */
  get open() {
    return OPEN.includes(this.state);
  }

  /** It is only looked at, and this end was not found in it yet. */
  get hidden() {
    const { found, status } = this.#host;
    const read = status();
    return found !== undefined && !(read && found(read));
  }

  /** As it is now: nobody is told. */
  begin() {
    this.#before = { members: this.members, state: this.state };
  }

  /**
   * An entry was read. True if the state is another one now.
   * @param {import("./status.js").LogEvent} event
   */
  read(event) {
    const before = this.#before;
    this.#garbled = false;
    this.begin();
    if (event.type === "commit") this.#roster(before.members, event);
    this.settle();
    if (this.state === before.state) return false;
    this.changed();
    return true;
  }

  /** @param {boolean} barred */
  bar(barred) {
    if (this.barred === barred) return;
    this.barred = barred;
    this.#turned();
  }

  fork() {
    if (this.split) return;
    this.split = true;
    this.#turned();
  }

  /** @param {boolean} garbled */
  garble(garbled) {
    if (this.#garbled === garbled) return;
    this.#garbled = garbled;
    this.#turned();
  }

  changed() {
    this.begin();
    this.#host.events.emit("conversation", { conversation: this.#host.facade() });
  }

  /** What waits to be sent follows what the conversation is. */
  settle() {
    this.#host.timeline.settle(this.open);
    if (!this.open) this.#host.onShut();
  }

  #turned() {
    if (this.hidden) return;
    this.settle();
    this.changed();
  }

  /**
   * @param {readonly Member[]} before
   * @param {import("./status.js").CommitEvent} event
   */
  #roster(before, event) {
    const { events, timeline, facade } = this.#host;
    const added = this.members.filter((m) => event.added.includes(m.id) || !before.some((b) => b.id === m.id));
    const removed = before.filter((m) => event.removed.includes(m.id));
    if (added.length === 0 && removed.length === 0) return;
    events.emit("members", { conversation: facade(), added, removed });
    // What was sealed for others but is not in the log is sealed again for those of now: the writer is told.
    if (before.length > 0 && timeline.sending) {
      events.emit("notice", {
        code: "members changed",
        text: "Who can read this conversation changed before your last message was sent. It goes to the people shown now.",
        conversation: facade(),
      });
    }
  }
}
