// @ts-check
/**
 * Seals one file, in the end service: reads the Blob a megabyte at a time, pads
 * it with zeros, seals chunk by chunk, and gives the ciphertext in parts for
 * uploading. Which chunk is the last is known from the size, so the file must
 * not change meanwhile: if it does, that is an error, never another content.
 *
 * A part is given once. Sealing again means another Sealing, under another key.
 */
import { SealwireError } from "../errors.js";
import { Mutex } from "./mutex.js";
import { CHUNK, PART, paddedSize, sealedSize } from "./padding.js";

/** @typedef {import("../core/instance.js").Core} Core */

const READ = 16 * CHUNK;

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
  /** Sealed, not given yet. @type {Uint8Array} */
  #rest = new Uint8Array();
  /** A stretch of the file, from `#at` on. @type {Uint8Array} */
  #read = new Uint8Array();
  #at = 0;
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
    this.#handle = core.call("stream_seal_new");
  }

  /** The next part. Every part but the last has PART bytes. */
  part() {
    return this.#mutex.run("", async () => {
      const part = new Uint8Array(Math.min(PART, this.length - this.#given));
      for (let filled = 0; filled < part.length; ) {
        if (this.#rest.length === 0) this.#rest = await this.#chunk();
        const piece = this.#rest.subarray(0, part.length - filled);
        part.set(piece, filled);
        filled += piece.length;
        this.#rest = this.#rest.subarray(piece.length);
      }
      this.#given += part.length;
      return part;
    });
  }

  /** What belongs in the sealed message, once all parts are given. */
  finish() {
    const out = this.#core.callBytes("stream_seal_finish", this.#handle);
    return { secret: out.slice(0, 48), hash: out.slice(48) };
  }

  close() {
    if (this.#core.dead || this.#handle === 0) return;
    this.#core.close(this.#handle);
    this.#handle = 0;
  }

  async #chunk() {
    const size = Math.min(CHUNK, this.#padded - this.#sealed);
    const content = Math.max(0, Math.min(size, this.#blob.size - this.#sealed));
    if (content > 0 && this.#sealed + content > this.#at + this.#read.length) {
      this.#read = await this.#slice(this.#sealed);
      this.#at = this.#sealed;
    }
    const from = this.#sealed - this.#at;
    /** @type {Uint8Array} */
    let plaintext = this.#read.subarray(from, from + content);
    if (content < size) {
      const padded = new Uint8Array(size);
      padded.set(plaintext);
      plaintext = padded;
    }
    this.#sealed += size;
    const last = this.#sealed === this.#padded ? 1 : 0;
    return this.#core.callBytes("stream_seal", this.#handle, Uint8Array.of(last), plaintext);
  }

  /** @param {number} at */
  async #slice(at) {
    const end = Math.min(at + READ, this.#blob.size);
    /** @type {Uint8Array} */
    let bytes;
    try {
      bytes = new Uint8Array(await this.#blob.slice(at, end).arrayBuffer());
    } catch {
      throw new SealwireError("unavailable", "the file cannot be read any more");
    }
    if (bytes.length !== end - at) throw new SealwireError("truncated file", "the file changed while it was read");
    return bytes;
  }
}
