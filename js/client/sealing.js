// @ts-check
/**
 * Seals one file, in the end service: reads the Blob a megabyte at a time, pads
 * it with zeros, seals chunk by chunk, and gives the ciphertext in parts for
 * uploading. Which chunk is the last is known from the size, so the file must
 * not change meanwhile: if it does, that is an error, never another content.
 *
 * A part is given once. Sealing again means another Sealing, under another key.
 * All of it goes through the same few buffers, whatever the size of the file.
 */
import { SealwireError } from "../errors.js";
import { Mutex } from "./mutex.js";
import { CHUNK, OVERHEAD, PART, paddedSize, sealedSize } from "./padding.js";
import { Tap } from "./tap.js";

/** @typedef {import("../core/instance.js").Core} Core */

/** Bytes of the file that are opened at a time: the browser looks each time whether it is still the same. */
const READ = 64 * CHUNK;
const MORE = Uint8Array.of(0);
const LAST = Uint8Array.of(1);

export class Sealing {
  #core;
  #blob;
  #handle;
  #padded;
  #mutex = new Mutex();
  /** Bytes of plaintext sealed. */
  #sealed = 0;
  /** Bytes of ciphertext given. */
  #given = 0;
  #plaintext;
  #chunk = new Uint8Array(CHUNK + OVERHEAD);
  #part;
  /** Of the chunk, what is not given yet. */
  #rest = this.#chunk.subarray(0, 0);
  /** The stretch of the file that is being read. @type {Tap | null} */
  #tap = null;
  /** Bytes of the file read. */
  #read = 0;
  /** Of the whole ciphertext. */
  length;

  /**
   * @param {Core} core
   * @param {Blob} blob
   */
  constructor(core, blob) {
    this.#core = core;
    this.#blob = blob;
    this.#padded = paddedSize(blob.size);
    this.length = sealedSize(blob.size);
    this.#plaintext = new Uint8Array(Math.min(CHUNK, this.#padded));
    this.#part = new Uint8Array(Math.min(PART, this.length));
    this.#handle = core.call("stream_seal_new");
  }

  /**
   * The next part. Every part but the last has PART bytes.
   * @template T
   * @param {(part: Uint8Array) => Promise<T>} take  may use the bytes until it settles, not beyond
   * @returns {Promise<T>}
   */
  part(take) {
    return this.#mutex.run("", async () => {
      const part = this.#part.subarray(0, this.length - this.#given);
      for (let filled = 0; filled < part.length; ) {
        if (this.#rest.length === 0) this.#rest = await this.#next();
        const piece = this.#rest.subarray(0, part.length - filled);
        part.set(piece, filled);
        filled += piece.length;
        this.#rest = this.#rest.subarray(piece.length);
      }
      this.#given += part.length;
      return take(part);
    });
  }

  /** What belongs in the sealed message, once all parts are given. */
  finish() {
    const out = this.#core.callBytes("stream_seal_finish", this.#handle);
    return { secret: out.slice(0, 48), hash: out.slice(48) };
  }

  close() {
    this.#tap?.end();
    this.#plaintext.fill(0);
    if (this.#core.dead || this.#handle === 0) return;
    this.#core.close(this.#handle);
    this.#handle = 0;
  }

  async #next() {
    const plaintext = this.#plaintext.subarray(0, this.#padded - this.#sealed);
    const content = Math.min(plaintext.length, this.#blob.size - this.#read);
    for (let filled = 0; filled < content; ) {
      const piece = await this.#some(content - filled);
      plaintext.set(piece, filled);
      filled += piece.length;
    }
    plaintext.fill(0, content);
    this.#sealed += plaintext.length;
    const last = this.#sealed === this.#padded ? LAST : MORE;
    return this.#chunk.subarray(0, this.#core.callInto(this.#chunk, "stream_seal", this.#handle, last, plaintext));
  }

  /**
   * Some of what is next in the file.
   * @param {number} most
   */
  async #some(most) {
    const left = READ - (this.#read % READ);
    /** @type {Uint8Array} */
    let piece;
    try {
      if (!this.#tap || left === READ) {
        this.#tap?.end();
        this.#tap = new Tap(this.#blob.slice(this.#read, this.#read + READ).stream(), this.#tap?.buffer);
      }
      piece = await this.#tap.read(Math.min(most, left));
    } catch {
      throw new SealwireError("unavailable", "the file cannot be read any more");
    }
    if (piece.length === 0) throw new SealwireError("truncated file", "the file changed while it was read");
    this.#read += piece.length;
    return piece;
  }
}
