/**
 * Safety numbers as they are shown: digits that two people compare by another way than this chat, to know that nobody is
 * in between. Worked out once somebody looks, and anew with each epoch. Plain data and no document: the widget, the desk
 * and a plugin draw the same.
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Member} Member
 *
 * loading: being worked out. ready: to be compared. failed: it could not be worked out, again() tries once more.
 * none: there is nobody to compare it with; `text` says why.
 * @typedef {"loading"|"ready"|"failed"|"none"} SafetyState
 *
 * @typedef {object} SafetyView
 * @property {string} member      id
 * @property {SafetyState} state
 * @property {string} title       "Safety number with Ana"
 * @property {string} text        what to do with it, or why it is not there
 * @property {string} why         what it proves; "" unless ready
 * @property {readonly string[]} number   twelve groups of five digits, the same at both ends; none unless ready
 * @property {readonly string[]} history  six groups, of the history of the conversation as this end was shown it
 * @property {number} epoch       that the history was looked at in
 * @property {string} historyTitle  "Shared history, step 7"
 * @property {string} historyText   what these digits tell
 */
import { locale } from "./locale.js";
import { nameOf } from "./model.js";
import { isOver } from "./standing.js";
import { words } from "./words.js";

/** Whoever is behind one of these can read digits out. The others are services, and have nobody to ask. */
const people = new Set(["customer", "guest", "agent", "supervisor"]);

/** @param {Member} member */
export function isComparable(member) {
  return !member.self && people.has(member.role);
}

/**
 * Digits in groups of five.
 * @param {string} digits
 * @returns {readonly string[]}
 */
export function groups(digits) {
  return Object.freeze(digits.match(/\d{1,5}/g) ?? []);
}

/** @typedef {{number: string, transcript: string, epoch: number}|"loading"|"failed"} Found */
/** @typedef {{self: string, epoch: number, found: Found, run: number, view: SafetyView|undefined, name: string}} Entry */

export class SafetyNumbers {
  #changed;
  /** By member. @type {WeakMap<Conversation, Map<string, Entry>>} */
  #entries = new WeakMap();

  /** @param {() => void} changed  one that was looked at shows something else now */
  constructor(changed) {
    this.#changed = changed;
  }

  /**
   * @param {Conversation} conversation
   * @param {string} id  of a member
   * @returns {SafetyView}  the same object until something changes
   */
  look(conversation, id) {
    const entries = this.#entries.get(conversation) ?? new Map();
    this.#entries.set(conversation, entries);
    const entry = entries.get(id) ?? { self: "", epoch: -1, found: "loading", run: 0, view: undefined, name: nameOf(null) };
    entries.set(id, entry);
    const member = conversation.members.find((m) => m.id === id);
    if (member) entry.name = nameOf(member);
    const why = whyNot(conversation, member);
    const self = conversation.members.find((m) => m.self)?.id ?? "";
    if (why === "" && (entry.epoch !== conversation.epoch || entry.self !== self)) {
      // The digits of a key that this device no longer has are nothing to compare, not even for a moment.
      if (entry.self !== self) entry.found = "loading";
      entry.self = self;
      entry.epoch = conversation.epoch;
      void this.#ask(conversation, id, entry);
    }
    return kept(entry, viewOf(id, entry.name, why === "" ? entry.found : why));
  }

  /** Once more, after it failed. @param {Conversation} conversation @param {string} id */
  again(conversation, id) {
    const entry = this.#entries.get(conversation)?.get(id);
    if (entry?.found !== "failed") return;
    entry.found = "loading";
    entry.epoch = -1;
    this.#changed();
  }

  /** @param {Conversation} conversation @param {string} id @param {Entry} entry */
  async #ask(conversation, id, entry) {
    const run = ++entry.run;
    /** @type {Found} */
    let found;
    try {
      found = await conversation.safetyNumber(id);
    } catch {
      found = "failed";
    }
    // What was asked for later answers for this one, too.
    if (run !== entry.run) return;
    entry.found = found;
    this.#changed();
  }
}

/**
 * Why there is nothing to compare with a member, or "".
 * @param {Conversation} conversation
 * @param {Member|undefined} member
 */
function whyNot(conversation, member) {
  // What was split is still there, and to compare is how one finds out.
  if (isOver(conversation) && conversation.state !== "forked") return words.safetyOver;
  if (conversation.state === "rejoining") return words.rejoining;
  if (!member) return words.safetyGone;
  return isComparable(member) ? "" : words.safetyService;
}

/**
 * @param {string} member
 * @param {string} name
 * @param {Found|string} found  another text: why there is none
 * @returns {SafetyView}
 */
function viewOf(member, name, found) {
  const title = locale().say.safetyTitle(name);
  const none = { member, title, why: "", number: [], history: [], epoch: 0, historyTitle: "", historyText: "" };
  if (found === "loading") return { ...none, state: "loading", text: words.safetyLoading };
  if (found === "failed") return { ...none, state: "failed", text: words.safetyFailed };
  if (typeof found === "string") return { ...none, state: "none", text: found };
  return { member, state: "ready", title, text: words.safetyHow, why: words.safetyWhy, number: groups(found.number), history: groups(found.transcript),
    epoch: found.epoch, historyTitle: locale().say.safetyHistory(found.epoch), historyText: words.safetyHistory };
}

/** @param {Entry} entry @param {SafetyView} view */
function kept(entry, view) {
  if (!entry.view || JSON.stringify(entry.view) !== JSON.stringify(view)) entry.view = Object.freeze(view);
  return entry.view;
}
