// Section 3: manifest, credential, key package; and how they are made.

import { bytes8, bytes16, checkName, checkQueues, join, list8, order, Reader, Refused, same, u8, u16, u32, u64, utf8 } from "./codec.js";
import { checkEd25519, checkLeaf, H, keyHash, memberId, verify } from "./crypto.js";

export const ROLE = { customer: 1, guest: 2, agent: 3, supervisor: 4, bot: 5, inbox: 6, archive: 7 };

/** @param {number} role agent, supervisor, bot, inbox */
export const companySide = (role) => role >= ROLE.agent && role <= ROLE.inbox;

/** @param {number} role */
export function checkRole(role) {
  if (role < 1 || role > 7) throw new Refused("bad argument", "no such role");
  return role;
}

// Manifest (3.2).

/**
 * @typedef {{ sequence: bigint, issued: bigint, expires: bigint, root: Uint8Array,
 *   issuers: { key: Uint8Array, roles: number, notBefore: bigint, notAfter: bigint }[],
 *   tokenIssuers: { id: Uint8Array, key: Uint8Array }[], queues: Uint8Array[],
 *   history: number, retention: number, grants: number, minutes: number, messages: number, archive: Uint8Array }} ManifestFields
 * @typedef {ManifestFields & { hash: Uint8Array, encoded: Uint8Array }} Manifest
 */

/** @param {ManifestFields} m */
const manifestBody = (m) => join(
  u8(1), u64(m.sequence), u64(m.issued), u64(m.expires), m.root,
  list8(m.issuers, (i) => join(i.key, u16(i.roles), u64(i.notBefore), u64(i.notAfter))),
  list8(m.tokenIssuers, (t) => join(bytes8(t.id), bytes16(t.key))),
  list8(m.queues, bytes8),
  u8(m.history), u32(m.retention), u8(m.grants), u16(m.minutes), u16(m.messages),
  bytes8(m.archive),
);

/** @param {ManifestFields} m @param {import("./crypto.js").Identity} root */
export function encodeManifest(m, root) {
  const body = manifestBody(m);
  return join(body, root.sign("manifest", body));
}

/** @param {Uint8Array} encoded @param {Uint8Array[]} roots @returns {Manifest} */
export function decodeManifest(encoded, roots) {
  if (encoded.length > 16384) throw new Refused("too large");
  const r = new Reader(encoded);
  r.version();
  const fields = {
    sequence: r.u64(), issued: r.u64(), expires: r.u64(), root: r.fixed(32),
    issuers: r.list8(32, () => ({ key: r.fixed(32), roles: r.u16(), notBefore: r.u64(), notAfter: r.u64() })),
    tokenIssuers: r.list8(32, () => ({ id: r.bytes8(64), key: r.bytes16(1024) })),
    queues: r.list8(32, () => r.bytes8(64)),
    history: r.u8(), retention: r.u32(), grants: r.u8(), minutes: r.u16(), messages: r.u16(),
    archive: r.bytes8(32),
  };
  const signed = encoded.subarray(0, r.at);
  const signature = r.fixed(64);
  r.end();
  for (const token of fields.tokenIssuers) checkName(token.id);
  for (const queue of fields.queues) checkName(queue);
  if (!roots.some((root) => same(root, fields.root))) throw new Refused("bad credential", "the root is not pinned");
  if (!verify(fields.root, "manifest", signed, signature)) throw new Refused("bad credential", "manifest's signature");
  const { sequence, issued, expires, history, grants, minutes, messages } = fields;
  if (sequence < 1n || expires <= issued || history > 2 || grants > 2 || minutes < 1 || minutes > 15 || messages < 1 || messages > 50) {
    throw new Refused("bad argument", "a value out of its range");
  }
  checkQueues(fields.queues, "bad argument");
  for (const issuer of fields.issuers) {
    checkEd25519(issuer.key);
    if (issuer.roles === 0 || (issuer.roles & ~0xfe) !== 0 || issuer.notBefore >= issuer.notAfter) throw new Refused("bad argument", "an issuer");
  }
  if (fields.archive.length > 0) checkEd25519(fields.archive);
  return { ...fields, hash: H("manifest", encoded), encoded };
}

// Credential (3.3).

/**
 * @typedef {{ role: number, identity: Uint8Array, alias: Uint8Array, statement: Uint8Array, queues: Uint8Array[],
 *   notBefore: bigint, notAfter: bigint, issuer: Uint8Array }} CredentialFields
 * @typedef {CredentialFields & { signed: Uint8Array, signature: Uint8Array, encoded: Uint8Array }} Credential
 */

/** @param {CredentialFields} c */
const credentialBody = (c) => join(
  u8(1), u8(c.role), c.identity, bytes8(c.alias), bytes8(c.statement), list8(c.queues, bytes8),
  u64(c.notBefore), u64(c.notAfter), c.issuer,
);

/** @param {CredentialFields} c @param {import("./crypto.js").Identity} issuer */
export function encodeCredential(c, issuer) {
  const body = credentialBody(c);
  return join(body, issuer.sign("credential", body));
}

