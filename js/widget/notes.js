/**
 * What happened between the messages, as rows: whom it is about, who can read what from there on. Pure.
 * @typedef {import("./facade.js").Granted} Granted
 * @typedef {import("./facade.js").Member} Member
 * @typedef {import("./facade.js").Note} Note
 */
import { nameOf, plainName } from "./model.js";
import { moveText } from "./movewords.js";
import { momentText, timeText } from "./times.js";
import { noteText, words } from "./words.js";

/**
 * doubt: something is not there to read. time: when, where the words do not tell it, else "".
 * @typedef {{kind: "note", key: string, text: string, doubt: boolean, time: string, mark: "key"|"join"|"leave"|"handover"|"queue"|"chat"}} NoteRow
 */

/** @type {Readonly<Record<import("./facade.js").Moved, NoteRow["mark"]>>} */
const marks = Object.freeze({
  joined: "join", claimed: "join", "took over": "join", transferred: "handover", parked: "queue", left: "leave", removed: "leave", closed: "leave",
  "not granted": "key",
});

/**
 * The notes that tell something new: who hands over has left with it, and of an inbox it matters only that it is there.
 * @param {readonly Note[]} notes
 * @returns {Note[]}
 */
export function telling(notes) {
  /** @type {Set<string>} */
  const gone = new Set();
  return notes.filter(({ kind, member, by }) => {
    if (kind === "left" || kind === "removed") {
      if (!member || member.role === "inbox" || gone.has(member.id)) return false;
      gone.add(member.id);
    } else if (kind !== "missed" && member) gone.delete(member.id);
    if ((kind === "transferred" || kind === "parked") && by) gone.add(by.id);
    return isMove(kind) || kind === "missed" || kind === "rejoined" || kind === "replaced";
  });
}

/**
 * @param {Note} note
 * @param {object} options
 * @param {boolean} options.customer  told to the customer
 * @param {string} [options.queue]    that the conversation was begun for
 * @param {string} [options.prefix]   what makes the key one of all conversations
 * @returns {NoteRow}
 */
export function noteRow(note, { customer, queue = "", prefix = "" }) {
  const { kind, member, by = null, time } = note;
  const key = `${prefix} ${note.id}`;
  if (!isMove(kind)) {
    const text = noteText(kind, member?.self ? "" : nameOf(member));
    return { kind: "note", key, text, doubt: kind !== "rejoined", time: "", mark: "key" };
  }
  const at = timeText(time);
  const inbox = kind === "joined" && member?.role === "inbox";
  const text = moveText(inbox ? "parked" : kind, {
    who: called(member) ?? nameOf(member),
    by: inbox ? null : called(by),
    past: pastText(note.granted, time),
    at,
    customer,
    supervisor: member?.role === "supervisor",
    queue: kind === "parked" && member?.role === "inbox" && queue !== "" && member.alias !== queue ? plainName(member.alias) : "",
  });
  return { kind: "note", key, text, doubt: kind === "not granted", time: text.includes(at) ? "" : at, mark: inbox ? "queue" : marks[kind] };
}

/** The row between a conversation and the one that continues it. @param {string} id @returns {NoteRow} */
export function beginningRow(id) {
  return { kind: "note", key: `begins ${id || "anew"}`, text: words.continues, doubt: false, time: "", mark: "chat" };
}

/**
 * What of before somebody can read, as reachText takes it.
 * @param {Granted|null|undefined} granted
 * @param {number} beside  a time that is shown with it
 */
export function pastText(granted, beside) {
  if (!granted) return "";
  if (granted.from === 0) return "all";
  return granted.since ? momentText(granted.since, beside) : "part";
}

/** @param {string} kind @returns {kind is import("./facade.js").Moved} */
function isMove(kind) {
  return Object.hasOwn(marks, kind);
}

/** "" for this person, null for nobody to name. @param {Member|null} member */
function called(member) {
  if (!member || member.role === "inbox") return null;
  return member.self ? "" : nameOf(member);
}
