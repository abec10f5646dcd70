// @ts-check
/**
 * What a conversation's log asks of this end without its person doing
 * anything: to ask to be let in again when its keys are lost, to let in whom
 * has asked so, to refuse who asks for this end's own place, and to show that
 * it reads this log when the others may doubt that. When it is done is the page's to say (duties.js).
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./kept.js").Cursor} Cursor
 * @typedef {import("./status.js").Status} Status
 * @typedef {import("./status.js").LogEvent} LogEvent
 *
 * @typedef {"join" | "defend" | "settle" | `refuse ${string}` | `answer ${string}`} Ask  settle: to remove who left. To refuse: with the request's id; to let in:
 *   with the member's id, and its request's
 */
import { SealwireError, codes } from "../errors.js";
import { Writer, toHex } from "./bytes.js";
import { joinsOf, saved } from "./kept.js";

const EPOCH_GONE = codes.indexOf("epoch gone") + 1;

/**
 * @param {Context} context
 * @param {number} handle
 * @param {Status} status
 * @param {Cursor} cursor
 * @returns {Ask[]}
 */
export function asksOf(context, handle, { state, members, leaving }, { defend }) {
  if (state === "lost") return ["join"];
  if (state !== "active" && state !== "doubtful") return [];
  const self = members.find((m) => m.self)?.id;
  /** @type {Ask[]} */
  const asks = defend ? ["defend"] : [];
  // Nothing can be sent before they are removed, and who came in their place stands on a leaf that lay at the relay.
  if (leaving.length > 0) asks.push("settle");
  for (const { id, by, same, replaces } of joinsOf(context, handle)) {
    // This end is not lost: who asks for its place has a copy of its key, or says to be its new device. Its commit refuses that.
    if (replaces === self) asks.push(`refuse ${toHex(id)}`);
    // A new identity's is not for this end to answer by itself: a person says yes to it, or nobody does.
    if (same && by !== self) asks.push(`answer ${by} ${toHex(id)}`);
  }
  return asks;
}

/**
 * What the cursor remembers of it after an entry was read.
 * @param {Cursor} before
 * @param {LogEvent} event
 * @param {Status} status     after it
 * @param {boolean} mine      the entry is a message that the outbox sent
 * @param {boolean} known     what it says is kept
 */
export function remembered({ missed, defend, asked }, event, { state }, mine, known) {
  const lost = state === "lost";
  const request = event.type === "join request" && event.own ? toHex(event.id) : asked;
  return {
    missed: lost && (missed || (cannotRead(event) && !known)),
    // Whoever is let in again begins with the others' log: nothing of before is held against it.
    defend: !lost && (event.type === "ignored" && event.own && !mine ? true : defend && !proves(event)),
    asked: lost ? request : "",
  };
}

/**
 * It shows the others that this end reads their log. A message need not: it may be from before what raised the doubt.
 * @param {LogEvent} event
 */
function proves(event) {
  return event.type === "commit" && event.own;
}

/** @param {LogEvent} event */
export function cannotRead(event) {
  return event.type === "ignored" && event.code === EPOCH_GONE;
}

/**
 * The join request to append: saved, with the secret that its answer needs, in
 * one stroke. Null when the log holds it already, or it is too early for one.
 * @param {Context} context
 * @param {number} handle
 * @param {string} id
 * @param {Cursor} cursor
 * @param {() => void} changed
 */
export async function joinRequest(context, handle, id, { asked }, changed) {
  const { core, store } = context;
  /** @type {Uint8Array} */
  let entry;
  try {
    entry = core.callBytes("conversation_join_request", handle, new Writer().u64(Date.now()).take());
  } catch (error) {
    if (error instanceof SealwireError && error.code === "rate limited") return null;
    throw error;
  }
  if (toHex(core.callBytes("entry_id", entry)) === asked) return null;
  changed();
  await store.write([saved(context, handle, id), context.savedEnd()]);
  return entry;
}
