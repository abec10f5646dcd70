// @ts-check
/**
 * The core's handles of conversations: opened when a task needs one, so many at
 * a time, one task at a time for each conversation.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./reading.js").Joined} Joined
 *
 * @typedef {() => void} Changed  to say that the core's state is no longer what is saved
 */
import { SealwireError } from "../errors.js";
import { fromHex } from "./bytes.js";
import { bytesOf } from "./keystore.js";
import { stateKey } from "./kept.js";

/** Conversations whose state the core holds at a time, but for those that may not be let go. */
export const MAX_OPEN = 1_024;

export class Handles {
  #context;
  #mutex;
  /** Joined, and this end was not found in them yet: nothing of them is saved. With their commits. @type {Map<string, Joined[]>} */
  #joined = new Map();
  /** Saved, and did not open: no task is done on them, so that what lies there stays as it is. @type {Map<string, import("../errors.js").Code>} */
  #failed = new Map();
  /** Of those that did not open the ones that are joined anew: what is saved counts nothing until something of that is. @type {Map<string, import("../errors.js").Code>} */
  #anew = new Map();
  /** Those that a task is at. @type {Set<string>} */
  #busy = new Set();

  /**
   * @param {() => Promise<Context>} context
   * @param {import("./mutex.js").Mutex} mutex
   */
  constructor(context, mutex) {
    this.#context = context;
    this.#mutex = mutex;
  }

  /**
   * The commits so far of one that was joined and not found.
   * @param {string} id
   */
  joined(id) {
    return this.#joined.get(id);
  }

  /**
   * It can be opened although nothing of it is saved, until it is found or let go.
   * @param {string} id
   */
  join(id) {
    this.#joined.set(id, []);
  }

  /**
   * What is saved of it does not open.
   * @param {Context} context
   * @param {string} id
   * @param {import("../errors.js").Code} code
   */
  fail(context, id, code) {
    this.#failed.set(id, code);
    this.drop(context, id);
  }

  /** @param {string} id */
  failed(id) {
    return this.#failed.has(id);
  }

  /**
   * One that did not open is joined as if nothing of it were saved, until it is found or let go.
   * @template T
   * @param {string} id
   * @param {(context: Context) => Promise<T>} act  before that
   * @returns {Promise<T>}
   */
  anew(id, act) {
    return this.alone(id, async () => {
      const code = this.#failed.get(id);
      if (!code) throw new SealwireError("bad argument", "the conversation did not fail to open");
      const result = await act(await this.#context());
      this.#failed.delete(id);
      this.#anew.set(id, code);
      this.join(id);
      return result;
    });
  }

  /** @param {string} id */
  found(id) {
    this.#joined.delete(id);
    this.#anew.delete(id);
  }

  /**
   * Lets go of one that was joined and not found.
   * @param {string} id
   */
  leave(id) {
    return this.alone(id, async () => {
      if (!this.#joined.delete(id)) return;
      this.drop(await this.#context(), id);
      const code = this.#anew.get(id);
      if (code) this.#failed.set(id, code);
      this.#anew.delete(id);
    });
  }

  /**
   * Keeps every task away from a conversation.
   * @template T
   * @param {string} id
   * @param {() => Promise<T>} act
   */
  alone(id, act) {
    return this.#mutex.run(stateKey(id), act);
  }

  /**
   * One task on a conversation. If it fails after it changed something, the core
   * goes back to what is saved, all of it: a conversation that is loaded again
   * within one load of its end would count its messages from the start.
   * @template T
   * @param {string} id
   * @param {(context: Context, handle: number, changed: Changed) => Promise<T>} act
   * @returns {Promise<T>}
   */
  task(id, act) {
    return this.alone(id, async () => {
      const failed = this.#failed.get(id);
      if (failed) throw new SealwireError(failed, "device storage: the conversation is saved, and did not open");
      this.#busy.add(id);
      try {
        return await this.#attempt(id, act, true);
      } finally {
        this.#busy.delete(id);
      }
    });
  }

  /**
   * Closes what the core holds of a conversation.
   * @param {Context} context
   * @param {string} id
   */
  drop({ core, handles }, id) {
    const handle = handles.get(id);
    handles.delete(id);
    if (handle !== undefined) closeQuietly(core, handle);
  }

  /**
   * @template T
   * @param {string} id
   * @param {(context: Context, handle: number, changed: Changed) => Promise<T>} act
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
    const kept = await store.get("state", stateKey(id));
    /** @type {number} */
    let handle;
    if (kept === undefined || this.#anew.has(id)) {
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
      if (!this.#busy.has(id) && !this.#joined.has(id) && !context.spoken.has(id)) return this.drop(context, id);
    }
  }
}

/**
 * After a failure the handle may be gone already, with its end or with the core.
 * @param {import("../core/instance.js").Core} core
 * @param {number} handle
 */
export function closeQuietly(core, handle) {
  try {
    core.close(handle);
  } catch {
    // Gone, which is what was wanted.
  }
}
