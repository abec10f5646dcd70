// @ts-check
/**
 * What stands in the open in a credential and in a key package (SPEC 3.3 and
 * 3.4), as far as the page must know it: whom it makes its owner, and until
 * when. Nothing is judged here: the core verifies what it is given.
 *
 * @typedef {object} Credential
 * @property {number} role
 * @property {string} alias
 * @property {string[]} queues
 * @property {number} notBefore  Unix seconds
 * @property {number} notAfter
 */
import { SealwireError } from "../errors.js";
import { Reader, decodeText } from "./bytes.js";
import { ROLE } from "./status.js";

const VERSION = 1;
const BARE = 0;

/**
 * @param {Uint8Array} bytes
 * @returns {Credential}
 */
export function credentialOf(bytes) {
  return read(bytes, "bad credential", (r) => {
    const role = r.u8();
    r.raw(32);
    const alias = decodeText(r.bytes8());
    r.bytes8();
    const queues = [];
    for (let n = r.u8(); n > 0; n--) queues.push(decodeText(r.bytes8()));
    return { role, alias, queues, notBefore: r.u64(), notAfter: r.u64() };
  });
}

/**
 * The role of a key package's owner.
 * @param {Uint8Array} bytes
 * @returns {number}
 */
export function ownerRole(bytes) {
  return read(bytes, "bad argument", (r) => (r.u8() === BARE ? ROLE.customer : credentialOf(r.bytes16()).role));
}

/**
 * The public name of a key package's owner; empty for a bare identity.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function ownerAlias(bytes) {
  return read(bytes, "bad argument", (r) => (r.u8() === BARE ? "" : credentialOf(r.bytes16()).alias));
}

/**
 * @template T
 * @param {Uint8Array} bytes
 * @param {"bad credential" | "bad argument"} code
 * @param {(r: Reader) => T} fields
 * @returns {T}
 */
function read(bytes, code, fields) {
  try {
    const r = new Reader(bytes);
    if (r.u8() !== VERSION) throw new SealwireError("unsupported version");
    return fields(r);
  } catch (error) {
    throw error instanceof SealwireError ? error : new SealwireError(code);
  }
}
