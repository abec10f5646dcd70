// @ts-check
/**
 * Opens one file, in the end service: takes the ciphertext as it comes, in any
 * pieces, opens each chunk in its place, and only then gives its plaintext away
 * or writes it down. Never more than one chunk is held, in the same buffers for
 * all of them. Whole is only what has every chunk, no byte more, zeros as
 * padding, and the hash of the message.
 *
 * @typedef {import("../core/instance.js").Core} Core
 * @typedef {{ write: (bytes: Uint8Array) => void }} Sink  has no use of the bytes once it returns
 */
import { SealwireError } from "../errors.js";
import { Writer, equalBytes } from "./bytes.js";
import { CHUNK, OVERHEAD, paddedSize, sealedSize } from "./padding.js";

export class Opening {
  #core;
  #handle;
  #hash;
  #size;
  #sink;
  #index = 0;
  /** Bytes of ciphertext taken. */
  #taken = 0;
  /** Bytes of plaintext opened, padding included. */
  #opened = 0;
  #padded;
  /** The chunk that is coming in, when it comes in pieces. */
  #chunk;
  #filled = 0;
  #plaintext;
  /** Of the whole ciphertext. */
  length;

  /**
   * @param {Core} core
   * @param {{ secret: Uint8Array, hash: Uint8Array, size: number }} file
   * @param {Sink | null} sink  null: `part` returns what it opened
   */
  constructor(core, { secret, hash, size }, sink) {
    this.#core = core;
    this.#hash = hash;
    this.#size = size;
    this.#sink = sink;
    this.#padded = paddedSize(size);
    this.length = sealedSize(size);
    const most = Math.min(CHUNK, this.#padded);
    this.#chunk = new Uint8Array(most + OVERHEAD);
    this.#plaintext = new Uint8Array(most);
    this.#handle = core.call("stream_open_new", new Writer().raw(secret).u64(this.#padded).take());
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {Uint8Array} the content that they complete; empty with a sink
   */
  part(bytes) {
    if (this.#taken + bytes.length > this.length) throw new SealwireError("too large", "more came than the file has");
    this.#taken += bytes.length;
    /** @type {Uint8Array[]} */
    const opened = [];
    for (let rest = bytes; rest.length > 0; ) {
      const due = Math.min(CHUNK, this.#padded - this.#opened) + OVERHEAD;
      const piece = rest.subarray(0, due - this.#filled);
      rest = rest.subarray(piece.length);
      let chunk = piece;
      if (piece.length < due) {
        this.#chunk.set(piece, this.#filled);
        this.#filled += piece.length;
        if (this.#filled < due) break;
        chunk = this.#chunk.subarray(0, due);
      }
      const content = this.#open(chunk);
      if (this.#sink) this.#sink.write(content);
      else opened.push(content.slice());
    }
    return opened.length === 1 ? /** @type {Uint8Array} */ (opened[0]) : opened.reduce((w, piece) => w.raw(piece), new Writer()).take();
  }

  /** Throws unless the whole file was opened and is the one that the message tells of. */
  finish() {
    if (this.#opened !== this.#padded) throw new SealwireError("truncated file");
    const hash = this.#core.callBytes("stream_open_hash", this.#handle);
    if (!equalBytes(hash, this.#hash)) throw new SealwireError("open failed", "not the file that the message tells of");
  }

  close() {
    this.#plaintext.fill(0);
    if (this.#core.dead || this.#handle === 0) return;
    this.#core.close(this.#handle);
    this.#handle = 0;
  }

  /** @param {Uint8Array} chunk */
  #open(chunk) {
    const length = this.#core.callInto(this.#plaintext, "stream_open", this.#handle, new Writer().u64(this.#index).take(), chunk);
    const plaintext = this.#plaintext.subarray(0, length);
    const content = Math.max(0, Math.min(plaintext.length, this.#size - this.#opened));
    if (plaintext.subarray(content).some((b) => b !== 0)) throw new SealwireError("open failed", "padding that is not zero");
    this.#index++;
    this.#opened += plaintext.length;
    this.#filled = 0;
    return plaintext.subarray(0, content);
  }
}
