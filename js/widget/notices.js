/**
 * What a person should be told that no conversation shows: the last of it, until it is dismissed or is over by itself.
 * @typedef {import("./facade.js").Client} Client
 */
import { backgroundText, noticeText } from "./words.js";

export class Notices {
  #changed;
  #told;
  #code = "";
  #text = "";
  /** @type {Client|undefined} */
  #client;
  /** @param {import("./facade.js").Notice} notice */
  #onNotice = (notice) => {
    const text = noticeText(notice);
    if (text && !this.#told({ code: notice.code ?? "", text })) this.tell(text, notice.code);
  };
  /** @param {{error: Error}} detail */
  #onError = ({ error }) => {
    const state = this.#client?.state;
    const text = backgroundText(error);
    // These two stand there anyway, and say more.
    if (text && state !== "refused" && state !== "closed") this.tell(text);
  };
  /** @param {{code: string}} over */
  #onOver = ({ code }) => {
    if (this.#code === code) this.tell("");
  };

  /**
   * @param {() => void} changed
   * @param {(notice: {code: string, text: string}) => boolean} [told]  true: it is told elsewhere
   */
  constructor(changed, told = () => false) {
    this.#changed = changed;
    this.#told = told;
  }

  /** "" for nothing. */
  get text() {
    return this.#text;
  }

  /** @param {string} text @param {string} [code] */
  tell(text, code = "") {
    const same = this.#text === text;
    this.#code = code;
    this.#text = text;
    if (!same) this.#changed();
  }

  /** @param {Client|undefined} client  undefined: listens no more */
  attach(client) {
    this.#client?.off("notice", this.#onNotice);
    this.#client?.off("error", this.#onError);
    this.#client?.off("notice:over", this.#onOver);
    this.#client = client;
    client?.on("notice", this.#onNotice);
    client?.on("error", this.#onError);
    client?.on("notice:over", this.#onOver);
  }
}
