// @ts-check
/**
 * A conversation whose saved state does not open, and which is begun anew from
 * its log: this end finds itself in the roster without keys there, and asks to be
 * let in again (SPEC 7). What does not open is put aside, as it is, until that
 * is done; what still opens of the history stays where it is, and what is read
 * of the log again is not kept twice.
 *
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./store.js").Write} Write
 * @typedef {import("./conversations.js").ConversationSummary["history"]} History
 *
 * @typedef {Map<string, Write[]>} Recovering  conversations begun anew, and what is still to be put aside of them
 */
import { SealwireError } from "../errors.js";
import { forPage } from "./content.js";
import { NOT_NOW } from "./context.js";
import { cursorKey, entryOf, stateKey } from "./kept.js";
import { decodeKept } from "./records.js";

const ASIDE = "aside/";

/**
 * Those of which something lies aside: they are being recovered, and nothing is to be put there any more.
 * @param {Context} context
 * @returns {Promise<Recovering>}
 */
export async function recovering({ store }) {
  return new Map((await store.list("state", ASIDE)).map(([key]) => [String(key.slice(ASIDE.length).split("/")[0]), []]));
}

/**
 * The history of one that did not open, as far as that does; and the writes that put the rest aside: to be made with
 * the first that is saved of it anew, so that nothing has changed if it comes to none.
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<{ history: History, writes: Write[] }>}
 */
export async function recovery(context, id) {
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
  return { history, writes };
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
