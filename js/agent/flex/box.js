/**
 * The host's box of a conversation: what goes back into it, without losing what was written there since. And what is on
 * its way out of it: kept only while its sending lasts, and only where it may be a sealed conversation's.
 *
 * @typedef {{inputText?: string, attachedFiles?: readonly unknown[]}} Input  what the host has of a box
 */

/** An attempt that ended without the host's saying so is over then (ms). */
const longest = 15_000;

export class Box {
  #Actions;
  #input;
  #mayBeSealed;
  /** @type {Map<string, {text: string, timer: ReturnType<typeof setTimeout>}>} */
  #leaving = new Map();

  /**
   * @param {object} parts
   * @param {import("./host.js").Actions} parts.Actions
   * @param {(sid: string) => Input|undefined} [parts.input]
   * @param {(sid: string) => boolean} [parts.mayBeSealed]
   */
  constructor({ Actions, input = () => undefined, mayBeSealed = () => true }) {
    this.#Actions = Actions;
    this.#input = input;
    this.#mayBeSealed = mayBeSealed;
  }

  /** Follows what is sent from it, whoever does it. */
  follow() {
    this.#Actions.addListener("beforeSendMessage", (/** @type {Asked|undefined} */ payload) => {
      const sid = sidOf(payload);
      if (sid && typeof payload?.body === "string" && payload.body !== "" && this.#mayBeSealed(sid)) this.#keep(sid, payload.body);
    });
    this.#Actions.addListener("afterSendMessage", (/** @type {Asked|undefined} */ payload) => this.over(sidOf(payload)));
  }

  /** What is on its way out of it, and from now on is not. @param {string} sid */
  take(sid) {
    const { text } = this.#leaving.get(sid) ?? {};
    this.over(sid);
    return text;
  }

  /** @param {string} sid */
  over(sid) {
    clearTimeout(this.#leaving.get(sid)?.timer);
    this.#leaving.delete(sid);
  }

  end() {
    for (const sid of [...this.#leaving.keys()]) this.over(sid);
  }

  /**
   * What is left of a text goes back, before what was typed there since.
   * @param {string} sid
   * @param {string} left
   * @param {string} text  as it was
   */
  async back(sid, left, text) {
    const body = inBox(left, text, this.#typed(sid));
    if (body !== undefined) await this.#set(sid, body);
  }

  /** What another tried to send goes back, and what that made of it does not come after it. @param {string} sid @param {string} text */
  async backWhole(sid, text) {
    const now = this.#typed(sid);
    await this.#set(sid, now?.includes(text) ? text : inBox(text, text, now) ?? text);
  }

  /** A text that never stood there now goes before what does. @param {string} sid @param {string} text */
  async add(sid, text) {
    await this.#set(sid, [text, this.#typed(sid) ?? ""].filter(Boolean).join("\n"));
  }

  /** Those that the host has taken off it. @param {string} sid @param {readonly File[]} files */
  async attach(sid, files) {
    const there = this.#input(sid)?.attachedFiles ?? [];
    const gone = files.filter((file) => !there.includes(file));
    if (gone.length > 0) await this.#Actions.invokeAction("AttachFiles", { conversationSid: sid, files: gone }).catch(() => {});
  }

  /** @param {string} sid */
  #typed(sid) {
    return this.#input(sid)?.inputText;
  }

  /** @param {string} sid @param {string} body */
  async #set(sid, body) {
    await this.#Actions.invokeAction("SetInputText", { conversationSid: sid, body }).catch(() => {});
  }

  /** @param {string} sid @param {string} text */
  #keep(sid, text) {
    this.over(sid);
    const timer = setTimeout(() => this.over(sid), longest);
    timer.unref?.();
    this.#leaving.set(sid, { text, timer });
  }
}

/** @typedef {{body?: unknown, conversationSid?: string, conversation?: {source?: {sid?: string}}}} Asked */

/** @param {Asked|undefined} payload */
function sidOf(payload) {
  return payload?.conversation?.source?.sid ?? payload?.conversationSid ?? "";
}

/**
 * What belongs in the box after an attempt; undefined: it stays as it is.
 * @param {string} left  of the text
 * @param {string} text  as it was
 * @param {string|undefined} now  what stands there, if that is known
 */
export function inBox(left, text, now = text) {
  const since = now === text ? "" : now;
  return left === "" && since !== "" ? undefined : [left, since].filter(Boolean).join("\n");
}
