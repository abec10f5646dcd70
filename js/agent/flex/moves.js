/**
 * The moves in the tab: buttons, and what each asks before it is done. None is done by one press but taking over, which
 * takes nothing from anybody. What it does, and what whoever comes can read, is said before; why it was not done, after.
 * By keyboard: the question takes the focus, Escape or "Cancel" gives it back to the button.
 *
 * @typedef {import("../kit.js").AgentKit} AgentKit
 * @typedef {import("../kit.js").ConversationView} ConversationView
 * @typedef {import("../kit.js").Choice} Choice
 * @typedef {import("../types.js").Asked} Asked
 * @typedef {{move: "transfer"|"invite"|"park"|"leave"|"close"} | {move: "remove", member: {id: string, name: string}}} Asking
 */
import { words as say } from "../../widget/words.js";
import { changeText, followed } from "../choices.js";
import { moveProblem } from "../kit.js";
import { deskLocale, deskWords } from "../words.js";
import * as look from "./look.js";
import { flexWords } from "./words.js";

/** @typedef {{title: string, text: string, yes: string, danger?: boolean, loses?: boolean, note?: boolean}} Question */

/** @param {Asking} asking @returns {Question} */
function question(asking) {
  switch (asking.move) {
    case "transfer":
      return { title: deskWords.handOver, text: deskWords.handsOver, yes: deskWords.handOver, loses: true, note: true };
    case "invite":
      return { title: deskWords.bringInTitle, text: deskWords.bringInText, yes: deskWords.bringIn };
    case "park":
      return { title: deskWords.putBackTitle, text: deskWords.parks, yes: deskWords.putBack, loses: true, note: true };
    case "leave":
      return { title: deskWords.leaveTitle, text: deskWords.leaves, yes: deskWords.leave, loses: true };
    case "close":
      return { title: deskWords.endTitle, text: deskWords.closes, yes: deskWords.end, danger: true };
    case "remove":
      return { title: deskLocale().say.removeTitle(asking.member.name), text: deskLocale().say.remove(asking.member.name), yes: deskWords.takeOut, danger: true };
  }
}

let made = 0;

/**
 * @template E
 * @param {{React: import("./host.js").React<E>, kit: AgentKit}} parts
 */
