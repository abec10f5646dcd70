/**
 * Safety numbers in the tab: per member the digits that both ends read to each other, and behind "details" those of the
 * history. They are worked out when the tab is looked at, and anew when who is in changes.
 */
import { digits, heading, list, name, row, small, soft, words } from "./look.js";
import { words as say } from "../../widget/words.js";
import { flexWords } from "./words.js";

/**
 * @template E
 * @param {{React: import("./host.js").React<E>, kit: import("../kit.js").AgentKit}} parts
 */
export function keyParts({ React, kit }) {
  const h = React.createElement;

  /** Groups that are read aloud one after the other. @param {readonly string[]} groups @param {string} label */
  const figures = (groups, label) => h("div", { role: "img", "aria-label": `${label}: ${groups.join(" ")}`, className: "sealwire-digits", style: digits },
    ...groups.map((group, i) => h("span", { key: i }, group)));

  /** @param {{id: string, member: string}} props */
  function Key({ id, member }) {
    const safety = kit.safety(id, member);
    if (!safety) return null;
    if (safety.state !== "ready") {
      return h("li", { style: row }, h("div", { style: name }, safety.title),
        h("p", { style: { ...words, ...soft }, role: safety.state === "failed" ? "alert" : "status" }, safety.text),
        safety.state === "failed" ? h("button", { type: "button", style: small, onClick: () => kit.safetyAgain(id, member) }, say.tryAgain) : null);
    }
    return h("li", { style: row, "data-member": member }, h("div", { style: name }, safety.title), figures(safety.number, safety.title),
      h("details", null, h("summary", { style: { cursor: "pointer" } }, say.details),
        h("p", { style: words }, safety.why), h("div", { style: name }, safety.historyTitle), figures(safety.history, safety.historyTitle),
        h("p", { style: { ...words, ...soft } }, safety.historyText)));
  }

  /** @param {{view: import("../kit.js").ConversationView}} props */
  function Keys({ view }) {
    const others = view.readers.filter(({ comparable }) => comparable);
    if (others.length === 0) return null;
    return h(React.Fragment, null, h("h3", { style: heading }, flexWords.keys), h("p", { style: { ...words, ...soft } }, say.safetyHow),
      h("ul", { style: list }, ...others.map((reader) => h(Key, { key: reader.id, id: view.id, member: reader.id }))));
  }

  return { Keys };
}
