// @ts-check
/**
 * Files over a foreign transport: the parts that a client brings are kept here
 * until all are there, and then go up as one, under an opaque name. What comes
 * back is taken up to the length that its message tells, and no further.
 *
 * @typedef {import("./carrier.js").Files} Files
 * @typedef {import("./transports/transport.js").Transport} Transport
 *
 * @typedef {object} Place  of a file that is on its way
 * @property {number} length
 * @property {Map<number, Blob>} parts
 */
import { SealwireError } from "../errors.js";
import { toBase64url } from "./bytes.js";
import { FileRefusal } from "./filerefusal.js";
import { PART } from "./padding.js";
import { Slots } from "./slots.js";

const ID = 16;
/** Files on their way up at once: all of each is held here. */
const UPLOADS = 2;
/** What came is passed on in pieces of at most this many bytes. */
const PIECE = 256 * 1024;
/** Without a byte of a file (ms). */
const SILENCE = 30_000;

/** @implements {Files} */
export class ForeignFiles {
  #transport;
  /** @type {Map<string, Place>} */
  #places = new Map();
  uploads = new Slots(UPLOADS);

  /** @param {(conversation: string) => Transport} transport  that carries it; throws where none does */
  constructor(transport) {
    this.#transport = transport;
  }

  /**
   * @param {string} conversation
   * @param {number} length
   */
  async create(conversation, length) {
    const { maxFile } = this.#over(conversation);
    if (maxFile !== undefined && length > maxFile) throw new FileRefusal("too large", `at most ${maxFile} bytes go over this platform, sealed`, {});
    const id = toBase64url(crypto.getRandomValues(new Uint8Array(ID)));
    this.#places.set(id, { length, parts: new Map() });
    return id;
  }

  /**
   * @param {string} _conversation
   * @param {string} id
   * @param {number} part
   * @param {Blob} body  readable until this resolves, and perhaps no longer
   * @param {AbortSignal} signal
   */
  async put(_conversation, id, part, body, signal) {
    signal.throwIfAborted();
    const place = this.#place(id);
    if (!(Number.isInteger(part) && part >= 0 && part * PART < place.length)) throw new RangeError("part: expected one of the file's");
    if (body.size > PART) throw new FileRefusal("too large", "a part is longer than parts are", {});
    const copy = new Blob([await body.arrayBuffer()]);
    signal.throwIfAborted();
    place.parts.set(part, copy);
  }

  /**
   * @param {string} _conversation
   * @param {string} id
   * @param {AbortSignal} signal
   * @returns {Promise<Set<unknown>>}
   */
  async missing(_conversation, id, signal) {
    signal.throwIfAborted();
    return new Set(absent(this.#place(id)));
  }

  /**
   * @param {string} conversation
   * @param {string} id
   * @param {AbortSignal} signal
   */
  async complete(conversation, id, signal) {
    const place = this.#place(id);
    if (absent(place).length > 0) throw new FileRefusal("truncated file", "parts are missing", { gone: true });
    const parts = [...place.parts].sort(([a], [b]) => a - b).map(([, body]) => body);
    const transport = this.#over(conversation);
    await attempt(signal, () => transport.upload(id, new Blob(parts, { type: "application/octet-stream" }), { signal }));
    this.#places.delete(id);
  }

  /**
   * @param {string} _conversation
   * @param {string} id
   */
  async remove(_conversation, id) {
    this.#places.delete(id);
  }

  /**
   * @param {string} conversation
   * @param {string} id
   * @param {number} offset
   * @param {number} length
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<Uint8Array, void, ArrayBuffer>}
   */
  async *read(conversation, id, offset, length, signal) {
    const transport = this.#over(conversation);
    const stream = await attempt(signal, () => transport.download(id, { signal }));
    const reader = stream.getReader();
    try {
      for (let [skip, left] = [offset, length - offset]; ; ) {
        const { done, value } = await attempt(signal, () => timely(reader.read()));
        if (done && left > 0) throw new FileRefusal("unavailable", "the file ended early", { later: true });
        if (done) return;
        const bytes = value.subarray(Math.min(skip, value.length));
        skip -= value.length - bytes.length;
        left -= bytes.length;
        if (left < 0) throw new FileRefusal("too large", "the platform sent more than the file has", {});
        // Each with a buffer of its own: it changes hands.
        for (let at = 0; at < bytes.length; at += PIECE) yield bytes.slice(at, at + PIECE);
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /** @param {string} conversation */
  #over(conversation) {
    try {
      return this.#transport(conversation);
    } catch {
      throw new FileRefusal("unavailable", "not connected", { later: true });
    }
  }

  /** @param {string} id */
  #place(id) {
    const place = this.#places.get(id);
    if (!place) throw new FileRefusal("unavailable", "no such file is on its way", { gone: true });
    return place;
  }
}

/** @param {Place} place */
function absent({ length, parts }) {
  const count = Math.ceil(length / PART);
  return Array.from({ length: count }, (_, part) => part).filter((part) => !parts.has(part));
}

/**
 * What a platform answers is "not now", unless it says more.
 * @template T
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} act
 */
async function attempt(signal, act) {
  signal.throwIfAborted();
  /** @type {() => void} */
  let abort = () => {};
  // Who has given up does not wait for a platform's library to notice.
  const aborted = new Promise((/** @type {(v: never) => void} */ _, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([act(), aborted]);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FileRefusal) throw error;
    const code = error instanceof SealwireError ? error.code : "unavailable";
    throw new FileRefusal(code, error instanceof Error ? error.message : "the platform did not do it", { later: code === "unavailable" });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>}
 */
function timely(answer) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SealwireError("unavailable", "the platform does not answer")), SILENCE);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