/** @param {Uint8Array} encoded @returns {Credential} */
export function decodeCredential(encoded) {
  if (encoded.length > 1024) throw new Refused("too large");
  const r = new Reader(encoded);
  r.version();
  const fields = {
    role: r.u8(), identity: r.fixed(32), alias: r.bytes8(64), statement: r.bytes8(32),
    queues: r.list8(16, () => r.bytes8(64)), notBefore: r.u64(), notAfter: r.u64(), issuer: r.fixed(32),
  };
  const signed = encoded.subarray(0, r.at);
  const signature = r.fixed(64);
  r.end();
  checkName(fields.alias);
  for (const queue of fields.queues) checkName(queue);
  if (fields.role < 1 || fields.role > 7) throw new Refused("bad credential", "no such role");
  if (fields.statement.length % 32 !== 0) throw new Refused("bad credential", "statement");
  if (fields.notBefore >= fields.notAfter) throw new Refused("bad credential", "ends before it begins");
  if (fields.queues.length > 0 && [ROLE.customer, ROLE.guest, ROLE.archive].includes(fields.role)) {
    throw new Refused("bad credential", "a queue for a role that has none");
  }
  if ([ROLE.agent, ROLE.supervisor, ROLE.bot].includes(fields.role) && fields.notAfter - fields.notBefore > 86400n) {
    throw new Refused("bad credential", "lives over 24 hours");
  }
  checkQueues(fields.queues, "bad credential");
  checkEd25519(fields.identity);
  return { ...fields, signed, signature, encoded };
}

/** Throws unless the credential chains to the manifest. @param {Credential} c @param {Manifest} m */
export function checkChains(c, m) {
  const issuer = m.issuers.find((i) => same(keyHash(i.key), c.issuer));
  if (issuer === undefined) throw new Refused("bad credential", "no such issuer");
  if ((issuer.roles & (1 << c.role)) === 0) throw new Refused("bad credential", "the issuer may not issue that role");
  if (issuer.notBefore > c.notBefore || issuer.notAfter < c.notAfter) throw new Refused("bad credential", "outside the issuer's validity");
  if (!verify(issuer.key, "credential", c.signed, c.signature)) throw new Refused("bad credential", "signature");
  if (c.role === ROLE.archive && !same(c.identity, m.archive)) throw new Refused("bad credential", "not the manifest's archive");
}

/** Whether the credential names the queue. @param {Credential} c @param {Uint8Array} queue */
export const namesQueue = (c, queue) => c.queues.some((q) => order(q, queue) === 0);

// Key package (3.4).

export const USE = { offer: 0, lastResort: 1, place: 2 };

/**
 * @typedef {{ identity: Uint8Array, id: Uint8Array, credential: Credential | null, leaf: Uint8Array, expires: bigint,
 *   use: number, signed: Uint8Array, signature: Uint8Array, encoded: Uint8Array }} KeyPackage
 */

/**
 * @param {import("./crypto.js").Identity} owner
 * @param {{ credential: Uint8Array | null, leaf: Uint8Array, expires: bigint, use: number }} fields
 */
export function encodeKeyPackage(owner, { credential, leaf, expires, use }) {
  const who = credential === null ? join(u8(0), owner.public) : join(u8(1), bytes16(credential));
  const body = join(u8(1), who, leaf, u64(expires), u8(use));
  return join(body, owner.sign("key package", body));
}

/** Format only: keyPackageHolds checks the signature. @param {Uint8Array} encoded @returns {KeyPackage} */
export function decodeKeyPackage(encoded) {
  if (encoded.length > 4096) throw new Refused("too large");
  const r = new Reader(encoded);
  r.version();
  const form = r.u8();
  if (form > 1) throw new Refused("bad argument", "no such form");
  const credential = form === 1 ? decodeCredential(r.bytes16(1024)) : null;
  const identity = credential === null ? r.fixed(32) : credential.identity;
  const leaf = r.fixed(1216);
  const expires = r.u64();
  const use = r.u8();
  const signed = encoded.subarray(0, r.at);
  const signature = r.fixed(64);
  r.end();
  if (use > USE.place) throw new Refused("bad argument", "no such use");
  checkEd25519(identity);
  checkLeaf(leaf);
  return { identity, id: memberId(identity), credential, leaf, expires, use, signed, signature, encoded };
}

/** @param {KeyPackage} k */
export const keyPackageHolds = (k) => verify(k.identity, "key package", k.signed, k.signature);

/** A manifest with usual values, for tests that act as a company. @param {Partial<ManifestFields> & { root: Uint8Array }} fields @returns {ManifestFields} */
export const usualManifest = (fields) => ({
  sequence: 1n, issued: 0n, expires: 2n ** 40n, issuers: [], tokenIssuers: [], queues: [utf8("default")],
  history: 1, retention: 0, grants: 0, minutes: 15, messages: 50, archive: new Uint8Array(0), ...fields,
});
