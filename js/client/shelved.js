// @ts-check
/**
 * What lies on the shelf: a received file, written as it is opened and then
 * taken as a whole, and a slot, in which one sealed part after another lies
 * while it is on its way to the relay. The Blobs that they give are of the disk,
 * so that no process holds their bytes in memory.
 *
 * @typedef {object} SyncFile   the part of FileSystemSyncAccessHandle that is used
 * @property {(bytes: Uint8Array, options: { at: number }) => number} write
 * @property {(size: number) => void} truncate
 * @property {() => void} flush
 * @property {() => void} close
 *
 * @typedef {FileSystemFileHandle & { createSyncAccessHandle?: () => Promise<SyncFile> }} FileHandle
 */
import { SealwireError } from "../errors.js";

/** A file on the shelf: written, then taken as a Blob; `remove` at any time. */
export class ShelfFile {
  #directory;
  #name;
  #handle;
  /** @type {SyncFile | null} */
  #open;
  #at = 0;

  /**
   * @param {FileSystemDirectoryHandle} directory
   * @param {string} name
   * @param {FileHandle} handle
   * @param {SyncFile} open
   */
  constructor(directory, name, handle, open) {
    this.#directory = directory;
    this.#name = name;
    this.#handle = handle;
    this.#open = open;
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    if (bytes.length === 0) return;
    if (!this.#open) throw noRoom();
    write(this.#open, bytes, this.#at);
    this.#at += bytes.length;
  }

  /** @returns {Promise<Blob>} of a type that nothing renders */
  async take() {
    this.#open?.flush();
    this.#shut();
    const file = await this.#handle.getFile();
    return file.slice(0, file.size, "application/octet-stream");
  }

  async remove() {
    this.#shut();
    await this.#directory.removeEntry(this.#name).catch(() => {});
  }

  #shut() {
    this.#open?.close();
    this.#open = null;
  }
}

/** A place for one thing after another. */
export class ShelfSlot {
  #directory;
  #name;
  #handle;
  #gone = false;
  /** The last that was put here is in its place, or not. @type {Promise<unknown>} */
  #put = Promise.resolve();

  /**
   * @param {FileSystemDirectoryHandle} directory
   * @param {string} name
   * @param {FileHandle} handle
   */
  constructor(directory, name, handle) {
    this.#directory = directory;
    this.#name = name;
    this.#handle = handle;
  }

  /**
   * Puts bytes in the place of those before, whose Blob cannot be read any more.
   * @param {Uint8Array} bytes
   * @returns {Promise<Blob>}
   */
  put(bytes) {
    const putting = this.#write(bytes);
    this.#put = putting.catch(() => {});
    return putting;
  }

  async remove() {
    this.#gone = true;
    await this.#put; // it cannot be removed while it is open
    await this.#directory.removeEntry(this.#name).catch(() => {});
  }

  /** @param {Uint8Array} bytes */
  async #write(bytes) {
    if (this.#gone) throw noRoom();
    const open = await openNow(this.#handle);
    try {
      open.truncate(bytes.length);
      write(open, bytes, 0);
    } finally {
      open.close();
    }
    return this.#handle.getFile();
  }
}

/**
 * For writing without waiting, as dedicated workers can.
 * @param {FileHandle} handle
 */
export async function openNow(handle) {
  const open = await handle.createSyncAccessHandle?.();
  if (!open) throw new SealwireError("unavailable", "no files that can be written at once");
  return open;
}

/**
 * @param {SyncFile} open
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function write(open, bytes, at) {
  let written = 0;
  try {
    written = open.write(bytes, { at });
  } catch {
    // Told below, like a write that came too short.
  }
  if (written !== bytes.length) throw noRoom();
}

function noRoom() {
  return new SealwireError("unavailable", "there is no room left on this device");
}
