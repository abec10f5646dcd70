/**
 * What is shown, computed from what the client says: pure functions, no document, no clock but the caller's.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Member} Member
 */
import { doubtfulText, forkedText, listText, words } from "./words.js";

/** The most bytes of content in one message: the text as it travels, in JSON and UTF-8. */
export const maxContentBytes = 32768;

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

/** How far a conversation goes on: one that does, one that may again, one that is over. @type {Readonly<Record<Conversation["state"], number>>} */
const goings = Object.freeze({ waiting: 2, secured: 2, rejoining: 1, doubtful: 1, forked: 1, lost: 0, closed: 0 });

/**
 * The conversation a customer is in: the newest that goes on, or else one that may again, or else the newest.
 * The client's start() chooses so too.
 * @param {Client|undefined} client
 * @returns {Conversation|undefined}
 */
export function currentOf(client) {
  const last = (/** @type {Conversation} */ c) => c.messages.at(-1)?.time ?? Infinity;
  return [...(client?.conversations ?? [])].sort((a, b) => goings[a.state] - goings[b.state] || last(a) - last(b)).at(-1);
}

/**
 * Whose course of the conversation is in doubt.
 * @param {Conversation} conversation
 */
function differing({ differs }) {
  return differs ? nameOf(differs) : "the other side";
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
    case "rejoining":
      return { tone: "pending", title: "Waiting to be let in again", detail: words.rejoining };
    case "doubtful":
      return { tone: "pending", title: `Paused until ${differing(conversation)} is heard from`, detail: doubtfulText(differing(conversation)) };
    case "lost":
      return { tone: "danger", title: "Locked out", detail: words.lost };
    case "forked":
      return { tone: "danger", title: "Stopped: the conversation was split", detail: forkedText(conversation.differs && nameOf(conversation.differs)) };
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
  return conversation && (isPaused(conversation) || isOver(conversation)) ? lockOf(client, conversation).detail : "";
}

/**
 * Nothing is sent for now, and that heals by itself.
 * @param {Conversation|undefined} conversation
 */
export function isPaused(conversation) {
  return conversation?.state === "rejoining" || conversation?.state === "doubtful";
}

/**
 * Nothing can be sent any more, for good.
 * @param {Conversation|undefined} conversation
 */
export function isOver(conversation) {
  return conversation?.state === "lost" || conversation?.state === "forked" || conversation?.state === "closed";
}

/**
 * What a person must be told aloud of the conversation itself, or "".
 * @param {Conversation|undefined} conversation
 */
export function brokenText(conversation) {
  return conversation?.state === "lost" || conversation?.state === "forked" ? lockOf(undefined, conversation).detail : "";
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
