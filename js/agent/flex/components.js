/**
 * The plugin's components, with the host's React and nothing else: what stands in a bubble and beside it (beside.js), the
 * banner above a conversation (banner.js), the "Encryption" tab (tab.js). Texts are text nodes, never markup.
 */
import { locale } from "../../widget/locale.js";
import { barOf, bannerPart } from "./banner.js";
import { besideParts } from "./beside.js";
import { button, quiet } from "./look.js";
import { author } from "./others.js";
import { shownOf } from "./shown.js";
import { tabParts } from "./tab.js";
import { flexWords } from "./words.js";

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @typedef {object} Parts
 * @property {import("./host.js").React<E>} React
 * @property {import("./host.js").Actions} Actions
 * @property {import("./sessions.js").Sessions<T>} sessions
 * @property {import("./knowledge.js").Knowledge} knowledge
 * @property {(sid: string) => string} problem  what was told last of a conversation, or ""
 * @property {(sid: string) => void} dismiss    it was read
 */

/**
 * @typedef {object} Shared
 * @property {() => void} useSessions  draws anew when something changed
 * @property {(sid: string) => import("./banner.js").Bar} barOf
 */

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @param {Parts<T, E>} parts
 */
export function components(parts) {
  const { React, Actions, sessions, knowledge } = parts;
  const h = React.createElement;

  /** Drawn anew when something changed. */
  const useSessions = () => {
    const [, turn] = React.useState(0);
    React.useEffect(() => sessions.subscribe(() => turn((n) => n + 1)), []);
    React.useEffect(() => knowledge.onSealed(() => turn((n) => n + 1)), []);
  };

  /** @param {{message: {source: {index: number, body?: unknown, conversation?: {sid: string}}}, conversationSid: string}} props */
  function Bubble({ message: { source }, conversationSid }) {
    useSessions();
    const shown = shownOf(source, sessions.find(conversationSid, source.index));
    if (!shown) return h("span", { className: "sealwire-carried", style: quiet }, flexWords.sealedFile);
    if (shown.kind === "note") return h("span", { className: "sealwire-note", style: quiet }, shown.text);
    const who = h("div", { className: "sealwire-name", style: author }, h("bdi", null, shown.name));
    const body = h("bdi", { className: "sealwire-text", style: { whiteSpace: "pre-wrap", overflowWrap: "anywhere" } }, shown.text);
    if (shown.kind === "text") return h("div", { className: "sealwire-bubble" }, who, body);
    const { save, cancel, failed = false } = shown;
    // What fails is told by the action itself.
    const press = () => void Actions.invokeAction("DownloadMedia", { conversationSid, media: { sealwire: save } }).catch(() => {});
    const { actions } = locale();
    /** @param {string} label @param {() => void} onClick */
    const act = (label, onClick) => h("button", { type: "button", style: button, "aria-label": `${label} ${shown.text}`, onClick }, label);
    return h("div", { className: "sealwire-bubble" }, who, body, h("span", { style: failed ? { fontWeight: 700 } : quiet }, ` ${shown.facts ?? ""} `),
      save ? act(actions.save, press) : null, cancel ? act(actions.cancel, () => void sessions.kit.act(cancel.conversation, "cancel", cancel.message)) : null);
  }

  const shared = { useSessions, barOf: (/** @type {string} */ sid) => barOf(sessions, sid) };
  const { Banner } = bannerPart(parts, shared);
  const { Tab } = tabParts(parts, shared);
  return { Bubble, Banner, Tab, ...besideParts(parts, shared) };
}
