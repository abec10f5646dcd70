/**
 * What of this agent's is not sent, in the banner, as the kit has it: how each stands, a file's progress, and what can be
 * done with it. A text that is discarded is lost, so that is asked first; a file lies where it came from.
 *
 * @typedef {import("../../widget/messagerow.js").MessageRow} MessageRow
 * @typedef {import("../../widget/messagerow.js").Action} Action
 */
import { fileName } from "../../widget/files.js";
import { locale } from "../../widget/locale.js";
import * as look from "./look.js";
import { flexWords } from "./words.js";

/**
 * @param {import("../kit.js").ConversationView|undefined} view
 * @returns {MessageRow[]}
 */
export function unsentOf(view) {
  return (view?.rows ?? []).filter((row) => row.kind === "message" && row.message.self && row.message.status !== "sent" && row.message.status !== "received").map((row) => /** @type {MessageRow} */ (row));
}

/** @param {MessageRow} row @returns {readonly Action[]} */
export function actionsOf({ actions, look: file }) {
  return file?.actions ?? actions;
}

/** How it stands, in words. @param {MessageRow} row */
export function standingOf({ message, status, look: file }) {
  return file?.words || (message.status === "failed" ? status : flexWords.unsent);
}

/**
 * @template E
 * @param {{React: import("./host.js").React<E>, kit: import("../kit.js").AgentKit}} parts
 */
export function unsentPart({ React, kit }) {
  const h = React.createElement;

  /** @param {{view: import("../kit.js").ConversationView}} props */
  function Unsent({ view }) {
    /** The one that is to be discarded, if that is confirmed; "". @type {[string, (next: string) => void]} */
    const [asked, ask] = React.useState("");
    const rows = unsentOf(view);
    if (rows.length === 0) return null;
    /** @param {MessageRow} row @param {Action} action */
    const press = ({ message }, action) => {
      if (action === "discard" && !message.file && asked !== message.id) return ask(message.id);
      ask("");
      void kit.act(view.id, action, message.id);
    };
    /** @param {MessageRow} row @param {Action} action */
    const button = (row, action) => h("button", { key: action, type: "button", style: look.small, "data-unsent": action,
      "aria-label": `${locale().actions[action]}: ${nameOf(row)}`, onClick: () => press(row, action) }, locale().actions[action]);
    return h("ul", { className: "sealwire-unsent", style: { ...look.list, maxHeight: 160, overflowY: "auto" } }, ...rows.map((row) => h("li", { key: row.message.id, style: look.row },
      h("span", { style: look.quiet }, `${standingOf(row)}: `), h("bdi", { style: { overflowWrap: "anywhere" } }, nameOf(row)), " ",
      row.look && row.look.percent !== null ? h("progress", { max: 100, value: row.look.percent, "aria-label": row.look.moving }) : null, " ",
      asked === row.message.id
        ? h("span", { role: "alert" }, flexWords.discardAsk, " ", button(row, "discard"), " ",
          h("button", { type: "button", style: look.small, onClick: () => ask("") }, flexWords.discardNo))
        : actionsOf(row).map((action) => button(row, action)))));
  }

  return { Unsent };
}

/** @param {MessageRow} row */
function nameOf({ message, text }) {
  return message.file ? fileName(message.file.name) : text;
}
