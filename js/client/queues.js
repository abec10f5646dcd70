// @ts-check
/**
 * What the authority tells of the queues, taken apart: forms that are not as they
 * must be are refused, and nothing in them is longer or more than a page can show.
 *
 * @typedef {import("./types.js").Waiting} Waiting
 * @typedef {import("./types.js").Colleague} Colleague
 * @typedef {import("./types.js").QueueCount} QueueCount
 */
import { SealwireError } from "../errors.js";

const ID = /^[0-9a-f]{32}$/;
const ROLES = ["agent", "supervisor", "bot"];
/** Rows of each list that are taken. */
const MAX_ROWS = 5_000;
/** Characters of an alias, or of a queue's name. */
const MAX_NAME = 64;

/**
 * @param {Record<string, unknown>} answer
 * @param {string} self  member id, which is not among the colleagues
 * @returns {{ version: number, waiting: readonly Waiting[], agents: readonly Colleague[], counts: readonly QueueCount[] }}
 */
export function readQueues({ version, waiting, agents, counts }, self) {
  const colleagues = rows(agents, colleague).filter(({ id }) => id !== self);
  colleagues.sort((a, b) => Number(b.online) - Number(a.online) || (a.alias < b.alias ? -1 : 1));
  const lines = rows(waiting, waitingOne).sort((a, b) => a.since - b.since);
  return { version: count(version), waiting: Object.freeze(lines), agents: Object.freeze(colleagues), counts: Object.freeze(countsOf(counts)) };
}

/** @param {Record<string, unknown>} row @returns {Waiting} */
function waitingOne({ conversation, queue, since, entries, parked }) {
  return { id: id(conversation), queue: name(queue), since: count(since), entries: count(entries), parked: parked === true };
}

/** @param {Record<string, unknown>} row @returns {Colleague} */
function colleague({ member, alias, role, queues, online }) {
  if (typeof role !== "string" || !ROLES.includes(role)) throw bad();
  return { id: id(member), alias: name(alias), role, queues: Object.freeze(list(queues).map(name)), online: online === true };
}

/** @param {unknown} value @returns {QueueCount[]} */
function countsOf(value) {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object" || Array.isArray(value)) throw bad();
  const all = Object.entries(value).slice(0, MAX_ROWS).sort(([a], [b]) => (a < b ? -1 : 1));
  return rows(all.map(([queue, row]) => ({ ...row, queue })), ({ queue, waiting, agents }) => ({ queue: name(queue), waiting: count(waiting), agents: count(agents) }));
}

/**
 * @template T
 * @param {unknown} value
 * @param {(row: Record<string, unknown>) => T} read
 * @returns {T[]}
 */
function rows(value, read) {
  return list(value).map((row) => {
    if (typeof row !== "object" || row === null) throw bad();
    return Object.freeze(read(Object.assign(Object.create(null), row)));
  });
}

/** @param {unknown} value */
function list(value) {
  // An authority in Go says null for a list that is empty.
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw bad();
  return /** @type {unknown[]} */ (value).slice(0, MAX_ROWS);
}

/** @param {unknown} value */
function id(value) {
  if (typeof value !== "string" || !ID.test(value)) throw bad();
  return value;
}

/** @param {unknown} value */
function name(value) {
  if (typeof value !== "string") throw bad();
  return value.slice(0, MAX_NAME);
}

/** @param {unknown} value */
function count(value) {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw bad();
  return value;
}

function bad() {
  return new SealwireError("unavailable", "an answer of another kind");
}
