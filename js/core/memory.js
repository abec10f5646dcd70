/**
 * The one file that touches the linear memory of the core. Every access takes a
 * fresh view, since growth of the memory detaches the older ones.
 */

/**
 * @param {unknown} value
 * @returns {value is Uint8Array} true also for one of another window or worker
 */
export function isBytes(value) {
  return ArrayBuffer.isView(value) && Reflect.get(value, Symbol.toStringTag) === "Uint8Array";
}

export class Memory {
  /** @type {WebAssembly.Memory | undefined} */
  #memory;

  /** @param {WebAssembly.Memory} memory */
  attach(memory) {
    this.#memory = memory;
  }

  /** Size of the memory in pages of 64 KiB. */
  get pages() {
    return this.#view(0).byteLength / 65_536;
  }

  /**
   * Writes bytes where there is room for so many. Their length is asked once: it
   * may answer otherwise the next time (a getter, a buffer that another thread grows).
   * @param {number} address
   * @param {Uint8Array} bytes
   * @param {number} room
   * @returns {number} how many were written
   */
  write(address, bytes, room) {
    const n = bytes.length;
    if (!(n <= room)) throw new RangeError(`${n} bytes where there is room for ${room}`);
    this.#view(address, n).set(bytes);
    return n;
  }

  /**
   * @param {number} address
   * @param {number} length
   * @returns {Uint8Array<ArrayBuffer>} a copy
   */
  read(address, length) {
    return this.#view(address, length).slice();
  }

  /**
   * Fills `into` with a copy.
   * @param {number} address
   * @param {Uint8Array} into
   */
  readInto(address, into) {
    into.set(this.#view(address, into.length));
  }

  /**
   * @param {number} address
   * @param {number} length
   */
  wipe(address, length) {
    this.#view(address, length).fill(0);
  }

  /**
   * @param {number} address
   * @returns {number}
   */
  readU32(address) {
    return this.#data(address, 4).getUint32(0, true);
  }

  /**
   * @param {number} address
   * @param {number} value
   */
  writeU32(address, value) {
    this.#data(address, 4).setUint32(0, value, true);
  }

  /**
   * @param {number} address
   * @param {bigint} value
   */
  writeU64(address, value) {
    this.#data(address, 8).setBigUint64(0, value, true);
  }

  /** @returns {ArrayBuffer} */
  #buffer() {
    if (this.#memory === undefined) throw new Error("sealwire: the memory is not attached yet");
    return this.#memory.buffer;
  }

  // The core passes addresses as i32: beyond 2 GiB they come out negative.
  /**
   * @param {number} address
   * @param {number} [length]
   */
  #view(address, length) {
    return new Uint8Array(this.#buffer(), address >>> 0, length);
  }

  /**
   * @param {number} address
   * @param {number} length
   */
  #data(address, length) {
    return new DataView(this.#buffer(), address >>> 0, length);
  }
}
