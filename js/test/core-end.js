// A thin client of the core's exports, for tests that set it against the
// independent end: bytes in, bytes out, nothing of js/client.

import { loadModule } from "../core/loader.js";
import { instantiate } from "../core/instance.js";
import { bytes16, bytes8, join, list8, Reader, u64, u8, bytes32 } from "./independent/codec.js";
import { NOW, NOW_S } from "./independent/company.js";

/** @returns {Promise<import("../core/instance.js").Core>} */
export const newCore = async () => instantiate(await loadModule());

/** An end inside the core. */
export class CoreEnd {
  /** @param {import("../core/instance.js").Core} core @param {number} role @param {Uint8Array[]} roots */
  constructor(core, role, roots) {
    this.core = core;
    this.pinned = join(u8(role), list8(roots, (r) => r));
    this.handle = core.call("end_new", this.pinned);
    const r = new Reader(core.callBytes("end_identity", this.handle));
    this.identity = r.fixed(32);
    this.id = r.fixed(16);
    this.instance = r.fixed(16);
  }

  /** A page load: saved, loaded again, as another instance. */
  reload() {
    const keystore = this.core.call("keystore_open", new Uint8Array(32));
    const saved = this.core.callBulk("end_save", this.handle, keystore);
    this.core.close(this.handle);
    this.core.putBulk(saved);
    this.handle = this.core.call("end_load", keystore, this.pinned);
    this.core.close(keystore);
  }

  /** @param {Uint8Array} manifest @param {boolean} [newest] */
  manifest(manifest, newest = true) {
    this.core.call("end_manifest", this.handle, join(u64(NOW_S), u8(newest ? 1 : 0), manifest));
  }

  /** @param {Uint8Array} credential */
  credential(credential) {
    this.core.call("end_credential", this.handle, join(u64(NOW_S), credential));
  }

  /** @param {boolean} [lastResort] */
  keyPackage(lastResort = false) {
    return this.core.callBytes("end_key_package", this.handle, join(u64(NOW_S), u64(NOW_S + 86400n), u8(lastResort ? 1 : 0)));
  }

  /** @param {Uint8Array} nonce @param {Uint8Array} host @param {Uint8Array} proof */
  hello(nonce, host, proof) {
    return this.core.callBytes("end_hello", this.handle, join(nonce, bytes16(host), bytes16(proof)));
  }

  /** @param {Uint8Array} queue @param {import("./independent/entries.js").Add[]} adds @param {Uint8Array} [previous] */
  genesis(queue, adds, previous = NONE) {
    const args = join(u64(NOW), bytes8(queue), bytes8(previous), newcomers(adds));
    return new CoreConversation(this.core, this.core.call("conversation_genesis", this.handle, args));
  }

  /** @param {Uint8Array} id */
  join(id) {
    return new CoreConversation(this.core, this.core.call("conversation_join", this.handle, id));
  }
}

const NONE = new Uint8Array(0);
const STATES = ["empty", "active", "lost", "forked", "closed", "not a member", "doubtful", "rereading"];

/** @param {import("./independent/entries.js").Add[]} adds */
const newcomers = (adds) => list8(adds, (a) => join(u8(a.role), bytes8(NONE), bytes16(a.keyPackage)));

/**
 * What a commit does beside refreshing: a join request that a person said yes to, marks, the own role, the
 * reason of a grant to the one newcomer, members to remove and to add.
 * @typedef {{ answers?: Uint8Array, marks?: number, role?: number, history?: number, remove?: Uint8Array[], add?: import("./independent/entries.js").Add[] }} Moves
 */

export class CoreConversation {
  /** @param {import("../core/instance.js").Core} core @param {number} handle */
  constructor(core, handle) {
    this.core = core;
    this.handle = handle;
  }

  /** @param {Uint8Array} entry @param {bigint} [now] */
  receive(entry, now = NOW) {
    return readEvent(this.core.callBytes("conversation_receive", this.handle, join(u64(now), entry)));
  }

  /** @param {Uint8Array} entry */
  passing(entry) {
    return readEvent(this.core.callBytes("conversation_passing", this.handle, entry));
  }

