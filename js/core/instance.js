/**
 * One running instance of the core.
 *
 *   const module = await loadModule();               // loader.js
 *   const core = await instantiate(module);          // or instantiateNow(module)
 *   const end = core.call("end_new", role, roots);   // a number: handle, length or 0
 *   const id = core.callBytes("end_identity", end);  // a copy of the bytes in the tray
 *   const n = core.callInto(chunk, "stream_seal", …);// the same, copied to the front of chunk
 *   core.putBulk(blob);                              // for exports that read the bulk buffer
 *   const saved = core.callBulk("end_save", end, ks);// the bytes the export left there; wiped there
 *   core.close(end);
 *
 * Arguments are numbers first, then byte arrays. All byte arrays of one call go
 * one behind the other into the tray, and their total length is passed as the
 * last number: so `core.callBytes("x", h, key, nonce, text)` calls x(h, length).
 * An export that takes a length but gets no bytes is given `new Uint8Array(0)`.
 *
 * Errors: `TypeError` for an unknown export, a wrong kind or count of arguments;
 * `RangeError` for a number that is no 32-bit integer; `SealwireError` with the
 * core's code otherwise. After code `internal` or `no randomness` the instance
 * is dead (`core.dead`): every later call throws the same. Throw it away, make
 * another of the same module and load the state again; never retry the call.
 *
 * The tray holds nothing after a call, whatever its outcome. Byte arrays given
 * are not changed: wiping those that hold secrets is the caller's work.
 */

import { SealwireError, codeOf } from "../errors.js";
import { isBytes, Memory } from "./memory.js";
import { randomBytes } from "./random.js";
import { wasi } from "./wasi.js";

/** The version of the border that this code speaks. */
const ABI_VERSION = 1;

/** Most bytes that putBulk takes: 16 MiB. */
export const MAX_BULK = 16 * 1024 * 1024;

/**
 * Starts an instance: checks randomness and version, runs the self test.
 * @param {WebAssembly.Module} module
 * @returns {Promise<Core>}
 * @throws {SealwireError} `no randomness`, `unsupported version`, `unavailable`, `internal`
 */
export async function instantiate(module) {
  const memory = new Memory();
  randomBytes(32);
  const instance = await WebAssembly.instantiate(module, wasi(memory)).catch(refuseStart);
  return new Core(instance, memory);
}

/**
 * The same at once, for replacing a dead instance inside a synchronous call.
 * @param {WebAssembly.Module} module
 * @returns {Core}
 */
export function instantiateNow(module) {
  const memory = new Memory();
  randomBytes(32);
  let instance;
  try {
    instance = new WebAssembly.Instance(module, wasi(memory));
  } catch (cause) {
    return refuseStart(cause);
  }
  return new Core(instance, memory);
}

/**
 * @param {unknown} cause
 * @returns {never}
 */
function refuseStart(cause) {
  if (cause instanceof SealwireError) throw cause;
  if (cause instanceof WebAssembly.LinkError || cause instanceof TypeError) {
    throw new SealwireError("unsupported version", "the module asks for what this code does not have");
  }
  throw new SealwireError("unavailable", "the core could not start: too little memory?");
}

export class Core {
  /** @type {Map<string, (...numbers: number[]) => number>} */
  #exports = new Map();
  /** @type {Memory} */
  #memory;
  #tray = 0;
  #traySize = 0;
  /** @type {SealwireError | undefined} */
  #dead;
  /** @type {FinalizationRegistry<number> | undefined} */
  #registry;

