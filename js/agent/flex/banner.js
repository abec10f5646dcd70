/**
 * The banner above a conversation: how it stands and who can read it, what went wrong, what is not sent yet, and what an
 * agent can do about each.
 */
import { locale } from "../../widget/locale.js";
import { words as say } from "../../widget/words.js";
import { sendProblem } from "../kit.js";
import { name, small, soft, tones } from "./look.js";
import { othersPart } from "./others.js";
import { unsentPart } from "./unsent.js";
import { flexWords } from "./words.js";

/**
 * @typedef {object} Bar  how a conversation stands, in words
 * @property {string} color
 * @property {string} title
 * @property {string} detail
 * @property {string} readers
 * @property {{label: string, press: () => void}} [act]  what can be done about it
 */

/**
 * @template {{close: () => unknown}} T
 * @param {import("./sessions.js").Sessions<T>} sessions
 * @param {string} sid
 * @returns {Bar}
 */
export function barOf(sessions, sid) {
  const { kit } = sessions;
  /** @param {string} color @param {string} title @param {string} [detail] @param {Bar["act"]} [act] @returns {Bar} */
  const bar = (color, title, detail = "", act = undefined) => ({ color, title, detail: detail === title ? "" : detail, readers: "", ...(act ? { act } : {}) });
  switch (sessions.state) {
    case "failed":
      return bar(tones.danger, flexWords.missing, "", { label: say.tryAgain, press: () => sessions.again() });
    case "elsewhere":
      return bar(tones.pending, say.elsewhereTitle, flexWords.elsewhere, {
        label: say.useHere,
        press: () => void sessions.takeOver().catch((/** @type {unknown} */ error) => kit.tell(sendProblem(error))),
      });
    case "refused":
      return bar(tones.danger, say.stoppedShort, say.refused);
  }
  const { asks, chosen, conversation } = sessions.choice(sid);
  if (asks) return bar(tones.danger, flexWords.several, chosen?.own ? flexWords.chosenGone : flexWords.severalDetail);
  const view = conversation && kit.conversation(conversation.id);
  if (!view) {
    const begun = sessions.begun(sid);
    if (sessions.state !== "ready" || (!begun && !sessions.live(sid))) return bar(tones.pending, flexWords.starting);
    return begun ? bar(tones.pending, flexWords.notIn, flexWords.noKey) : bar(tones.open, flexWords.notBegun);
  }
  const { banner, trust, readers } = view;
  const told = readers.filter(({ member }) => !member.self).map(({ name, now, reads }) => flexWords.reads(name, reads, now));
  const detail = [banner.detail, trust.words].filter((one, i, all) => one && one !== banner.title && all.indexOf(one) === i).join(" ");
  return { ...bar(tones[banner.tone], banner.title, detail), readers: told.join("; ") };
}

/**
 * What went wrong and has to be seen: here, or of all that the client does.
 * @param {string} problem  of this conversation, or ""
 * @param {{trouble: string, notice: string}} view  the kit's
 * @param {string} said  stands there already
 * @returns {{text: string, of: "problem"|"trouble"|"notice"}|undefined}
 */
export function alertOf(problem, { trouble, notice }, said) {
  if (problem) return { text: problem, of: "problem" };
  if (trouble && trouble !== said) return { text: trouble, of: "trouble" };
  return notice ? { text: notice, of: "notice" } : undefined;
}

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @param {import("./components.js").Parts<T, E>} parts
 * @param {Pick<import("./components.js").Shared, "useSessions">} shared
 */
export function bannerPart({ React, sessions, knowledge, problem, dismiss }, { useSessions }) {
  const h = React.createElement;
  const { kit } = sessions;
  const { Others } = othersPart({ React, sessions });
  const { Unsent } = unsentPart({ React, kit });

  /** @param {{sid?: string, conversationSid?: string}} props */
  function Banner({ sid: given, conversationSid }) {
    useSessions();
    const sid = conversationSid ?? given ?? "";
    if (knowledge.of(sid) !== "sealed") return null;
    const bar = barOf(sessions, sid);
    const choice = sessions.choice(sid);
    const view = choice.conversation && kit.conversation(choice.conversation.id);
    const alert = alertOf(problem(sid), kit.view, bar.detail);
    const away = () => (alert?.of === "problem" ? dismiss(sid) : kit.dismiss());
    return h("div", { className: "sealwire-banner", role: "status", lang: locale().tag, style: { padding: "8px 12px", borderBottom: "1px solid #d0d5e0", fontSize: 14, lineHeight: "20px" } },
      h("strong", { style: { ...name, color: bar.color } }, bar.title), bar.detail ? h("div", null, bar.detail) : null,
      bar.act ? h("div", null, h("button", { type: "button", style: small, onClick: bar.act.press }, bar.act.label)) : null,
      bar.readers ? h("div", { style: soft }, bar.readers) : null,
      h(Others, { key: sid, sid, choice }),
      alert ? h("div", { className: "sealwire-alert", style: { color: tones.danger } }, h("span", { role: "alert" }, alert.text), " ",
        alert.of === "trouble" ? null : h("button", { type: "button", style: small, onClick: away }, say.dismiss)) : null,
      view ? h(Unsent, { key: view.id, view }) : null);
  }

  return { Banner };
}
