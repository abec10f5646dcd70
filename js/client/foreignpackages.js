// @ts-check
/**
 * Key packages that lie in foreign conversations, as far as they stand in the
 * open: whose one says it is, what for and until when, and which a commit adds
 * by. Each is read once, when it comes. Whoever is in such a conversation can
 * put any bytes there, so nothing of this is believed before the core has
 * verified it (foreignchecked.js).
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
import { Reader, toHex } from "./bytes.js";
import { credentialOf } from "./statements.js";
import { ROLE } from "./status.js";

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
/** Bytes of a commit before its maker's key package: version, kind, the body's length; suite to time (SPEC 5.1). */
const BEFORE = 1 + 1 + 4 + 2 + 16 + 8 + 32 + 32 + 8 + 32 + 8;

/** @param {string} member */
export function packageName(member) {
  return `key package/${member}`;
}

/**
 * @param {{ name: string, value: Uint8Array }} record
 * @returns {Package | null} null: none that could ever be taken
 */
export function packageOf({ name, value }) {
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
    return { member, bytes: value, role, alias, queues, once: use === ONCE, until: Math.min(expires, notAfter) - MARGIN + 1 };
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes  of a key package of this end */
export function isOnce(bytes) {
  return bytes[bytes.length - SIGNATURE - 1] === ONCE;
}

/**
 * Which a customer may begin with: of agents who answer in the queue. An inbox is nobody here (SPEC 10.5).
 * @template {{ role: number, queues: string[] }} P
 * @param {readonly P[]} packages
 * @param {string} queue
 */
export function forQueue(packages, queue) {
  return packages.filter(({ role, queues }) => role === ROLE.agent && queues.includes(queue));
}

/**
 * The key packages by which a commit adds, found by their lengths: never searched for.
 * @param {Uint8Array} commit  one that decodes
 * @returns {Uint8Array[]}
 */
export function newcomersOf(commit) {
  try {
    const r = new Reader(commit.subarray(BEFORE));
    r.bytes16();
    r.raw(1 + 1);
    r.bytes8();
    r.bytes8();
    return Array.from({ length: r.u8() }, () => {
      r.u8();
      return r.bytes16();
    });
  } catch {
    return [];
  }
}

/**
 * What stands for these bytes where they are looked up.
 * @param {Uint8Array} bytes
 */
export async function hashOf(bytes) {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))));
}
