/**
 * What a person should be told that no conversation shows: the last of it, until it is dismissed or is over by itself.
 * @typedef {import("./facade.js").Client} Client
 */
import { backgroundText, noticeText } from "./words.js";

export class Notices {
  #changed;
  #elsewhere;
  #code = "";
  /** @type {import("./dom.js").Told} */
  #told = "";
  /** @type {Client|undefined} */
  #client;
  /** @param {import("./facade.js").Notice} notice */
  #onNotice = (notice) => {
    const text = noticeText(notice);
    if (text && !this.#elsewhere({ code: notice.code ?? "", text })) this.tell(() => noticeText(notice), notice.code);
  };
  /** @param {{error: Error}} detail */
  #onError = ({ error }) => {
    const state = this.#client?.state;
    const text = backgroundText(error);
    // These two stand there anyway, and say more.
    if (text && state !== "refused" && state !== "closed") this.tell(() => backgroundText(error));
  };
  /** @param {{code: string}} over */
  #onOver = ({ code }) => {
    if (this.#code === code) this.tell("");
  };

  /**
   * @param {() => void} changed
   * @param {(notice: {code: string, text: string}) => boolean} [elsewhere]  true: it is told elsewhere
   */
  constructor(changed, elsewhere = () => false) {
    this.#changed = changed;
    this.#elsewhere = elsewhere;
  }

  /** "" for nothing. */
  get text() {
    return typeof this.#told === "function" ? this.#told() : this.#told;
  }

  /** @param {import("./dom.js").Told} told @param {string} [code] */
  tell(told, code = "") {
    const before = this.text;
    this.#code = code;
    this.#told = told;
    if (this.text !== before) this.#changed();
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
