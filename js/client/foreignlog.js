// @ts-check
/**
 * The logs of the conversations that one foreign conversation carries, each as
 * all its ends see it: the entries that decode and name it, in the platform's
 * order, each once (SPEC 10.5). Whether an entry is valid is no question here:
 * those that are not stand in the log, too, and count.
 *
 * @typedef {{ id: Uint8Array, manifest: Uint8Array }} Inspected  an entry's id; the manifest that it names, if it is a commit
 * @typedef {(entry: Uint8Array) => Promise<Inspected | null>} Inspect  null: it does not decode
 *
 * @typedef {object} Read
 * @property {string} conversation  hex
 * @property {number} sequence      from 1
 * @property {Uint8Array} entry
 * @property {string} id            hex
 * @property {boolean} commit
 * @property {string} manifest      hex; that a commit names
 */
import { toHex } from "./bytes.js";

const COMMIT = 1;
const ID = 16;
/** Where a conversation's id stands: in a commit behind the body's length and the suite. */
const AT = { commit: 2 + 4 + 2, other: 2 };

export class ForeignLog {
  #inspect;
  /** @type {Map<string, { entries: Uint8Array[], places: Map<string, number>, begun: boolean }>} */
  #logs = new Map();

  /** @param {Inspect} inspect */
  constructor(inspect) {
    this.#inspect = inspect;
  }

  /** Those that have begun, in the order in which they did. */
  get conversations() {
    return [...this.#logs].flatMap(([id, { begun }]) => (begun ? [id] : []));
  }

  /** @param {string} conversation */
  length(conversation) {
    return this.#logs.get(conversation)?.entries.length ?? 0;
  }

  /**
   * The entry in a place, from 1.
   * @param {string} conversation
   * @param {number} sequence
   */
  at(conversation, sequence) {
    return this.#logs.get(conversation)?.entries[sequence - 1];
  }

  /**
   * Where an entry stands, or 0.
   * @param {string} conversation
   * @param {string} id  of the entry
   */
  place(conversation, id) {
    return this.#logs.get(conversation)?.places.get(id) ?? 0;
  }

  /**
   * Takes the next entry of the platform's conversation.
   * @param {Uint8Array} entry
   * @returns {Promise<Read | null>} null: none, or one that stands there already
   */
  async read(entry) {
    const inspected = await this.#inspect(entry);
    if (!inspected) return null;
    const id = toHex(inspected.id);
    const commit = entry[1] === COMMIT;
    const conversation = conversationOf(entry);
    /** @type {{ entries: Uint8Array[], places: Map<string, number>, begun: boolean }} */
    const log = this.#logs.get(conversation) ?? { entries: [], places: new Map(), begun: false };
    if (log.places.has(id)) return null;
    const sequence = log.entries.push(entry);
    log.places.set(id, sequence);
    if (log.begun || (commit && isGenesis(entry))) {
      // The order of beginnings is that of the map.
      if (!log.begun) this.#logs.delete(conversation);
      log.begun = true;
    }
    this.#logs.set(conversation, log);
    return { conversation, sequence, entry, id, commit, manifest: toHex(inspected.manifest) };
  }
}

/**
 * The conversation that an entry names.
 * @param {Uint8Array} entry  one that decodes
 */
export function conversationOf(entry) {
  const at = entry[1] === COMMIT ? AT.commit : AT.other;
  return toHex(entry.subarray(at, at + ID));
}

/** @param {Uint8Array} commit */
export function isGenesis(commit) {
  const at = AT.commit + ID;
  return commit[1] === COMMIT && commit.subarray(at, at + 8).every((b) => b === 0);
}