  due(now = NOW) { return this.core.call("conversation_due", this.handle, u64(now)); }

  /** @param {Moves} [moves] @param {bigint} [now] */
  commit({ answers = NONE, marks = 0, role = 0, history = 0, remove = [], add = [] } = {}, now = NOW) {
    const args = join(u64(now), bytes8(answers), u8(marks), u8(role), u8(history), list8(remove, (id) => id), newcomers(add));
    return this.core.callBytes("conversation_commit", this.handle, args);
  }

  joinRequest(now = NOW) { return this.core.callBytes("conversation_join_request", this.handle, u64(now)); }

  joins() {
    const r = new Reader(this.core.callBytes("conversation_joins", this.handle));
    const joins = r.list8(32, () => ({ id: r.fixed(16), replaces: r.fixed(16), by: r.fixed(16), same: r.bool(), reason: r.u8(), alias: r.bytes8() }));
    r.end();
    return joins;
  }

  /** @param {Uint8Array} member */
  safety(member) {
    const r = new Reader(this.core.callBytes("conversation_safety", this.handle, member));
    const text = (/** @type {number} */ n) => new TextDecoder().decode(r.fixed(n));
    const safety = { epoch: r.u64(), number: text(60), transcript: text(30) };
    r.end();
    return safety;
  }

  pending() { return this.core.callBytes("conversation_pending", this.handle); }

  /** @param {Uint8Array} content @param {boolean} [passing] */
  seal(content, passing = false) {
    return this.core.callBytes("conversation_seal", this.handle, join(u64(NOW), u8(passing ? 2 : 1), content));
  }

  /** @param {Uint8Array} old @param {Uint8Array} content */
  reseal(old, content) {
    return this.core.callBytes("conversation_reseal", this.handle, join(u64(NOW), bytes32(old), content));
  }

  status() {
    const r = new Reader(this.core.callBytes("conversation_status", this.handle));
    const status = {
      conversation: r.fixed(16), epoch: r.u64(), index: r.u64(), state: STATES[r.u8()], transcript: r.fixed(32), logHash: r.fixed(32), by: r.fixed(16),
      members: r.list8(16, () => ({ id: r.fixed(16), role: r.u8(), verified: r.bool(), self: r.bool(), leaving: r.bool(), identity: r.fixed(32), alias: r.bytes8() })),
      queue: r.bytes8(), previous: r.bytes8(),
    };
    r.end();
    return status;
  }
}

const NO_COMMIT = {
  epoch: 0n, time: 0n, marks: 0, own: false, added: /** @type {Uint8Array[]} */ ([]), removed: /** @type {Uint8Array[]} */ ([]), role: 0,
  grants: /** @type {import("./independent/entries.js").Grant[]} */ ([]),
};

/** @param {Uint8Array} bytes */
function readEvent(bytes) {
  const r = new Reader(bytes);
  const type = ["", "message", "commit", "ignored", "join"][r.u8()];
  const event = { type, index: r.u64(), id: r.fixed(16), sender: r.fixed(16), code: 0, content: NONE, counter: 0n, gap: 0n, own: false, rewound: false, commit: NO_COMMIT };
  if (type === "message") {
    r.fixed(16); r.u64();
    event.counter = r.u64();
    event.gap = r.u64();
    event.own = r.bool();
    event.content = r.bytes32();
    r.end();
  } else if (type === "commit") {
    event.commit = {
      epoch: r.u64(), time: r.u64(), marks: r.u8(), own: r.bool(), added: r.list8(16, () => r.fixed(16)), removed: r.list8(16, () => r.fixed(16)), role: r.u8(),
      grants: r.list8(16, () => ({ grantee: r.fixed(16), from: r.u64(), to: r.u64(), reason: r.u8() })),
    };
    event.code = r.u16();
    event.rewound = r.bool();
    r.end();
  } else if (type === "ignored") {
    event.code = r.u16();
  } else if (type === "join") {
    event.own = r.bool();
    Object.assign(event, { replaces: r.fixed(16), same: r.bool(), reason: r.u8() });
    r.end();
  }
  return event;
}
