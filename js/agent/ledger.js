/** The ledger of a conversation as a table: who could read what, from when to when. */
import { el, icon } from "../widget/dom.js";
import { locale } from "../widget/locale.js";
import { openDialog } from "./dialog.js";
import { deskWords } from "./words.js";

/** @typedef {import("../widget/ledger.js").Reader} Reader */

/**
 * @param {HTMLElement} place
 * @param {readonly Reader[]} readers
 */
export function openLedger(place, readers) {
  const rows = readers.map((reader) => el("tr", {},
    el("th", { scope: "row" }, el("div", { class: "desk-table-who" }, icon(reader.now ? (reader.vouched ? "check" : "alert") : "leave"),
      el("div", {}, el("bdi", {}, reader.name), el("span", { class: "desk-table-facts" }, reader.standing)))),
    el("td", {}, reader.now ? deskWords.isIn : deskWords.isOut, el("span", { class: "desk-table-facts" }, reader.reads ? locale().say.canRead(reader.reads, reader.now) : ""))));
  const table = el("table", { class: "desk-table" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, () => deskWords.who), el("th", { scope: "col" }, () => deskWords.whatTheyRead))), el("tbody", {}, ...rows));
  return openDialog(place, { title: () => deskWords.whoCouldRead, text: () => deskWords.ledger, body: [table], yes: () => deskWords.close });
}
