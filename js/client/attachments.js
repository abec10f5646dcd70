// @ts-check
/**
 * The files of one conversation, as a page has them: those that it brings to the
 * relay, and those that it saves. A file to be sent lives in this page's memory
 * only; what is kept on the device is that there was one, so that after a reload
 * it can be said that it was lost. Its message is sent by the outbox, when the
 * relay has all of it.
 *
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {import("./content.js").FileFields} FileFields
 * @typedef {import("./types.js").SendFileOptions} SendFileOptions
 * @typedef {import("./types.js").SaveFileOptions} SaveFileOptions
 *
 * @typedef {object} AttachmentsHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./carrier.js").Files} files
 * @property {() => string} conversation
 * @property {() => boolean} ready   online, and in a conversation that is open
 * @property {(content: Uint8Array, message: string) => Promise<import("./outbox.js").OutboxItem>} hold
 * @property {() => void} onReleased  a message of the outbox can be sent now
 * @property {(error: unknown) => void} onTrouble
 *
 * @typedef {object} Job  a file on its way up
 * @property {Blob} blob
 * @property {FileFields} fields
 * @property {SendFileOptions} options
 * @property {AbortController | null} running
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";
import { encodeHeld, mediaOf } from "./content.js";
import { download } from "./download.js";
import { safeFileName, sentFileName } from "./names.js";
import { makeThumbnail, redraw } from "./thumbnail.js";
import { upload } from "./upload.js";

/** Progress is told of in steps of at least this: each makes the page draw, and objects to be collected. */
const STEP = 1 / 100;

export class Attachments {
  #host;
  #timeline;
  /** By message. @type {Map<string, Job>} */
  #jobs = new Map();
  /** Messages whose files are being saved. @type {Map<string, AbortController>} */
  #saves = new Map();
  /** Copies that are out. @type {Map<string, number>} */
  #copies = new Map();
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** Pictures are drawn one after another. @type {Promise<void>} */
  #drawing = Promise.resolve();
  #going;

