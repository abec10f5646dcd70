// Section 10: frames and the hello.

import { bool, bytes8, bytes16, bytes32, join, Reader, Refused, same, u8, u16, u32, u64 } from "./codec.js";
import { checkEd25519, H, tenantId, verify } from "./crypto.js";

/**
 * @typedef {{ type: number, request: number, [field: string]: unknown }} Frame
 * @typedef {{ name: string, read: (r: Reader) => Record<string, unknown>, write: (f: any) => Uint8Array }} Form
 */

/** @type {Form["read"]} */
const readEntry = (r) => ({ conversation: r.fixed(16), entry: r.bytes32() });
/** @type {Form["write"]} */
const writeEntry = (f) => join(f.conversation, bytes32(f.entry));

/** @type {Map<number, Form>} */
const FORMS = new Map([
  [1, { name: "hello", read: (r) => readHello(r), write: (f) => join(helloHead(f), f.signature) }],
  [2, { name: "append", read: readEntry, write: writeEntry }],
  [3, { name: "subscribe", read: (r) => ({ conversation: r.fixed(16), after: r.u64() }), write: (f) => join(f.conversation, u64(f.after)) }],
  [4, { name: "unsubscribe", read: (r) => ({ conversation: r.fixed(16) }), write: (f) => f.conversation }],
  [5, { name: "passing", read: readEntry, write: writeEntry }],
  [6, { name: "publish", read: (r) => ({ keyPackage: r.bytes16(4096) }), write: (f) => bytes16(f.keyPackage) }],
  [7, { name: "take", read: (r) => ({ queue: r.bytes8(64), member: r.maybe(16) }), write: (f) => join(bytes8(f.queue), bytes8(f.member)) }],
  [8, { name: "manifest", read: (r) => ({ hash: r.fixed(32) }), write: (f) => f.hash }],
  [10, { name: "ticket", read: (r) => ({ conversation: r.fixed(16) }), write: (f) => f.conversation }],
  [9, { name: "conversations", read: () => ({}), write: () => new Uint8Array(0) }],
  [128, { name: "challenge", read: (r) => (r.version(), { nonce: r.fixed(32) }), write: (f) => join(u8(1), f.nonce) }],
  [129, { name: "welcome", read: (r) => ({ manifest: r.bytes32() }), write: (f) => bytes32(f.manifest) }],
  [130, { name: "ack", read: (r) => ({ sequence: r.u64(), duplicate: r.bool() }), write: (f) => join(u64(f.sequence), bool(f.duplicate)) }],
  [131, { name: "error", read: (r) => ({ code: readCode(r) }), write: (f) => u16(f.code) }],
  [132, {
    name: "entry",
    read: (r) => ({ conversation: r.fixed(16), sequence: r.u64(), entry: r.bytes32() }),
    write: (f) => join(f.conversation, u64(f.sequence), bytes32(f.entry)),
  }],
  [133, { name: "record", read: (r) => ({ value: r.bytes32() }), write: (f) => bytes32(f.value) }],
  [134, {
    name: "list",
    read: (r) => ({ conversations: Array.from({ length: r.u16() }, () => ({ conversation: r.fixed(16), sequence: r.u64() })) }),
    write: (f) => join(u16(f.conversations.length), ...f.conversations.map((/** @type {any} */ c) => join(c.conversation, u64(c.sequence)))),
  }],
  [135, { name: "passing", read: readEntry, write: writeEntry }],
  [136, { name: "waiting", read: (r) => ({ agents: r.bool() }), write: (f) => bool(f.agents) }],
]);

/** @param {Reader} r */
function readCode(r) {
  const code = r.u16();
  if (code < 1 || code > 23) throw new Refused("bad argument", "no such code");
  return code;
}

/** @param {Uint8Array} bytes @returns {Frame} */
export function decodeFrame(bytes) {
  if (bytes.length > 131072) throw new Refused("too large");
  const r = new Reader(bytes);
  const type = r.u8();
  const request = r.u32();
  const form = FORMS.get(type);
  if (form === undefined) throw new Refused("bad argument", "unknown frame");
  const fields = form.read(r);
  r.end();
  return { type, request, ...fields };
}

/** @param {Frame} frame */
export function encodeFrame(frame) {
  const form = FORMS.get(frame.type);
  if (form === undefined) throw new Refused("bad argument", "unknown frame");
  return join(u8(frame.type), u32(frame.request), form.write(frame));
}

/** @typedef {{ role: number, tenant: Uint8Array, identity: Uint8Array, host: Uint8Array, proof: Uint8Array }} Hello */

/** @param {Reader} r */
function readHello(r) {
  r.version();
  const hello = { role: r.u8(), tenant: r.fixed(16), identity: r.fixed(32), host: r.bytes16(255), proof: r.bytes16(8192), signature: r.fixed(64) };
  return hello;
}

/** @param {Hello} h */
const helloHead = (h) => join(u8(1), u8(h.role), h.tenant, h.identity, bytes16(h.host), bytes16(h.proof));

/** What the hello's signature covers. @param {Uint8Array} nonce @param {Hello} h */
const helloSigned = (nonce, h) => join(nonce, u8(h.role), h.tenant, bytes16(h.host), H("relay proof", h.proof));

/** @param {Uint8Array} nonce @param {Uint8Array} body of frame 1 @param {Uint8Array} root @param {Uint8Array} host */
export function checkHello(nonce, body, root, host) {
  const r = new Reader(body);
  const hello = readHello(r);
  r.end();
  checkEd25519(hello.identity);
  if (!same(hello.tenant, tenantId(root)) || !same(hello.host, host)) throw new Refused("bad argument", "tenant or host");
  if (!verify(hello.identity, "relay hello", helloSigned(nonce, hello), hello.signature)) throw new Refused("open failed", "signature");
  return hello;
}

/**
 * @param {Uint8Array} nonce
 * @param {import("./crypto.js").Identity} identity
 * @param {Omit<Hello, "identity">} fields
 */
export function makeHello(nonce, identity, fields) {
  const hello = { ...fields, identity: identity.public };
  return join(helloHead(hello), identity.sign("relay hello", helloSigned(nonce, hello)));
}
