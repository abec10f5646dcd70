// @ts-check
/**
 * Requests that wait for their answers, by number, on one connection.
 *
 * @typedef {import("./frames.js").Frame} Frame
 * @typedef {{ resolve: (frame: Frame) => void, reject: (error: Error) => void, timer: ReturnType<typeof setTimeout> }} Request
 */
import { SealwireError } from "../errors.js";

/** That may be open; beyond it the caller is told to come again. */
const MAX_OPEN = 256;

export class Requests {
  /** @type {Map<number, Request>} */
  #open = new Map();
  #last = 0;

  /**
   * @param {number} patience  ms
   * @param {(request: number) => void} send  throwing is a failed request
   * @param {() => void} onSilence  no answer came within time
   * @returns {Promise<Frame>}
   */
  open(patience, send, onSilence) {
    return new Promise((resolve, reject) => {
      if (this.#open.size >= MAX_OPEN) return reject(new SealwireError("unavailable", "too many requests wait for the relay"));
      // 0 is for frames without a request.
      this.#last = (this.#last % 0xffffffff) + 1;
      const request = this.#last;
      this.#open.set(request, { resolve, reject, timer: setTimeout(onSilence, patience) });
      try {
        send(request);
      } catch (error) {
        this.#close(request);
        reject(error);
      }
    });
  }

  /** @param {Frame} frame */
  answer(frame) {
    this.#close(frame.request)?.resolve(frame);
  }

  /**
   * False when no such request is open.
   * @param {number} request
   * @param {Error} error
   */
  fail(request, error) {
    const found = this.#close(request);
    found?.reject(error);
    return found !== undefined;
  }

  /** @param {Error} error */
  failAll(error) {
    for (const request of [...this.#open.keys()]) this.fail(request, error);
  }

  /** @param {number} request */
  #close(request) {
    const found = this.#open.get(request);
    this.#open.delete(request);
    clearTimeout(found?.timer);
    return found;
  }
}
