// @ts-check
/**
 * The messages of a channel of Stream Chat in the order that the server's time
 * gives them, then their id, and how they are read.
 *
 * @typedef {object} StreamAttachment
 * @property {string} [title]
 * @property {string} [asset_url]
 *
 * @typedef {object} StreamMessage
 * @property {string} id
 * @property {string} [text]
 * @property {string | Date} [created_at]
 * @property {readonly StreamAttachment[]} [attachments]
 *
 * @typedef {(options: { messages: { limit: number, created_at_after_or_equal: string } }, set: "new") => Promise<{ messages: readonly StreamMessage[] }>} StreamQuery
 *
 * @typedef {object} Seen
 * @property {string} id
 * @property {string} at      sorts as the time does
 * @property {string} text
 * @property {readonly StreamAttachment[]} attachments
 * @property {number} since   ms, this device's: when it was first seen in this place
 */
import { SealwireError } from "../../errors.js";
import { timely } from "./timely.js";

const PAGE = 100;
/** So far behind what is settled is read again, to see what changed there (ms). */
const OVERLAP = 60_000;
const BEGINNING = "1970-01-01T00:00:00Z";

/**
 * All from shortly before a message on, in order.
 * @param {StreamQuery} query
 * @param {number} answer  ms, for each
 * @param {Seen | null} last  null: from the beginning
 * @returns {Promise<Seen[]>}
 */
export async function readFrom(query, answer, last) {
  /** @type {Map<string, Seen>} */
  const found = new Map();
  const now = Date.now();
  for (let from = last ? before(last.at) : BEGINNING; ; ) {
    const messages = { limit: PAGE, created_at_after_or_equal: from };
    const page = await timely(answer, "query", () => query({ messages }, "new"));
    const known = found.size;
    for (const { id, text = "", created_at, attachments = [] } of page.messages) {
      if (created_at !== undefined) found.set(id, { id, text, at: sortable(created_at), attachments, since: now });
    }
    const list = [...found.values()].sort(order);
    const end = list.at(-1);
    if (page.messages.length < PAGE || !end) return list;
    if (found.size === known) throw new SealwireError("unavailable", "the platform shows the same again and again");
    from = `${end.at}Z`;
  }
}

/** @param {Seen} a @param {Seen} b */
export function order(a, b) {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/**
 * A time with nine digits behind the second, without its zone, which is always UTC.
 * @param {string | Date} time
 */
function sortable(time) {
  const text = typeof time === "string" ? time : time.toISOString();
  const [, second = "", fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  if (second === "") throw new SealwireError("unavailable", "the platform's time is of another form");
  return `${second}.${fraction.padEnd(9, "0")}`;
}

/** @param {string} at */
function before(at) {
  return new Date(Date.parse(`${at.slice(0, 23)}Z`) - OVERLAP).toISOString();
}
