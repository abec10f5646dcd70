// @ts-check
/**
 * A conversation whose saved state does not open, and which is begun anew from
 * its log: this end finds itself in the roster without keys there, and asks to be
 * let in again (SPEC 7). What does not open is put aside, as it is, until that
 * is done; what still opens of the history stays where it is, and what is read
 * of the log again is not kept twice.
 *
 * Whoever shows the log must not decide where it ends: an end that began anew in
 * an older epoch would write to who has left since. So the cursor has to open. It
 * says how far the log was read, and which commit was the newest, which stands
 * for all before it. Until the same is read again nothing is done there; if it
 * is something else, never. Where the cursor does not open, or says that the log
 * was in doubt, nothing is begun anew.
 *
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./store.js").Write} Write
 * @typedef {import("./conversations.js").ConversationSummary["history"]} History
 *
 * @typedef {Pick<import("./kept.js").Cursor, "sequence" | "last" | "commit">} Floor  how far the log was read before
 * @typedef {{ writes: Write[], floor: Floor }} Begun  writes: what is still to be put aside
 * @typedef {Map<string, Begun>} Recovering  conversations begun anew
 */
import { SealwireError } from "../errors.js";
import { equalBytes } from "./bytes.js";
import { forPage } from "./content.js";
import { NOT_NOW } from "./context.js";
import { cursorKey, entryOf, openCursor, stateKey } from "./kept.js";
import { decodeKept } from "./records.js";

const ASIDE = "aside/";

/**
 * One of which something lies aside: it is being recovered, and nothing is to be put there any more.
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<Begun | undefined>}
 */
export async function recovering(context, id) {
  const { store } = context;
  if ((await store.list("state", asideKey(id, ""))).length === 0) return undefined;
  return { writes: [], floor: floorOf(context, id, [await store.get("state", asideKey(id, cursorKey(id)))]) };
}

/**
 * How one that did not open is begun anew; with its history, as far as that opens. The writes put the rest aside: they are
 * to be made with the first that is saved of it anew, so that nothing has changed if it comes to none.
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<Begun & { history: History }>}
 * @throws {SealwireError} it is not to be begun anew
 */
export async function recovery(context, id) {
  const { store } = context;
  const [now, before] = [await store.get("state", cursorKey(id)), await store.get("state", asideKey(id, cursorKey(id)))];
  const floor = floorOf(context, id, before === undefined ? [now] : [now, before]);
  const farther = before !== undefined && now !== undefined && openCursor(context, id, now).sequence === floor.sequence ? now : undefined;
  /** @type {Write[]} */
  const writes = [];
  for (const [key, value] of /** @type {const} */ ([[stateKey(id), await store.get("state", stateKey(id))], [cursorKey(id), now]])) {
    // What lay aside already stays, but for how far the log was read.
    if (value !== undefined && (before === undefined || value === farther)) writes.push({ table: "state", key: asideKey(id, key), value });
  }
  const history = await historyOf(context, id, (key, value) => {
    writes.push({ table: "state", key: asideKey(id, `history/${key}`), value }, { table: "history", key, value: null });
  });
  return { history, writes, floor };
}

/**
 * Whether it can be begun anew.
 * @param {Context} context
 * @param {string} id
 */
export async function isRecoverable(context, id) {
  try {
    await recovery(context, id);
    return true;
  } catch (error) {
    if (!(error instanceof SealwireError) || NOT_NOW.includes(error.code)) throw error;
    return false;
  }
}

/**
 * This end's log is shorter than it was.
 * @param {Begun | undefined} begun
 * @param {number} index  read so far
 */
export function isBehind(begun, index) {
  return begun !== undefined && index < begun.floor.sequence;
}

/**
 * How it is to the page meanwhile: nothing can be sent there.
 * @param {import("./status.js").Status} status
 * @returns {import("./status.js").Status}
 */
export function asLost(status) {
  return status.state === "active" ? { ...status, state: "lost" } : status;
}

/**
 * What stands where the log ended before is what stood there.
 * @param {Begun | undefined} begun
 * @param {Floor} read
 */
export function checkFloor(begun, { sequence, last, commit }) {
  if (!begun || begun.floor.sequence !== sequence) return;
  if (!equalBytes(last, begun.floor.last) || commit !== begun.floor.commit) throw new SealwireError("rolled back", "another log than was read before");
}

/**
 * The farthest of these cursors.
 * @param {Context} context
 * @param {string} id
 * @param {(import("./store.js").Value | undefined)[]} kept
 * @returns {Floor}
 */
function floorOf(context, id, kept) {
  const cursors = kept.map((value) => {
    const cursor = value === undefined ? undefined : openCursor(context, id, value);
    if (!cursor || cursor.unsure || cursor.sequence === 0 || cursor.commit === "") throw new SealwireError("open failed", "device storage: how far the log was read is not known");
    return cursor;
  });
  return cursors.reduce((one, other) => (other.sequence > one.sequence ? other : one));
}

/**
 * The writes that drop what lies aside.
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<Write[]>}
 */
export async function withoutAside({ store }, id) {
  return (await store.list("state", asideKey(id, ""))).map(([key]) => ({ table: "state", key, value: null }));
}

/**
 * What is kept of a conversation's log, in its order.
 * @param {Context} context
 * @param {string} id
 * @param {(key: string, value: import("./store.js").Value) => void} [onDamaged]  one does not open; left out: that is an error
 * @returns {Promise<History>}
 */
export async function historyOf({ keystore, store }, id, onDamaged) {
  /** @type {History} */
  const history = [];
  for (const [key, value] of await store.list("history", `${id}/`)) {
    try {
      const item = decodeKept(keystore.unseal("history", key, value));
      history.push("content" in item ? { ...item, entry: entryOf(key), content: forPage(item.content) } : item);
    } catch (error) {
      if (!onDamaged || !(error instanceof SealwireError) || [...NOT_NOW, "unsupported version"].includes(error.code)) throw error;
      onDamaged(key, value);
    }
  }
  return history.sort((a, b) => a.sequence - b.sequence);
}

/**
 * @param {string} id
 * @param {string} key
 */
function asideKey(id, key) {
  return `${ASIDE}${id}/${key}`;
}
