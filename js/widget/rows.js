/**
 * The log of a conversation as rows: messages in groups, dates, gaps, and what happened between. Pure, no clock but the
 * caller's.
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./facade.js").Note} Note
 */
import { nameOf } from "./model.js";
import { missingText, noteText } from "./words.js";

/** Messages of one sender closer than this, in ms, are one group. */
const groupWithin = 5 * 60 * 1000;

/**
 * @typedef {{kind: "date", key: string, text: string}} DateRow
 * @typedef {{kind: "gap", key: string, text: string}} GapRow
 * @typedef {{kind: "note", key: string, text: string, doubt: boolean}} NoteRow  doubt: something is not there to read
 * @typedef {{kind: "message", key: string, message: Message, name: string, first: boolean, last: boolean, showStatus: boolean, again: boolean}} MessageRow
 * @typedef {DateRow|GapRow|NoteRow|MessageRow} Row
 */

/**
 * Log order is the order: a receipt time never moves a message. What is not in the log yet comes after all that is.
 * @param {readonly Message[]} messages
 * @returns {Message[]}
 */
export function ordered(messages) {
  const settled = messages.filter((m) => m.status === "received" || m.status === "sent");
  const unsettled = messages.filter((m) => m.status !== "received" && m.status !== "sent");
  return [...settled, ...unsettled];
}

/**
 * The rows of a conversation, oldest first.
 * @param {readonly Message[]} messages
 * @param {object} options
 * @param {number} options.now
 * @param {number} [options.limit]  only so many of the newest; default all
 * @param {readonly Note[]} [options.notes]
 * @param {boolean} [options.over]  nothing can be sent any more: there is no trying again
 * @returns {{rows: Row[], hidden: number}}
 */
export function timeline(messages, { now, limit = Infinity, notes = [], over = false }) {
  const all = ordered(messages);
  const hidden = Math.max(0, all.length - limit);
  const shown = hidden ? all.slice(hidden) : all;
  const lastSent = shown.findLast((m) => m.self && m.status === "sent");
  /** @type {Row[]} */
  const rows = [];
  /** What a message may follow in one group. @type {Message|undefined} */
  let before;
  /** @type {number|undefined} */
  let day;
  /** Who has spoken since it was said that messages cannot be read: what they miss before that is said with it. @type {Set<string>|undefined} */
  let since;
  /** @param {string} id @param {number} time */
  const dated = (id, time) => {
    if (day === undefined || !sameDay(day, time)) {
      rows.push({ kind: "date", key: `date ${id}`, text: dayText(time, now) });
      before = undefined;
    }
    day = time;
  };
  /** @param {string} id */
  const notesAfter = (id) => notes.filter((note) => note.after === id);
  /** @param {readonly Note[]} here */
  const tell = (here) => {
    for (const note of here) {
      dated(note.id, note.time);
      rows.push({ kind: "note", key: note.id, text: noteText(note.kind, note.member?.self ? "" : nameOf(note.member)), doubt: note.kind !== "rejoined" });
      before = undefined;
      if (note.kind === "missed") since = new Set();
    }
  };
  if (hidden === 0) tell(notesAfter(""));
  shown.forEach((message, i) => {
    const after = shown[i + 1];
    const here = notesAfter(message.id);
    dated(message.id, message.time);
    const sender = message.from?.id ?? "";
    if (message.gap && (!since || since.has(sender))) {
      rows.push({ kind: "gap", key: `gap ${message.id}`, text: missingText(message.gap) });
      before = undefined;
    }
    rows.push({
      kind: "message",
      key: `message ${message.id}`,
      message,
      name: message.self ? "You" : nameOf(message.from),
      first: !before || !sameGroup(before, message),
      last: !after || here.length > 0 || Boolean(after.gap) || !sameDay(message.time, after.time) || !sameGroup(message, after),
      showStatus: message.self && (message.status !== "sent" || message === lastSent),
      again: !over,
    });
    before = message;
    since?.add(sender);
    tell(here);
  });
  return { rows, hidden };
}

/** @param {Message} a @param {Message} b */
function sameGroup(a, b) {
  return a.self === b.self && a.from?.id === b.from?.id && Math.abs(b.time - a.time) < groupWithin;
}

/** @param {number} a @param {number} b */
function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** @param {number} time @param {number} now */
export function dayText(time, now) {
  const day = new Date(time);
  const today = new Date(now);
  if (day.toDateString() === today.toDateString()) return "Today";
  // By the calendar, not by 24 hours: a day with a clock change has 23 or 25.
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  const year = day.getFullYear() === today.getFullYear() ? {} : { year: /** @type {const} */ ("numeric") };
  return new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", ...year }).format(day);
}

/** @param {number} time */
export function timeText(time) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(time);
}

/** @type {Readonly<Record<import("./facade.js").MessageStatus, string>>} */
export const statusText = Object.freeze({
  queued: "Queued, kept on this device",
  sending: "Sending…",
  sent: "Sent",
  received: "",
  failed: "Not sent",
});
