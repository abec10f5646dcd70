// @ts-check
/**
 * The end service's conversations: reading the log one entry at a time, and
 * saying what to append next. Every method is one task at a time for its
 * conversation, and every change is saved, in one transaction with what follows
 * from it, before the method returns.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./status.js").Status} Status
 * @typedef {import("./records.js").HistoryItem} HistoryItem
 * @typedef {import("./store.js").Write} Write
 *
 * @typedef {object} ConversationSummary
 * @property {Status} status
 * @property {Uint8Array} last       id of the last entry read; empty if none
 * @property {number} refreshed       ms: when this end last renewed its own place by a commit; 0 if not known
 * @property {boolean} begun         an own genesis waits to be read back
 * @property {HistoryItem[]} history in order of the log; for the page: without the keys of files
 *
 * @typedef {{ kind: "none" }
 *   | { kind: "commit", entry: Uint8Array }
 *   | { kind: "message", entry: Uint8Array, message: string }
 *   | { kind: "settled", message: string }} Step
 *
 * @typedef {object} Received
 * @property {Status} status
 * @property {Uint8Array} last
 * @property {number} refreshed
 * @property {import("./status.js").LogEvent} event
 * @property {HistoryItem} [item]    a message to show; for the page
 * @property {string} [done]         the outbox item that is now in the log
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, encodeText, fromHex, toHex } from "./bytes.js";
import { forPage } from "./content.js";
import { bytesOf } from "./keystore.js";
import { decodeHistory, encodeHistory } from "./records.js";
import { ROLE, decodeEvent, decodeStatus } from "./status.js";

const PREFIX = "conversation/";
const CURSOR = "cursor/";
/** A record's epoch that no conversation has: its sealed form is spoilt and is made anew. */
const SPOILT = Number.MAX_SAFE_INTEGER;
const STORED = 1;
/** Conversations whose state the core holds at a time, but for those that may not be let go. */
const MAX_OPEN = 1_024;

const now = () => new Writer().u64(Date.now());

export class Conversations {
  #context;
  #mutex;
  #outbox;
  /** Joined, and this end was not found in them yet: nothing of them is saved. @type {Set<string>} */
  #joined = new Set();
  /** Those that a task is at. @type {Set<string>} */
  #busy = new Set();

  /**
   * @param {() => Promise<Context>} context
   * @param {import("./mutex.js").Mutex} mutex
   * @param {import("./outbox.js").Outbox} outbox
   */
  constructor(context, mutex, outbox) {
    this.#context = context;
    this.#mutex = mutex;
    this.#outbox = outbox;
  }