  /**
   * Use instantiate or instantiateNow.
   * @param {WebAssembly.Instance} instance
   * @param {Memory} memory
   */
  constructor(instance, memory) {
    this.#memory = memory;
    const { memory: linear, ...functions } = instance.exports;
    if (!(linear instanceof WebAssembly.Memory)) throw new SealwireError("unsupported version", "the module has no memory");
    memory.attach(linear);
    for (const [name, value] of Object.entries(functions)) {
      if (typeof value === "function") this.#exports.set(name, /** @type {(...numbers: number[]) => number} */ (value));
    }
    if (!this.#exports.has("_initialize") || !this.#exports.has("abi_version")) {
      throw new SealwireError("unsupported version", "the module is not the core");
    }
    this.#run("_initialize", []);
    this.#exports.delete("_initialize"); // once only
    const version = this.call("abi_version");
    if (version !== ABI_VERSION) throw new SealwireError("unsupported version", `the core speaks version ${version}, this code ${ABI_VERSION}`);
    this.#traySize = this.call("tray_size");
    this.#tray = this.#run("tray_address", []) >>> 0;
    this.call("self_test");
  }

  /** Why the instance is dead, or undefined while it lives. */
  get dead() {
    return this.#dead;
  }

  /** Size of the tray in bytes: the most that the byte arrays of one call, or one result, hold. */
  get traySize() {
    return this.#traySize;
  }

  /** Size of the instance's memory in pages of 64 KiB; it never shrinks. */
  get pages() {
    return this.#memory.pages;
  }

  /**
   * Calls an export whose result is a number and stands in no buffer.
   * @param {string} name
   * @param {...(number | Uint8Array)} args numbers, then byte arrays
   * @returns {number} 0 or more
   */
  call(name, ...args) {
    return this.#enter(name, args);
  }

  /**
   * Calls an export whose result stands in the tray.
   * @param {string} name
   * @param {...(number | Uint8Array)} args numbers, then byte arrays
   * @returns {Uint8Array<ArrayBuffer>}
   */
  callBytes(name, ...args) {
    return this.#take(this.#enter(name, args));
  }

  /**
   * The same into an array of the caller's, for what is called once for each chunk of a
   * file: what is not allocated need not wait to be collected. Whatever does not fit is an error.
   * @param {Uint8Array} into
   * @param {string} name
   * @param {...(number | Uint8Array)} args numbers, then byte arrays
   * @returns {number} bytes written to the front of `into`
   */
  callInto(into, name, ...args) {
    if (!isBytes(into)) throw new TypeError(`expected a Uint8Array, got ${kind(into)}`);
    const length = this.#enter(name, args);
    try {
      this.#checkTray(length);
      if (length > into.length) throw new SealwireError("too long", `${name}: ${length} bytes for an array of ${into.length}`);
      this.#memory.readInto(this.#tray, into.subarray(0, length));
    } finally {
      this.#memory.wipe(this.#tray, Math.min(length, this.#traySize));
    }
    return length;
  }

