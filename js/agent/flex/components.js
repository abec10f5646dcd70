/**
 * The plugin's components, with the host's React and nothing else: what stands in a bubble, the banner above a
 * conversation, the "Encryption" tab. Texts are text nodes, never markup.
 *
 * @typedef {import("./host.js").React} React
 * @typedef {import("./host.js").Flex} Flex
 */
import { moveProblem } from "../kit.js";
import { shownOf } from "./shown.js";
import { flexWords, keyText, moveWords } from "./words.js";

const tones = { secure: "#0e7c3a", pending: "#8a5a00", open: "#606b85", danger: "#c01b1b" };
/** In whatever colours the host has: its own bubbles are dark, others' light. */
const quiet = { opacity: 0.8, fontStyle: "italic" };
/** The host takes the looks of headings, lists and buttons away. */
const title = { margin: 0, fontSize: 16, fontWeight: 700, lineHeight: "24px" };
const heading = { margin: "24px 0 4px", fontSize: 14, fontWeight: 700, lineHeight: "20px" };
const words = { margin: "4px 0", fontSize: 14, lineHeight: "20px" };
const list = { margin: 0, padding: 0, listStyle: "none" };
const row = { padding: "8px 0", borderBottom: "1px solid #e1e3ea", fontSize: 14, lineHeight: "20px" };
const name = { fontWeight: 700 };
const soft = { color: tones.open };
const digits = { display: "block", fontFamily: "monospace", fontSize: 14 };
const button = { minHeight: 36, padding: "6px 12px", border: "1px solid #8891aa", borderRadius: 4, background: "#fff", color: "#121c2d", font: "inherit", fontSize: 14, cursor: "pointer" };

/**
 * @template T
 * @param {object} parts
 * @param {React} parts.React
 * @param {Flex} parts.flex
 * @param {import("./sessions.js").Sessions<T>} parts.sessions
 * @param {import("./knowledge.js").Knowledge} parts.knowledge
 * @param {(text: string, sid: string) => void} parts.tell
 * @param {(sid: string) => string} parts.problem  what was told last of a conversation, or ""
 */