  /** @returns {Promise<ConversationSummary[]>} */
  async load() {
    const { store } = await this.#context();
    const found = await store.list("state", PREFIX);
    /** @type {ConversationSummary[]} */
    const summaries = [];
    // One after another, so that the first can be let go before the last is opened.
    for (const [key] of found) summaries.push(await this.#summary(key.slice(PREFIX.length)));
    return summaries;
  }

  /**
   * First contact: a new conversation with the owners of these key packages, each
   * checked by the core against the pinned roots. What was written before it existed moves to it.
   * @param {string} queue
   * @param {Uint8Array} keyPackage  an agent's
   */
  genesis(queue, keyPackage) {
    return this.#outbox.hold(async () => {
      const context = await this.#context();
      const { core, end } = context;
      const input = now().bytes8(encodeText(queue)).u8(1).u8(ROLE.agent).bytes16(keyPackage).take();
      const handle = core.call("conversation_genesis", end, input);
      try {
        const status = this.#status(context, handle);
        const moved = this.#outbox.move(context, "", status.id);
        await context.store.write([this.#saved(context, handle, status.id), ...moved.map((m) => m.write)]);
        for (const m of moved) m.saved();
        context.handles.set(status.id, handle);
        return status;
      } catch (error) {
        closeQuietly(core, handle);
        throw error;
      }
    });
  }

  /**
   * Gives up a genesis that the relay refused; its texts wait for the next one.
   * @param {string} id
   */
  ungenesis(id) {
    return this.#outbox.hold(() =>
      this.#task(id, async (context, handle) => {
        if (this.#status(context, handle).index !== 0) throw new SealwireError("bad argument", "the conversation has begun");
        const moved = this.#outbox.move(context, id, "");
        await context.store.write([{ table: "state", key: PREFIX + id, value: null }, ...moved.map((m) => m.write)]);
        for (const m of moved) m.saved();
        this.#drop(context, id);
      }),
    );
  }

  /**
   * A conversation whose log is still to be read, from its first entry.
   * @param {string} id
   */
  async join(id) {
    this.#joined.add(id);
    return this.#task(id, async (context, handle) => this.#status(context, handle));
  }

  /**
   * Lets go of a conversation that was joined and that this end is not in.
   * @param {string} id
   */
  leave(id) {
    return this.#mutex.run(PREFIX + id, async () => {
      if (this.#joined.delete(id)) this.#drop(await this.#context(), id);
    });
  }

  /**
   * Reads the next entry. `need` is a manifest that has to be fetched first (and given to the end); nothing changed then.
   * @param {string} id
   * @param {number} sequence  must be the one after the last
   * @param {Uint8Array} entry
   * @returns {Promise<Received | { need: Uint8Array }>}
   */
  receive(id, sequence, entry) {
    return this.#task(id, async (context, handle, changed) => {
      const { core, keystore, store } = context;
      const { index } = this.#status(context, handle);
      const before = await this.#readCursor(context, id);
      if (sequence !== index + 1) throw new SealwireError("bad argument", `expected entry ${index + 1}, got ${sequence}`);
      /** @type {Uint8Array} */
      let raw;
      try {
        raw = core.callBytes("conversation_receive", handle, now().raw(entry).take());
      } catch (error) {
        if (!(error instanceof SealwireError) || error.code !== "unavailable") throw error;
        const need = core.callBytes("entry_manifest", entry);
        if (need.length !== 32) throw error;
        return { need };
      }
      changed();
      const event = decodeEvent(raw);
      const status = this.#status(context, handle);
      // Until this end is in it there is nothing to keep, neither a key nor a message: what a relay makes up never reaches the disk.
      if (this.#joined.has(id) && own(status) === "") return { status, last: event.id, refreshed: 0, event };
      const refreshed = event.type === "commit" && (event.own || event.added.includes(own(status))) ? Date.now() : before.refreshed;
      /** @type {Received} */
      const received = { status, last: event.id, refreshed, event };
      /** @type {Write[]} */
      const writes = [this.#saved(context, handle, id), this.#cursor(context, id, sequence, event.id, refreshed)];
      // An own commit spends the secret of the key package that was taken: it goes from the disk in the same stroke.
      if (event.type === "commit" && event.own) writes.push(context.savedEnd());
      const mine = "own" in event && event.own ? this.#outbox.holding(id, event.id) : undefined;
      const change = mine && this.#settle(context, event, mine);
      if (change) writes.push(change.write);
      if (event.type === "message") {
        if (mine) received.done = toHex(mine[1].id);
        const item = historyItem(sequence, event, status, mine?.[1]);
        received.item = { ...item, content: forPage(item.content) };
        // The page is given no more of it there than of the item.
        received.event = { ...event, content: new Uint8Array() };
        writes.push(keystore.seal("history", historyKey(id, sequence), encodeHistory(item)));
      }
      await store.write(writes);
      change?.saved();
      this.#joined.delete(id);
      return received;
    });
  }

  /**
   * What to append next, saved and ready to leave; the same bytes again until the log answers.
   * @param {string} id
   * @param {boolean} renew  commit if one is due, even with nothing to send
   * @returns {Promise<Step>}
   */
  next(id, renew = false) {
    return this.#task(id, async (context, handle, changed) => {
      const { core, store } = context;
      const status = this.#status(context, handle);
      if (status.state !== "active" && status.state !== "empty") return { kind: "none" };
      const pending = core.callBytes("conversation_pending", handle);
      if (pending.length > 0) return { kind: "commit", entry: pending };
      const found = this.#outbox.first(id);
      if (status.state === "empty" || (!found && !renew)) return { kind: "none" };
      if (core.call("conversation_due", handle, now().take()) !== 0) {
        const entry = core.callBytes("conversation_commit", handle, now().take());
        changed();
        await store.write([this.#saved(context, handle, id)]);
        return { kind: "commit", entry };
      }
      if (!found) return { kind: "none" };
      const [key, record] = found;
      const message = toHex(record.id);
      if (record.entry.length > 0 && record.epoch === status.epoch) return { kind: "message", entry: record.entry, message };
      const entry = this.#sealed(context, handle, record);
      if (!entry) {
        const settled = this.#outbox.change(context, key, null);
        await store.write([settled.write]);
        settled.saved();
        return { kind: "settled", message };
      }
      changed();
      context.spoken.add(id);
      const entryId = core.callBytes("entry_id", entry);
      const change = this.#outbox.change(context, key, { ...record, entry, epoch: status.epoch, ids: [...record.ids, entryId] });
      await store.write([this.#saved(context, handle, id), change.write]);
      change.saved();
      return { kind: "message", entry, message };
    });
  }

  /**
   * Null when the core has read this message from the log already, in a form that the record forgot.
   * @param {Context} context
   * @param {number} handle
   * @param {import("./records.js").OutboxRecord} record
   */
  #sealed({ core }, handle, record) {
    if (record.entry.length === 0) return core.callBytes("conversation_seal", handle, now().u8(STORED).raw(record.content).take());
    try {
      return core.callBytes("conversation_reseal", handle, now().bytes32(record.entry).raw(record.content).take());
    } catch (error) {
      if (error instanceof SealwireError && error.code === "replayed") return null;
      throw error;
    }
  }

  /**
   * Removes a message that waits in the outbox, whatever was sealed of it.
   * @param {string} message
   */
  discard(message) {
    return this.#outbox.hold(() => this.#mutex.run(PREFIX + (this.#outbox.conversationOf(message) ?? ""), () => this.#outbox.remove(message)));
  }

  /** @param {Uint8Array} entry */
  async entryId(entry) {
    return (await this.#context()).core.callBytes("entry_id", entry);
  }

  /**
   * An own entry was read: a message is done; one that did not count is sealed anew.
   * @param {Context} context
   * @param {import("./status.js").LogEvent} event
   * @param {[string, import("./records.js").OutboxRecord]} own
   */
  #settle(context, event, [key, record]) {
    if (event.type === "message") return this.#outbox.change(context, key, null);
    if (event.type !== "ignored" || toHex(record.ids[record.ids.length - 1]) !== toHex(event.id)) return undefined;
    return this.#outbox.change(context, key, { ...record, epoch: SPOILT });
  }

  /**
   * @param {string} id
   * @returns {Promise<ConversationSummary>}
   */
  #summary(id) {
    return this.#task(id, async (context, handle) => {
      const { core, keystore, store } = context;
      const status = this.#status(context, handle);
      if (status.id !== id) throw new SealwireError("open failed", "device storage: a conversation in another's place");
      const { sequence, last, refreshed } = await this.#readCursor(context, id);
      if (sequence !== status.index) throw new SealwireError("open failed", "device storage: a cursor that is not the conversation's");
      const history = (await store.list("history", `${id}/`)).map(([key, blob]) => {
        const item = decodeHistory(keystore.unseal("history", key, blob));
        return { ...item, content: forPage(item.content) };
      });
      return { status, last, refreshed, begun: status.state === "empty" && core.call("conversation_pending", handle) > 0, history };
    });
  }

  /**
   * One task on a conversation. It says by `changed` when the core's state is no
   * longer what is saved; if it fails after that, the core goes back to what is
   * saved, all of it: a conversation that is loaded again within one load of its
   * end would count its messages from the start.
   * @template T
   * @param {string} id
   * @param {(context: Context, handle: number, changed: () => void) => Promise<T>} act
   * @returns {Promise<T>}
   */
  #task(id, act) {
    return this.#mutex.run(PREFIX + id, async () => {
      this.#busy.add(id);
      try {
        return await this.#attempt(id, act, true);
      } finally {
        this.#busy.delete(id);
      }
    });
  }

  /**
   * @template T
   * @param {string} id
   * @param {(context: Context, handle: number, changed: () => void) => Promise<T>} act
   * @param {boolean} again  once more, if another task's failure took the core away before this one changed anything
   * @returns {Promise<T>}
   */
  async #attempt(id, act, again) {
    const context = await this.#context();
    let touched = false;
    try {
      const handle = await this.#handle(context, id);
      return await act(context, handle, () => (touched = true));
    } catch (error) {
      if (context.stale && !touched) {
        if (again) return this.#attempt(id, act, false);
        throw new SealwireError("unavailable", "the end service starts anew");
      }
      if (touched) context.abandon();
      throw error;
    }
  }

  /**
   * @param {Context} context
   * @param {string} id
   */
  async #handle(context, id) {
    const open = context.handles.get(id);
    if (open !== undefined) return open;
    const { core, keystore, store, end, handles } = context;
    this.#makeRoom(context);
    const kept = await store.get("state", PREFIX + id);
    /** @type {number} */
    let handle;
    if (kept === undefined) {
      if (!this.#joined.has(id)) throw new SealwireError("bad argument", "no such conversation");
      handle = core.call("conversation_join", end, fromHex(id));
    } else {
      core.putBulk(bytesOf(kept));
      handle = core.call("conversation_load", end, keystore.handle, fromHex(id));
      core.call("bulk_clear");
    }
    handles.set(id, handle);
    return handle;
  }

  /**
   * Closes one that is saved as it is and can be loaded again. One that has sealed
   * in this load of the end cannot: its messages would be counted from the start.
   * @param {Context} context
   */
  #makeRoom(context) {
    if (context.handles.size < MAX_OPEN) return;
    for (const id of context.handles.keys()) {
      if (!this.#busy.has(id) && !this.#joined.has(id) && !context.spoken.has(id)) return this.#drop(context, id);
    }
  }

  /**
   * @param {Context} context
   * @param {string} id
   */
  async #readCursor({ keystore, store }, id) {
    const kept = await store.get("state", CURSOR + id);
    if (kept === undefined) return { sequence: 0, last: new Uint8Array(), refreshed: 0 };
    const r = new Reader(keystore.unseal("state", CURSOR + id, kept));
    return { sequence: r.u64(), last: r.raw(16), refreshed: r.u64() };
  }

  /**
   * @param {Context} context
   * @param {string} id
   * @param {number} sequence
   * @param {Uint8Array} last
   * @param {number} refreshed
   */
  #cursor({ keystore }, id, sequence, last, refreshed) {
    return keystore.seal("state", CURSOR + id, new Writer().u64(sequence).raw(last).u64(refreshed).take());
  }

  /**
   * @param {Context} context
   * @param {string} id
   */
  #drop({ core, handles }, id) {
    const handle = handles.get(id);
    handles.delete(id);
    if (handle !== undefined) closeQuietly(core, handle);
  }

  /**
   * @param {Context} context
   * @param {number} handle
   */
  #status({ core }, handle) {
    return decodeStatus(core.callBytes("conversation_status", handle));
  }

  /**
   * @param {Context} context
   * @param {number} handle
   * @param {string} id
   * @returns {Write}
   */
  #saved({ core, keystore }, handle, id) {
    return { table: "state", key: PREFIX + id, value: core.callBulk("conversation_save", handle, keystore.handle) };
  }
}

/** @param {Status} status */
function own(status) {
  return status.members.find((m) => m.self)?.id ?? "";
}

/**
 * @param {string} id
 * @param {number} sequence
 */
export function historyKey(id, sequence) {
  return `${id}/${String(sequence).padStart(16, "0")}`;
}

/**
 * @param {number} sequence
 * @param {import("./status.js").MessageEvent_} event
 * @param {Status} status
 * @param {import("./records.js").OutboxRecord} [record]
 * @returns {HistoryItem}
 */
function historyItem(sequence, event, status, record) {
  const from = status.members.find((m) => m.id === event.sender) ?? null;
  return { sequence, id: record?.id ?? event.id, own: event.own, time: record?.time ?? Date.now(), gap: event.gap, from, content: event.content };
}

/**
 * After a failure the handle may be gone already, with its end or with the core.
 * @param {import("../core/instance.js").Core} core
 * @param {number} handle
 */
function closeQuietly(core, handle) {
  try {
    core.close(handle);
  } catch {
    // Gone, which is what was wanted.
  }
}
