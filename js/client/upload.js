// @ts-check
/**
 * Brings one file to the relay: parts of sealed bytes, at most two of them in
 * flight, each sent again, the same bytes, until it is there. When the relay
 * has lost what it had acknowledged, all of it is sealed anew, under another
 * key, from the beginning. However it ends, nothing is left: at the relay a
 * whole file or none, here no sealed bytes.
 *
 * @typedef {import("./remote.js").EndService} EndService
 * @typedef {import("./carrier.js").Files} Files
 *
 * @typedef {object} UploadOptions
 * @property {Pick<EndService, "sealFile" | "sealPart" | "dropFile">} end
 * @property {Files} files
 * @property {() => string} conversation   known once it is ready
 * @property {import("./patience.js").Going} going
 * @property {Blob} blob
 * @property {(part: number) => void} onProgress  0 to 1, rising
 * @property {AbortSignal} signal
 */
import { FileRefusal } from "./filerefusal.js";
import { PART } from "./padding.js";
import { Patience } from "./patience.js";

const IN_FLIGHT = 2;
/** Times that a file is begun anew. */
const ROUNDS = 3;

/**
 * Resolves when the relay has the whole file. The transfer is the caller's to end then.
 * @param {UploadOptions} options
 * @returns {Promise<{ transfer: number, file: string }>}
 */
export async function upload(options) {
  await new Patience(options.going, options.signal).ready();
  const leave = await options.files.uploads.enter(options.signal);
  try {
    return await rounds(options);
  } finally {
    leave();
  }
}

/** @param {UploadOptions} options */
async function rounds(options) {
  let shown = 0;
  const onProgress = (/** @type {number} */ part) => {
    if (part > shown) options.onProgress((shown = part));
  };
  for (let round = 1; ; round++) {
    const { transfer, length } = await options.end.sealFile(options.blob);
    try {
      return { transfer, file: await new Round({ ...options, onProgress }, transfer, length).run() };
    } catch (error) {
      await options.end.dropFile(transfer).catch(() => {});
      options.signal.throwIfAborted();
      if (!(error instanceof Lost) || round === ROUNDS) throw error;
    }
  }
}

/** The relay has not what it acknowledged. */
class Lost extends FileRefusal {
  constructor() {
    super("unavailable", "the relay lost the file", { gone: true });
  }
}

class Round {
  #options;
  #transfer;
  #length;
  #conversation;
  /** Parts that the relay acknowledged. @type {Set<number>} */
  #there = new Set();
  #file = "";
  /** The part that is sealed next: the end service gives them in order. */
  #next = 0;
  /** Ends what is in flight when one part of it fails. */
  #abort = new AbortController();

  /**
   * @param {UploadOptions} options
   * @param {number} transfer
   * @param {number} length
   */
  constructor(options, transfer, length) {
    this.#options = options;
    this.#transfer = transfer;
    this.#length = length;
    this.#conversation = options.conversation();
  }

  async run() {
    const { files, signal } = this.#options;
    const follow = () => this.#abort.abort(signal.reason);
    signal.addEventListener("abort", follow);
    try {
      signal.throwIfAborted();
      this.#file = await this.#patience.until(() => files.create(this.#conversation, this.#length));
      await this.#parts();
      await this.#patience.until(() => this.#known(files.complete(this.#conversation, this.#file, this.#abort.signal)));
      this.#options.onProgress(1);
      return this.#file;
    } catch (error) {
      this.#abort.abort(error);
      if (this.#file) void this.#remove();
      throw error;
    } finally {
      signal.removeEventListener("abort", follow);
    }
  }

  get #patience() {
    return new Patience(this.#options.going, this.#abort.signal);
  }

  async #parts() {
    const lanes = Array.from({ length: IN_FLIGHT }, (_, lane) => this.#lane(lane));
    try {
      await Promise.all(lanes);
    } catch (error) {
      this.#abort.abort(error);
      await Promise.allSettled(lanes);
      throw error;
    }
  }

  /**
   * One part after another: whichever is next when the last is there.
   * @param {number} lane
   */
  async #lane(lane) {
    while (this.#next * PART < this.#length) {
      const part = this.#next++;
      const body = await this.#options.end.sealPart(this.#transfer, lane);
      this.#abort.signal.throwIfAborted();
      await this.#put(part, body);
    }
  }

  /**
   * @param {number} part
   * @param {Blob} body
   */
  async #put(part, body) {
    await this.#patience.until(async (again) => {
      if (again && !(await this.#missing(part))) return;
      await this.#known(this.#options.files.put(this.#conversation, this.#file, part, body, this.#abort.signal));
    });
    this.#there.add(part);
    // It is all there only when the relay has said so of the whole.
    this.#options.onProgress(Math.min(this.#there.size * PART, this.#length - 1) / this.#length);
  }

  /**
   * After a failure: did it arrive all the same, and is what was there still there?
   * @param {number} part
   */
  async #missing(part) {
    const missing = await this.#known(this.#options.files.missing(this.#conversation, this.#file, this.#abort.signal));
    for (const there of this.#there) if (missing.has(there)) throw new Lost();
    return missing.has(part);
  }

  /**
   * @template T
   * @param {Promise<T>} call
   */
  async #known(call) {
    try {
      return await call;
    } catch (error) {
      throw error instanceof FileRefusal && error.gone ? new Lost() : error;
    }
  }

  /** Best effort: what stays unfinished, the relay removes in time. */
  async #remove() {
    try {
      return await this.#options.files.remove(this.#conversation, this.#file);
    } catch {
      // Perhaps there is no network now.
    }
    const patience = new Patience(this.#options.going, AbortSignal.timeout(60_000));
    await patience.until(() => this.#options.files.remove(this.#conversation, this.#file)).catch(() => {});
  }
}
