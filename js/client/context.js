// @ts-check
/**
 * One live core with a device's state in it: how it is made of what the store
 * holds, and how it is given up. Given up it is of no use any more, and the end
 * service makes the next one.
 *
 * @typedef {import("../core/instance.js").Core} Core
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./end.js").OpenOptions} OpenOptions
 *
 * @typedef {object} Context
 * @property {Core} core
 * @property {import("./keystore.js").Keystore} keystore
 * @property {Store} store
 * @property {number} end          handle
 * @property {string} member       own member id
 * @property {() => import("./types.js").Member} person  this end, as members see it
 * @property {Map<string, number>} handles  conversation → handle
 * @property {Set<string>} spoken  conversations that sealed a message in this context
 * @property {() => import("./store.js").Write} savedEnd  the end's state as it is now
 * @property {boolean} stale       what the core holds is not what is saved
 * @property {() => void} abandon  makes it stale; the next call works with a core rebuilt from the store
 */
import { Reader, Writer, toHex } from "./bytes.js";
import { bytesOf, openKeystore } from "./keystore.js";
import { ROLE } from "./status.js";

/** What a broken core answers, whatever it is asked. */
export const OWN = ["bad handle", "internal", "no randomness"];
/** What says nothing about what is saved: it is not there to be read now. */
export const NOT_NOW = [...OWN, "unavailable"];
const END = "end";

/** @param {Pick<OpenOptions, "role" | "roots">} options */
export function endArguments({ role, roots }) {
  const w = new Writer().u8(ROLE[role]).u8(roots.length);
  for (const root of roots) w.raw(root);
  return w.take();
}

/**
 * @param {Core} core   a fresh one
 * @param {Store} store
 * @param {OpenOptions} options
 * @param {() => string} alias  of this end's credential
 * @returns {Promise<{ context: Context, fresh: boolean }>} fresh: the store knew no end
 */
export async function loadContext(core, store, options, alias) {
  const kept = await store.get("state", END);
  const { keystore, writes } = await openKeystore(core, store, kept !== undefined);
  /** @type {Context} */
  const context = {
    core,
    keystore,
    store,
    end: 0,
    member: "",
    person: () => ({ id: context.member, role: options.role, alias: alias(), verified: options.role !== "customer", self: true }),
    handles: new Map(),
    spoken: new Set(),
    savedEnd: () => savedEnd(context),
    stale: false,
    abandon: () => abandon(context),
  };
  if (kept === undefined) {
    context.end = core.call("end_new", endArguments(options));
    context.member = identityOf(context).member;
    await store.write([...writes, savedEnd(context)]);
    return { context, fresh: true };
  }
  core.putBulk(bytesOf(kept));
  context.end = core.call("end_load", keystore.handle, endArguments(options));
  core.call("bulk_clear");
  context.member = identityOf(context).member;
  return { context, fresh: false };
}

/** @param {Context} context */
export function identityOf({ core, end }) {
  const identity = new Reader(core.callBytes("end_identity", end));
  return { key: identity.raw(32), member: toHex(identity.raw(16)) };
}

/**
 * @param {Context} context
 * @returns {import("./store.js").Write}
 */
function savedEnd({ core, keystore, end }) {
  return { table: "state", key: END, value: core.callBulk("end_save", end, keystore.handle) };
}

/** @param {Context} context */
export function usable({ core, stale }) {
  return core.dead === undefined && !stale;
}

/** @param {Context} context */
function abandon(context) {
  if (context.stale) return;
  context.stale = true;
  closeHandles(context);
}

/**
 * Closing wipes; what stands on the end goes with it.
 * @param {Context} context
 */
function closeHandles({ core, keystore, end, handles }) {
  handles.clear();
  if (core.dead) return;
  core.close(end);
  core.close(keystore.handle);
}
