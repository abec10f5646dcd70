// @ts-check
/**
 * What an app gives with a file, to be told how far it is and to stop it.
 *
 * @typedef {import("./timeline.js").Timeline} Timeline
 */
import { SealwireError } from "../errors.js";

/** Progress is told of in steps of at least this: each makes the page draw, and objects to be collected. */
const STEP = 1 / 100;

/** Tells of a file's progress, in its message and to who asked for it. */
export class FileProgress {
  #timeline;
  #onTrouble;

  /**
   * @param {Timeline} timeline
   * @param {(error: unknown) => void} onTrouble  the app's own call failed
   */
  constructor(timeline, onTrouble) {
    this.#timeline = timeline;
    this.#onTrouble = onTrouble;
  }

  /**
   * @param {string} id
   * @param {number} part
   * @param {number} size
   * @param {((done: number, total: number) => void) | undefined} onProgress
   */
  tell(id, part, size, onProgress) {
    if (part < 1 && part - (this.#timeline.find(id)?.file?.progress ?? 0) < STEP) return;
    this.#timeline.changeFile(id, { progress: part });
    try {
      onProgress?.(Math.round(part * size), size);
    } catch (error) {
      this.#onTrouble(error);
    }
  }
}

/**
 * @param {unknown} onProgress
 * @param {AbortSignal | undefined} signal
 */
export function checkCalls(onProgress, signal) {
  if (onProgress !== undefined && typeof onProgress !== "function") throw new TypeError(`onProgress: expected a function, got ${typeof onProgress}`);
  if (signal !== undefined && typeof signal.throwIfAborted !== "function") throw new TypeError("signal: expected an AbortSignal");
  signal?.throwIfAborted();
}

/**
 * Ends with a signal of the caller's, which may come to an end before.
 * @param {AbortSignal | undefined} signal
 * @param {AbortController} controller
 * @returns {() => void} stops following
 */
export function follow(signal, controller) {
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  return () => signal?.removeEventListener("abort", abort);
}

/**
 * The code that a file failed with.
 * @param {unknown} error
 */
export function codeOf(error) {
  return error instanceof SealwireError ? error.code : "internal";
}
