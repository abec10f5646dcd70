/**
 * Which of the encrypted conversations in one of the host's is answered. Whoever is in the host's conversation can begin
 * one with this agent, and so can the platform; so one is chosen, once, and no other takes its place by itself but what
 * goes on with the same customer: the same identity key, no less vouched for, and either the new one names the chosen
 * one as what it continues, or nothing more can be sent in that one. The choice is kept on this device, so that who comes first after a
 * reload wins nothing.
 *
 * Where just one is known, that is it. Where several are, with different customers, and the agent has not written in any
 * of them nor chosen, nobody can tell but the agent: it is asked, and until then none is answered or shown.
 *
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 * @typedef {import("./knowledge.js").Memory} Memory
 *
 * @typedef {object} Chosen  what is kept
 * @property {string} id
 * @property {readonly string[]} before   those of the same chat that it took the place of
 * @property {Readonly<Record<string, boolean>>} customers  by member id: whether the company vouches for them
 * @property {boolean} own                the agent chose it, or wrote in it
 *
 * @typedef {object} Choice
 * @property {Chosen} [chosen]
 * @property {Conversation} [conversation]  the chosen one, where this end is in it
 * @property {boolean} asks                 the agent has to say which
 * @property {readonly Conversation[]} others  those that are neither it nor what it continues
 * @property {ReadonlySet<string>} reads    ids of those whose words are shown
 */
import { isOver } from "../../widget/standing.js";

const mostKept = 1_000;
const mostBefore = 16;

/** @type {Choice} */
export const undecided = Object.freeze({ asks: false, others: [], reads: new Set() });

const theirs = ["customer", "guest"];

/**
 * The customers of a conversation, those too who were in it.
 * @param {Pick<Conversation, "members"|"ledger">} conversation
 * @param {readonly string[]} [roles]
 * @returns {Record<string, boolean>}
 */
function customersOf({ members, ledger }, roles = ["customer"]) {
  /** @type {Record<string, boolean>} */
  const found = {};
  for (const { id, role, verified } of [...ledger.map(({ member }) => member), ...members]) {
    if (roles.includes(role)) found[id] = verified;
  }
  return found;
}

/** Nobody else is its customer, nor a guest in it. @param {Conversation} conversation @param {Chosen["customers"]} customers @param {boolean} [standing]  nor is one less vouched for */
function isOfSame(conversation, customers, standing = true) {
  const people = Object.entries(customersOf(conversation, theirs));
  return people.length > 0 && people.every(([id, verified]) => Object.hasOwn(customers, id) && (!standing || verified || !customers[id]));
}

/** @param {Conversation} conversation */
function isKnown(conversation) {
  return Object.keys(customersOf(conversation, theirs)).length > 0;
}

/**
 * @param {Conversation} conversation
 * @param {Chosen} [before]  that it takes the place of
 * @returns {Chosen}
 */
export function chosenOf(conversation, before) {
  const earlier = before && before.id !== conversation.id ? [...before.before, before.id] : before?.before ?? [];
  return { id: conversation.id, before: earlier.filter((id) => id !== conversation.id).slice(-mostBefore), customers: customersOf(conversation), own: false };
}

/**
 * @param {object} stand
 * @param {readonly string[]} stand.ids  of all in this chat, in the order in which they began
 * @param {(id: string) => Conversation|undefined} stand.find  those that this end is in
 * @param {Chosen|undefined} stand.chosen
 * @param {boolean} stand.settled  all that is there was read, as far as can be told
 * @returns {Choice}
 */
export function decide({ ids, find, chosen, settled }) {
  const known = ids.flatMap((id) => find(id) ?? []);
  let now = chosen ?? (settled ? first(known) : undefined);
  if (!now) return settled && known.length > 1 ? { ...undecided, asks: true, others: known.filter(isKnown) } : undecided;
  now = goneOn(now, { ids, known, find, settled });
  const conversation = find(now.id);
  if (conversation) {
    const spoken = now.own || conversation.messages.some(({ self }) => self);
    now = { ...now, own: spoken, customers: together(now.customers, customersNow(conversation)) };
  }
  const reads = readable(now, find);
  const others = known.filter((one) => !reads.has(one.id) && isKnown(one));
  if (settled && !conversation && others.length > 0) return { chosen: now, asks: true, others, reads: new Set() };
  // Nobody but who came first has said that it is this one.
  if (conversation && !now.own && others.some((one) => !isOver(one))) return { chosen: now, asks: true, others: [conversation, ...others], reads: new Set() };
  return { chosen: now, ...(conversation ? { conversation } : {}), asks: false, others, reads };
}

