// @ts-check
/**
 * Decoding of what the core's conversation exports answer: status and events
 * (SPEC, the ABI). A form that this file does not know is "internal": the
 * module and these pages belong together.
 *
 * @typedef {import("./types.js").Member} Member
 * @typedef {"empty" | "active" | "lost" | "forked" | "closed" | "not a member" | "doubtful" | "rereading"} CoreState
 *
 * @typedef {object} Status
 * @property {string} id
 * @property {number} epoch
 * @property {number} index   entries read
 * @property {CoreState} state
 * @property {string} differs  the member whose log differs, or may: of a forked and a doubtful one; else ""
 * @property {Member[]} members
 * @property {string[]} leaving  ids of those of them who left and are still to be removed
 * @property {string} queue      that the conversation was begun for; "" before
 * @property {string} previous   id of the conversation that it continues, or ""
 *
 * @typedef {object} Join      a join request that stands
 * @property {Uint8Array} id
 * @property {string} replaces  member id in whose place
 * @property {string} by       member id of who asks
 * @property {boolean} same    the member itself, whose keys it is to replace
 *
 * @typedef {object} MessageEvent_
 * @property {"message"} type
 * @property {number} index
 * @property {Uint8Array} id
 * @property {string} sender
 * @property {number} gap
 * @property {boolean} own
 * @property {Uint8Array} content
 *
 * @typedef {object} CommitEvent
 * @property {"commit"} type
 * @property {number} index
 * @property {Uint8Array} id
 * @property {string} sender
 * @property {number} epoch      that it begins
 * @property {number} time       ms, as it says
 * @property {number} marks      LEAVE, CLOSE
 * @property {boolean} own
 * @property {string[]} added
 * @property {string[]} removed
 * @property {string} role       its maker's, from here on
 * @property {Grant[]} grants
 * @property {number} code       "open failed": what this end was granted of this epoch is not genuine; "forked log": it proves a fork
 * @property {boolean} rewound   the log is to be read again from its beginning
 *
 * @typedef {object} Grant
 * @property {string} grantee    member id
 * @property {number} from       epoch
 * @property {number} to
 * @property {number} reason
 *
 * @typedef {object} IgnoredEvent
 * @property {"ignored"} type
 * @property {number} index
 * @property {Uint8Array} id
 * @property {string} sender
 * @property {number} code
 * @property {boolean} own
 *
 * @typedef {object} JoinEvent
 * @property {"join request"} type
 * @property {number} index
 * @property {Uint8Array} id
 * @property {string} sender
 * @property {boolean} own
 *
 * @typedef {MessageEvent_ | CommitEvent | IgnoredEvent | JoinEvent} LogEvent
 */
import { SealwireError } from "../errors.js";
import { Reader, decodeText, toHex } from "./bytes.js";

const MAX_TIME = 8_640_000_000_000_000;

/** @type {CoreState[]} */
const STATES = ["empty", "active", "lost", "forked", "closed", "not a member", "doubtful", "rereading"];
const ROLES = ["", "customer", "guest", "agent", "supervisor", "bot", "inbox", "archive"];

/** Role numbers as wasm/wire has them. */
export const ROLE = Object.freeze({ customer: 1, agent: 3, supervisor: 4, bot: 5, inbox: 6 });

/** Who answers a customer, and so can be given a conversation. */
export const ATTENDS = ["agent", "bot"];

/** Marks of a commit. */
export const LEAVE = 1;
export const CLOSE = 2;
/** Why earlier epochs are granted, as commits say. */
export const REASON = Object.freeze({ claim: 1, transfer: 2, park: 3, conference: 4, supervision: 5 });

/**
 * @param {Uint8Array} bytes
 * @returns {Status}
 */
