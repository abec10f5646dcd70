// @ts-check
/**
 * The shelf: where received files lie, decrypted, until they are saved, and
 * sealed parts until the relay has them. Each end service has a directory of
 * its own in the origin-private file system, held by a Web Lock of the same name; a directory whose lock nobody holds is
 * what a page left behind, and the next start removes it; erasing the namespace
 * removes them all. Only dedicated workers can write there at once; elsewhere there is no shelf.
 *
 * @typedef {FileSystemDirectoryHandle & { keys: () => AsyncIterableIterator<string> }} Directory
 *
 * @typedef {object} ShelfSystem   the platform, for tests
 * @property {{ getDirectory?: () => Promise<FileSystemDirectoryHandle> }} [storage]
 * @property {LockManager} [locks]
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";
import { ShelfFile, ShelfSlot, openNow } from "./shelved.js";

const ROOT = "sealwire";
/** How long a page that was taken over may take to let go of its directory, when all of them are erased (ms). */
const LET_GO = 2_000;

export class Shelf {
  #parent;
  #name;
  #release;
  #next = 1;
  /** @type {Promise<FileSystemDirectoryHandle> | null} */
  #own = null;

  /**
   * Use openShelf().
   * @param {Directory} parent
   * @param {string} name
   * @param {() => void} release
   */
  constructor(parent, name, release) {
    this.#parent = parent;
    this.#name = name;
    this.#release = release;
  }

  /** A new, empty file. */
  async file() {
    const { directory, name, handle } = await this.#create();
    return new ShelfFile(directory, name, handle, await openNow(handle));
  }

  /** A new place for one thing after another. */
  async slot() {
    const { directory, name, handle } = await this.#create();
    return new ShelfSlot(directory, name, handle);
  }

  /** Removes all of it. */
  async close() {
    await this.#parent.removeEntry(this.#name, { recursive: true }).catch(() => {});
    this.#release();
  }

  async #create() {
    this.#own ??= this.#parent.getDirectoryHandle(this.#name, { create: true });
    const directory = await this.#own;
    const name = String(this.#next++);
    const handle = /** @type {import("./shelved.js").FileHandle} */ (await directory.getFileHandle(name, { create: true }));
    return { directory, name, handle };
  }
}

/**
 * @param {string} namespace
 * @param {ShelfSystem} [system]
 * @returns {Promise<Shelf | null>} null where there is none: no such file system, or a private window
 */
export async function openShelf(namespace, system = globalThis.navigator ?? {}) {
  const { storage, locks } = system;
  if (!storage?.getDirectory || !locks || !canWrite()) return null;
  try {
    const root = await (await storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
    const parent = /** @type {Directory} */ (await root.getDirectoryHandle(directoryName(namespace), { create: true }));
    const name = toHex(crypto.getRandomValues(new Uint8Array(16)));
    const release = await hold(locks, name);
    await sweep(parent, locks);
    return new Shelf(parent, name, release);
  } catch {
    return null;
  }
}

/**
 * Removes every shelf of a namespace, whoever left it. The caller holds the
 * namespace, so that a directory still held is that of a page that is ending.
 * @param {string} namespace
 * @param {ShelfSystem} [system]
 * @throws {SealwireError} "unavailable" when something is still there
 */
export async function eraseShelves(namespace, { storage, locks } = globalThis.navigator ?? {}) {
  if (!storage?.getDirectory) return;
  /** @type {FileSystemDirectoryHandle} */
  let root;
  /** @type {Directory} */
  let parent;
  try {
    root = await (await storage.getDirectory()).getDirectoryHandle(ROOT);
    parent = /** @type {Directory} */ (await root.getDirectoryHandle(directoryName(namespace)));
  } catch {
    return; // There was never one, or there is no such file system.
  }
  for (const name of await namesIn(parent)) {
    if (!locks) break;
    // Its files cannot be removed while that page's worker has them open.
    await locks.request(`${ROOT} files ${name}`, { signal: AbortSignal.timeout(LET_GO) }, () => {}).catch(() => {});
  }
  try {
    await root.removeEntry(directoryName(namespace), { recursive: true });
  } catch {
    throw new SealwireError("unavailable", "files of an earlier page could not be removed from this device");
  }
}

/** @param {string} namespace */
function directoryName(namespace) {
  return namespace.replace(/[^A-Za-z0-9]/g, "-");
}

function canWrite() {
  const { FileSystemFileHandle } = /** @type {{ FileSystemFileHandle?: { prototype: object } }} */ (globalThis);
  return FileSystemFileHandle !== undefined && "createSyncAccessHandle" in FileSystemFileHandle.prototype;
}

/**
 * @param {LockManager} locks
 * @param {string} name
 * @returns {Promise<() => void>}
 */
function hold(locks, name) {
  return new Promise((resolve, reject) => {
    locks.request(`${ROOT} files ${name}`, () => new Promise((/** @type {(v: void) => void} */ done) => resolve(done))).catch(reject);
  });
}

/**
 * Removes what nobody holds.
 * @param {Directory} parent
 * @param {LockManager} locks
 */
async function sweep(parent, locks) {
  for (const name of await namesIn(parent)) {
    await locks.request(`${ROOT} files ${name}`, { ifAvailable: true }, async (lock) => {
      if (lock) await parent.removeEntry(name, { recursive: true }).catch(() => {});
    });
  }
}

/** @param {Directory} directory */
async function namesIn(directory) {
  /** @type {string[]} */
  const names = [];
  for await (const name of directory.keys()) names.push(name);
  return names;
}
