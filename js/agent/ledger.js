/** The ledger of a conversation as a table: who could read what, from when to when. */
import { el, icon } from "../widget/dom.js";
import { deskWords } from "./words.js";
import { openDialog } from "./dialog.js";

/** @typedef {import("../widget/ledger.js").Reader} Reader */

/**
 * @param {HTMLElement} place
 * @param {readonly Reader[]} readers
 */
export function openLedger(place, readers) {
  const rows = readers.map((reader) => el("tr", {},
    el("th", { scope: "row" }, el("div", { class: "desk-table-who" }, icon(reader.now ? (reader.vouched ? "check" : "alert") : "leave"),
      el("div", {}, el("bdi", {}, reader.name), el("span", { class: "desk-table-facts" }, reader.standing)))),
    el("td", {}, reader.now ? "is in it" : "is not in it any more", el("span", { class: "desk-table-facts" }, `${reader.now ? "Can read" : "Could read"} ${reader.reads || "it"}`))));
  const table = el("table", { class: "desk-table" }, el("thead", {}, el("tr", {}, ...["Who", "What they can read, or could"].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...rows));
  return openDialog(place, { title: "Who could read, and when", text: deskWords.ledger, body: [table], yes: "Close" });
}
