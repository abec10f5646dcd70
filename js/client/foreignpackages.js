// @ts-check
/**
 * Key packages that lie in foreign conversations: whose they say they are, what
 * for and until when. Whoever is in such a conversation can put some there; the
 * end service judges the one that is taken, and one that was refused is not
 * taken again while there are others.
 *
 * @typedef {object} Package
 * @property {string} member   whose record it is, as its name says
 * @property {Uint8Array} bytes
 * @property {number} role
 * @property {string} alias
 * @property {string[]} queues
 * @property {boolean} once    good for one use
 * @property {number} until    Unix seconds: when it is taken no more
 */
import { Reader } from "./bytes.js";
import { credentialOf } from "./statements.js";
import { ROLE } from "./status.js";

export const PREFIX = "key package/";
const NAME = /^key package\/([0-9a-f]{32})$/;
const WITH_CREDENTIAL = 1;
const ONCE = 0;
const LAST_RESORT = 1;
const SIGNATURE = 64;
/** Bytes at its end: when it expires, its use, its signature. */
const TAIL = 8 + 1 + SIGNATURE;
const MAX_PACKAGE = 4_096;
/** What ends within so many seconds is not taken. */
const MARGIN = 60;

/** @param {string} member */
export function packageName(member) {
  return PREFIX + member;
}

/**
 * @param {{ name: string, value: Uint8Array }} record
 * @param {number} now  Unix seconds
 * @returns {Package | null} null: none that could be taken now
 */
export function packageOf({ name, value }, now) {
  const member = NAME.exec(name)?.[1];
  if (!member || value.length > MAX_PACKAGE || value.length < TAIL) return null;
  try {
    const r = new Reader(value);
    r.u8();
    if (r.u8() !== WITH_CREDENTIAL) return null;
    const { role, alias, queues, notAfter } = credentialOf(r.bytes16());
    const tail = new Reader(value.subarray(value.length - TAIL));
    const expires = tail.u64();
    const use = tail.u8();
    if (use !== ONCE && use !== LAST_RESORT) return null;
    const until = Math.min(expires, notAfter) - MARGIN;
    if (until < now) return null;
    return { member, bytes: value, role, alias, queues, once: use === ONCE, until: until + 1 };
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes  of a key package of this end */
export function isOnce(bytes) {
  return bytes[bytes.length - SIGNATURE - 1] === ONCE;
}

/**
 * Which a customer may begin with: the queue's inbox, else who answers in it.
 * @template {{ role: number, alias: string, queues: string[] }} P
 * @param {readonly P[]} packages
 * @param {string} queue
 */
export function forQueue(packages, queue) {
  const inboxes = forInbox(packages, queue);
  return inboxes.length > 0 ? inboxes : packages.filter(({ role, queues }) => role === ROLE.agent && queues.includes(queue));
}

/**
 * @template {{ role: number, alias: string, queues: string[] }} P
 * @param {readonly P[]} packages
 * @param {string} queue
 */
export function forInbox(packages, queue) {
  return packages.filter(({ role, alias }) => role === ROLE.inbox && alias === queue);
}

/**
 * Whether a commit adds by this key package: then that stands in it as it is.
 * @param {Uint8Array} commit
 * @param {Uint8Array} keyPackage
 */
export function holds(commit, keyPackage) {
  const first = Number(keyPackage[0]);
  const second = keyPackage[1];
  for (let at = commit.indexOf(first); at >= 0 && at + keyPackage.length <= commit.length; at = commit.indexOf(first, at + 1)) {
    if (commit[at + 1] !== second) continue;
    let n = 2;
    while (n < keyPackage.length && commit[at + n] === keyPackage[n]) n++;
    if (n === keyPackage.length) return true;
  }
  return false;
}
