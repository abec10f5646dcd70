// @ts-check
/**
 * Who came and went in one conversation, from the commits of its log alone: what
 * is told between the messages, and the ledger of who could read what. Commits
 * say their times themselves; they are shown, and decide nothing.
 *
 * @typedef {import("./records.js").CommitItem} CommitItem
 * @typedef {import("./types.js").Granted} Granted
 * @typedef {import("./types.js").LedgerEntry} LedgerEntry
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./types.js").NoteKind} NoteKind
 *
 * @typedef {object} Told  a note without its place
 * @property {number} sequence
 * @property {NoteKind} kind
 * @property {number} time
 * @property {Member | null} member
 * @property {Member | null} by
 * @property {Granted} [granted]
 */
import { ATTENDS, CLOSE, LEAVE } from "./status.js";

export class Chronicle {
  /** In the order of the log. @type {CommitItem[]} */
  #commits = [];
  /** @type {Told[] | null} */
  #told = null;
  /** @type {LedgerEntry[] | null} */
  #ledger = null;

  /**
   * One that is added again takes the place of what it was.
   * @param {CommitItem} item
   */
  add(item) {
    const before = this.#commits.findLastIndex(({ sequence }) => sequence < item.sequence);
    const same = this.#commits[before + 1]?.sequence === item.sequence;
    this.#commits.splice(before + 1, same ? 1 : 0, item);
    this.#told = this.#ledger = null;
  }

  /** When the conversation began, as its first commit says; 0 if not known. */
  get since() {
    const [first] = this.#commits;
    return first?.epoch === 0 ? first.time : 0;
  }

  /**
   * Whether this end left after that entry.
   * @param {number} sequence
   */
  leftAfter(sequence) {
    return this.#commits.some((c) => c.sequence > sequence && c.by?.self === true && (c.marks & LEAVE) !== 0);
  }

  /** What is told, in the order of the log. */
  get told() {
    this.#told ??= this.#commits.flatMap((item) => this.#notesOf(item));
    return this.#told;
  }

  /** @returns {readonly LedgerEntry[]} */
  get ledger() {
    this.#ledger ??= this.#write();
    return this.#ledger;
  }

  /**
   * @param {CommitItem} item
   * @returns {Told[]}
   */
  #notesOf(item) {
    const { sequence, epoch, time, marks, by, added, removed } = item;
    // The first ones are who it was begun with: nothing changed.
    if (epoch === 0) return this.#falseOf(item);
    /** @type {Told[]} */
    const list = [];
    /** @param {NoteKind} kind @param {Member | null} member @param {Member | null} [who] */
    const tell = (kind, member, who = null) => {
      const granted = member && this.#granted(item, member);
      list.push(Object.freeze({ sequence, kind, time, member, by: who, ...(granted ? { granted } : {}) }));
    };
    const again = added.filter(({ id }) => removed.some((m) => m.id === id));
    for (const member of again) tell(member.self && item.unopened ? "replaced" : "rejoined", member, by?.id === member.id ? null : by);
    for (const member of removed) if (!again.some(({ id }) => id === member.id)) tell("removed", member, by);
    const fresh = added.filter((m) => !again.includes(m));
    const left = (marks & LEAVE) !== 0;
    // Who leaves gives it to whom it adds.
    const heir = left ? (fresh.find(({ role }) => ATTENDS.includes(role)) ?? fresh.find(({ role }) => role === "inbox")) : undefined;
    if (heir) tell(heir.role === "inbox" ? "parked" : by?.role === "inbox" ? "claimed" : "transferred", heir, by);
    for (const member of fresh) if (member !== heir) tell("joined", member, by);
    if (left && !heir) tell("left", by);
    if (by?.role === "supervisor" && item.role !== by.role) tell("took over", { ...by, role: item.role });
    if (marks & CLOSE) tell("closed", null, by);
    return [...list, ...this.#falseOf(item)];
  }

  /**
   * The secret of this epoch that this end was granted is not the epoch's.
   * @param {CommitItem} item
   * @returns {Told[]}
   */
  #falseOf({ sequence, epoch, time, false: bad }) {
    if (!bad) return [];
    /** @param {CommitItem} c */
    const mine = ({ added, grants }) => added.find((m) => m.self && grants.some((g) => g.grantee === m.id && g.from <= epoch && epoch <= g.to));
    const from = this.#commits.findLast((c) => mine(c));
    return [Object.freeze({ sequence, kind: "not granted", time, member: (from && mine(from)) ?? null, by: from?.by ?? null })];
  }

  /**
   * @param {CommitItem} item
   * @param {Member} member
   * @returns {Granted | null}
   */
  #granted({ grants, by }, { id }) {
    const own = grants.filter(({ grantee }) => grantee === id);
    const [first] = own;
    if (!first) return null;
    const from = Math.min(...own.map((g) => g.from));
    const since = this.#commits.find(({ epoch }) => epoch === from)?.time ?? 0;
    return Object.freeze({ from, to: Math.max(...own.map((g) => g.to)), since, reason: first.reason, by });
  }

  #write() {
    /** @type {LedgerEntry[]} */
    const entries = [];
    /** @param {string} id */
    const open = (id) => entries.findLast((e) => e.member.id === id && e.to === null);
    for (const item of this.#commits) {
      const { epoch, time, marks, role, by, added, removed } = item;
      /** @param {Member} member */
      const end = ({ id }) => {
        const entry = open(id);
        // Of the epoch that this commit begins nothing is valid for who leaves.
        if (entry) Object.assign(entry, { to: Math.max(entry.from, epoch - 1), until: time });
      };
      /** @param {Member} member */
      const begin = (member) => {
        if (!open(member.id)) entries.push({ member, role: member.role, from: epoch, to: null, since: time, until: null, granted: this.#granted(item, member) });
      };
      if (by && !open(by.id)) begin(by);
      for (const member of removed) if (!added.some(({ id }) => id === member.id)) end(member);
      for (const member of added) begin(member);
      if (by) Object.assign(open(by.id) ?? {}, { role });
      if (by && marks & LEAVE) end(by);
      if (marks & CLOSE) for (const { member } of entries) end(member);
    }
    return entries.map((entry) => Object.freeze(entry));
  }
}