  /**
   * Calls an export whose result stands in the bulk buffer, and empties that.
   * @param {string} name
   * @param {...(number | Uint8Array)} args numbers, then byte arrays
   * @returns {Uint8Array<ArrayBuffer>}
   */
  callBulk(name, ...args) {
    const result = new Uint8Array(this.#enter(name, args));
    for (let at = 0; at < result.length; at += this.#traySize) {
      const piece = this.callBytes("bulk_get", at, Math.min(this.#traySize, result.length - at));
      result.set(piece, at);
      piece.fill(0);
    }
    this.call("bulk_clear");
    return result;
  }

  /**
   * Puts bytes into the bulk buffer, in the place of what was there. After the
   * export that reads them, `call("bulk_clear")` wipes them; callBulk does so itself.
   * @param {Uint8Array} bytes at most MAX_BULK
   */
  putBulk(bytes) {
    if (!isBytes(bytes)) throw new TypeError(`expected a Uint8Array, got ${kind(bytes)}`);
    if (bytes.length > MAX_BULK) throw new SealwireError("too large", `at most ${MAX_BULK} bytes, got ${bytes.length}`);
    this.call("bulk_reserve", bytes.length);
    for (let at = 0; at < bytes.length; at += this.#traySize) {
      const piece = bytes.subarray(at, at + this.#traySize);
      this.#write(piece, 0);
      this.call("bulk_put", at, piece.length);
    }
  }

  /**
   * Closes a handle; what it stood for is zeroed, and all that belongs to it.
   * @param {number} handle
   */
  close(handle) {
    this.call("close", handle);
  }

  /**
   * A net under a forgotten close: when owner is collected, the handle closes.
   * @param {object} owner
   * @param {number} handle
   */
  closeWith(owner, handle) {
    this.#registry ??= new FinalizationRegistry((forgotten) => {
      if (this.#dead !== undefined) return;
      try {
        this.close(forgotten);
      } catch {
        // It was closed before, as it should be.
      }
    });
    this.#registry.register(owner, handle);
  }

  /**
   * @param {string} name
   * @param {(number | Uint8Array)[]} args
   * @returns {number}
   */
  #enter(name, args) {
    const numbers = [];
    let length = 0;
    let bytes = 0;
    // First all checks, then the first write: a refused call changes nothing.
    for (const arg of args) {
      if (typeof arg === "number") {
        if (bytes > 0) throw new TypeError(`${name}: numbers go before byte arrays`);
        if ((arg | 0) !== arg) throw new RangeError(`${name}: expected a 32-bit integer, got another number`);
        numbers.push(arg);
      } else if (isBytes(arg)) {
        bytes++;
        length += arg.length;
      } else {
        throw new TypeError(`${name}: expected a number or Uint8Array, got ${kind(arg)}`);
      }
    }
    if (bytes > 0) numbers.push(length);
    if (this.#dead !== undefined) throw this.#dead;
    const known = this.#exports.get(name);
    if (known === undefined) throw new TypeError(`the core has no export ${name}`);
    if (known.length !== numbers.length) {
      throw new TypeError(`${name}: expected ${known.length} numbers (a length counted), got ${numbers.length}`);
    }
    if (length > this.#traySize) throw new SealwireError("too long", `${name}: at most ${this.#traySize} bytes, got ${length}`);
    let at = 0;
    for (const arg of args) {
      if (typeof arg === "number") continue;
      at += this.#write(arg, at);
    }
    if (at !== length) {
      this.#memory.wipe(this.#tray, at);
      throw new RangeError(`${name}: an argument changed its length`);
    }
    return this.#run(name, numbers);
  }

  /**
   * @param {string} name
   * @param {number[]} numbers
   * @returns {number}
   */
  #run(name, numbers) {
    let result = 0;
    try {
      result = /** @type {(...numbers: number[]) => number} */ (this.#exports.get(name))(...numbers);
    } catch (cause) {
      // A trap, an exit, or no randomness: the Go runtime stands still in mid-step.
      throw this.#die(cause instanceof SealwireError ? cause.code : "internal");
    }
    if (name === "_initialize" || name === "tray_address" || result >= 0) return result;
    const code = codeOf(-result);
    if (code === "internal") throw this.#die(code);
    throw new SealwireError(code);
  }

  /**
   * @param {import("../errors.js").Code} code
   * @returns {SealwireError} which says nothing of the cause: that could hold secrets
   */
  #die(code) {
    this.#dead = new SealwireError(code, code === "internal" ? "the core stopped; this instance is dead" : "the core stopped");
    this.#exports.clear();
    this.#memory.wipe(this.#tray, this.#traySize);
    return this.#dead;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  #write(bytes, at) {
    return this.#memory.write(this.#tray + at, bytes, this.#traySize - at);
  }

  /** @param {number} length */
  #take(length) {
    this.#checkTray(length);
    const bytes = this.#memory.read(this.#tray, length);
    this.#memory.wipe(this.#tray, length);
    return bytes;
  }

  /** @param {number} length */
  #checkTray(length) {
    if (length > this.#traySize) throw new TypeError("expected a length in the tray, got a handle: use call");
  }
}

/** @param {unknown} value */
function kind(value) {
  if (value === null) return "null";
  return ArrayBuffer.isView(value) ? String(Reflect.get(value, Symbol.toStringTag) ?? "DataView") : typeof value;
}
