/**
 * Every sentence of the widget and the desk that does not depend on more than a code or a count.
 * One table from code to sentence: what a person can do about it, never what a machine said about it.
 */

/**
 * The codes are those of the core, in the order of their numbers (1 is the first).
 * @type {Readonly<Record<string, string>>}
 */
export const sentences = Object.freeze({
  "bad argument": "This page asked for something that cannot be done. Reload the page and try again.",
  "bad handle": "The part that encrypts has stopped. Reload the page; your messages are kept on this device.",
  "too long": "This message is too long. Shorten it, or send it in parts.",
  "bad key": "The other side showed a key that is not safe to use. Nothing was sent.",
  "open failed": "A message could not be opened, so it is not shown.",
  "not a member": "This device is not part of this conversation.",
  "sent before you joined": "A message is from before you joined and cannot be opened here.",
  "epoch gone": "The keys of a message have been deleted, so it cannot be opened any more.",
  "stale epoch": "The conversation changed while you were sending. Your message is encrypted again and then sent.",
  "stale head": "The conversation moved on while you were sending. It is tried again.",
  "replayed": "A message arrived a second time. It is shown only once.",
  "forked log": "You and the other side were shown different conversations. Nothing more is sent here.",
  "bad commit": "Someone tried to change who is in this conversation against its rules. That was ignored.",
  "bad credential": "This page cannot verify who it would talk to. Nothing was sent.",
  "expired": "A proof of identity has run out. Reload the page to get a new one.",
  "rolled back": "The server showed an older list of who may answer than this device has seen before. Nothing was sent.",
  "rate limited": "That was too much at once. Wait a moment; it goes on by itself.",
  "too large": "This is more than the chat can carry at once. Nothing was sent.",
  "unsupported version": "The other side speaks a version that this page does not know. Reload the page to get the newest.",
  "truncated file": "A file arrived incomplete, so it is not shown.",
  "no randomness": "This browser gives no secure random numbers, so nothing can be encrypted here. Nothing was sent.",
  "unavailable": "The chat cannot be reached right now. Your messages are kept on this device.",
  "internal": "Something went wrong in the chat. Reload the page; your messages are kept on this device.",
});

/**
 * Codes that need other words for a file, on its way up or down.
 * @type {Readonly<Record<"up"|"down", Readonly<Record<string, string>>>>}
 */
const fileSentences = Object.freeze({
  up: Object.freeze({
    "too large": "This file is larger than the chat can carry, or there is no room for it. Nothing of it was sent.",
    "truncated file": "The file changed or could not be read while it was being sent. Choose it again.",
    "open failed": "The file could not be read. Choose it again.",
    "unavailable": "The file could not be sent: the server cannot be reached, or has no space for it now. Try again later.",
    "rate limited": "That were too many files at once. Wait a moment and try again.",
    "internal": "The file could not be read or sent. Choose it again, or try again.",
  }),
  down: Object.freeze({
    "too large": "This file is larger than it was said to be, or than this device can take. It was not saved.",
    "truncated file": "The file is incomplete, so it was not saved.",
    "open failed": "The file is damaged or was changed on its way, so it was not saved.",
    "bad argument": "This file can no longer be opened here.",
    "unavailable": "The file cannot be fetched: the server does not have it or cannot be reached, or this device has no space. Try again later.",
    "rate limited": "That were too many files at once. Wait a moment and try again.",
    "internal": "Something went wrong while the file was being fetched. Try again.",
  }),
});

/** The codes that mean: who is on the other side is in doubt, so this page stops. */
const refusals = new Set(["bad key", "forked log", "bad credential", "expired", "rolled back"]);

