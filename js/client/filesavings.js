// @ts-check
/**
 * The files of one conversation's log that this page saves, and the copies of
 * them that are out: until they are released they lie on this device as they are.
 *
 * @typedef {import("./attachments.js").AttachmentsHost} AttachmentsHost
 * @typedef {import("./timeline.js").Timeline} Timeline
 * @typedef {import("./types.js").SaveFileOptions} SaveFileOptions
 */
import { SealwireError } from "../errors.js";
import { download } from "./download.js";
import { FileProgress, checkCalls, codeOf, follow } from "./filecalls.js";
import { safeFileName } from "./names.js";

export class FileSavings {
  #host;
  #timeline;
  #going;
  #progress;
  /** Messages whose files are being saved. @type {Map<string, AbortController>} */
  #saves = new Map();
  /** Copies that are out. @type {Map<string, number>} */
  #copies = new Map();

  /**
   * @param {AttachmentsHost} host
   * @param {Timeline} timeline
   * @param {import("./patience.js").Going} going
   */
  constructor(host, timeline, going) {
    this.#host = host;
    this.#timeline = timeline;
    this.#going = going;
    this.#progress = new FileProgress(timeline, host.onTrouble);
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
        onProgress: (part) => this.#progress.tell(id, part, fields.size, onProgress),
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
   * For good.
   * @param {SealwireError} ended
   */
  stop(ended) {
    for (const controller of this.#saves.values()) controller.abort(ended);
  }

  /**
   * A file of the log that nothing is done with now.
   * @param {string} id
   */
  #atRest(id) {
    if (this.#copies.get(id)) return this.#timeline.changeFile(id, { state: "saved", progress: 1 });
    this.#timeline.changeFile(id, { state: this.#timeline.find(id)?.self ? "sent" : "available", progress: 0 });
  }
}
