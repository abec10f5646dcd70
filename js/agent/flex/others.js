/**
 * Other encrypted conversations in the same chat (choice.js), in the banner: that there are some, with whom and how far
 * that is proved, and the way to another. It takes two presses, and says before the second what it changes.
 */
import { customerOf, titleOf } from "../customer.js";
import { list, name, row, small, words } from "./look.js";
import { flexWords } from "./words.js";

/** So many are shown: those first that the company vouches for, then in the order in which they began. */
const most = 4;

/** Whoever wrote it, above what was written. */
export const author = { opacity: 0.8, fontSize: 12, lineHeight: "16px" };

/**
 * @param {readonly import("../../widget/facade.js").Conversation[]} others
 * @returns {{shown: readonly import("../../widget/facade.js").Conversation[], more: number}}
 */
export function listed(others) {
  const rank = (/** @type {import("../../widget/facade.js").Conversation} */ one) => Number(!customerOf(one)?.verified);
  return { shown: [...others].sort((a, b) => rank(a) - rank(b)).slice(0, most), more: Math.max(0, others.length - most) };
}

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @param {{React: import("./host.js").React<E>, sessions: import("./sessions.js").Sessions<T>}} parts
 */
export function othersPart({ React, sessions }) {
  const h = React.createElement;

  /** @param {{sid: string, choice: import("./choice.js").Choice}} props */
  function Others({ sid, choice: { conversation, others } }) {
    /** @type {[string, (next: string) => void]} */
    const [asked, ask] = React.useState("");
    const { shown, more } = listed(others);
    if (shown.length === 0) return null;
    const one = shown.find(({ id }) => id === asked);
    const titles = [...others, ...(conversation ? [conversation] : [])].map(titleOf);
    // Two of one name are told apart by their ids.
    const nameOf = (/** @type {import("../../widget/facade.js").Conversation} */ of) => titleOf(of) + (titles.filter((title) => title === titleOf(of)).length > 1 ? ` (${of.id.slice(0, 4).toUpperCase()})` : "");
    const trustOf = (/** @type {string} */ id) => sessions.kit.conversation(id)?.trust.words ?? "";
    const who = (/** @type {import("../../widget/facade.js").Conversation} */ of) => h(React.Fragment, null, h("bdi", { style: name }, nameOf(of)), ": ", trustOf(of.id));
    if (one) {
      const yes = () => {
        ask("");
        sessions.choose(sid, one.id);
      };
      return h(Question, { key: one.id, about: who(one), yes, no: () => ask("") });
    }
    return h("div", { className: "sealwire-others" },
      conversation ? h("p", { role: "alert", style: { ...words, color: "#c01b1b" } }, flexWords.others) : null,
      h("ul", { style: { ...list, maxHeight: "25vh", overflowY: "auto" } }, ...shown.map((other) => h("li", { key: other.id, style: row }, who(other), " ",
        h("button", { type: "button", style: small, "aria-label": `${conversation ? flexWords.look : flexWords.choose} ${nameOf(other)}`, onClick: () => ask(other.id) }, conversation ? flexWords.look : flexWords.choose)))),
      more > 0 ? h("p", { style: words }, `+ ${more}`) : null);
  }

  /** It takes the focus, and gives it back to nobody: the button that asked may be gone. @param {{about: E, yes: () => void, no: () => void}} props */
  function Question({ about, yes, no }) {
    const [box] = React.useState(() => /** @type {{element: HTMLElement|null}} */ ({ element: null }));
    React.useEffect(() => box.element?.focus(), []);
    const escape = (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && no();
    return h("div", { className: "sealwire-others", role: "group", tabIndex: -1, "aria-label": flexWords.switch, style: { outline: "none" }, onKeyDown: escape, ref: (/** @type {HTMLElement|null} */ element) => { box.element = element; } },
      h("p", { style: words }, about), h("p", { style: words }, flexWords.switchText),
      h("button", { type: "button", style: small, onClick: yes }, flexWords.switch), " ",
      h("button", { type: "button", style: small, onClick: no }, flexWords.stay));
  }

  return { Others };
}