export const words = Object.freeze({
  heading: "Chat with us",
  openChat: "Open chat",
  emptyTitle: "Write to us in private",
  emptyText: "Your message is encrypted before it leaves this device. Only you and whoever answers can read it, not the server in between.",
  elsewhereTitle: "Open in another tab",
  useHere: "Use here",
  unencrypted: "Not encrypted, nothing is sent",
  cannotEncrypt: "This chat cannot encrypt here.",
  refused: "This page cannot verify who it would talk to. Nothing was sent.",
  noOne: "No one is here yet. Your message is kept on this device and is sent when someone comes.",
  settingUp: "Setting up encryption…",
  reconnecting: "What you write is kept on this device and is sent when the connection is back.",
  rejoining: "This device lost its keys to this conversation and has asked to be let in again. That happens by itself once the other side is here. What you wrote is kept and sent then.",
  unreadable: "The server sent something that is no part of a conversation, so it is not shown. Nothing more is read or sent here until the server sends what belongs there; this page keeps asking. What you wrote is kept.",
  lost: "This device is no longer let into this conversation, so nothing new can be read or sent here.",
  paused: "Writing is paused",
  shut: "Nothing can be sent",
  sealed: "Your messages are sealed for the support team",
  waits: "Waiting for an agent \u2014 you can write already.",
  waitsHere: "No agent is in this conversation. It waits in the queue.",
  left: "What you could read stays readable here; what was written since cannot be read.",
  team: "the support team",
  askTitle: "Ask for someone else?",
  endTitle: "End this conversation?",
  endText: "Nothing more can be written in it, by anyone. You can still read it here, and start a new one that continues it.",
  continues: "A new conversation. It continues the one above",
  readsAlong: "You read along and do not write. Take over to answer.",
  closed: "This conversation has ended.",
  stopped: "The part that encrypts has stopped. What you wrote is kept on this device.",
  proof: "Your sign-in was not accepted. The chat keeps trying; if it stays so, reload the page.",
  newKey: "There is a new company key since you were last here. Earlier conversations belong to the old key and are not shown; this page starts afresh.",
  elsewhere: "This chat runs in one tab at a time, so that no message is sent twice.",
  missing: "This browser, or the way this page was opened, lacks what encryption needs. Nothing was sent.",
  broken: "The part that encrypts could not be loaded, or is not the one this page expects. Nothing was sent.",
  unset: "This page does not say which relay and which company key to use. Nothing was sent.",
  held: "This page held the message back. It was not sent.",
  unsendable: "This message holds something that is not text and cannot be sent. Take it out and try again.",
  heldFile: "This page held the file back. It was not sent.",
  lostFile: "The page was reloaded before this file was sent. Choose it again.",
  unknown: "A message that this version cannot show.",
  fileLeft: "Not fetched while you were in this conversation, and cannot be now.",
  fileWaits: "Waits until someone is here. Keep this page open.",
  tooMany: "At most 20 files go at once. Send these first.",
  folder: "A folder cannot be attached. Attach the files in it.",
  inbox: "keeps it for an agent, verified by the company's key",
  inboxDoubt: "keeps it for an agent, not verified",
  noReaders: "No one yet. Encryption starts with the first message.",
  noOther: "No one else, and not the server in between.",
  notVerified: "Nobody has vouched for who this customer is. The conversation is encrypted with the key of their device, and that is all that is known.",
});

/**
 * Why nothing is sent for now: a message came in somebody's name that may not be theirs.
 * @param {string} name
 */
export function doubtfulText(name) {
  return `A message in ${name}'s name did not prove genuine and tells of another course of this conversation. Nothing is sent until ${name} is heard from properly. What you wrote is kept.`;
}

/**
 * Why nothing is sent any more: it is proven that two courses of one conversation were shown.
 * @param {string|null} name  null: only the server's own word differs from before
 */
export function forkedText(name) {
  if (name === null) return "The server shows another course of this conversation than before, so nothing more is sent here. Please tell the other side by another way.";
  return `You and ${name} were shown different conversations. That is proven, so nothing more is sent here. Please tell ${name} by another way.`;
}

/**
 * What happened between the messages, where nobody's reading was changed on purpose.
 * @param {"missed"|"rejoined"|"replaced"} kind
 * @param {string} name  whom it is about; "" for this device
 */
