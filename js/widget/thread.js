/**
 * The log and the box of the conversation of now, with those that it continues above: what is written, sent, fetched,
 * tried again.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Message} Message
 */
import { act } from "./acts.js";
import { Composer } from "./composer.js";
import { download } from "./dom.js";
import { fileLook } from "./files.js";
import { LogView } from "./log.js";
import { chained, page } from "./rows.js";
import { Transfers } from "./transfers.js";
import { codeOf, sentence } from "./words.js";

export class Thread {
  #options;
  /** Those that it continues, oldest first, and the one of now. @type {readonly Conversation[]} */
  #parts = [];
  #online = false;
  #limit = page;

  /**
   * @param {object} options
   * @param {() => Promise<Conversation>} options.ready  the conversation to write in, once there is one
   * @param {(text: string) => void} options.tell       shows what went wrong
   * @param {() => void} options.changed                 something looks different now
   * @param {() => number} options.clock
   */
  constructor(options) {
    this.#options = options;
    this.transfers = new Transfers({
      say: (text) => this.composer.announce(text),
      tell: options.tell,
      changed: options.changed,
      back: (_, file, problem) => this.composer.restore({ files: [file] }, problem),
      download,
    });
    this.log = new LogView({ act: (action, message) => void this.#act(action, message), more: () => this.#more() });
    this.composer = new Composer({ way: () => this.#way() });
  }

  /**
   * @param {Client|undefined} client
   * @param {Conversation|undefined} conversation
   * @param {readonly Conversation[]} earlier  that it continues, oldest first
   */
  render(client, conversation, earlier) {
    // The object, not its id: a conversation gets its id only when the first message can be sealed.
    if (conversation !== this.#parts.at(-1)) this.#limit = page;
    this.#online = client?.state === "online";
    this.#parts = conversation ? [...earlier, conversation] : [];
    this.#draw();
  }

  #draw() {
    this.log.render(this.#parts.at(-1), chained(this.#parts, {
      now: this.#options.clock(),
      limit: this.#limit,
      look: (message, { state }) => fileLook(message, { state, online: this.#online, here: this.transfers.has(message.id), saved: this.transfers.saved(message.id) }),
    }));
  }

  #more() {
    this.#limit += page;
    this.#draw();
  }

  /** @returns {import("./composer.js").Way} */
  #way() {
    const { ready, changed } = this.#options;
    return {
      send: async (text) => {
        await (await ready()).send(text);
        changed();
      },
      sendFiles: async (files) => this.transfers.send(await ready(), files),
    };
  }

  /** @param {import("./messagerow.js").Action} action @param {Message} message */
  async #act(action, message) {
    const conversation = this.#parts.find((part) => part.messages.some((m) => m.id === message.id));
    if (!conversation) return;
    try {
      await act(action, { conversation, message, transfers: this.transfers, putBack: (text) => this.#putBack(text) });
      // The pressed one is gone with its row, or hidden: the focus stays near.
      if (action === "discard" || (action === "retry" && !message.file)) this.log.focus();
    } catch (error) {
      this.#options.tell(sentence(codeOf(error)));
    }
    this.#options.changed();
  }

  /** @param {string} text */
  #putBack(text) {
    this.composer.restore({ text });
    this.composer.focus();
  }
}