export function decodeStatus(bytes) {
  return decode(bytes, (r) => {
    const id = toHex(r.raw(16));
    const epoch = r.u64();
    const index = r.u64();
    const state = STATES[r.u8()];
    if (state === undefined) throw new RangeError("unknown state");
    r.raw(64);
    const by = toHex(r.raw(16));
    const differs = /^0*$/.test(by) ? "" : by;
    /** @type {Member[]} */
    const members = [];
    /** @type {string[]} */
    const leaving = [];
    for (let n = r.u8(); n > 0; n--) {
      const member = { id: toHex(r.raw(16)), role: roleName(r.u8()), verified: r.u8() === 1, self: r.u8() === 1 };
      if (r.u8() === 1) leaving.push(member.id);
      r.raw(32);
      members.push({ ...member, alias: decodeText(r.bytes8()) });
    }
    return { id, epoch, index, state, differs, members, leaving, queue: decodeText(r.bytes8()), previous: toHex(r.bytes8()) };
  });
}

/**
 * @param {Uint8Array} bytes
 * @returns {LogEvent}
 */
export function decodeEvent(bytes) {
  return decode(bytes, (r) => {
    const type = r.u8();
    const head = { index: r.u64(), id: r.raw(16), sender: toHex(r.raw(16)) };
    switch (type) {
      case 1: {
        r.raw(16 + 8 + 8);
        return { type: /** @type {const} */ ("message"), ...head, gap: r.u64(), own: r.u8() === 1, content: r.bytes32() };
      }
      case 2: {
        const said = { epoch: r.u64(), time: claimedTime(r), marks: r.u8(), own: r.u8() === 1 };
        const moved = { added: ids(r), removed: ids(r), role: roleName(r.u8()), grants: grants(r) };
        return { type: /** @type {const} */ ("commit"), ...head, ...said, ...moved, code: r.u16(), rewound: r.u8() === 1 };
      }
      case 3: {
        const code = r.u16();
        const own = r.u8() === 1;
        r.raw(16 + 8);
        return { type: /** @type {const} */ ("ignored"), ...head, code, own };
      }
      case 4: {
        const own = r.u8() === 1;
        r.raw(16 + 1 + 1);
        return { type: /** @type {const} */ ("join request"), ...head, own };
      }
      default:
        throw new RangeError("unknown event");
    }
  });
}

/**
 * @param {Uint8Array} bytes
 * @returns {Join[]}
 */
export function decodeJoins(bytes) {
  return decode(bytes, (r) => {
    /** @type {Join[]} */
    const list = [];
    for (let n = r.u8(); n > 0; n--) {
      const id = r.raw(16);
      const replaces = toHex(r.raw(16));
      list.push({ id, replaces, by: toHex(r.raw(16)), same: r.u8() === 1 });
      r.u8();
      r.bytes8();
    }
    return list;
  });
}

/**
 * Whatever a member says: never beyond what a Date takes.
 * @param {Reader} r
 */
function claimedTime(r) {
  return Math.min(r.u32() * 2 ** 32 + r.u32(), MAX_TIME);
}

/** @param {number} role */
export function roleName(role) {
  return ROLES[role] || "unknown";
}

/** @param {Reader} r */
function grants(r) {
  /** @type {Grant[]} */
  const list = [];
  for (let n = r.u8(); n > 0; n--) list.push({ grantee: toHex(r.raw(16)), from: r.u64(), to: r.u64(), reason: r.u8() });
  return list;
}

/** @param {Reader} r */
function ids(r) {
  /** @type {string[]} */
  const list = [];
  for (let n = r.u8(); n > 0; n--) list.push(toHex(r.raw(16)));
  return list;
}

/**
 * @template T
 * @param {Uint8Array} bytes
 * @param {(r: Reader) => T} read
 * @returns {T}
 */
function decode(bytes, read) {
  try {
    const r = new Reader(bytes);
    const value = read(r);
    r.end();
    return value;
  } catch (error) {
    throw new SealwireError("internal", `unexpected answer of the core: ${error instanceof Error ? error.message : "?"}`);
  }
}