  /**
   * @param {AttachmentsHost} host
   * @param {Timeline} timeline
   */
  constructor(host, timeline) {
    this.#host = host;
    this.#timeline = timeline;
    this.#going = {
      ready: host.ready,
      watch: (/** @type {() => void} */ act) => {
        this.#watchers.add(act);
        return () => void this.#watchers.delete(act);
      },
    };
  }

  /**
   * What a file to send is, as its message will say.
   * @param {Blob} blob
   * @param {SendFileOptions} options
   * @returns {FileFields}
   */
  describe(blob, { name, onProgress, signal }) {
    if (!(blob instanceof Blob)) throw new TypeError(`sendFile: expected a File or Blob, got ${typeof blob}`);
    if (name !== undefined && typeof name !== "string") throw new TypeError(`name: expected a string, got ${typeof name}`);
    checkCalls(onProgress, signal);
    return { name: sentFileName(name ?? ("name" in blob ? String(blob.name) : "")), media: mediaOf(blob.type), size: blob.size };
  }

  /**
   * @param {Blob} blob
   * @param {FileFields} fields
   * @param {SendFileOptions} options
   * @param {(item: import("./outbox.js").OutboxItem) => void} show
   */
  async send(blob, fields, options, show) {
    const thumbnail = await makeThumbnail(blob);
    options.signal?.throwIfAborted();
    const id = toHex(crypto.getRandomValues(new Uint8Array(16)));
    const item = await this.#host.hold(encodeHeld(fields), id);
    this.#jobs.set(id, { blob, fields: thumbnail ? { ...fields, thumbnail } : fields, options, running: null });
    show(item);
    if (thumbnail) this.draw(id, thumbnail);
    void this.#run(id);
    return id;
  }

  /**
   * @param {string} id  of a message whose file failed or was cancelled
   */
  async retry(id) {
    const job = this.#jobs.get(id);
    if (!job) throw new SealwireError("unavailable", "the file is no longer in this page: choose it again");
    if (job.running) return;
    // A signal that has aborted stays so: the second attempt is stopped by `discard`.
    const { signal: _, ...options } = job.options;
    this.#jobs.set(id, { ...job, options });
    await this.#host.hold(encodeHeld(job.fields), id);
    this.#timeline.settleFile(id, "uploading");
    void this.#run(id);
  }

  /**
   * Stops what is under way and lets go of the file. The message is the caller's to remove.
   * @param {string} id
   */
  forget(id) {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    job?.running?.abort(new DOMException("discarded", "AbortError"));
  }

  /**
   * @param {string} id
   * @param {SaveFileOptions} options
   * @returns {Promise<import("./types.js").SavedFile>}
   */
  async save(id, { onProgress, signal, into }) {
    checkCalls(onProgress, signal);
    if (into !== undefined && typeof into.getWriter !== "function") throw new TypeError("into: expected a WritableStream");
    const place = this.#timeline.place(id);
    if (!place) throw new SealwireError("bad argument", "no message with a file to save");
    if (this.#saves.has(id)) throw new SealwireError("bad argument", "the file is being saved");
    const { entry, fields } = place;
    const controller = new AbortController();
    const unfollow = follow(signal, controller);
    this.#saves.set(id, controller);
    this.#timeline.changeFile(id, { state: "downloading", progress: 0 });
    try {
      const { blob, release } = await download({
        ...this.#host,
        conversation: this.#host.conversation(),
        entry,
        size: fields.size,
        going: this.#going,
        ...(into ? { into } : {}),
        signal: controller.signal,
        onProgress: (part) => this.#progress(id, part, fields.size, onProgress),
      });
      this.#copies.set(id, (this.#copies.get(id) ?? 0) + 1);
      let out = true;
      const letGo = async () => {
        if (!out) return;
        out = false;
        this.#copies.set(id, (this.#copies.get(id) ?? 0) - 1);
        if (!this.#saves.has(id)) this.#atRest(id);
        await release();
      };
      this.#saves.delete(id);
      this.#atRest(id);
      return { blob, name: safeFileName(fields.name), release: letGo };
    } catch (error) {
      this.#saves.delete(id);
      if (controller.signal.aborted) this.#atRest(id);
      else this.#timeline.changeFile(id, { state: "failed", progress: 0, error: codeOf(error) });
      throw error;
    } finally {
      unfollow();
    }
  }

  /**
   * A file of the log that nothing is done with now.
   * @param {string} id
   */
  #atRest(id) {
    if (this.#copies.get(id)) return this.#timeline.changeFile(id, { state: "saved", progress: 1 });
    this.#timeline.changeFile(id, { state: this.#timeline.find(id)?.self ? "sent" : "available", progress: 0 });
  }

  /**
   * Shows the picture that came with a file, drawn anew.
   * @param {string} id
   * @param {Uint8Array | undefined} [own]  of a file that this page sends
   */
  draw(id, own) {
    const thumbnail = own ?? this.#timeline.place(id)?.fields.thumbnail;
    if (!thumbnail) return;
    this.#drawing = this.#drawing.then(async () => {
      const drawn = await redraw(thumbnail);
      if (drawn) this.#timeline.changeFile(id, { thumbnail: drawn });
    });
  }

  /** What waits for the relay or the conversation looks again. */
  resume() {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** The conversation takes nothing more: what is on its way up has failed. */
  halt() {
    for (const { running } of this.#jobs.values()) running?.abort(new SealwireError("not a member", "the conversation is over"));
  }

  /** For good. */
  stop() {
    const ended = new SealwireError("unavailable", "the client is closed, or open in another tab");
    for (const controller of [...[...this.#jobs.values()].map((job) => job.running), ...this.#saves.values()]) controller?.abort(ended);
    this.#jobs.clear();
  }

  /** @param {string} id */
  async #run(id) {
    const job = this.#jobs.get(id);
    if (!job) return;
    const { end } = this.#host;
    const { blob, fields, options } = job;
    const controller = new AbortController();
    const unfollow = follow(options.signal, controller);
    job.running = controller;
    try {
      const { transfer, file } = await upload({
        ...this.#host,
        blob,
        going: this.#going,
        signal: controller.signal,
        onProgress: (part) => this.#progress(id, part, fields.size, options.onProgress),
      });
      await end.sealedFile(transfer, id, file, fields).finally(() => end.dropFile(transfer).catch(() => {}));
      this.#jobs.delete(id);
      this.#host.onReleased();
    } catch (error) {
      await this.#failed(id, error, options.signal?.aborted === true);
    } finally {
      unfollow();
    }
  }

  /**
   * @param {string} id
   * @param {unknown} error
   * @param {boolean} cancelled
   */
  async #failed(id, error, cancelled) {
    const job = this.#jobs.get(id);
    if (!job) return; // it was discarded, or this is the end
    // Of what was cancelled nothing is to be said after a reload.
    if (cancelled) await this.#host.end.discard(id).catch((trouble) => this.#host.onTrouble(trouble));
    else if (!(error instanceof SealwireError) || error.code === "internal") this.#host.onTrouble(error);
    // Only now may it be tried again.
    job.running = null;
    this.#timeline.settleFile(id, cancelled ? "cancelled" : "failed", cancelled ? undefined : codeOf(error));
  }

  /**
   * @param {string} id
   * @param {number} part
   * @param {number} size
   * @param {((done: number, total: number) => void) | undefined} tell
   */
  #progress(id, part, size, tell) {
    if (part < 1 && part - (this.#timeline.find(id)?.file?.progress ?? 0) < STEP) return;
    this.#timeline.changeFile(id, { progress: part });
    try {
      tell?.(Math.round(part * size), size);
    } catch (error) {
      this.#host.onTrouble(error);
    }
  }
}

/**
 * @param {unknown} onProgress
 * @param {AbortSignal | undefined} signal
 */
function checkCalls(onProgress, signal) {
  if (onProgress !== undefined && typeof onProgress !== "function") throw new TypeError(`onProgress: expected a function, got ${typeof onProgress}`);
  if (signal !== undefined && typeof signal.throwIfAborted !== "function") throw new TypeError("signal: expected an AbortSignal");
  signal?.throwIfAborted();
}

/**
 * @param {AbortSignal | undefined} signal
 * @param {AbortController} controller
 * @returns {() => void} stops following
 */
function follow(signal, controller) {
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  return () => signal?.removeEventListener("abort", abort);
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof SealwireError ? error.code : "internal";
}
