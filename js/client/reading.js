// @ts-check
/**
 * Reading one entry of a conversation's log in the end service: the core judges
 * and opens it, and what follows from it is saved with it in one transaction.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./outbox.js").Outbox} Outbox
 * @typedef {import("./records.js").HistoryItem} HistoryItem
 * @typedef {import("./records.js").MessageItem} MessageItem
 * @typedef {import("./records.js").CommitItem} CommitItem
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
 * @property {boolean} member       this end is in it, or was: what is read is kept
 * @property {MessageItem} [item]    a message to show; for the page
 * @property {CommitItem} [commit]   who came and went
 * @property {Held} [held]          how it is, where the log is to be read again
 * @property {CommitItem[]} [before]  the same of all commits before this end was found in it
 * @property {NoteItem} [note]       something that happened, to show
 * @property {string} [done]         the outbox item that is now in the log
 *
 * @typedef {{ members: import("./types.js").Member[], epoch: number, queue: string, previous: string }} Held
 *
 * @typedef {{ need: Uint8Array } | { need: null, code: string }} Unread
 *
 * @typedef {{ entry: string, commit: CommitItem }} Joined  a commit, and the id of its entry
 *
 * @typedef {object} Reading
 * @property {Context} context
 * @property {number} handle
 * @property {string} id          of the conversation
 * @property {() => void} changed the core's state is no longer what is saved
 * @property {Outbox} outbox
 * @property {import("./recovering.js").Recovering} [recovering]  their history may know what is read
 * @property {Joined[]} [joined]  the commits so far, where this end was not found in the conversation yet
 */
import { SealwireError, codeOf } from "../errors.js";
import { Writer, toHex } from "./bytes.js";
import { forPage } from "./content.js";
import { OWN } from "./context.js";
import { START, historyKey, readCursor, saved, savedCursor, statusOf } from "./kept.js";
import { decodeKept, encodeCommit, encodeHistory, encodeNote } from "./records.js";
import { asLost, checkFloor, isBehind, withoutAside } from "./recovering.js";
import { asksOf, cannotRead, remembered } from "./rejoin.js";
import { LEAVE, decodeEvent } from "./status.js";

/** A record's epoch that no conversation has: its sealed form is spoilt and is made anew. */
const SPOILT = Number.MAX_SAFE_INTEGER;
/** States in which it is not settled whether this log is the others'. */
const UNSURE = ["rereading", "doubtful", "forked"];
/** Of one that is begun anew: it is not in again yet. */
const OUT = ["lost", "rereading"];
/** States in which only an own commit, or one that adds this end, spends a secret; reading again spends none. */
const WORKING = ["active", "doubtful", "rereading"];
/** Commits before this end came in that are remembered for its ledger. */
const MAX_BEFORE = 4_096;

/**
 * Reads the next entry. `need` is a manifest that has to be fetched first (and given to the end); nothing changed then.
 * @param {Reading} reading
 * @param {number} sequence  must be the one after the last
 * @param {Uint8Array} entry
 * @returns {Promise<Received | Unread>}
 */
