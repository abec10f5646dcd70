// @ts-check
/**
 * The files of one conversation, as a page has them: those that it brings to the
 * relay (filesendings.js), those that it saves (filesavings.js), and the small
 * pictures of both.
 *
 * @typedef {import("./timeline.js").Timeline} Timeline
 *
 * @typedef {object} AttachmentsHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./carrier.js").Files} files
 * @property {() => string} conversation
 * @property {() => boolean} ready   online, and in a conversation that is open
 * @property {(content: Uint8Array, message: string) => Promise<import("./outbox.js").OutboxItem>} hold
 * @property {() => void} onReleased  a message of the outbox can be sent now
 * @property {(error: unknown) => void} onTrouble
 */
import { SealwireError } from "../errors.js";
import { FileSavings } from "./filesavings.js";
import { FileSendings } from "./filesendings.js";
import { redraw } from "./thumbnail.js";

export class Attachments {
  #timeline;
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** Pictures are drawn one after another. @type {Promise<void>} */
  #drawing = Promise.resolve();
  /** Those that go up. */
  sendings;
  /** Those that come down. */
  savings;

  /**
   * @param {AttachmentsHost} host
   * @param {Timeline} timeline
   */
  constructor(host, timeline) {
    this.#timeline = timeline;
    const going = {
      ready: host.ready,
      watch: (/** @type {() => void} */ act) => {
        this.#watchers.add(act);
        return () => void this.#watchers.delete(act);
      },
    };
    this.sendings = new FileSendings(host, timeline, going, (id, thumbnail) => this.draw(id, thumbnail));
    this.savings = new FileSavings(host, timeline, going);
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

  /** For good. */
  stop() {
    const ended = new SealwireError("unavailable", "the client is closed, or open in another tab");
    this.sendings.stop(ended);
    this.savings.stop(ended);
  }
}
