// @ts-check
/**
 * A conversation whose saved state does not open, and which is begun anew from
 * its log: this end finds itself in the roster without keys there, and asks to be
 * let in again (SPEC 7). What does not open is put aside, untouched, until that
 * is done; what still opens of the history stays where it is, and what is read
 * of the log again is not kept twice.
 *
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./store.js").Write} Write
 * @typedef {import("./conversations.js").ConversationSummary["history"]} History
 */
import { SealwireError } from "../errors.js";
import { forPage } from "./content.js";
import { cursorKey, entryOf, stateKey } from "./kept.js";
import { decodeKept } from "./records.js";

const ASIDE = "aside/";
/** What says nothing about what is saved: it is not there to be read now. */
export const NOT_NOW = ["bad handle", "internal", "no randomness", "unavailable"];

/**
 * Those of which something lies aside: they are being recovered.
 * @param {Context} context
 */
export async function asideIds({ store }) {
  return new Set((await store.list("state", ASIDE)).map(([key]) => String(key.slice(ASIDE.length).split("/")[0])));
}

/**
 * Copies what holds the state aside, and moves there what does not open of the history.
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<History>}  what does
 */
export async function putAside(context, id) {
  const { store } = context;
  /** @type {Write[]} */
  const writes = [];
  for (const key of [stateKey(id), cursorKey(id)]) {
    const value = await store.get("state", key);
    if (value !== undefined) writes.push({ table: "state", key: asideKey(id, key), value });
  }
  const history = await historyOf(context, id, (key, value) => {
    writes.push({ table: "state", key: asideKey(id, `history/${key}`), value }, { table: "history", key, value: null });
  });
  await store.write(writes);
  return history;
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
      if (!onDamaged || !(error instanceof SealwireError) || NOT_NOW.includes(error.code)) throw error;
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
