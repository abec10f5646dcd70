/**
 * The log of a conversation as rows: messages in groups, dates, gaps, and what happened between. Pure, no clock but the
 * caller's.
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./facade.js").Note} Note
 * @typedef {import("./notes.js").NoteRow} NoteRow
 * @typedef {import("./messagerow.js").MessageRow} MessageRow
 * @typedef {import("./files.js").FileLook} FileLook
 */
import { messageRow } from "./messagerow.js";
import { beginningRow, noteRow, telling } from "./notes.js";
import { hasBox, isOver } from "./standing.js";
import { dayText, sameDay } from "./times.js";
import { missingText } from "./words.js";

/** So many of the newest messages are shown at first, and so many more at each asking. */
export const page = 200;

/** Messages of one sender closer than this, in ms, are one group. */
const groupWithin = 5 * 60 * 1000;

/**
 * @typedef {{kind: "date", key: string, text: string}} DateRow
 * @typedef {{kind: "gap", key: string, text: string}} GapRow
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
 * @param {boolean} [options.edit]  there is a box that a text can go back to; default true
 * @param {boolean} [options.customer]  the reader is the customer
 * @param {string} [options.prefix]  what makes the keys of its notes those of no other conversation
 * @param {number} [options.day]     a time on the day that what stands above ends with
 * @param {(message: Message) => FileLook} [options.look]  how a message's file stands
 * @param {string} [options.queue]   that it was begun for
 * @returns {{rows: Row[], hidden: number, day: number|undefined}}
 */
export function timeline(messages, { now, limit = Infinity, notes = [], over = false, edit = true, customer = false, prefix = "", day, look, queue = "" }) {
  const all = ordered(messages);
  const hidden = Math.max(0, all.length - limit);
  const shown = hidden ? all.slice(hidden) : all;
  const lastSent = shown.findLast((m) => m.self && m.status === "sent");
  const told = telling(notes);
  /** @type {Row[]} */
  const rows = [];
  /** What a message may follow in one group. @type {Message|undefined} */
  let before;
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
  const notesAfter = (id) => told.filter((note) => note.after === id);
  /** @param {readonly Note[]} here */
  const tell = (here) => {
    for (const note of here) {
      dated(note.id, note.time);
      rows.push(noteRow(note, { customer, prefix, queue }));
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
    rows.push(messageRow(message, {
      first: !before || !sameGroup(before, message),
      last: !after || here.length > 0 || Boolean(after.gap) || !sameDay(message.time, after.time) || !sameGroup(message, after),
      newest: message === lastSent,
      over,
      edit,
      ...(look ? { look } : {}),
    }));
    before = message;
    since?.add(sender);
    tell(here);
  });
  return { rows, hidden, day };
}

/**
 * The rows of a conversation under those that it continues, oldest first.
 * @param {readonly Conversation[]} parts
 * @param {object} options
 * @param {number} options.now
 * @param {number} [options.limit]  only so many messages of the newest; default all
 * @param {(message: Message, part: Conversation) => FileLook} [options.look]  how a message's file stands
 * @returns {{rows: Row[], hidden: number}}
 */
export function chained(parts, { now, limit = Infinity, look }) {
  let hidden = 0;
  let room = limit;
  /** @type {{part: Conversation, share: number}[]} */
  const shown = [];
  for (const part of [...parts].reverse()) {
    const count = part.messages.length;
    const share = Math.min(room, count);
    // Above what is hidden nothing is shown.
    if (hidden === 0 && (share > 0 || count === 0)) shown.unshift({ part, share });
    hidden += count - share;
    room -= share;
  }
  /** @type {Row[]} */
  const rows = [];
  const edit = hasBox(parts.at(-1));
  /** @type {number|undefined} */
  let day;
  for (const { part, share } of shown) {
    const last = part === parts.at(-1);
    if (rows.length > 0) rows.push(beginningRow(part.id));
    const customer = part.members.some((m) => m.self && m.role === "customer");
    const told = timeline(part.messages, { now, limit: share, notes: part.notes, over: !last || isOver(part), edit, customer, prefix: part.id, queue: part.queue,
      ...(day === undefined ? {} : { day }), ...(look ? { look: (/** @type {Message} */ message) => look(message, part) } : {}) });
    rows.push(...told.rows);
    day = told.day;
  }
  return { rows, hidden };
}

/** @param {Message} a @param {Message} b */
function sameGroup(a, b) {
  return a.self === b.self && !a.note && !b.note && a.from?.id === b.from?.id && Math.abs(b.time - a.time) < groupWithin;
}
