/**
 * The files that this page sends and fetches: in the order in which they were given, and each can be stopped. How many
 * are on their way at once, and how each stands, is the client's to say; what a file holds is never looked at here.
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./facade.js").OpenedFile} OpenedFile
 */
import { fileName } from "./files.js";
import { locale } from "./locale.js";
import { fileProblem, wasCancelled } from "./words.js";

/** A download has begun once the browser took the file, but nobody is told when it has ended: so long it stays, ms. */
const keepFor = 60_000;
/** And so much longer for each million bytes, for slow disks. */
const keepForMegabyte = 200;

/**
 * @typedef {object} TransferOptions
 * @property {(text: string) => void} say      tells it politely
 * @property {(text: string) => void} tell     shows what went wrong, where no bubble can
 * @property {() => void} changed              something looks different now
 * @property {(conversation: Conversation, file: File, problem: string) => void} back  a file of which there is no message
 * @property {(blob: Blob, name: string) => void} download
 * @property {(act: () => void, ms: number) => unknown} [later]
 *
 * @typedef {{file: File, error: unknown}} Refused
 */

export class Transfers {
  #options;
  /** @type {WeakMap<Conversation, Promise<void>>} */
  #turns = new WeakMap();
  /** By message: what this page sends, or fetches now. @type {Map<string, AbortController>} */
  #sent = new Map();
  /** @type {Map<string, AbortController>} */
  #fetching = new Map();
  /** @type {Set<string>} by message */
  #saved = new Set();
  /** @type {Set<() => void>} */
  #checks = new Set();

  /** @param {TransferOptions} options */
  constructor(options) {
    this.#options = options;
    // Not the timer itself: as a method of this object a browser refuses it.
    this.later = options.later ?? ((act, ms) => setTimeout(act, ms));
  }

  /** This page has the file and could send it again. @param {string} id */
  has(id) {
    return this.#sent.has(id);
  }

  /** This page handed the file to the browser. @param {string} id */
  saved(id) {
    return this.#saved.has(id);
  }

  /** The client says that something changed. */
  check() {
    for (const check of [...this.#checks]) check();
  }

  /**
   * @param {Conversation} conversation
   * @param {readonly File[]} files
   * @returns {Promise<readonly Refused[]>} once each has a message, or will have none: those that have none
   */
  async send(conversation, files) {
    /** @type {Refused[]} */
    const refused = [];
    let turn = this.#turns.get(conversation) ?? Promise.resolve();
    for (const file of files) turn = turn.then(async () => void refused.push(...(await this.#sendOne(conversation, file))));
    this.#turns.set(conversation, turn);
    await turn;
    return refused;
  }

  /**
   * Until there is a message of the file, or will not be.
   * @param {Conversation} conversation
   * @param {File} file
   * @returns {Promise<Refused[]>}  it, where there will be none
   */
  async #sendOne(conversation, file) {
    const name = fileName(file.name);
    const abort = new AbortController();
    let id = "";
    try {
      ({ id } = await conversation.sendFile(file, { name: file.name, signal: abort.signal }));
    } catch (error) {
      const problem = fileProblem(error, "up");
      this.#options.say(`${name}: ${problem}`);
      this.#options.back(conversation, file, problem);
      return [{ file, error }];
    }
    this.#sent.set(id, abort);
    void this.#watch(conversation, id, name);
    return [];
  }

  /**
   * Tells how it goes, until it has ended.
   * @param {Conversation} conversation
   * @param {string} id
   * @param {string} name
   */
  async #watch(conversation, id, name) {
    this.#options.say(locale().say.sending(name));
    this.#options.changed();
    const state = await this.#settled(conversation, id);
    if (state === "sent") {
      this.#sent.delete(id);
      this.#options.say(locale().say.isSent(name));
    } else if (state === "failed") this.#options.say(`${name}: ${fileProblem({ code: find(conversation, id)?.file?.error }, "up")}`);
  }

  /**
   * @param {Conversation} conversation
   * @param {string} id
   * @returns {Promise<string>}  the state of the file, "" when its message is gone
   */
  #settled(conversation, id) {
    return new Promise((resolve) => {
      const check = () => {
        const state = find(conversation, id)?.file?.state ?? "";
        if (state === "uploading") return;
        this.#checks.delete(check);
        resolve(state);
      };
      this.#checks.add(check);
      check();
    });
  }

  /**
   * Fetches a file and hands it to the browser's downloads.
   * @param {Conversation} conversation
   * @param {Message} message
   */
  async save(conversation, message) {
    const { id, file } = message;
    if (!file || this.#fetching.has(id)) return;
    const name = fileName(file.name);
    const abort = new AbortController();
    this.#fetching.set(id, abort);
    this.#options.say(locale().say.fetching(name));
    try {
      const opened = await conversation.saveFile(id, { signal: abort.signal });
      this.#options.download(opened.blob, opened.name);
      this.later(() => void opened.release(), keepFor + (opened.blob.size / 1e6) * keepForMegabyte);
      this.#saved.add(id);
      this.#options.say(locale().say.isSaved(name));
    } catch (error) {
      if (wasCancelled(error, abort.signal)) this.#options.say(locale().say.isCancelled(name));
      else this.#failed(conversation, id, name, error);
    } finally {
      this.#fetching.delete(id);
      this.#options.changed();
    }
  }

  /**
   * Stops what moves.
   * @param {Conversation} conversation
   * @param {Message} message
   */
  async cancel(conversation, { id, file }) {
    const abort = this.#fetching.get(id) ?? this.#sent.get(id);
    if (abort && !abort.signal.aborted) abort.abort();
    // A second try has no signal any more: it ends with its message.
    else await conversation.discard(id);
    if (file?.state === "uploading") this.#options.say(locale().say.isCancelled(fileName(file.name)));
  }

  /**
   * Sends a message again that was not sent, a text or a file.
   * @param {Conversation} conversation
   * @param {Message} message
   */
  async retry(conversation, { id, file }) {
    // The client follows a signal only once, so cancel() must not count on it from here on.
    this.#sent.get(id)?.abort();
    await conversation.retry(id);
    if (file) await this.#watch(conversation, id, fileName(file.name));
  }

  /** @param {string} id  of a message that is no more */
  forget(id) {
    this.#sent.delete(id);
    this.#options.changed();
  }

  /**
   * The bubble says it, where it knows.
   * @param {Conversation} conversation
   * @param {string} id
   * @param {string} name
   * @param {unknown} error
   */
  #failed(conversation, id, name, error) {
    const problem = `${name}: ${fileProblem(error, "down")}`;
    if (find(conversation, id)?.file?.state === "failed") this.#options.say(problem);
    else this.#options.tell(problem);
  }
}

/** @param {Conversation} conversation @param {string} id */
function find(conversation, id) {
  return conversation.messages.find((m) => m.id === id);
}
