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
 * @property {() => boolean} hidden  it is only looked at, and this end was not found in it yet
 * @property {boolean} company   this end is of the company's side
 * @property {() => void} onShut  nothing more can be sent
 */
import { ATTENDS } from "./status.js";

/** @type {Readonly<Record<import("./status.js").CoreState, ConversationState>>} */
const STATES = Object.freeze({
  empty: "waiting",
  active: "secured",
  doubtful: "doubtful",
  lost: "rejoining",
  "not a member": "lost",
  // As it was: only earlier messages are still to come.
  rereading: "secured",
  forked: "forked",
  closed: "closed",
});
/** @type {readonly ConversationState[]} */
const OPEN = ["waiting", "secured", "doubtful", "rejoining", "unreadable"];

/** @type {readonly NonNullable<import("./types.js").Message["reason"]>[]} */
const REASONS = ["left", "closed", "lost", "forked"];

export class Standing {
  #host;
  /** The relay says that this end is no member: it can neither read on nor send. */
  barred = false;
  /** The relay's log contradicts what was read. */
  split = false;
  /** What the relay showed last is no entry. */
  #garbled = false;
  /** @type {import("./reading.js").Held | null} */
  #held = null;
  /** As the last change left it. @type {{ members: readonly Member[], state: ConversationState }} */
  #before = { members: [], state: "waiting" };

  /** @param {StandingHost} host */
  constructor(host) {
    this.#host = host;
  }

  get epoch() {
    return this.#known?.epoch ?? 0;
  }

  /** While the log is read again it is as it was before that. */
  get #known() {
    return (this.catching && this.#held) || this.#host.status();
  }

  /**
   * But for those who left: nothing is sealed before they are removed.
   * @returns {readonly Member[]}
   */
  get members() {
    const status = this.#host.status();
    if (this.catching) return this.#before.members;
    return status?.members.filter(({ id }) => !status.leaving.includes(id)) ?? [];
  }

  get attended() {
    return this.members.some(({ role }) => ATTENDS.includes(role));
  }

  get queue() {
    return this.#known?.queue ?? "";
  }

  /** The conversation that it continues. */
  get previous() {
    return this.#known?.previous || null;
  }

  /** The log is being read again, with what this end was granted. */
  get catching() {
    return this.#host.status()?.state === "rereading";
  }

  /** Somebody left, and is still to be removed. */
  get leaving() {
    return (this.#host.status()?.leaving.length ?? 0) > 0;
  }

  /** Nothing stands against a commit, as far as is known here. */
  get free() {
    return this.state === "secured" && this.#host.status()?.state === "active";
  }

  /** @returns {Member | null} */
  get self() {
    return this.members.find((m) => m.self) ?? null;
  }

  /** @returns {ConversationState} */
  get state() {
    if (this.split) return "forked";
    const core = this.#host.status()?.state ?? "empty";
    const state = this.barred ? "lost" : STATES[core];
    if (state === "lost" && this.#host.company && core !== "closed") return "left";
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

  /** As it is now: nobody is told. */
  begin() {
    this.#before = { members: this.members, state: this.state };
  }

  /**
   * How it is while the log is read again.
   * @param {import("./reading.js").Held} held
   */
  hold(held) {
    this.#held = held;
    this.#before = { ...this.#before, members: held.members };
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
    const { state, open } = this;
    this.#host.timeline.settle(open ? null : REASONS.find((reason) => reason === state) ?? "lost");
    if (state === "left" && this.#host.status()?.state === "not a member") this.#host.timeline.shelve();
    if (!open) this.#host.onShut();
  }

  #turned() {
    if (this.#host.hidden()) return;
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
    const removed = before.filter((m) => event.removed.includes(m.id) || !this.members.some(({ id }) => id === m.id));
    if (added.length === 0 && removed.length === 0) return;
    events.emit("members", { conversation: facade(), added, removed });
    // What was written, or even sealed, for others but is not in the log is sealed for those of now: the writer is told.
    if (before.length > 0 && timeline.pending && this.open) {
      events.emit("notice", {
        code: "members changed",
        text: "Who can read this conversation changed before all that you wrote was sent. It goes to the people shown now.",
        conversation: facade(),
      });
    }
  }
}
