/**
 * Who can read, and who could: the rows of the ledger in words. Pure.
 * @typedef {import("./facade.js").LedgerRow} LedgerRow
 * @typedef {import("./facade.js").Member} Member
 *
 * @typedef {object} Reader
 * @property {string} id        of the member
 * @property {string} name
 * @property {string} standing  role, and who vouches for it
 * @property {boolean} vouched
 * @property {string} reads     "from the beginning", "since 10:02"; "" if that is not told
 * @property {boolean} now      in it
 * @property {boolean} comparable  somebody to compare the safety number with (safety.js)
 * @property {Member} member
 */
import { locale } from "./locale.js";
import { byArrival, nameOf, titled } from "./model.js";
import { readsText } from "./movewords.js";
import { pastText } from "./notes.js";
import { isComparable } from "./safety.js";
import { momentText } from "./times.js";
import { words } from "./words.js";

/**
 * @param {Member} member
 * @returns {string}
 */
export function standingOf(member) {
  if (member.self) return words.youHere;
  if (member.role === "inbox") return member.verified ? words.inbox : words.inboxDoubt;
  if (!member.verified && member.role === "customer") return words.notVerifiedShort;
  return locale().say.standing(titled(member.role), member.verified);
}

/**
 * Those who are in first, in the order in which they came; then who is not any more, the last to go first.
 * @param {readonly Member[]} members
 * @param {readonly LedgerRow[]} ledger
 * @param {number} now
 * @returns {Reader[]}
 */
export function readers(members, ledger, now) {
  const in_ = byArrival(members, ledger).map((member) => readerOf(member, ledger.findLast((row) => row.member.id === member.id && row.until === null), now, true));
  const out = ledger.filter((row) => row.until !== null).map((row) => ({ row, at: row.until ?? 0 })).sort((a, b) => b.at - a.at);
  return [...in_, ...out.map(({ row }) => readerOf(row.member, row, now, false))];
}

/**
 * @param {Member} member
 * @param {LedgerRow|undefined} row
 * @param {number} now
 * @param {boolean} inside
 * @returns {Reader}
 */
function readerOf(member, row, now, inside) {
  const name = nameOf(member);
  return {
    id: member.id,
    name: name.charAt(0).toUpperCase() + name.slice(1),
    standing: standingOf(member),
    vouched: member.verified || member.self,
    reads: row ? readsOf(row, now) : "",
    now: inside,
    comparable: inside && isComparable(member),
    member,
  };
}

/** @param {LedgerRow} row @param {number} now */
export function readsOf(row, now) {
  // Who was there when it began has nothing before it to be given.
  const past = row.from === 0 ? "all" : pastText(row.granted, now);
  return readsText(past, momentText(row.since, now), row.until === null ? "" : momentText(row.until, now));
}
