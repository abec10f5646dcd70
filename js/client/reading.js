// @ts-check
/**
 * Reading one entry of a conversation's log in the end service: the core judges
 * and opens it, and what follows from it is saved with it in one transaction.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./outbox.js").Outbox} Outbox
 * @typedef {import("./records.js").HistoryItem} HistoryItem
 * @typedef {import("./records.js").NoteItem} NoteItem
 * @typedef {import("./records.js").OutboxRecord} OutboxRecord
 * @typedef {import("./status.js").Status} Status
 * @typedef {import("./status.js").LogEvent} LogEvent
 * @typedef {import("./store.js").Write} Write
 *
 * @typedef {object} Received
 * @property {Status} status
 * @property {Uint8Array} last
 * @property {number} refreshed
 * @property {LogEvent} event
 * @property {import("./rejoin.js").Ask[]} asks  what the log asks of this end now
 * @property {HistoryItem} [item]    a message to show; for the page
 * @property {NoteItem} [note]       something that happened, to show
 * @property {string} [done]         the outbox item that is now in the log
 *
 * @typedef {object} Reading
 * @property {Context} context
 * @property {number} handle
 * @property {string} id          of the conversation
 * @property {() => void} changed the core's state is no longer what is saved
 * @property {Outbox} outbox
 * @property {boolean} joined     this end was not found in the conversation yet
 */
import { SealwireError } from "../errors.js";
import { Writer, toHex } from "./bytes.js";
import { forPage } from "./content.js";
import { historyKey, readCursor, saved, savedCursor, statusOf } from "./kept.js";
import { encodeHistory, encodeNote } from "./records.js";
import { asksOf, cannotRead, remembered } from "./rejoin.js";
import { decodeEvent } from "./status.js";

/** A record's epoch that no conversation has: its sealed form is spoilt and is made anew. */
const SPOILT = Number.MAX_SAFE_INTEGER;

/**
 * Reads the next entry. `need` is a manifest that has to be fetched first (and given to the end); nothing changed then.
 * @param {Reading} reading
 * @param {number} sequence  must be the one after the last
 * @param {Uint8Array} entry
 * @returns {Promise<Received | { need: Uint8Array }>}
 */
export async function readEntry({ context, handle, id, changed, outbox, joined }, sequence, entry) {
  const { core, keystore, store } = context;
  const { index } = statusOf(context, handle);
  const before = await readCursor(context, id);
  if (sequence !== index + 1) throw new SealwireError("bad argument", `expected entry ${index + 1}, got ${sequence}`);
  const read = judge(core, handle, entry);
  if ("need" in read) return read;
  changed();
  const { event } = read;
  const status = statusOf(context, handle);
  const self = status.members.find((m) => m.self)?.id ?? "";
  // Until this end is in it there is nothing to keep, neither a key nor a message: what a relay makes up never reaches the disk.
  if (joined && self === "") return { status, last: event.id, refreshed: 0, event, asks: [] };
  const refreshed = event.type === "commit" && (event.own || event.added.includes(self)) ? Date.now() : before.refreshed;
  const mine = "own" in event && event.own ? outbox.holding(id, event.id) : undefined;
  const cursor = { sequence, last: event.id, refreshed, ...remembered(before, event, status, mine !== undefined) };
  /** @type {Received} */
  const received = { status, last: event.id, refreshed, event, asks: asksOf(context, handle, status, cursor) };
  /** @type {Write[]} */
  const writes = [saved(context, handle, id), savedCursor(context, id, cursor)];
  // Such a commit spends the secret of the key package that was taken: it goes from the disk in the same stroke.
  if (event.type === "commit" && (event.own || event.added.includes(self))) writes.push(context.savedEnd());
  const change = mine && settled(context, outbox, event, mine);
  if (change) writes.push(change.write);
  if (event.type === "message") {
    if (mine) received.done = toHex(mine[1].id);
    const item = historyItem(sequence, event, status, mine?.[1]);
    received.item = { ...item, content: forPage(item.content) };
    // The page is given no more of it there than of the item.
    received.event = { ...event, content: new Uint8Array() };
    writes.push(keystore.seal("history", historyKey(id, sequence), encodeHistory(item)));
  }
  const note = noteOf(sequence, event, status, before.missed);
  if (note) {
    received.note = note;
    writes.push(keystore.seal("history", historyKey(id, sequence), encodeNote(note)));
  }
  await store.write(writes);
  change?.saved();
  return received;
}

/**
 * @param {Context["core"]} core
 * @param {number} handle
 * @param {Uint8Array} entry
 * @returns {{ event: LogEvent } | { need: Uint8Array }}
 */
function judge(core, handle, entry) {
  try {
    return { event: decodeEvent(core.callBytes("conversation_receive", handle, new Writer().u64(Date.now()).raw(entry).take())) };
  } catch (error) {
    if (!(error instanceof SealwireError) || error.code !== "unavailable") throw error;
    const need = core.callBytes("entry_manifest", entry);
    if (need.length !== 32) throw error;
    return { need };
  }
}

/**
 * An own entry was read: a message is done; one that did not count is sealed anew.
 * @param {Context} context
 * @param {Outbox} outbox
 * @param {LogEvent} event
 * @param {[string, OutboxRecord]} own
 */
function settled(context, outbox, event, [key, record]) {
  if (event.type === "message") return outbox.change(context, key, null);
  if (event.type !== "ignored" || toHex(record.ids[record.ids.length - 1]) !== toHex(event.id)) return undefined;
  return outbox.change(context, key, { ...record, epoch: SPOILT });
}

/**
 * @param {number} sequence
 * @param {import("./status.js").MessageEvent_} event
 * @param {Status} status
 * @param {OutboxRecord} [record]
 * @returns {HistoryItem}
 */
function historyItem(sequence, event, status, record) {
  const from = status.members.find((m) => m.id === event.sender) ?? null;
  return { sequence, id: record?.id ?? event.id, own: event.own, time: record?.time ?? Date.now(), gap: event.gap, from, content: event.content };
}

/**
 * What is told of an entry that is no message: a member was let in again, or, once until that, that this end cannot read.
 * @param {number} sequence
 * @param {LogEvent} event
 * @param {Status} status
 * @param {boolean} missed
 * @returns {NoteItem | undefined}
 */
function noteOf(sequence, event, { state, members }, missed) {
  const time = Date.now();
  if (state === "lost" && !missed && cannotRead(event)) return { sequence, note: "missed", time, from: members.find((m) => m.self) ?? null };
  if (event.type !== "commit") return undefined;
  const from = members.find((m) => event.added.includes(m.id) && event.removed.includes(m.id));
  if (!from) return undefined;
  // Let in by what it cannot open: perhaps it was a copy of this device that asked.
  return { sequence, note: from.self && state === "lost" ? "replaced" : "rejoined", time, from };
}
