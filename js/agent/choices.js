/**
 * Who a conversation can go to: colleagues and queues, as choices of a form. Pure, but for the form itself.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Queues} Queues
 */
import { el, setAttribute } from "../widget/dom.js";
import { plainName, titled } from "../widget/model.js";
import { deskWords } from "./words.js";

/**
 * @typedef {object} Choice
 * @property {string} key
 * @property {string} name
 * @property {string} facts
 * @property {"online"|"away"|"queue"} state
 * @property {string} role
 * @property {{to: string}|{queue: string}} target
 */

/**
 * Colleagues who are not in it yet: who is there first, then by name.
 * @param {Conversation} conversation
 * @param {Queues|undefined} queues
 * @returns {(Choice & {target: {to: string}})[]}
 */
export function colleagueChoices(conversation, queues) {
  const inside = new Set(conversation.members.map((m) => m.id));
  return (queues?.agents ?? [])
    .filter((one) => !inside.has(one.id) && (one.role === "agent" || one.role === "supervisor"))
    .filter((one) => conversation.queue === "" || one.queues.includes(conversation.queue))
    .sort((a, b) => Number(b.online) - Number(a.online) || a.alias.localeCompare(b.alias))
    .map(({ id, alias, role, online }) => ({
      key: id,
      name: plainName(alias) || titled(role),
      facts: [role === "supervisor" ? "supervisor" : "", online ? "online" : "away: reads it when they are back"].filter(Boolean).join(", "),
      state: online ? "online" : "away",
      role,
      target: { to: id },
    }));
}

/**
 * The queue of the conversation.
 * @param {Conversation} conversation
 * @returns {Choice[]}
 */
export function queueChoices({ queue }) {
  if (queue === "") return [];
  return [{ key: `queue ${queue}`, name: `The queue \u201c${plainName(queue)}\u201d`, facts: "whoever is free takes it", state: "queue", role: "", target: { queue } }];
}

let made = 0;

/**
 * The choices as radio buttons.
 * @template {Choice} C
 * @param {string} legend
 * @param {readonly C[]} choices
 * @param {(choice: C) => void} [chosen]
 * @returns {{element: HTMLElement, value: () => C|undefined}}
 */
export function choiceField(legend, choices, chosen = () => {}) {
  const group = `desk-choice-${++made}`;
  const inputs = choices.map((choice) => {
    const input = el("input", { type: "radio", name: group, class: "desk-radio" });
    input.addEventListener("change", () => chosen(choice));
    return { choice, input };
  });
  const element = el("fieldset", { class: "desk-choices" }, el("legend", {}, legend),
    ...inputs.map(({ choice, input }) => {
      const label = el("label", { class: "desk-choice" }, input, el("span", { class: "desk-choice-dot", "aria-hidden": "true" }),
        el("span", { class: "desk-choice-words" }, el("bdi", { class: "desk-choice-name" }, choice.name), el("span", { class: "desk-choice-facts" }, choice.facts)));
      setAttribute(label, "data-state", choice.state);
      return label;
    }),
    choices.length === 0 ? el("p", { class: "desk-dialog-text" }, deskWords.noColleagues) : null);
  return { element, value: () => inputs.find(({ input }) => input.checked)?.choice };
}
