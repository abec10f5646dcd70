/**
 * What the Go runtime needs of WASI, and no more: randomness, a clock that
 * starts at zero, and no files, arguments, environment or output. The core does
 * not learn the date; what the runtime would print on a crash is thrown away,
 * since it could hold secrets.
 */

import { randomBytes } from "./random.js";

const SUCCESS = 0;
const BAD_FILE = 8; // EBADF

/** Thrown where the module ends its program: the instance is dead. */
export class Exit extends Error {}

/**
 * @param {import("./memory.js").Memory} memory
 * @returns {WebAssembly.Imports}
 */
export function wasi(memory) {
  const start = performance.now();
  /** @param {number} count @param {number} size */
  const nothing = (count, size) => {
    memory.writeU32(count, 0);
    memory.writeU32(size, 0);
    return SUCCESS;
  };
  return {
    wasi_snapshot_preview1: {
      args_get: () => SUCCESS,
      args_sizes_get: nothing,
      environ_get: () => SUCCESS,
      environ_sizes_get: nothing,
      /** @param {number} _id @param {bigint} _precision @param {number} result */
      clock_time_get: (_id, _precision, result) => {
        memory.writeU64(result, BigInt(Math.round((performance.now() - start) * 1e6)));
        return SUCCESS;
      },
      fd_close: () => BAD_FILE,
      fd_fdstat_get: () => BAD_FILE,
      fd_fdstat_set_flags: () => BAD_FILE,
      fd_prestat_get: () => BAD_FILE, // ends the runtime's search for directories
      fd_prestat_dir_name: () => BAD_FILE,
      fd_read: () => BAD_FILE,
      /** @param {number} _fd @param {number} vectors @param {number} count @param {number} result */
      fd_write: (_fd, vectors, count, result) => {
        let length = 0;
        for (let k = 0; k < count; k++) length += memory.readU32(vectors + 8 * k + 4);
        memory.writeU32(result, length);
        return SUCCESS;
      },
      poll_oneoff: () => SUCCESS,
      /** @param {number} _code */
      proc_exit: (_code) => {
        throw new Exit();
      },
      /** @param {number} address @param {number} length */
      random_get: (address, length) => {
        const bytes = randomBytes(length);
        memory.write(address, bytes, length);
        bytes.fill(0);
        return SUCCESS;
      },
      sched_yield: () => SUCCESS,
    },
  };
}
