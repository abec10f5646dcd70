/**
 * What is shown, computed from what the client says: pure functions, no document, no clock but the caller's.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Member} Member
 */
import { locale } from "./locale.js";
import { entry, words } from "./words.js";

/** The most bytes of content in one message: the text as it travels, in JSON and UTF-8. */
export const maxContentBytes = 32768;

/** @param {Member|null} member */
export function nameOf(member) {
  if (!member) return words.someoneGone;
  if (member.self) return words.you;
  // Whatever the company calls it: it is nobody yet.
  if (member.role === "inbox") return words.team;
  const alias = plainName(member.alias);
  if (alias) return alias;
  return member.role === "customer" ? locale().say.customer(member.id.slice(0, 4).toUpperCase()) : titled(member.role);
}

/**
 * A name as it may stand in a sentence: no line breaks, no marks that turn the words after it around or are not seen
 * at all (but the joiners that scripts and emoji are written with), not endless.
 * @param {string} alias
 * @param {number} [limit]  in letters
 */
export function plainName(alias, limit = 40) {
  const name = alias.replace(/\p{Surrogate}/gu, "\ufffd").replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => (c === "\u200c" || c === "\u200d" ? c : ""))
    .replace(/^[\s\u200c\u200d]+|[\s\u200c\u200d]+$/gu, "");
  const letters = [...name];
  return letters.length > limit ? `${letters.slice(0, limit - 1).join("")}…` : name;
}

/** @param {string} role */
export function titled(role) {
  return entry(locale().roles, role) ?? role.charAt(0).toUpperCase() + role.slice(1);
}

/**
 * In the order in which they came, as far as the ledger tells; the roster itself has another, of no meaning to people.
 * @param {readonly Member[]} members
 * @param {readonly import("./facade.js").LedgerRow[]} ledger
 * @returns {Member[]}
 */
export function byArrival(members, ledger) {
  const place = (/** @type {Member} */ member) => {
    const at = ledger.findLastIndex((row) => row.member.id === member.id);
    return at < 0 ? Infinity : at;
  };
  const places = new Map(members.map((member) => [member, place(member)]));
  return [...members].sort((a, b) => {
    const [x, y] = [places.get(a) ?? Infinity, places.get(b) ?? Infinity];
    return x === y ? 0 : x - y;
  });
}

/**
 * Everyone but this device.
 * @param {Conversation|undefined} conversation
 */
export function others(conversation) {
  return conversation ? byArrival(conversation.members, conversation.ledger).filter((m) => !m.self) : [];
}

/**
 * The people among them: whom one talks with, not what keeps the conversation for them.
 * @param {Conversation|undefined} conversation
 */
export function peopleOf(conversation) {
  return others(conversation).filter((m) => m.role !== "archive" && m.role !== "inbox");
}

/** How far a conversation goes on: one that does, one that may again, one that is over. @type {Readonly<Record<Conversation["state"], number>>} */
const goings = Object.freeze({ waiting: 2, secured: 2, rejoining: 1, doubtful: 1, unreadable: 1, forked: 1, lost: 0, left: 0, closed: 0 });

/**
 * The conversation a customer is in: the newest that goes on, or else one that may again, or else the newest.
 * The client's start() chooses so too. Of two with no message yet, the later.
 * @param {Client|undefined} client
 * @returns {Conversation|undefined}
 */
export function currentOf(client) {
  const last = (/** @type {Conversation} */ c) => c.messages.at(-1)?.time ?? Infinity;
  return [...(client?.conversations ?? [])].sort((a, b) => goings[a.state] - goings[b.state] || last(a) - last(b)).at(-1);
}

/** So many conversations that were continued are shown above the one of now. */
const maxEarlier = 8;

/**
 * The conversations that this one continues, as far as this device has them, oldest first.
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 * @returns {Conversation[]}
 */
export function earlierOf(client, conversation) {
  /** @type {Conversation[]} */
  const found = [];
  for (let id = conversation?.previous; id && found.length < maxEarlier;) {
    const before = client?.conversations.find((c) => c.id === id);
    if (!before || before === conversation || found.includes(before)) break;
    found.unshift(before);
    id = before.previous;
  }
  return found;
}

const encoder = new TextEncoder();

/**
 * Bytes of a text as content. Quotes, backslashes and line breaks take two.
 * @param {string} text
 */
export function contentBytes(text) {
  return encoder.encode(JSON.stringify({ type: "text", text })).length;
}

/**
 * What is wrong with a text, or "" if it may be sent.
 * @param {string} text
 */
export function textProblem(text) {
  // No character of JSON takes more than six bytes for each UTF-16 unit, so most texts need no counting.
  if (text.length * 6 + 64 <= maxContentBytes) return "";
  const over = contentBytes(text) - maxContentBytes;
  if (over <= 0) return "";
  return locale().say.tooLong(over);
}

/**
 * Splits a text into plain runs and addresses; together they are the text again.
 * Only http and https become addresses, and only as written out.
 * @param {string} text
 * @returns {{text: string, href: string}[]}  href is empty for a plain run
 */
export function linkRuns(text) {
  /** @type {{text: string, href: string}[]} */
  const runs = [];
  let from = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi)) {
    const raw = match[0].replace(/[.,;:!?)\]}*_]+$/, "");
    const href = webAddress(raw);
    if (!href) continue;
    if (match.index > from) runs.push({ text: text.slice(from, match.index), href: "" });
    runs.push({ text: raw, href });
    from = match.index + raw.length;
  }
  if (from < text.length) runs.push({ text: text.slice(from), href: "" });
  return runs;
}

/** @param {string} raw */
function webAddress(raw) {
  try {
    const url = new URL(raw);
    // A name before the @ is how an address is made to look like another.
    if ((url.protocol === "http:" || url.protocol === "https:") && !url.username && !url.password) return url.href;
  } catch {
    // Not an address: it stays text.
  }
  return "";
}
