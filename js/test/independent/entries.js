// Sections 5.1, 6.1 and 7: what the log holds.

import { bytes8, bytes16, bytes32, checkName, join, list8, Reader, Refused, u8, u16, u64 } from "./codec.js";
import { checkX25519, H, memberId } from "./crypto.js";
import { checkRole, decodeKeyPackage } from "./statements.js";

const KIND = { commit: 1, message: 2, join: 3 };
export const LEAVE = 1;
export const CLOSE = 2;

/**
 * @typedef {{ role: number, keyPackage: Uint8Array }} Add
 * @typedef {{ grantee: Uint8Array, from: bigint, to: bigint, reason: number }} Grant
 * @typedef {{ conversation: Uint8Array, epoch: bigint, parent: Uint8Array, manifest: Uint8Array, seen: bigint, seenHash: Uint8Array,
 *   time: bigint, keyPackage: Uint8Array, marks: number, role: number, queue: Uint8Array, previous: Uint8Array, add: Add[],
 *   remove: Uint8Array[], grant: Grant[], answers: Uint8Array, ephemeral: Uint8Array }} CommitFields
 * @typedef {{ ct: Uint8Array, box: Uint8Array }} Seal
 * @typedef {CommitFields & { kind: "commit", body: Uint8Array, seals: Seal[], sealBytes: Uint8Array, tag: Uint8Array, signature: Uint8Array,
 *   c: Uint8Array, transcript: Uint8Array, committer: import("./statements.js").KeyPackage,
 *   added: import("./statements.js").KeyPackage[], sender: Uint8Array, encoded: Uint8Array }} Commit
 * @typedef {{ conversation: Uint8Array, epoch: bigint, sender: Uint8Array, instance: Uint8Array, counter: bigint, retention: number,
 *   seen: bigint, seenHash: Uint8Array, nonce: Uint8Array }} Header
 * @typedef {Header & { kind: "message", header: Uint8Array, sealed: Uint8Array, encoded: Uint8Array }} Message
 * @typedef {{ kind: "join", conversation: Uint8Array, leafHash: Uint8Array, reason: number, package: import("./statements.js").KeyPackage,
 *   sender: Uint8Array, signed: Uint8Array, signature: Uint8Array, encoded: Uint8Array }} JoinRequest
 * @typedef {Commit | Message | JoinRequest} Entry
 */

/** @param {CommitFields} f */
export const encodeBody = (f) => join(
  u16(1), f.conversation, u64(f.epoch), f.parent, f.manifest, u64(f.seen), f.seenHash, u64(f.time), bytes16(f.keyPackage),
  u8(f.marks), u8(f.role), bytes8(f.queue), bytes8(f.previous),
  list8(f.add, (a) => join(u8(a.role), bytes16(a.keyPackage))),
  list8(f.remove, (id) => id),
  list8(f.grant, (g) => join(g.grantee, u64(g.from), u64(g.to), u8(g.reason))),
  bytes8(f.answers), f.ephemeral,
);

/** @param {Seal[]} seals */
export const encodeSeals = (seals) => list8(seals, (s) => join(s.ct, bytes16(s.box)));

/** @param {Uint8Array} body @param {Uint8Array} seals the c of section 5.3 */
export const commitHash = (body, seals) => H("commit", bytes32(body), seals);

/** @param {Uint8Array} body @param {Uint8Array} seals @param {Uint8Array} tag @param {Uint8Array} signature */
export const encodeCommit = (body, seals, tag, signature) =>
  join(u8(1), u8(KIND.commit), bytes32(body), bytes32(seals), bytes8(tag), signature);

/** @param {Header} h */
export const encodeHeader = (h) => join(
  u8(1), u8(KIND.message), h.conversation, u64(h.epoch), h.sender, h.instance, u64(h.counter), u8(h.retention), u64(h.seen), h.seenHash, h.nonce,
);

/** @param {Uint8Array} header @param {Uint8Array} sealed */
export const encodeMessage = (header, sealed) => join(header, bytes32(sealed));

/**
 * @param {{ conversation: Uint8Array, leafHash: Uint8Array, reason: number, keyPackage: Uint8Array }} f
 * @param {import("./crypto.js").Identity} owner
 */
export function encodeJoinRequest(f, owner) {
  const body = join(u8(1), u8(KIND.join), f.conversation, f.leafHash, u8(f.reason), bytes16(f.keyPackage));
  return join(body, owner.sign("join request", body));
}

