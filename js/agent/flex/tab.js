/**
 * The "Encryption" tab of a task, and of a supervisor's view of one: how far it can be trusted, what can be done with who
 * is in it (moves.js), who can read, and the digits to compare (keys.js).
 *
 * @typedef {import("../kit.js").ConversationView} ConversationView
 */
import { locale } from "../../widget/locale.js";
import { button, heading, list, name, row, small, soft, tab, title, words } from "./look.js";
import { flexWords } from "./words.js";
import { moveParts } from "./moves.js";
import { keyParts } from "./keys.js";
import { sidOfTask } from "./tasks.js";
import { deskWords } from "../words.js";

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @param {import("./components.js").Parts<T, E>} parts
 * @param {import("./components.js").Shared} shared
 */
export function tabParts({ React, sessions, knowledge }, { useSessions, barOf }) {
  const h = React.createElement;
  const { Moves } = moveParts({ React, kit: sessions.kit });
  const { Keys } = keyParts({ React, kit: sessions.kit });

  /** @param {{task?: unknown, conversationSid?: string}} props */
  function Tab({ task, conversationSid }) {
    useSessions();
    const sid = conversationSid ?? sidOfTask(task);
    if (knowledge.of(sid) !== "sealed") return null;
    const bar = barOf(sid);
    const conversation = sessions.conversation(sid);
    const view = conversation && sessions.kit.conversation(conversation.id);
    if (!view) {
      return h("section", { className: "sealwire-tab", style: tab, "aria-label": flexWords.tab },
        h("h2", { style: { ...title, color: bar.color } }, bar.title), bar.detail ? h("p", { style: words }, bar.detail) : null,
        bar.act ? h("button", { type: "button", style: button, onClick: bar.act.press }, bar.act.label) : null);
    }
    return h(Known, { key: view.id, view, color: bar.color });
  }

  /** @param {{view: ConversationView, color: string}} props */
  function Known({ view, color }) {
    /** What is asked before it is done. @type {[import("./moves.js").Asking|null, (next: import("./moves.js").Asking|null) => void]} */
    const [asking, ask] = React.useState(/** @type {import("./moves.js").Asking|null} */ (null));
    const can = new Set(view.moves);
    /** @param {import("../kit.js").Reader} reader */
    const removable = (reader) => reader.now && can.has("remove") && !reader.member.self && reader.member.role !== "customer";
    return h("section", { className: "sealwire-tab", style: tab, "aria-label": flexWords.tab },
      h("h2", { style: { ...title, color }, tabIndex: -1 }, view.banner.title),
      h("p", { style: words }, view.trust.words), view.banner.detail && view.banner.detail !== view.trust.words ? h("p", { style: words }, view.banner.detail) : null,
      h(Moves, { view, asking, ask }),
      h("h3", { style: heading }, flexWords.readers),
      h("ul", { style: list }, ...view.readers.map((reader, i) => h("li", { key: `${reader.id} ${i}`, style: row },
        h("bdi", { style: name }, reader.name), `, ${reader.standing}. `,
        h("div", { style: soft }, reader.reads ? `${locale().say.canRead(reader.reads, reader.now)}.` : null),
        removable(reader) ? h("button", { type: "button", style: small, "data-move": `remove ${reader.id}`, "aria-label": `${deskWords.takeOut}: ${reader.name}`, onClick: () => ask({ move: "remove", member: reader }) }, `${deskWords.takeOut}…`) : null))),
      h(Keys, { view }));
  }

  return { Tab };
}