export function noteText(kind, name) {
  if (kind === "missed") return "Messages sent while this device was locked out cannot be read on it";
  if (kind === "replaced") return "This device's place here was given to another that has its key. If that was not you, please tell the other side by another way";
  if (name === "") return "This device was let in again";
  return `${name}'s device was let in again; it cannot read what was sent meanwhile`;
}

/**
 * The sentence for a code; what has no code, or one this table lacks, reads as "internal".
 * @param {unknown} code
 * @returns {string}
 */
export function sentence(code) {
  const known = typeof code === "string" && Object.hasOwn(sentences, code) ? code : "internal";
  return /** @type {string} */ (sentences[known]);
}

/**
 * The code an error carries, or "internal".
 * @param {unknown} error
 * @returns {string}
 */
export function codeOf(error) {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    && Object.hasOwn(sentences, error.code)) return error.code;
  return "internal";
}

/**
 * Why a text came back to the box. What has no code was thrown by a handler of the page itself.
 * @param {unknown} error
 * @returns {string}
 */
export function sendProblem(error) {
  if (error instanceof RangeError || error instanceof TypeError) return words.unsendable;
  if (typeof error === "object" && error !== null && "code" in error) return sentence(error.code);
  return words.held;
}

/**
 * Why a file was not sent or not saved. What has no code, on its way up, was thrown by a handler of the page itself.
 * @param {unknown} error
 * @param {"up"|"down"} way
 * @returns {string}
 */
export function fileProblem(error, way) {
  if (way === "up" && !(typeof error === "object" && error !== null && "code" in error)) return words.heldFile;
  const code = codeOf(error);
  const own = fileSentences[way];
  return Object.hasOwn(own, code) ? /** @type {string} */ (own[code]) : sentence(code);
}

/**
 * Whether a file stopped because somebody stopped it.
 * @param {unknown} error
 * @param {AbortSignal} [signal]
 */
export function wasCancelled(error, signal) {
  return signal?.aborted === true || (typeof error === "object" && error !== null && "name" in error && error.name === "AbortError");
}

/**
 * What a notice says: the sentence of its code where there is one, or else the client's own words.
 * "" for one that the page already shows in another way.
 * @param {{code?: string, text?: string}} notice
 * @returns {string}
 */
export function noticeText({ code, text }) {
  if (code === "refused") return "";
  if (code === "new organisation") return words.newKey;
  if (code !== undefined && Object.hasOwn(sentences, code)) return sentence(code);
  return text || sentence("internal");
}

/**
 * What failed in the background, as far as a person should know; "" for what the connection line says anyway,
 * and for what has no code: that is the page's own, and the page's developer hears of it.
 * @param {unknown} error
 * @returns {string}
 */
export function backgroundText(error) {
  if (typeof error !== "object" || error === null || !("code" in error) || error.code === "unavailable") return "";
  const code = codeOf(error);
  return code === "bad credential" || code === "expired" || code === "not a member" ? words.proof : sentence(code);
}

/**
 * An error that says: not now.
 * @returns {Error & {code: string}}
 */
export function notNow() {
  return Object.assign(new Error("sealwire widget: not connected"), { code: "unavailable" });
}

/** @param {string} code */
export function isRefusal(code) {
  return refusals.has(code);
}

/** @type {Readonly<Record<string, string>>} */
const unsent = Object.freeze({ left: "Not sent: you were no longer in it", closed: "Not sent: the conversation had ended" });

/**
 * Why a message was not sent.
 * @param {string} [reason]
 */
export function unsentText(reason) {
  return reason !== undefined && Object.hasOwn(unsent, reason) ? /** @type {string} */ (unsent[reason]) : "Not sent";
}

/** @param {number} count */
export function missingText(count) {
  return count === 1 ? "1 message is missing" : `${count.toLocaleString("en")} messages are missing`;
}

/** @param {number} count */
export function unreadText(count) {
  return count === 1 ? "1 unread message" : `${count} unread messages`;
}

/**
 * "Ana", "Ana and Bo", "Ana, Bo and Cem".
 * @param {readonly string[]} names
 */
export function listText(names) {
  if (names.length < 2) return names[0] ?? "";
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}