/** Padmé with a floor (section 6.2). @param {number} n */
export function padded(n) {
  if (n <= 256) return 256;
  const e = Math.floor(Math.log2(n));
  const s = Math.floor(Math.log2(e)) + 1;
  const step = 2 ** (e - s);
  return Math.ceil(n / step) * step;
}

/** @param {Uint8Array} encoded @returns {Entry} */
export function decodeEntry(encoded) {
  const r = new Reader(encoded);
  r.version();
  switch (r.u8()) {
    case KIND.commit: return decodeCommit(encoded, r);
    case KIND.message: return decodeMessage(encoded, r);
    case KIND.join: return decodeJoinRequest(encoded, r);
    default: throw new Refused("unsupported version", "unknown kind");
  }
}

/** @param {Uint8Array} encoded @param {Reader} r @returns {Commit} */
function decodeCommit(encoded, r) {
  if (encoded.length > 98304) throw new Refused("too large");
  const body = r.bytes32();
  const sealBytes = r.bytes32();
  const tag = r.maybe(32);
  const signature = r.fixed(64);
  r.end();

  const b = new Reader(body);
  if (b.u16() !== 1) throw new Refused("unsupported version", "unknown suite");
  /** @type {CommitFields} */
  const fields = {
    conversation: b.fixed(16), epoch: b.u64(), parent: b.fixed(32), manifest: b.fixed(32), seen: b.u64(), seenHash: b.fixed(32),
    time: b.u64(), keyPackage: b.bytes16(4096), marks: b.u8(), role: checkRole(b.u8()), queue: b.bytes8(64), previous: b.maybe(16),
    add: b.list8(16, () => ({ role: checkRole(b.u8()), keyPackage: b.bytes16(4096) })),
    remove: b.list8(16, () => b.fixed(16)),
    grant: b.list8(16, () => ({ grantee: b.fixed(16), from: b.u64(), to: b.u64(), reason: b.u8() })),
    answers: b.maybe(16), ephemeral: b.fixed(32),
  };
  b.end();
  if ((fields.marks & ~(LEAVE | CLOSE)) !== 0) throw new Refused("bad argument", "an unknown mark");
  checkName(fields.queue);
  checkX25519(fields.ephemeral);
  const committer = decodeKeyPackage(fields.keyPackage);
  const added = fields.add.map((a) => decodeKeyPackage(a.keyPackage));

  const s = new Reader(sealBytes);
  const seals = s.list8(16, () => ({ ct: s.fixed(1088), box: s.bytes16(16 + 64 + 1024 * 32) }));
  s.end();

  const c = commitHash(body, sealBytes);
  return {
    kind: "commit", ...fields, body, seals, sealBytes, tag, signature, c, transcript: H("transcript", c, tag, signature),
    committer, added, sender: committer.id, encoded,
  };
}

/** @param {Uint8Array} encoded @param {Reader} r @returns {Message} */
function decodeMessage(encoded, r) {
  if (encoded.length > 49152) throw new Refused("too large");
  const fields = {
    conversation: r.fixed(16), epoch: r.u64(), sender: r.fixed(16), instance: r.fixed(16), counter: r.u64(), retention: r.u8(),
    seen: r.u64(), seenHash: r.fixed(32), nonce: r.fixed(24),
  };
  const header = encoded.subarray(0, r.at);
  const sealed = r.bytes32();
  r.end();
  if (fields.counter === 0n) throw new Refused("bad argument", "counters begin at 1");
  if (fields.retention < 1 || fields.retention > 2) throw new Refused("bad argument", "no such retention");
  const n = sealed.length - 16;
  if (n < 256 || n > 34816 || padded(n) !== n) throw new Refused("bad argument", "not a padded size");
  if (fields.retention === 2 && n !== 256) throw new Refused("bad argument", "a passing message is 272 bytes");
  return { kind: "message", ...fields, header, sealed, encoded };
}

/** @param {Uint8Array} encoded @param {Reader} r @returns {JoinRequest} */
function decodeJoinRequest(encoded, r) {
  if (encoded.length > 8192) throw new Refused("too large");
  const fields = { conversation: r.fixed(16), leafHash: r.fixed(32), reason: r.u8() };
  const keyPackage = decodeKeyPackage(r.bytes16(4096));
  const signed = encoded.subarray(0, r.at);
  const signature = r.fixed(64);
  r.end();
  if (fields.reason < 1 || fields.reason > 2) throw new Refused("bad argument", "no such reason");
  return { kind: "join", ...fields, package: keyPackage, sender: memberId(keyPackage.identity), signed, signature, encoded };
}
