// @ts-check
/**
 * The keystore: everything at rest is sealed by the core under a 32-byte data
 * key, and that key is wrapped by an AES-GCM CryptoKey which the browser keeps
 * and will not export. The context of each sealed value names its table and
 * key, so that values cannot be swapped. What it cannot do: whoever can use
 * this browser profile can use the wrapping key too.
 *
 * A namespace is whole or new. If a part of it is missing, or does not open,
 * that is "open failed"; it is never treated as a fresh device.
 *
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Table} Table
 * @typedef {import("./store.js").Write} Write
 * @typedef {import("../core/instance.js").Core} Core
 */
import { SealwireError } from "../errors.js";
import { Writer, encodeText } from "./bytes.js";

const WRAPPING = "wrapping key";
const DATA = "data key";
const IV = 12;

export class Keystore {
  #core;
  /** Handle in the core. */
  handle;

  /**
   * @param {Core} core
   * @param {number} handle
   */
  constructor(core, handle) {
    this.#core = core;
    this.handle = handle;
  }

  /**
   * @param {Table} table
   * @param {string} key
   * @param {Uint8Array} plaintext
   * @returns {Write}
   */
  seal(table, key, plaintext) {
    const input = new Writer().bytes16(encodeText(`${table}/${key}`)).raw(plaintext).take();
    return { table, key, value: this.#core.callBytes("keystore_seal", this.handle, input) };
  }

  /**
   * @param {Table} table
   * @param {string} key
   * @param {import("./store.js").Value} blob
   */
  unseal(table, key, blob) {
    const input = new Writer().bytes16(encodeText(`${table}/${key}`)).raw(bytesOf(blob)).take();
    return this.#core.callBytes("keystore_unseal", this.handle, input);
  }
}

/**
 * The bytes of a stored value; anything else in its place is damage.
 * @param {import("./store.js").Value | undefined} value
 */
export function bytesOf(value) {
  if (!(value instanceof Uint8Array)) throw new SealwireError("open failed", "device storage: a value is missing or damaged");
  return value;
}

/**
 * Opens the namespace's keystore in a core. For a new namespace the writes that
 * make it are returned, so that they are saved together with its first state.
 * @param {Core} core
 * @param {Store} store
 * @param {boolean} started  there is state in this namespace
 * @returns {Promise<{ keystore: Keystore, writes: Write[] }>}
 */
export async function openKeystore(core, store, started) {
  const wrapping = await store.get("meta", WRAPPING);
  const wrapped = await store.get("meta", DATA);
  /** @type {Uint8Array} */
  let dataKey;
  /** @type {Write[]} */
  const writes = [];
  if (!started && wrapping === undefined && wrapped === undefined) {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const fresh = crypto.getRandomValues(new Uint8Array(32));
    dataKey = fresh;
    const iv = crypto.getRandomValues(new Uint8Array(IV));
    const sealed = await crypto.subtle.encrypt(aesParameters(store.name, iv), key, fresh);
    const value = new Writer().raw(iv).raw(new Uint8Array(sealed)).take();
    writes.push({ table: "meta", key: WRAPPING, value: key }, { table: "meta", key: DATA, value });
  } else {
    if (!started || !(wrapping instanceof CryptoKey)) throw new SealwireError("open failed", "device storage: the keystore is incomplete");
    const blob = bytesOf(wrapped);
    try {
      dataKey = new Uint8Array(await crypto.subtle.decrypt(aesParameters(store.name, blob.slice(0, IV)), wrapping, new Uint8Array(blob.subarray(IV))));
    } catch {
      throw new SealwireError("open failed", "device storage: the keystore does not open");
    }
  }
  try {
    return { keystore: new Keystore(core, core.call("keystore_open", dataKey)), writes };
  } finally {
    dataKey.fill(0);
  }
}

/**
 * The namespace is authenticated with the key, so that one cannot stand in for another.
 * @param {string} name
 * @param {Uint8Array} iv
 */
function aesParameters(name, iv) {
  return { name: "AES-GCM", iv: new Uint8Array(iv), additionalData: encodeText(`sealwire/1 keystore ${name}`) };
}
