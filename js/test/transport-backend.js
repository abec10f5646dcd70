/**
 * Somebody else's chat platform, in memory: messages in one order, files, users
 * who come and go. A test tampers with what it stores and with what it shows.
 *
 * @typedef {object} Stored
 * @property {number} index   dense, from 0
 * @property {string} author
 * @property {string} body
 * @property {{ filename: string, contentType: string, bytes: Uint8Array, url?: string } | null} media
 * @property {number} at      ms; when it was stored
 * @property {string} id
 *
 * @typedef {object} View     one user's
 * @property {string} name
 * @property {(message: Stored) => void} added
 * @property {(message: Stored) => void} updated
 * @property {(online: boolean) => void} turned
 */
export class Backend {
  /** @type {Stored[]} */
  messages = [];
  /** All that left a browser: bodies, names of files, and their content. @type {(string | Uint8Array)[]} */
  left = [];
  /** What is stored in the place of a message: none, one or several. @type {(message: Omit<Stored, "index">) => Omit<Stored, "index">[]} */
  tamper = (message) => [message];
  /** Until when a message is held back on its way. @type {(message: Omit<Stored, "index">) => Promise<void> | undefined} */
  holds = () => undefined;
  /** What one user is shown of a body. @type {(message: Stored, name: string) => string} */
  lens = ({ body }) => body;
  /** So many answers are lost: the message is stored, its sender told that it failed. */
  lost = 0;
  /** A message that one user is not shown. @type {(message: Stored, name: string) => boolean} */
  hides = () => false;
  /** Users that are cut off. @type {Set<string>} */
  away = new Set();
  /** @type {Set<View>} */
  views = new Set();
  #made = 0;

  /**
   * @param {string} author
   * @param {{ id?: string, body?: string, media?: Stored["media"] }} message
   * @returns {Promise<Stored>}
   */
  async store(author, { id = `m${++this.#made}`, body = "", media = null }) {
    if (this.away.has(author)) throw new Error("Connection is not initialized");
    this.left.push(body, ...(media ? [media.filename, media.contentType, media.bytes] : []));
    await this.holds({ author, body, media, id, at: Date.now() });
    const stored = this.tamper({ author, body, media, id, at: Date.now() }).map((message) => this.add(message));
    if (this.lost > 0) {
      this.lost--;
      throw new Error("timeout");
    }
    const last = stored.at(-1) ?? this.messages.at(-1);
    if (!last) throw new Error("nothing is stored");
    return last;
  }

  /**
   * As the platform itself does it, or another of its users.
   * @param {Omit<Stored, "index">} message
   */
  add(message) {
    const stored = { ...message, index: this.messages.length };
    this.messages.push(stored);
    for (const view of this.views) if (this.shows(stored, view.name)) view.added(this.#through(stored, view.name));
    return stored;
  }

  /**
   * @param {string} body
   * @param {string} [author]
   */
  inject(body, author = "platform") {
    return this.add({ author, body, media: null, id: `i${++this.#made}`, at: Date.now() });
  }

  /**
   * @param {number} index
   * @param {string} body
   */
  edit(index, body) {
    const message = this.messages[index];
    if (!message) throw new RangeError("no such message");
    message.body = body;
    for (const view of this.views) if (this.shows(message, view.name)) view.updated(this.#through(message, view.name));
  }

  /** @param {string} name */
  cut(name) {
    this.away.add(name);
    for (const view of this.views) if (view.name === name) view.turned(false);
  }

  /** @param {string} name */
  mend(name) {
    this.away.delete(name);
    for (const view of this.views) if (view.name === name) view.turned(true);
  }

  /** @param {Stored} message @param {string} name */
  shows(message, name) {
    return !this.away.has(name) && !this.hides(message, name);
  }

  /** What a user reads from the beginning. @param {string} name */
  read(name) {
    if (this.away.has(name)) throw new Error("Connection is not initialized");
    return this.messages.flatMap((message) => (this.hides(message, name) ? [] : [this.#through(message, name)]));
  }

  /** @param {Stored} message @param {string} name @returns {Stored} */
  #through(message, name) {
    return { ...message, body: this.lens(message, name) };
  }
}