export async function readEntry({ context, handle, id, changed, outbox, recovering, joined }, sequence, entry) {
  const { core, keystore, store, member } = context;
  const old = statusOf(context, handle);
  const before = joined ? START : await readCursor(context, id);
  if (sequence !== old.index + 1) throw new SealwireError("bad argument", `expected entry ${old.index + 1}, got ${sequence}`);
  const read = judge(core, handle, entry);
  if ("need" in read) return read;
  changed();
  const { event } = read;
  const status = statusOf(context, handle);
  const added = event.type === "commit" && event.added.includes(member);
  // One that has the log read again is told of when it comes by again, with all that it lets this end know.
  const rewound = event.type === "commit" && event.rewound;
  const entryId = toHex(event.id);
  const again = old.state === "rereading";
  const aside = recovering?.get(id);
  const damaged = aside?.writes.some(({ key, value }) => key === historyKey(id, entryId) && value === null);
  const known = (again || aside) && !damaged ? await keptItem(context, id, entryId) : undefined;
  // What was read before stays where it was.
  const place = known?.sequence ?? sequence;
  const commit = event.type === "commit" && !rewound ? commitItem(place, event, old, status) : undefined;
  const newest = event.type === "commit" ? entryId : joined ? (joined.at(-1)?.entry ?? "") : before.commit;
  checkFloor(aside, { sequence, last: event.id, commit: newest });
  // Until this end is in it there is nothing to keep, neither a key nor a message: what a relay makes up never reaches the disk.
  if (joined && !rewound && !status.members.some((m) => m.self)) {
    if (commit && joined.length < MAX_BEFORE) joined.push({ entry: entryId, commit });
    return { status, last: event.id, refreshed: 0, event, asks: [], member: false };
  }
  const renewed = added || (event.type === "commit" && event.own && !again);
  const mine = "own" in event && event.own ? outbox.holding(id, event.id) : undefined;
  /** @type {import("./kept.js").Cursor} */
  const cursor = {
    sequence: status.index,
    last: rewound ? new Uint8Array() : event.id,
    commit: rewound ? "" : newest,
    unsure: UNSURE.includes(status.state),
    refreshed: renewed ? Date.now() : before.refreshed,
    epochTime: commit ? Math.min(commit.time, Date.now()) : rewound ? 0 : before.epochTime,
    ...remembered(before, event, status, mine !== undefined || again, known !== undefined),
  };
  const behind = isBehind(aside, status.index);
  /** @type {Received} */
  const received = { status: behind ? asLost(status) : status, last: cursor.last, refreshed: cursor.refreshed, event, asks: behind ? [] : asksOf(context, handle, status, cursor), member: true };
  /** @type {Write[]} */
  const writes = [saved(context, handle, id), savedCursor(context, id, cursor)];
  /** @param {Uint8Array} record @param {string} [of] */
  const keep = (record, of = entryId) => writes.push(keystore.seal("history", historyKey(id, of), record));
  // Such a commit may spend the secret of the key package that was taken: it goes from the disk in the same stroke.
  if (renewed || (event.type === "commit" && !WORKING.includes(status.state))) writes.push(context.savedEnd());
  if (event.type === "commit" && rewound) received.held = heldOf(event, old, context.person());
  if (joined && !rewound) {
    received.before = joined.map((one) => one.commit);
    for (const one of joined) keep(encodeCommit(one.commit), one.entry);
  }
  const left = status.state === "not a member" && old.state !== "not a member";
  const change = mine && settled(context, outbox, event, mine);
  const changes = [...(change ? [change] : []), ...(left ? outbox.shelve(context, id) : [])];
  for (const { write } of changes) writes.push(write);
  if (event.type === "message") {
    if (mine) received.done = toHex(mine[1].id);
    if (!known || "note" in known) {
      const item = historyItem(place, event, old, again ? before.epochTime : 0, mine?.[1]);
      received.item = { ...item, entry: entryId, content: forPage(item.content) };
      keep(encodeHistory(item));
    }
    // The page is given no more of it there than of the item.
    received.event = { ...event, content: new Uint8Array() };
  }
  if (commit && (!known || commit.false)) {
    received.commit = commit;
    keep(encodeCommit(commit));
  }
  if (status.state === "lost" && !before.missed && !again && !known && cannotRead(event)) {
    received.note = { sequence, note: "missed", time: Date.now(), from: status.members.find((m) => m.self) ?? null };
    keep(encodeNote(received.note));
  }
  // All that was read before was read again, and this end is in, or nobody will let it in: what did not open is of no use any more.
  const recovered = aside !== undefined && !behind && !OUT.includes(status.state);
  if (aside) writes.unshift(...aside.writes.filter(({ table }) => !recovered || table === "history"));
  if (recovered) writes.push(...(await withoutAside(context, id)));
  await store.write(writes);
  for (const one of changes) one.saved();
  if (recovered) recovering?.delete(id);
  else if (aside) recovering?.set(id, { ...aside, writes: [] });
  return received;
}

/**
 * How a conversation is after the commit that added this end, as far as is known before that is read again.
 * @param {import("./status.js").CommitEvent} event
 * @param {Status} before
 * @param {import("./types.js").Member} self
 * @returns {Held}
 */
function heldOf({ sender, epoch, marks, removed }, { members, leaving, queue, previous }, self) {
  const gone = [...leaving, ...removed, self.id, ...(marks & LEAVE ? [sender] : [])];
  return { members: [...members.filter(({ id }) => !gone.includes(id)), self], epoch, queue, previous };
}

/**
 * What is kept of an entry that is read again.
 * @param {Context} context
 * @param {string} id
 * @param {string} entry
 */
async function keptItem({ keystore, store }, id, entry) {
  const key = historyKey(id, entry);
  const kept = await store.get("history", key);
  return kept === undefined ? undefined : decodeKept(keystore.unseal("history", key, kept));
}

/**
 * @param {Context["core"]} core
 * @param {number} handle
 * @param {Uint8Array} entry
 * @returns {{ event: LogEvent } | Unread}
 */
function judge(core, handle, entry) {
  try {
    return { event: decodeEvent(core.callBytes("conversation_receive", handle, new Writer().u64(Date.now()).raw(entry).take())) };
  } catch (error) {
    if (!(error instanceof SealwireError) || OWN.includes(error.code)) throw error;
    if (error.code !== "unavailable") return { need: null, code: error.code };
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
 * @param {number} then     ms: when it was about, of one that is read long after; else 0
 * @param {OutboxRecord} [record]
 * @returns {HistoryItem}
 */
function historyItem(sequence, event, status, then, record) {
  const from = status.members.find((m) => m.id === event.sender) ?? null;
  return { sequence, id: record?.id ?? event.id, own: event.own, time: record?.time ?? (then || Date.now()), gap: event.gap, from, content: event.content };
}

/**
 * @param {number} sequence
 * @param {import("./status.js").CommitEvent} event
 * @param {Status} before
 * @param {Status} after
 * @returns {CommitItem}
 */
function commitItem(sequence, event, before, after) {
  const { epoch, time, marks, role, code, grants } = event;
  /** @param {Status} status @param {string} id */
  const find = ({ members }, id) => members.find((m) => m.id === id);
  const by = find(before, event.sender) ?? find(after, event.sender) ?? null;
  const added = event.added.flatMap((id) => find(after, id) ?? []);
  const removed = event.removed.flatMap((id) => (before.leaving.includes(id) ? [] : (find(before, id) ?? [])));
  return { sequence, epoch, time, marks, role, false: code !== 0 && codeOf(code) === "open failed", unopened: after.state === "lost", by, added, removed, grants };
}
