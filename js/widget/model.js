/**
 * What is shown, computed from what the client says: pure functions, no document, no clock but the caller's.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./facade.js").Member} Member
 */
import { listText, missingText, words } from "./words.js";

/** The most bytes of content in one message: the text as it travels, in JSON and UTF-8. */
export const maxContentBytes = 32768;

/** Messages of one sender closer than this, in ms, are one group. */
const groupWithin = 5 * 60 * 1000;

/**
 * @typedef {{kind: "date", key: string, text: string}} DateRow
 * @typedef {{kind: "gap", key: string, text: string}} GapRow
 * @typedef {{kind: "message", key: string, message: Message, name: string, first: boolean, last: boolean, showStatus: boolean}} MessageRow
 * @typedef {DateRow|GapRow|MessageRow} Row
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
 * @param {{now: number, limit?: number}} options  limit: only so many of the newest (default: all)
 * @returns {{rows: Row[], hidden: number}}
 */
export function timeline(messages, { now, limit = Infinity }) {
  const all = ordered(messages);
  const hidden = Math.max(0, all.length - limit);
  const shown = hidden ? all.slice(hidden) : all;
  const lastSent = shown.findLast((m) => m.self && m.status === "sent");
  /** @type {Row[]} */
  const rows = [];
  /** @type {Message|undefined} */
  let before;
  shown.forEach((message, i) => {
    const after = shown[i + 1];
    if (!before || !sameDay(before.time, message.time)) {
      rows.push({ kind: "date", key: `date ${message.id}`, text: dayText(message.time, now) });
      before = undefined;
    }
    if (message.gap) {
      rows.push({ kind: "gap", key: `gap ${message.id}`, text: missingText(message.gap) });
      before = undefined;
    }
    rows.push({
      kind: "message",
      key: `message ${message.id}`,
      message,
      name: message.self ? "You" : nameOf(message.from),
      first: !before || !sameGroup(before, message),
      last: !after || Boolean(after.gap) || !sameDay(message.time, after.time) || !sameGroup(message, after),
      showStatus: message.self && (message.status !== "sent" || message === lastSent),
    });
    before = message;
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

/** @param {Member|null} member */
export function nameOf(member) {
  if (!member) return "Someone who left";
  if (member.self) return "You";
  const alias = plainName(member.alias);
  if (alias) return alias;
  return member.role === "customer" ? `Customer ${member.id.slice(0, 4).toUpperCase()}` : titled(member.role);
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
  return role.charAt(0).toUpperCase() + role.slice(1);
}

/**
 * Everyone but this device.
 * @param {Conversation|undefined} conversation
 */
export function others(conversation) {
  return (conversation?.members ?? []).filter((m) => !m.self);
}

/**
 * The conversation a customer is in: the newest that goes on, or else the newest. The client's start() chooses so too.
 * @param {Client|undefined} client
 * @returns {Conversation|undefined}
 */
export function currentOf(client) {
  const all = client?.conversations ?? [];
  return all.findLast((c) => c.state !== "closed" && c.state !== "lost") ?? all.at(-1);
}

/**
 * How the two ends stand, in words. The tone picks a colour and an icon; the title says the same without them.
 * @typedef {object} Lock
 * @property {"secure"|"pending"|"open"|"danger"} tone
 * @property {string} title
 * @property {string} detail  empty if the title says it all
 */

/**
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 * @returns {Lock}
 */
export function lockOf(client, conversation) {
  if (client?.state === "refused") return { tone: "danger", title: "Stopped", detail: words.refused };
  if (client?.state === "closed") return { tone: "danger", title: "Stopped", detail: words.stopped };
  switch (conversation?.state) {
    case "secured":
      return { tone: "secure", title: `End-to-end encrypted with ${listText(others(conversation).map(nameOf)) || "no one else"}`, detail: "" };
    case "lost":
      return { tone: "danger", title: "Key lost", detail: words.lost };
    case "forked":
      return { tone: "danger", title: "Stopped: the conversation was split", detail: words.forked };
    case "closed":
      return { tone: "open", title: "Ended", detail: words.closed };
  }
  if (!client) return { tone: "open", title: "Not encrypted yet", detail: "" };
  if (client.state === "online") {
    const queued = conversation?.messages.some((m) => m.self && (m.status === "queued" || m.status === "sending"));
    if (!client.agents) return { tone: "pending", title: "Waiting for an agent", detail: words.noOne };
    if (queued) return { tone: "pending", title: "Setting up encryption…", detail: "" };
  }
  return { tone: "open", title: "Not encrypted yet", detail: "Encryption starts with your first message, before it leaves this device." };
}

/**
 * The connection, in words.
 * @param {Client|undefined} client
 * @param {Conversation|undefined} [conversation]
 * @returns {string}
 */
export function connectionOf(client, conversation) {
  switch (client?.state) {
    case "online":
      if (conversation?.state === "secured" && !client.agents) return "Connected. No agent is here right now";
      return "Connected";
    case "offline":
      return "Reconnecting…";
    case "elsewhere":
      return "Open in another tab";
    case "refused":
      return "Stopped";
    case "closed":
      return "Disconnected";
    default:
      return "Connecting…";
  }
}

/**
 * Why nothing can be written now, or "" if it can.
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 */
export function blocked(client, conversation) {
  if (client?.state === "refused") return words.refused;
  if (client?.state === "closed") return words.stopped;
  if (client?.state === "elsewhere") return words.elsewhere;
  if (conversation?.state === "lost") return words.lost;
  if (conversation?.state === "forked") return words.forked;
  if (conversation?.state === "closed") return words.closed;
  return "";
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
  return `This message is too long by ${over.toLocaleString("en")} ${over === 1 ? "byte" : "bytes"}; one message holds 32 KB. Shorten it, or send it in parts.`;
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
