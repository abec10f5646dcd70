// @ts-check
/**
 * Brings one file from the relay: opened chunk by chunk by the end service as it
 * comes, gone on with where it was cut. Whatever the relay sends, no more is
 * taken than the message tells of, nothing is given out before its chunk has
 * opened, and no Blob before all of it has.
 *
 * @typedef {import("./remote.js").EndService} EndService
 *
 * @typedef {object} DownloadOptions
 * @property {Pick<EndService, "openFile" | "openPart" | "openedFile" | "dropFile">} end
 * @property {import("./carrier.js").Files} files
 * @property {string} conversation
 * @property {string} entry  of the message that tells of it
 * @property {number} size
 * @property {import("./patience.js").Going} going
 * @property {WritableStream<Uint8Array>} [into]
 * @property {(part: number) => void} onProgress  0 to 1, rising
 * @property {AbortSignal} signal
 */
import { SealwireError } from "../errors.js";
import { OCTETS } from "./content.js";
import { FileRefusal } from "./filerefusal.js";
import { Patience } from "./patience.js";

/** Bytes of a file that are kept in memory where there is nothing else, or nothing is to be kept on the disk. */
export const MAX_IN_MEMORY = 64 * 1024 * 1024;

/**
 * @param {DownloadOptions} options
 * @returns {Promise<{ blob: Blob, release: () => Promise<void> }>} with `into`, an empty blob
 */
export async function download(options) {
  const { end, conversation, entry, size, into } = options;
  const opened = await end.openFile(conversation, entry, into === undefined);
  const release = () => end.dropFile(opened.transfer).catch(() => {});
  /** @type {BlobPart[]} */
  const parts = [];
  const writer = into?.getWriter();
  try {
    if (!opened.shelved && !into && size > MAX_IN_MEMORY) {
      throw new SealwireError("too large", `without private files on this device at most ${MAX_IN_MEMORY} bytes can be received`);
    }
    await receive(options, opened, async (bytes) => {
      if (writer) await writer.write(bytes);
      else parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
    });
    const blob = (await end.openedFile(opened.transfer)) ?? new Blob(parts, { type: OCTETS });
    options.signal.throwIfAborted();
    if (!opened.shelved) await release();
    await writer?.close();
    return { blob, release };
  } catch (error) {
    await release();
    await writer?.abort(error).catch(() => {});
    throw error;
  }
}

/**
 * @param {DownloadOptions} options
 * @param {import("./transfers.js").OpenedFile} opened
 * @param {(bytes: Uint8Array) => Promise<void>} give
 */
async function receive({ end, files, conversation, going, onProgress, signal }, { transfer, file, length, shelved }, give) {
  const patience = new Patience(going, signal);
  let offset = 0;
  while (offset < length) {
    await patience.ready();
    const stream = files.read(conversation, file, offset, length, signal);
    try {
      /** @type {ArrayBuffer | undefined} */
      let buffer;
      for (;;) {
        /** @type {Uint8Array | void | undefined} */
        let bytes = undefined;
        try {
          ({ value: bytes } = await (buffer ? stream.next(buffer) : stream.next()));
        } catch (error) {
          if (error instanceof FileRefusal && error.gone) throw new SealwireError("unavailable", "the relay does not have the file any more");
          await patience.failed(error);
        }
        if (!bytes) break;
        const came = bytes.length;
        const opened = await end.openPart(transfer, bytes);
        if (!shelved && opened.content.length > 0) await give(opened.content);
        signal.throwIfAborted();
        buffer = opened.buffer;
        offset += came;
        patience.well();
        onProgress(offset / length);
      }
    } finally {
      await stream.return();
    }
  }
}
