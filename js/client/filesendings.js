// @ts-check
/**
 * The files of one conversation that this page sends. One lives in this page's
 * memory only; what is kept on the device is that there was one, so that after a
 * reload it can be said that it was lost. Its message is sent by the outbox, when
 * the relay has all of it.
 *
 * @typedef {import("./attachments.js").AttachmentsHost} AttachmentsHost
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {import("./content.js").FileFields} FileFields
 * @typedef {import("./types.js").SendFileOptions} SendFileOptions
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
import { FileProgress, checkCalls, codeOf, follow } from "./filecalls.js";
import { sentFileName } from "./names.js";
import { makeThumbnail } from "./thumbnail.js";
import { upload } from "./upload.js";

export class FileSendings {
  #host;
  #timeline;
  #going;
  #draw;
  #progress;
  /** By message. @type {Map<string, Job>} */
  #jobs = new Map();

  /**
   * @param {AttachmentsHost} host
   * @param {Timeline} timeline
   * @param {import("./patience.js").Going} going
   * @param {(id: string, thumbnail: Uint8Array) => void} draw
   */
  constructor(host, timeline, going, draw) {
    this.#host = host;
    this.#timeline = timeline;
    this.#going = going;
    this.#draw = draw;
    this.#progress = new FileProgress(timeline, host.onTrouble);
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
    if (thumbnail) this.#draw(id, thumbnail);
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

  /** The conversation takes nothing more: what is on its way up has failed. */
  halt() {
    for (const { running } of this.#jobs.values()) running?.abort(new SealwireError("not a member", "the conversation is over"));
  }

  /**
   * For good.
   * @param {SealwireError} ended
   */
  stop(ended) {
    for (const { running } of this.#jobs.values()) running?.abort(ended);
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
        onProgress: (part) => this.#progress.tell(id, part, fields.size, options.onProgress),
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
}
