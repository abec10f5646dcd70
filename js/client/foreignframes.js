// @ts-check
/**
 * What is appended to a foreign conversation (SPEC 10.5): an entry, a record, or
 * a part of one of them where the platform takes no more at once. What was split
 * stands where its last missing part stands, so that its place hangs on the
 * platform's order alone; a part that does not fit to the others is as if it were
 * not there, and a later one takes its place.
 *
 * @typedef {{ kind: "entry", entry: Uint8Array } | { kind: "record", name: string, value: Uint8Array }} Frame
 */
import { Reader, Writer, decodeText, encodeText, toHex } from "./bytes.js";
import { keepNewest } from "./newest.js";

const ENTRY = 1;
const PART = 2;
const RECORD = 3;
const ID = 16;
/** Bytes of a part that are not content. */
const OVERHEAD = 1 + ID + 1 + 1;
/** Bytes of a whole frame: an entry (wasm/wire's table of limits) and what stands before it. */
const MAX_FRAME = 98_304 + 1_024;
const MAX_PARTS = 255;
/** Frames of which parts are missing that are remembered, the newest. */
const MAX_OPEN = 64;

/** @param {Uint8Array} entry */
export function entryFrame(entry) {
  return new Writer().u8(ENTRY).raw(entry).take();
}

/**
 * @param {string} name
 * @param {Uint8Array} value
 */
export function recordFrame(name, value) {
  return new Writer().u8(RECORD).bytes8(encodeText(name)).raw(value).take();
}

/**
 * The frame as it is, or in parts of at most so many bytes.
 * @param {Uint8Array} frame
 * @param {number} most
 */
export async function split(frame, most) {
  if (frame.length <= most) return [frame];
  const room = most - OVERHEAD;
  const count = Math.ceil(frame.length / room);
  if (count > MAX_PARTS) throw new RangeError(`expected a transport that takes more than ${most} bytes`);
  const id = await digest(frame);
  return Array.from({ length: count }, (_, index) =>
    new Writer().u8(PART).raw(id).u8(index).u8(count).raw(frame.subarray(index * room, (index + 1) * room)).take(),
  );
}

/** Puts together what was split. It must be fed all of a conversation, in order and from the beginning: then all ends come to the same. */
export class Frames {
  /** @type {Map<string, { chunks: (Uint8Array | undefined)[] }>} */
  #open = new Map();

  /**
   * @param {Uint8Array} bytes  as appended
   * @returns {Promise<Frame | null>} null: none, or not yet
   */
  async read(bytes) {
    const whole = bytes[0] === PART ? await this.#part(bytes) : bytes;
    return whole && frameOf(whole);
  }

  /** @param {Uint8Array} bytes */
  async #part(bytes) {
    if (bytes.length <= OVERHEAD) return null;
    const [index, count] = [Number(bytes[1 + ID]), Number(bytes[2 + ID])];
    if (index >= count) return null;
    const id = toHex(bytes.subarray(1, 1 + ID));
    const key = `${id}/${count}`;
    const open = this.#open.get(key) ?? { chunks: new Array(count).fill(undefined) };
    this.#open.delete(key); // the newest last
    this.#open.set(key, open);
    open.chunks[index] = bytes.subarray(OVERHEAD);
    keepNewest(this.#open, MAX_OPEN);
    // Before it is complete: no more than that is held of it. Others may have slipped in what is too much.
    const length = open.chunks.reduce((sum, chunk) => sum + (chunk?.length ?? 0), 0);
    if (length > MAX_FRAME) {
      const newest = open.chunks[index];
      open.chunks.fill(undefined);
      if (bytes.length - OVERHEAD <= MAX_FRAME) open.chunks[index] = newest;
    }
    const w = new Writer();
    for (const chunk of open.chunks) {
      if (!chunk) return null;
      w.raw(chunk);
    }
    const whole = w.take();
    if (toHex(await digest(whole)) !== id) return null;
    this.#open.delete(key);
    return whole;
  }
}

/**
 * @param {Uint8Array} whole
 * @returns {Frame | null}
 */
function frameOf(whole) {
  try {
    const r = new Reader(whole);
    switch (r.u8()) {
      case ENTRY:
        return { kind: "entry", entry: r.rest() };
      case RECORD:
        return { kind: "record", name: decodeText(r.bytes8()), value: r.rest() };
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** @param {Uint8Array} frame */
async function digest(frame) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(frame))).subarray(0, ID);
}
