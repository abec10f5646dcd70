// @ts-check
/**
 * Reads a stream of bytes in pieces, into one buffer that is used again and
 * again. What a browser allocates for each piece stays until its collector
 * finds it worth the while, which for buffers is after some 64 MB in each
 * realm: a file of any size has to go through memory that is there already.
 * Where a stream cannot fill buffers of its reader's (no byte stream, or an
 * engine without such readers), the pieces are those that it makes.
 */
const SIZE = 256 * 1024;
/** @type {Uint8Array} */
const NOTHING = new Uint8Array();

export class Tap {
  /** @type {ReadableStreamBYOBReader | null} */
  #filling = null;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
  #making = null;
  /** The buffer; of no length while a read has it, and for good when that failed. @type {ArrayBuffer} */
  #buffer;
  /** Of a piece that the stream made, what was not asked for yet. */
  #rest = NOTHING;

  /**
   * @param {ReadableStream<Uint8Array>} stream
   * @param {ArrayBuffer} [buffer]  of a tap before it
   */
  constructor(stream, buffer) {
    this.#buffer = buffer && buffer.byteLength > 0 ? buffer : new ArrayBuffer(SIZE);
    try {
      if (typeof ReadableStreamBYOBReader !== "undefined") this.#filling = stream.getReader({ mode: "byob" });
    } catch {
      // Not a byte stream.
    }
    if (!this.#filling) this.#making = stream.getReader();
  }

  /** For the next tap, once nothing more is read here. */
  get buffer() {
    return this.#buffer;
  }

  /**
   * Some of what is next; one read at a time.
   * @param {number} most  bytes, one or more
   * @returns {Promise<Uint8Array>} good until the next call; empty at the end of the stream
   */
  async read(most) {
    if (this.#filling) {
      const { value } = await this.#filling.read(new Uint8Array(this.#buffer, 0, Math.min(most, this.#buffer.byteLength)));
      if (!value) return NOTHING;
      this.#buffer = value.buffer;
      return value;
    }
    while (this.#rest.length === 0) {
      const { done, value } = await /** @type {ReadableStreamDefaultReader<Uint8Array>} */ (this.#making).read();
      if (done) return NOTHING;
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Lets go of the stream. */
  end() {
    (this.#filling ?? this.#making)?.cancel().catch(() => {});
  }
}
