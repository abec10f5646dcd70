// @ts-check
/**
 * How conversations begin at the end service: a genesis is made of what waits
 * without one, and given up where the relay refuses it; and it may continue
 * another. What was written goes along in the same transaction, so that it waits
 * in one place always.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./outbox.js").Outbox} Outbox
 */
import { SealwireError } from "../errors.js";
import { Writer, encodeText, fromHex } from "./bytes.js";
import { closeQuietly } from "./handles.js";
import { readContinued, saved, savedContinued, stateKey, statusOf } from "./kept.js";
import { ownerRole } from "./statements.js";
import { ROLE } from "./status.js";
import { newcomers } from "./writing.js";

/**
 * A new conversation, and all that waits for one moves to it.
 * @param {Context} context
 * @param {Outbox} outbox  held
 * @param {string} queue
 * @param {Uint8Array} keyPackage  of the queue's inbox, or an agent's
 */
export async function genesis(context, outbox, queue, keyPackage) {
  const { core, end } = context;
  const w = new Writer().u64(Date.now()).bytes8(encodeText(queue)).bytes8(fromHex(await readContinued(context)));
  const role = ownerRole(keyPackage) === ROLE.inbox ? ROLE.inbox : ROLE.agent; // nobody else answers customers
  const handle = core.call("conversation_genesis", end, newcomers(w, [{ role, keyPackage }]).take());
  try {
    const status = statusOf(context, handle);
    const moved = outbox.move(context, "", status.id);
    await context.store.write([saved(context, handle, status.id), ...moved.map((m) => m.write)]);
    for (const m of moved) m.saved();
    context.handles.set(status.id, handle);
    return status;
  } catch (error) {
    closeQuietly(core, handle);
    throw error;
  }
}

/**
 * Gives up a genesis: its texts wait for the next one.
 * @param {Context} context
 * @param {Outbox} outbox  held
 * @param {number} handle
 * @param {string} id
 */
export async function ungenesis(context, outbox, handle, id) {
  if (statusOf(context, handle).index !== 0) throw new SealwireError("bad argument", "the conversation has begun");
  const moved = outbox.move(context, id, "");
  await context.store.write([{ table: "state", key: stateKey(id), value: null }, ...moved.map((m) => m.write)]);
  for (const m of moved) m.saved();
}

/**
 * The next genesis names this conversation.
 * @param {Context} context
 * @param {Outbox} outbox  held
 * @param {string} id  or ""
 * @param {boolean} along  what was written in it and never sealed waits for that genesis
 */
export async function continues(context, outbox, id, along) {
  const moved = along ? outbox.moveUnsealed(context, id, "") : [];
  await context.store.write([savedContinued(context, id), ...moved.map((m) => m.write)]);
  for (const m of moved) m.saved();
  return moved.map(({ item }) => item);
}
