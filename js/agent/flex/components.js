/**
 * The plugin's components, with the host's React and nothing else: what stands in a bubble, the banner above a
 * conversation, the "Encryption" tab (tab.js). Texts are text nodes, never markup.
 */
import { button, name, quiet, small, soft, tones } from "./look.js";
import { author, othersPart } from "./others.js";
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
 */

/**
 * @typedef {object} Bar  how a conversation stands, in words
 * @property {string} color
 * @property {string} title
 * @property {string} detail
 * @property {string} readers
 *
 * @typedef {object} Shared
 * @property {() => void} useSessions  draws anew when something changed
 * @property {(sid: string) => Bar} barOf
 */

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @param {Parts<T, E>} parts
 */
export function components(parts) {
  const { React, Actions, sessions, knowledge, problem } = parts;
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
    const { save } = shown;
    const press = () => void Actions.invokeAction("DownloadMedia", { conversationSid, media: { sealwire: save } });
    return h("div", { className: "sealwire-bubble" }, who, body, h("span", { style: quiet }, ` ${shown.facts ?? ""} `),
      save ? h("button", { type: "button", style: button, "aria-label": `Save ${shown.text}`, onClick: press }, "Save") : null);
  }

  const { Others } = othersPart({ React, sessions });

  /** @param {{sid?: string, conversationSid?: string}} props */
  const sidOf = ({ sid, conversationSid }) => conversationSid ?? sid ?? "";

  /** @param {{sid?: string, conversationSid?: string}} props */
  function Banner(props) {
    useSessions();
    const sid = sidOf(props);
    if (knowledge.of(sid) !== "sealed") return null;
    const bar = barOf(sid);
    const choice = sessions.choice(sid);
    const { conversation } = choice;
    const unsent = conversation?.messages.filter((m) => m.self && m.status !== "sent") ?? [];
    return h("div", { className: "sealwire-banner", role: "status", style: { padding: "8px 12px", borderBottom: "1px solid #d0d5e0" } },
      h("strong", { style: { ...name, color: bar.color } }, bar.title), bar.detail ? h("div", null, bar.detail) : null,
      bar.readers ? h("div", { style: soft }, bar.readers) : null,
      h(Others, { key: sid, sid, choice }),
      problem(sid) ? h("div", { role: "alert", style: { color: tones.danger } }, problem(sid)) : null,
      ...unsent.map((m) => h("div", { key: m.id, style: quiet }, `${flexWords.unsent}: ${m.file ? m.file.name : m.text} `,
        m.status === "failed" ? h("button", { type: "button", style: small, onClick: () => void conversation?.retry(m.id) }, "Try again") : null,
        m.status === "failed" ? h("button", { type: "button", style: small, onClick: () => void conversation?.discard(m.id) }, "Discard") : null)));
  }

  /** @param {string} sid */
  const barOf = (sid) => {
    if (sessions.state === "failed") return { color: tones.danger, title: flexWords.missing, detail: "", readers: "" };
    const conversation = sessions.conversation(sid);
    const view = conversation && sessions.kit.conversation(conversation.id);
    const { asks, chosen } = sessions.choice(sid);
    if (asks) return { color: tones.danger, title: flexWords.several, detail: chosen?.own ? flexWords.chosenGone : flexWords.severalDetail, readers: "" };
    if (!view && sessions.state !== "ready") return { color: tones.pending, title: flexWords.starting, detail: "", readers: "" };
    if (!view) return sessions.begun(sid) ? { color: tones.pending, title: flexWords.notIn, detail: flexWords.noKey, readers: "" } : { color: tones.open, title: flexWords.notBegun, detail: "", readers: "" };
    const { banner, trust, readers } = view;
    const told = readers.filter(({ member }) => !member.self).map(({ name, now, reads }) => `${name} ${now ? "can read" : "could read"}${reads ? ` ${reads}` : ""}`);
    return { color: tones[banner.tone], title: banner.title, detail: [banner.detail, trust.words].filter((one, i, all) => one && all.indexOf(one) === i).join(" "), readers: told.join("; ") };
  };

  const { Tab } = tabParts(parts, { useSessions, barOf });
  return { Bubble, Banner, Tab };
}
