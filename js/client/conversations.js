// @ts-check
/**
 * The end service's conversations: beginning (beginning.js) and joining them,
 * reading the log one entry at a time (reading.js), and saying what to append
 * next (writing.js). Every method is one task at a time for its conversation, and
 * every change is saved, in one transaction with what follows from it, before
 * the method returns.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./status.js").Status} Status
 *
 * @typedef {object} ConversationSummary
 * @property {Status} status
 * @property {Uint8Array} last       id of the last entry read; empty if none
 * @property {number} refreshed       ms: when this end last renewed its own place by a commit; 0 if not known
 * @property {boolean} begun         an own genesis waits to be read back
 * @property {import("./rejoin.js").Ask[]} asks  what the log asks of this end
 * @property {(import("./records.js").MessageItem | import("./records.js").CommitItem | import("./records.js").NoteItem)[]} history in order of the log; for the page: without the keys of files
 *
 * @typedef {{ id: string, code: import("../errors.js").Code, anew: boolean }} Failed  one that is saved and did not open. anew: it can be read anew
 */
import { SealwireError } from "../errors.js";
import { continues, genesis, ungenesis } from "./beginning.js";
import { Reader, decodeText, fromHex, toHex } from "./bytes.js";
import { NOT_NOW } from "./context.js";
import { Handles } from "./handles.js";
import { keptIds, readContinued, readCursor, statusOf } from "./kept.js";
import { readEntry } from "./reading.js";
import { asLost, historyOf, isBehind, isRecoverable, recovering, recovery } from "./recovering.js";
import { asksOf } from "./rejoin.js";
import { move, nextStep } from "./writing.js";

export class Conversations {
  #context;
  #outbox;
  #handles;
  /** @type {import("./recovering.js").Recovering} */
  #recovering = new Map();

  /**
   * @param {() => Promise<Context>} context
   * @param {import("./mutex.js").Mutex} mutex
   * @param {import("./outbox.js").Outbox} outbox
   */
  constructor(context, mutex, outbox) {
    this.#context = context;
    this.#outbox = outbox;
    this.#handles = new Handles(context, mutex);
  }