export function moveParts({ React, kit }) {
  const h = React.createElement;

  /** @param {{view: ConversationView, asking: Asking|null, ask: (next: Asking|null) => void}} props */
  function Moves({ view, asking, ask }) {
    /** @type {[string, (next: string) => void]} */
    const [problem, tell] = React.useState("");
    const [box] = React.useState(() => /** @type {{element: HTMLElement|null}} */ ({ element: null }));
    /** @param {string} at  a selector, in the tab */
    const focus = (at) => setTimeout(() => /** @type {HTMLElement|null|undefined} */ (box.element?.closest(".sealwire-tab")?.querySelector(at))?.focus());
    const can = new Set(view.moves);
    /** @param {string} label @param {Asking["move"]|"takeOver"} move @param {() => void} press */
    const button = (label, move, press) => h("button", { key: move, type: "button", style: look.button, "data-move": move, onClick: press }, label);
    /** @type {[Exclude<Asking["move"], "remove">, string][]} */
    const offered = [["transfer", flexWords.handOverMove], ["invite", deskWords.bringInMove], ["park", deskWords.putBackMove], ["leave", deskWords.leaveMove], ["close", deskWords.endMove]];
    const takeOver = () => {
      tell("");
      kit.move(view.id, { move: "takeOver" }).then(() => focus("h2"), (/** @type {unknown} */ error) => tell(moveProblem(error)));
    };
    const nothing = can.size === 0 && !view.moving && !asking;
    return h("div", { ref: (/** @type {HTMLElement|null} */ element) => { box.element = element; } },
      nothing ? null : h("h3", { style: look.heading }, flexWords.moves),
      h("p", { role: "status", style: look.words }, view.moving),
      problem ? h("p", { role: "alert", style: look.problem }, problem) : null,
      asking
        ? h(Ask, { key: JSON.stringify(asking), view, asking, gone: () => ask(null), cancelled: () => focus(`[data-move="${asking.move}${asking.move === "remove" ? ` ${asking.member.id}` : ""}"]`), done: () => focus("h2") })
        : h("div", { style: look.buttons }, can.has("takeOver") ? button(deskWords.takeOver, "takeOver", takeOver) : null,
          ...offered.filter(([move]) => can.has(move)).map(([move, label]) => button(label, move, () => ask({ move })))));
  }

  /**
   * @param {object} props
   * @param {ConversationView} props.view
   * @param {Asking} props.asking
   * @param {() => void} props.gone
   * @param {() => void} props.cancelled
   * @param {() => void} props.done
   */
  function Ask({ view: { id, unsent }, asking, gone, cancelled, done }) {
    const [names] = React.useState(() => `sealwire-ask-${++made}`);
    /** What was offered before: each keeps its place, so that no press meets another than it was meant for. */
    const [kept] = React.useState(() => /** @type {{shown: Choice[], told: string}} */ ({ shown: [], told: "" }));
    const [key, choose] = React.useState("");
    const [along, setAlong] = React.useState(true);
    const [history, setHistory] = React.useState(false);
    const [note, write] = React.useState("");
    const [problem, tell] = React.useState("");
    const [busy, work] = React.useState(false);
    React.useEffect(() => {
      const heading = document.getElementById(names);
      heading?.focus();
      heading?.closest("form")?.scrollIntoView({ block: "nearest" });
    }, []);

    const asks = question(asking);
    const chooses = asking.move === "transfer" || asking.move === "invite";
    const offered = asking.move === "transfer" ? kit.targets(id) : asking.move === "invite" ? kit.invitees(id) : [];
    const shown = busy ? kept.shown : followed(kept.shown, offered, kept.shown.find((one) => one.key === key));
    if (kept.shown.length > 0) kept.told = changeText(kept.shown, shown) || kept.told;
    kept.shown = shown;
    const chosen = shown.find((one) => one.key === key);
    const supervisor = chosen?.role === "supervisor";

    const pick = (/** @type {string} */ one) => {
      choose(one);
      tell("");
    };
    /** @returns {Asked|undefined} */
    const asked = () => {
      switch (asking.move) {
        case "transfer":
          return chosen && { move: "transfer", target: chosen.target, note };
        case "invite":
          return chosen && "to" in chosen.target ? { move: "invite", to: chosen.target.to, role: supervisor && along ? "supervisor" : "agent", history } : undefined;
        case "park":
          return { move: "park", note };
        case "remove":
          return { move: "remove", member: asking.member.id };
        default:
          return { move: asking.move };
      }
    };
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (busy) return;
      const what = asked();
      tell(what ? "" : asking.move === "transfer" ? deskWords.chooseTo : deskWords.chooseWho);
      if (!what) return;
      work(true);
      try {
        await kit.move(id, what);
        gone();
        done();
      } catch (error) {
        work(false);
        tell(moveProblem(error));
      }
    };
    const cancel = () => {
      if (busy) return;
      gone();
      cancelled();
    };
    const escape = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      cancel();
    };
    const checkbox = (/** @type {string} */ label, /** @type {boolean} */ checked, /** @type {(next: boolean) => void} */ set) => h("label", { style: look.choice },
      h("input", { type: "checkbox", checked, onChange: (/** @type {{target: {checked: boolean}}} */ { target }) => set(target.checked) }), h("span", null, label));

    return h("form", { className: "sealwire-ask", style: look.form, noValidate: true, "aria-labelledby": names, onSubmit: submit, onKeyDown: escape },
      h("h4", { id: names, tabIndex: -1, style: look.title }, asks.title), h("p", { style: look.words }, asks.text),
      asks.loses && unsent > 0 ? h("p", { style: look.warning }, deskLocale().say.unsent(unsent)) : null,
      chooses ? h("fieldset", { style: look.fieldset }, h("legend", { style: look.legend }, asking.move === "transfer" ? deskWords.to : deskWords.who),
        shown.length === 0 ? h("p", { style: look.words }, flexWords.nobodyYet) : null,
        ...shown.map((one) => h("label", { key: one.key, style: look.choice },
          h("input", { type: "radio", name: `${names}-who`, value: one.key, checked: one.key === key, onChange: () => pick(one.key) }),
          h("span", null, h("bdi", { style: look.name }, one.name), one.facts ? h("span", { style: look.soft }, ` ${one.facts}`) : null))),
        h("p", { role: "status", style: look.unseen }, kept.told)) : null,
      asking.move === "invite" && supervisor ? checkbox(deskWords.readsAlong, along, setAlong) : null,
      asking.move === "invite" ? checkbox(deskWords.history, history, setHistory) : null,
      asking.move === "invite" ? h("p", { role: "status", style: look.words }, history ? flexWords.readsAll : flexWords.readsFromNow) : null,
      asks.note ? h("div", null, h("label", { htmlFor: `${names}-note`, style: look.legend }, deskWords.note),
        h("textarea", { id: `${names}-note`, rows: 3, dir: "auto", value: note, style: look.note, "aria-describedby": `${names}-hint`, onChange: (/** @type {{target: {value: string}}} */ { target }) => write(target.value) }),
        h("p", { id: `${names}-hint`, style: { ...look.words, ...look.soft } }, deskWords.noteHint)) : null,
      problem ? h("p", { role: "alert", style: look.problem }, problem) : null,
      h("div", { style: look.buttons },
        h("button", { type: "submit", style: asks.danger ? look.danger : look.yes, "aria-disabled": busy }, busy ? flexWords.working : asks.yes),
        h("button", { type: "button", style: look.button, "aria-disabled": busy, onClick: cancel }, say.cancel)));
  }

  return { Moves };
}
