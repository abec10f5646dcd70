// @ts-check
/**
 * What this end appends next to a conversation's log: its own commit when one
 * is due, then the oldest message of the outbox; without its keys a join
 * request. Whatever leaves was saved first, and is the same bytes again until
 * the log answers.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./outbox.js").Outbox} Outbox
 * @typedef {import("./status.js").Status} Status
 *
 * @typedef {{ role: number, keyPackage: Uint8Array, member?: string }} Newcomer  member: whose the key package must be
 * @typedef {object} Moves
 * @property {number} [marks]
 * @property {number} [role]     the own one, from here on
 * @property {number} [history]  reason of a grant of all that this end may grant; 0: none
 * @property {string[]} [removes]
 * @property {Newcomer[]} [adds]
 * @property {number} [epoch]    in which it was asked for: a move is made in no other
 *
 * @typedef {{ kind: "none" }
 *   | { kind: "commit" | "join", entry: Uint8Array }
 *   | { kind: "message", entry: Uint8Array, message: string }
 *   | { kind: "unattended", queue: string }
 *   | { kind: "settled", message: string }} Step  unattended: nobody of the company would read it
 *
 * @typedef {object} Writing
 * @property {Context} context
 * @property {number} handle
 * @property {string} id          of the conversation
 * @property {() => void} changed the core's state is no longer what is saved
 * @property {Outbox} outbox
 */
import { SealwireError } from "../errors.js";
import { Writer, fromHex, toHex } from "./bytes.js";
import { readCursor, saved, statusOf } from "./kept.js";
import { joinRequest } from "./rejoin.js";

const STORED = 1;
/** Beside the marks of a commit: it answers no join request. */
const QUIET = 4;

const now = () => new Writer().u64(Date.now());

/**
 * @param {Writing} writing
 * @param {boolean} unasked  do what is due now, a commit or a join request, even with nothing to send
 * @param {boolean} quiet    let nobody in by it: somebody asked only just, and may be refused yet
 * @returns {Promise<Step>}
 */
export async function nextStep(writing, unasked, quiet) {
  const { context, handle, id, changed, outbox } = writing;
  const { core } = context;
  const status = statusOf(context, handle);
  if (status.state === "lost" && unasked) {
    const entry = await joinRequest(context, handle, id, await readCursor(context, id), changed);
    return entry ? { kind: "join", entry } : { kind: "none" };
  }
  if (status.state !== "active" && status.state !== "doubtful" && status.state !== "empty") return { kind: "none" };
  const pending = core.callBytes("conversation_pending", handle);
  if (pending.length > 0) return { kind: "commit", entry: pending };
  // In doubt nothing is sealed, but a commit may be what ends the others' doubt.
  const found = status.state === "active" ? outbox.first(id) : undefined;
  if (status.state === "empty" || (!found && !unasked)) return { kind: "none" };
  try {
    if (due(writing, found !== undefined)) return await commit(writing, { marks: quiet ? QUIET : 0 });
  } catch (error) {
    if (found && unattended(error, status)) return { kind: "unattended", queue: status.queue };
    throw error;
  }
  return found ? message(writing, status, found) : { kind: "none" };
}

/**
 * @param {Writing} writing
 * @param {boolean} wanted  somebody waits for it; else what stands against a commit is a reason to make none
 */
function due({ context, handle }, wanted) {
  try {
    return context.core.call("conversation_due", handle, now().take()) !== 0;
  } catch (error) {
    if (wanted || !(error instanceof SealwireError) || error.code === "internal") throw error;
    return false;
  }
}

/**
 * @param {Writing} writing
 * @param {Moves} [moves]
 * @returns {Promise<{ kind: "commit", entry: Uint8Array }>}
 */
async function commit({ context, handle, id, changed }, { marks = 0, role = 0, history = 0, removes = [], adds = [] } = {}) {
  const w = now().bytes8(new Uint8Array()).u8(marks).u8(role).u8(history).u8(removes.length);
  for (const member of removes) w.raw(fromHex(member));
  const entry = context.core.callBytes("conversation_commit", handle, newcomers(w, adds).take());
  changed();
  await context.store.write([saved(context, handle, id)]);
  return { kind: "commit", entry };
}

/**
 * A commit that changes who is in: made and saved, for `nextStep` to give. Null
 * while another own commit waits to be read back; "stale head" where another
 * epoch has begun, which whoever asked for it may not have seen.
 * @param {Writing} writing
 * @param {Moves} moves
 * @returns {Promise<Uint8Array | null>} the id of its entry
 */
export async function move(writing, moves) {
  const { core } = writing.context;
  if (moves.epoch !== undefined && statusOf(writing.context, writing.handle).epoch !== moves.epoch) throw new SealwireError("stale head", "another epoch has begun");
  if (core.callBytes("conversation_pending", writing.handle).length > 0) return null;
  const { entry } = await commit(writing, { ...moves, marks: (moves.marks ?? 0) | QUIET });
  return core.callBytes("entry_id", entry);
}

/**
 * @param {Writer} w
 * @param {readonly Newcomer[]} adds
 */
export function newcomers(w, adds) {
  w.u8(adds.length);
  for (const { role, keyPackage, member = "" } of adds) w.u8(role).bytes8(fromHex(member)).bytes16(keyPackage);
  return w;
}

/**
 * A customer's end can bring the queue's inbox in.
 * @param {unknown} error
 * @param {Status} status
 */
function unattended(error, { members }) {
  return error instanceof SealwireError && error.code === "unavailable" && members.some((m) => m.self && m.role === "customer");
}

/**
 * @param {Writing} writing
 * @param {Status} status
 * @param {[string, import("./records.js").OutboxRecord]} found
 * @returns {Promise<Step>}
 */
async function message({ context, handle, id, changed, outbox }, status, [key, record]) {
  const { core, store } = context;
  const message = toHex(record.id);
  if (record.entry.length > 0 && record.epoch === status.epoch) return { kind: "message", entry: record.entry, message };
  const entry = sealed(context, handle, record);
  if (!entry) {
    const settled = outbox.change(context, key, null);
    await store.write([settled.write]);
    settled.saved();
    return { kind: "settled", message };
  }
  changed();
  context.spoken.add(id);
  const entryId = core.callBytes("entry_id", entry);
  const change = outbox.change(context, key, { ...record, entry, epoch: status.epoch, ids: [...record.ids, entryId] });
  await store.write([saved(context, handle, id), change.write]);
  change.saved();
  return { kind: "message", entry, message };
}

/**
 * Null when the core has read this message from the log already, in a form that the record forgot.
 * @param {Context} context
 * @param {number} handle
 * @param {import("./records.js").OutboxRecord} record
 */
function sealed({ core }, handle, record) {
  if (record.entry.length === 0) return core.callBytes("conversation_seal", handle, now().u8(STORED).raw(record.content).take());
  try {
    return core.callBytes("conversation_reseal", handle, now().bytes32(record.entry).raw(record.content).take());
  } catch (error) {
    if (error instanceof SealwireError && error.code === "replayed") return null;
    throw error;
  }
}