/** @param {readonly Conversation[]} known @returns {Chosen|undefined} */
function first(known) {
  const newest = known.at(-1);
  if (!newest || (known.length > 1 && !known.every((one) => isOfSame(one, customersOf(newest), false)))) return undefined;
  return known.reduce((/** @type {Chosen|undefined} */ before, one) => chosenOf(one, before), undefined);
}

/**
 * @param {Chosen} chosen
 * @param {{ids: readonly string[], known: readonly Conversation[], find: (id: string) => Conversation|undefined, settled: boolean}} stand
 */
function goneOn(chosen, { ids, known, find, settled }) {
  const later = known.filter(({ id }) => ids.indexOf(id) > ids.indexOf(chosen.id));
  for (const one of later) {
    const at = find(chosen.id);
    if (!at && !settled) break;
    const gap = !at || isOver(at) || one.previous === at.id;
    if (gap && isOfSame(one, chosen.customers)) chosen = { ...chosenOf(one, chosen), own: chosen.own, customers: together(chosen.customers, customersOf(one)) };
  }
  return chosen;
}

/** @param {Conversation} conversation @returns {Record<string, boolean>} */
function customersNow({ members }) {
  return Object.fromEntries(members.filter(({ role }) => role === "customer").map(({ id, verified }) => [id, verified]));
}

/** Whoever was vouched for once is not the same without it. @param {Chosen["customers"]} before @param {Chosen["customers"]} now */
function together(before, now) {
  return { ...before, ...Object.fromEntries(Object.entries(now).map(([id, verified]) => [id, verified || before[id] === true])) };
}

/** @param {Chosen} chosen @param {(id: string) => Conversation|undefined} find */
function readable(chosen, find) {
  const reads = new Set([chosen.id]);
  for (let at = find(chosen.id)?.previous; at && !reads.has(at) && reads.size <= mostBefore;) {
    const before = find(at);
    if (!before || !isOfSame(before, chosen.customers, false)) break;
    reads.add(at);
    at = before.previous;
  }
  for (const id of chosen.before) {
    const before = find(id);
    if (before && isOfSame(before, chosen.customers, false)) reads.add(id);
  }
  return reads;
}

/** What was chosen, by the sid of the host's conversation, on this device. */
export class Choices {
  #memory;
  #key;
  /** @type {Map<string, Chosen>} */
  #chosen;

  /** @param {Memory} [memory] @param {string} [key] */
  constructor(memory, key = "sealwire flex chosen") {
    this.#memory = memory;
    this.#key = key;
    this.#chosen = this.#kept();
  }

  /** Another tab of this browser may have chosen since. */
  again() {
    for (const [sid, chosen] of this.#kept()) this.#chosen.set(sid, chosen);
  }

  /** @param {string} sid */
  get(sid) {
    return this.#chosen.get(sid);
  }

  /** @param {string} sid @param {Chosen} chosen */
  keep(sid, chosen) {
    // Without its customers nothing could ever go on with it: it is kept once they are known.
    if (Object.keys(chosen.customers).length === 0 || JSON.stringify(this.get(sid)) === JSON.stringify(chosen)) return;
    this.#chosen.delete(sid);
    this.#chosen.set(sid, chosen);
    try {
      const all = this.#kept();
      all.delete(sid);
      this.#memory?.setItem(this.#key, JSON.stringify([...all, [sid, chosen]].slice(-mostKept)));
    } catch {
      // After a reload the agent is asked, where there are several.
    }
  }

  /** @returns {Map<string, Chosen>} */
  #kept() {
    try {
      const list = /** @type {unknown} */ (JSON.parse(this.#memory?.getItem(this.#key) ?? "[]"));
      return new Map(Array.isArray(list) ? list.filter(isEntry) : []);
    } catch {
      return new Map();
    }
  }
}

/** @param {unknown} entry @returns {entry is [string, Chosen]} */
function isEntry(entry) {
  if (!Array.isArray(entry) || typeof entry[0] !== "string") return false;
  const { id, before, customers, own } = /** @type {Partial<Record<keyof Chosen, unknown>>} */ (entry[1] ?? {});
  return typeof id === "string" && Array.isArray(before) && before.every((one) => typeof one === "string") && typeof own === "boolean" &&
    typeof customers === "object" && customers !== null && Object.values(customers).every((one) => typeof one === "boolean");
}
