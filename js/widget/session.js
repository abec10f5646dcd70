/**
 * What runs behind a view while its element is in a page: the core, the client and its conversation. Whatever fails is
 * the view's to show; with nothing to encrypt with, nothing is sent.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {Parameters<Awaited<ReturnType<typeof init>>["connect"]>[0]} ConnectOptions
 */
import { init } from "../index.js";
import { missing } from "./capabilities.js";
import { hintOf, isMisuse, lackOf } from "./report.js";
import { codeOf, isRefusal } from "./words.js";

/** Whatever this page began before has let go of the device's keys, or has them open. */
let before = Promise.resolve();

/** @param {readonly unknown[]} all */
function waitFor(all) {
  before = Promise.allSettled([before, ...all]).then(() => {});
}

export class Session {
  #view;
  #report;
  /** Codes that this client told of: its page's developer hears each once. @type {Set<unknown>} */
  #told = new Set();
  /** @type {Client|undefined} */
  #client;
  /** @type {{close: () => unknown}|undefined} */
  #core;
  /** A later start or stop makes an earlier one void. */
  #run = 0;
  started = false;

  /**
   * @param {import("./view.js").ChatView} view
   * @param {(error: unknown, hint?: string) => void} report  to the page's developer
   */
  constructor(view, report) {
    this.#view = view;
    this.#report = report;
  }

  /**
   * @param {ConnectOptions} options
   * @param {import("./coreoptions.js").CoreOptions} [where]  the core lies
   */
  start(options, where) {
    this.started = true;
    const opened = this.#connect(options, where, ++this.#run, before);
    waitFor([opened]);
    void opened.then((open) => {
      if (open) void this.begin();
    });
  }

  stop() {
    this.#run++;
    this.started = false;
    this.#view.detach();
    this.#view.stage({ kind: "loading" });
    // A client that still closes holds the keys: the next one would take that for another tab.
    waitFor([this.#client?.close(), this.#core?.close()]);
    this.#client = undefined;
    this.#core = undefined;
  }

  /** Forgets keys and history on this device. */
  async destroy() {
    await this.#client?.destroySession();
  }

  /**
   * The conversation of now, or another.
   * @param {Parameters<Client["start"]>[0]} [how]
   */
  async begin(how = {}) {
    const client = this.#client;
    if (!client || isStopped(client)) return;
    try {
      await client.start(how);
    } catch (error) {
      // A refusal shows in the client's own state; the rest is said here.
      if (client === this.#client && !isStopped(client)) this.#fail(error);
      return;
    }
    this.#view.draw();
  }

  /** Here, and no more in the other tab. */
  async useHere() {
    const client = this.#client;
    if (!client) return;
    try {
      await client.takeOver();
    } catch (error) {
      this.#fail(error);
      return;
    }
    await this.begin();
    this.#view.focus();
  }

  /**
   * @param {ConnectOptions} options
   * @param {import("./coreoptions.js").CoreOptions|undefined} where
   * @param {number} run
   * @param {Promise<void>} free  when the keys are
   * @returns {Promise<boolean>} there is a client to begin with
   */
  async #connect(options, where, run, free) {
    const view = this.#view;
    view.stage({ kind: "loading" });
    const lacking = missing();
    if (lacking) {
      view.stage({ kind: "missing" });
      this.#report(lackOf(lacking));
      return false;
    }
    // What the page says in the same breath, such as where the core lies, stops this before anything is asked for.
    await undefined;
    if (run !== this.#run) return false;
    let core;
    try {
      core = await init(where);
    } catch (error) {
      if (run !== this.#run) return false;
      // Blocked, altered or without memory: whatever it was, there is nothing to encrypt with.
      view.stage({ kind: "broken" });
      this.#report(error);
      return false;
    }
    await free;
    if (run !== this.#run) {
      void core.close();
      return false;
    }
    this.#core = core;
    try {
      const client = await core.connect(options);
      if (run !== this.#run) {
        await client.close();
        return false;
      }
      this.#client = client;
      this.#told.clear();
      client.on("error", ({ error }) => this.#heard(client, error));
      view.attach(client);
    } catch (error) {
      if (run === this.#run) this.#fail(error);
      return false;
    }
    return true;
  }

  /** @param {unknown} error */
  #fail(error) {
    const code = codeOf(error);
    this.#view.stage(isMisuse(error) ? { kind: "wrong" } : { kind: isRefusal(code) ? "refused" : "failed", code });
    this.#report(error);
  }

  /** In the background, and mostly again and again. @param {Client} client @param {unknown} error */
  #heard(client, error) {
    const code = codeOf(error);
    if (client !== this.#client || this.#told.has(code)) return;
    this.#told.add(code);
    this.#report(error, hintOf(code, client.state));
  }
}

/** @param {Client} client */
function isStopped({ state }) {
  return state === "elsewhere" || state === "refused";
}
