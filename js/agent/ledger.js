/**
 * The ledger of a conversation as a table in a dialog: who could read what, from when to when. While it is open it
 * follows who comes and goes, and the language.
 * @typedef {import("./kit.js").AgentKit} AgentKit
 * @typedef {import("../widget/ledger.js").Reader} Reader
 */
import { el, icon } from "../widget/dom.js";
import { locale } from "../widget/locale.js";
import { openDialog } from "./dialog.js";
import { deskWords } from "./words.js";

export class LedgerDialog {
  #kit;
  #place;
  /** Whose it is while it is open. */
  #id = "";
  #shown = "";
  #rows = el("tbody");

  /**
   * @param {Pick<AgentKit, "conversation">} kit
   * @param {HTMLElement} place
   */
  constructor(kit, place) {
    this.#kit = kit;
    this.#place = place;
  }

  /** @param {string} id  of a conversation */
  open(id) {
    this.#id = id;
    this.follow();
    const table = el("table", { class: "desk-table" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, () => deskWords.who), el("th", { scope: "col" }, () => deskWords.whatTheyRead))), this.#rows);
    openDialog(this.#place, { title: () => deskWords.whoCouldRead, text: () => deskWords.ledger, body: [table], yes: () => deskWords.close, closed: () => {
      this.#id = "";
    } });
  }

  /** Something has changed. Drawn anew only where it differs, so that what somebody has selected stays so. */
  follow() {
    const view = this.#id ? this.#kit.conversation(this.#id) : undefined;
    if (!view) return;
    const rows = view.readers.map(wordsOf);
    if (JSON.stringify(rows) === this.#shown) return;
    this.#shown = JSON.stringify(rows);
    this.#rows.replaceChildren(...rows.map(({ mark, name, standing, place, reads }) => el("tr", {},
      el("th", { scope: "row" }, el("div", { class: "desk-table-who" }, icon(mark),
        el("div", {}, el("bdi", {}, name), el("span", { class: "desk-table-facts" }, standing)))),
      el("td", {}, place, el("span", { class: "desk-table-facts" }, reads)))));
  }
}

/**
 * @param {Reader} reader
 * @returns {{mark: import("../widget/dom.js").IconName, name: string, standing: string, place: string, reads: string}}
 */
function wordsOf({ name, standing, vouched, now, reads }) {
  return {
    mark: now ? (vouched ? "check" : "alert") : "leave",
    name,
    standing,
    place: now ? deskWords.isIn : deskWords.isOut,
    reads: reads ? locale().say.canRead(reads, now) : "",
  };
}