export function components({ React, flex, sessions, knowledge, tell, problem }) {
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
    const body = h("bdi", { className: "sealwire-text", style: { whiteSpace: "pre-wrap", overflowWrap: "anywhere" } }, shown.text);
    if (shown.kind === "text") return h("div", { className: "sealwire-bubble" }, body);
    const { save } = shown;
    const press = () => void flex.Actions.invokeAction("DownloadMedia", { conversationSid, media: { sealwire: save } });
    return h("div", { className: "sealwire-bubble" }, body, h("span", { style: quiet }, ` ${shown.facts ?? ""} `),
      save ? h("button", { type: "button", style: button, "aria-label": `Save ${shown.text}`, onClick: press }, "Save") : null);
  }

  /** @param {{sid?: string, conversationSid?: string}} props */
  const sidOf = ({ sid, conversationSid }) => conversationSid ?? sid ?? "";

  /** @param {{sid?: string, conversationSid?: string}} props */
  function Banner(props) {
    useSessions();
    const sid = sidOf(props);
    if (knowledge.of(sid) !== "sealed") return null;
    const bar = bannerFor(sid);
    const unsent = sessions.conversation(sid)?.messages.filter((m) => m.self && m.status !== "sent") ?? [];
    return h("div", { className: "sealwire-banner", role: "status", style: { padding: "8px 12px", borderBottom: "1px solid #d0d5e0", color: bar.color } },
      h("strong", { style: name }, bar.title), bar.detail ? h("div", null, bar.detail) : null,
      bar.readers ? h("div", { style: { color: "#606b85" } }, bar.readers) : null,
      problem(sid) ? h("div", { role: "alert", style: { color: tones.danger } }, problem(sid)) : null,
      ...unsent.map((m) => h("div", { key: m.id, style: quiet }, `${flexWords.unsent}: ${m.file ? m.file.name : m.text} `,
        m.status === "failed" ? h("button", { type: "button", style: button, onClick: () => void sessions.conversation(sid)?.retry(m.id) }, "Try again") : null,
        m.status === "failed" ? h("button", { type: "button", style: button, onClick: () => void sessions.conversation(sid)?.discard(m.id) }, "Discard") : null)));
  }

  /** @param {string} sid */
  const bannerFor = (sid) => {
    if (sessions.state === "failed") return { color: tones.danger, title: flexWords.missing, detail: "", readers: "" };
    const conversation = sessions.conversation(sid);
    const view = conversation && sessions.kit.conversation(conversation.id);
    if (!view) return { color: tones.pending, title: sessions.state === "ready" ? flexWords.noKey : flexWords.starting, detail: "", readers: "" };
    const { banner, trust, readers } = view;
    const told = readers.filter(({ member }) => !member.self).map(({ name, now, reads }) => `${name} ${now ? "can read" : "could read"}${reads ? ` ${reads}` : ""}`);
    return { color: tones[banner.tone], title: banner.title, detail: [trust.words, banner.detail].filter((one, i, all) => one && all.indexOf(one) === i).join(" "), readers: told.join("; ") };
  };

  /** @param {{task?: {attributes?: {conversationSid?: string, channelSid?: string}}, conversationSid?: string}} props */
  function Tab({ task, conversationSid }) {
    useSessions();
    const sid = conversationSid ?? task?.attributes?.conversationSid ?? task?.attributes?.channelSid ?? "";
    if (knowledge.of(sid) !== "sealed") return null;
    const bar = bannerFor(sid);
    const conversation = sessions.conversation(sid);
    const view = conversation && sessions.kit.conversation(conversation.id);
    if (!conversation || !view) return h("div", { className: "sealwire-tab", style: { padding: 16, ...words, color: bar.color } }, bar.title);
    const { kit } = sessions;
    const { id } = conversation;
    const make = (/** @type {import("../types.js").Asked} */ asked) => void kit.move(id, asked).catch((/** @type {unknown} */ error) => tell(moveProblem(error), sid));
    const press = (/** @type {string} */ label, /** @type {import("../types.js").Asked} */ asked) => h("button", { type: "button", style: button, onClick: () => make(asked) }, label);
    const choice = (/** @type {string} */ label, /** @type {import("../types.js").Asked} */ asked) => h("li", { key: label, style: { padding: "4px 0" } }, press(label, asked));
    const can = new Set(view.moves);
    const moves = [
      ...(can.has("transfer") ? kit.targets(id).map((one) => choice(`${moveWords.transfer} ${one.name}`, { move: "transfer", target: one.target })) : []),
      ...(can.has("invite") ? kit.invitees(id).map((one) => choice(`${moveWords.invite} ${one.name}`, { move: "invite", to: one.target.to, role: one.role === "supervisor" ? "supervisor" : "agent" })) : []),
      ...(can.has("takeOver") ? [choice(moveWords.takeOver, { move: "takeOver" })] : []),
      ...(can.has("park") ? [choice(moveWords.park, { move: "park" })] : []),
      ...(can.has("leave") ? [choice(moveWords.leave, { move: "leave" })] : []),
      ...(can.has("close") ? [choice(moveWords.close, { move: "close" })] : []),
    ];
    return h("section", { className: "sealwire-tab", style: { padding: 16, overflowY: "auto", color: "#121c2d" }, "aria-label": flexWords.tab },
      h("h2", { style: { ...title, color: bar.color } }, bar.title), h("p", { style: words }, view.trust.words),
      h("h3", { style: heading }, flexWords.readers),
      h("ul", { style: list }, ...view.readers.map((reader, i) => h("li", { key: `${reader.id} ${i}`, style: row },
        h("bdi", { style: name }, reader.name), `, ${reader.standing}. `,
        h("div", { style: soft }, `${reader.now ? "Can read" : "Could read"} ${reader.reads || "it"}. `),
        reader.now && can.has("remove") && !reader.member.self && reader.member.role !== "customer" ? press(`${moveWords.remove} ${reader.name}`, { move: "remove", member: reader.id }) : null))),
      h("h3", { style: heading }, flexWords.keys), h("p", { style: { ...words, ...soft } }, flexWords.compare),
      h("ul", { style: list }, ...view.readers.filter(({ now }) => now).map((reader) => h("li", { key: reader.id, style: row },
        h("bdi", { style: name }, reader.name), ": ", h("code", { style: digits }, keyText(reader.id))))),
      moves.length > 0 || view.moving ? h("h3", { style: heading }, flexWords.moves) : null,
      view.moving ? h("p", { role: "status", style: words }, view.moving) : null, h("ul", { style: list }, ...moves));
  }

  return { Bubble, Banner, Tab };
}
