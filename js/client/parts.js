// @ts-check
/**
 * The sealed parts of one file on its way up, as Blobs to be handed to `fetch`.
 * Of a large file they lie on the shelf, a few at a time: a Blob of bytes is
 * memory of the browser until its collector finds the Blob, which may be after
 * the whole file. Where there is no shelf, or no room on it, they are such Blobs.
 *
 * @typedef {import("./sealing.js").Sealing} Sealing
 * @typedef {import("./shelf.js").Shelf} Shelf
 * @typedef {import("./shelved.js").ShelfSlot} ShelfSlot
 */
import { SealwireError } from "../errors.js";
import { PART } from "./padding.js";

/** Files up to so many bytes, sealed, are not worth writing down. */
const SMALL = 4 * PART;

export class Parts {
  #sealing;
  #shelf;
  /** By number; null: there could be none. @type {Map<number, Promise<ShelfSlot | null>>} */
  #slots = new Map();
  #closed = false;

  /**
   * @param {Sealing} sealing
   * @param {Shelf | null} shelf
   */
  constructor(sealing, shelf) {
    this.#sealing = sealing;
    this.#shelf = sealing.length > SMALL ? shelf : null;
  }

  /**
   * The next part. The one that was given for the same slot before is no longer needed.
   * @param {number} slot  0, 1, and so on: as many as parts are on their way at once
   * @returns {Promise<Blob>}
   */
  next(slot) {
    return this.#sealing.part(async (bytes) => {
      if (this.#closed) throw new SealwireError("bad handle", "no such transfer");
      try {
        const place = await this.#slot(slot);
        if (place) return await place.put(bytes);
      } catch {
        // No room there: in memory then.
      }
      return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]);
    });
  }

  /** What belongs in the sealed message, once all parts are given. */
  finish() {
    return this.#sealing.finish();
  }

  async close() {
    this.#closed = true;
    this.#sealing.close();
    for (const making of this.#slots.values()) await (await making)?.remove();
  }

  /** @param {number} number */
  #slot(number) {
    const known = this.#slots.get(number);
    if (known) return known;
    const made = this.#shelf ? this.#shelf.slot().catch(() => null) : Promise.resolve(null);
    this.#slots.set(number, made);
    return made;
  }
}