  /**
   * All that are saved. One that does not open, as it is damaged or of another version, does not stand in the way of the others.
   * @returns {Promise<{ conversations: ConversationSummary[], failed: Failed[] }>}
   */
  async load() {
    /** @type {ConversationSummary[]} */
    const conversations = [];
    /** @type {Failed[]} */
    const failed = [];
    this.#recovering.clear();
    // One after another, so that the first can be let go before the last is opened.
    for (const id of await keptIds(await this.#context())) {
      try {
        conversations.push(await this.#summary(id));
      } catch (error) {
        if (!(error instanceof SealwireError) || NOT_NOW.includes(error.code)) throw error;
        const context = await this.#context();
        this.#handles.fail(context, id, error.code);
        failed.push({ id, code: error.code, anew: error.code !== "unsupported version" && (await isRecoverable(context, id)) });
      }
    }
    return { conversations, failed };
  }

  /**
   * First contact: a new conversation with the owners of these key packages, each
   * checked by the core against the pinned roots. What was written before it existed moves to it.
   * @param {string} queue
   * @param {Uint8Array} keyPackage  of the queue's inbox, or an agent's
   */
  genesis(queue, keyPackage) {
    return this.#outbox.hold(async () => genesis(await this.#context(), this.#outbox, queue, keyPackage));
  }

  /**
   * The next genesis names this conversation, as the one that it continues.
   * @param {string} id  or ""
   * @param {boolean} along  what was written in it and never sealed waits for that genesis
   * @returns {Promise<import("./outbox.js").OutboxItem[]>} what went along
   */
  continues(id, along) {
    return this.#outbox.hold(() => this.#handles.alone(id, async () => continues(await this.#context(), this.#outbox, id, along)));
  }

  /**
   * The hashes of the manifests that own commits name which are made and not read back. Such a commit goes out as it is,
   * however long it takes: it may have landed already, and another in its place would not be known for the same.
   */
  async named() {
    /** @type {Set<string>} */
    const hashes = new Set();
    for (const id of await keptIds(await this.#context())) {
      if (this.#handles.failed(id)) continue;
      await this.#handles.task(id, async ({ core }, handle) => {
        const pending = core.callBytes("conversation_pending", handle);
        if (pending.length > 0) hashes.add(toHex(core.callBytes("entry_manifest", pending)));
      });
    }
    return hashes;
  }

  /** The one that the next genesis names, or "". */
  async continued() {
    return readContinued(await this.#context());
  }

  /**
   * Gives up a genesis that the relay refused; its texts wait for the next one.
   * @param {string} id
   */
  ungenesis(id) {
    return this.#outbox.hold(() =>
      this.#handles.task(id, async (context, handle) => {
        await ungenesis(context, this.#outbox, handle, id);
        this.#handles.drop(context, id);
      }),
    );
  }

  /**
   * A conversation whose log is still to be read, from its first entry.
   * @param {string} id
   */
  async join(id) {
    this.#handles.join(id);
    return this.#handles.task(id, async (context, handle) => statusOf(context, handle));
  }

  /**
   * One that is saved and did not open: its log is to be read from its first entry, as when it is joined. Resolves with
   * what opens of its history.
   * @param {string} id
   */
  recover(id) {
    return this.#handles.anew(id, async (context) => {
      const { history, ...begun } = await recovery(context, id);
      this.#recovering.set(id, begun);
      return history;
    });
  }

  /**
   * Lets go of a conversation that was joined and that this end is not in.
   * @param {string} id
   */
  leave(id) {
    return this.#handles.leave(id);
  }

  /**
   * Reads the next entry.
   * @param {string} id
   * @param {number} sequence  must be the one after the last
   * @param {Uint8Array} entry
   */
  receive(id, sequence, entry) {
    return this.#handles.task(id, async (context, handle, changed) => {
      const joined = this.#handles.joined(id);
      const received = await readEntry({ context, handle, id, changed, outbox: this.#outbox, recovering: this.#recovering, ...(joined ? { joined } : {}) }, sequence, entry);
      if (joined && !("need" in received) && received.member) this.#handles.found(id);
      return received;
    });
  }

  /**
   * What to append next, saved and ready to leave; the same bytes again until the log answers.
   * @param {string} id
   * @param {boolean} [unasked] do what is due now, a commit or a join request, even with nothing to send
   * @param {boolean} [quiet]   let nobody in by it
   */
  next(id, unasked = false, quiet = false) {
    return this.#handles.task(id, async (context, handle, changed) => {
      if (this.#isBehind(context, handle, id)) return /** @type {const} */ ({ kind: "none" });
      return nextStep({ context, handle, id, changed, outbox: this.#outbox }, unasked, quiet);
    });
  }

  /**
   * Makes a commit that changes who is in, for `next` to give. Null while another own one waits to be read back.
   * @param {string} id
   * @param {import("./writing.js").Moves} moves
   */
  move(id, moves) {
    return this.#handles.task(id, async (context, handle, changed) => {
      if (this.#isBehind(context, handle, id)) throw new SealwireError("rolled back", "the log is shorter than it was");
      return move({ context, handle, id, changed, outbox: this.#outbox }, moves);
    });
  }

  /**
   * Removes a message that waits in the outbox, whatever was sealed of it.
   * @param {string} message
   */
  discard(message) {
    return this.#outbox.hold(() => this.#handles.alone(this.#outbox.conversationOf(message) ?? "", () => this.#outbox.remove(message)));
  }

  /**
   * What this end and a member compare (SPEC 2.6). Changes nothing.
   * @param {string} id
   * @param {string} member  32 hex digits
   * @returns {Promise<import("./types.js").SafetyNumber>}
   */
  safetyNumber(id, member) {
    return this.#handles.task(id, async ({ core }, handle) => {
      const r = new Reader(core.callBytes("conversation_safety", handle, fromHex(member)));
      const safety = { epoch: r.u64(), number: decodeText(r.raw(60)), transcript: decodeText(r.raw(30)) };
      r.end();
      return safety;
    });
  }

  /**
   * Begun anew, and not read as far as it was before: nothing is done in it.
   * @param {Context} context
   * @param {number} handle
   * @param {string} id
   */
  #isBehind(context, handle, id) {
    const begun = this.#recovering.get(id);
    return begun !== undefined && isBehind(begun, statusOf(context, handle).index);
  }

  /**
   * @param {string} id
   * @returns {Promise<ConversationSummary>}
   */
  #summary(id) {
    return this.#handles.task(id, async (context, handle) => {
      const { core } = context;
      const status = statusOf(context, handle);
      if (status.id !== id) throw new SealwireError("open failed", "device storage: a conversation in another's place");
      const begun = await recovering(context, id);
      if (begun) this.#recovering.set(id, begun);
      const cursor = await readCursor(context, id);
      const { sequence, last, refreshed } = cursor;
      if (sequence !== status.index) throw new SealwireError("open failed", "device storage: a cursor that is not the conversation's");
      const history = await historyOf(context, id);
      const genesis = status.state === "empty" && core.call("conversation_pending", handle) > 0;
      const behind = isBehind(begun, status.index);
      return { status: behind ? asLost(status) : status, last, refreshed, begun: genesis, asks: behind ? [] : asksOf(context, handle, status, cursor), history };
    });
  }
}
