/**
 * Who a conversation can go to: colleagues and queues, as choices. Pure.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Queues} Queues
 * @typedef {Omit<import("../widget/facade.js").Colleague, "online"> & {online: boolean|undefined}} Colleague
 */
import { plainName, titled } from "../widget/model.js";
import { deskLocale, deskWords } from "./words.js";

/**
 * @typedef {object} Choice
 * @property {string} key
 * @property {string} name
 * @property {string} facts
 * @property {"online"|"away"|"unknown"|"queue"} state
 * @property {string} role
 * @property {{to: string}|{queue: string}} target
 */

/**
 * Colleagues who are not in it yet: who is there first, then by name. Those whom the authority tells of, and those who
 * could be added where another chat platform carries it; of these it is not known whether they are there now.
 * @param {Conversation} conversation
 * @param {Queues|undefined} queues
 * @param {readonly string[]} [roles]
 * @returns {(Choice & {target: {to: string}})[]}
 */
export function colleagueChoices(conversation, queues, roles = ["agent", "supervisor"]) {
  const told = queues?.agents ?? [];
  const inside = new Set([...conversation.members, ...told].map(({ id }) => id));
  const more = (conversation.reachable ?? []).filter(({ id }) => !inside.has(id)).map((one) => ({ ...one, online: undefined }));
  const members = new Set(conversation.members.map(({ id }) => id));
  /** @type {Colleague[]} */
  const all = [...told.filter(({ id }) => !members.has(id)), ...more];
  return all
    .filter((one) => roles.includes(one.role))
    .filter((one) => conversation.queue === "" || one.queues.includes(conversation.queue))
    .sort((a, b) => before(a) - before(b) || a.alias.localeCompare(b.alias))
    .map(({ id, alias, role, online }) => ({
      key: id,
      name: plainName(alias) || titled(role),
      facts: [role === "supervisor" ? deskWords.supervisor : "", online === undefined ? "" : online ? deskWords.online : deskWords.away].filter(Boolean).join(", "),
      state: online === undefined ? "unknown" : online ? "online" : "away",
      role,
      target: { to: id },
    }));
}

/** Whom a conversation can be handed to. */
const takers = ["agent", "supervisor", "bot"];

/**
 * Whom and which queues it can be handed to.
 * @param {Conversation} conversation
 * @param {Queues|undefined} queues
 * @returns {Choice[]}
 */
export function targetChoices(conversation, queues) {
  return [...colleagueChoices(conversation, queues, takers), ...queueChoices(conversation, queues)];
}

/** Who is there, who may be, who is not. @param {Colleague} colleague */
function before({ online }) {
  return online ? 0 : online === undefined ? 1 : 2;
}

/**
 * The queue of the conversation, unless nothing can wait in it, and then the others that this agent works in.
 * @param {Conversation} conversation
 * @param {Queues|undefined} queues
 * @returns {Choice[]}
 */
export function queueChoices({ queue: own, moves }, queues) {
  // Who can hand over and cannot park works where no queue has an inbox.
  if (own === "" || (moves.includes("transfer") && !moves.includes("park"))) return [];
  const counts = queues?.counts ?? [];
  const names = [own, ...counts.map(({ queue }) => queue).filter((queue) => queue !== own)];
  return names.map((queue) => ({
    key: `queue ${queue}`,
    name: deskLocale().say.queue(plainName(queue)),
    facts: deskLocale().say.queueFacts(counts.find((one) => one.queue === queue)?.waiting ?? 0),
    state: "queue",
    role: "",
    target: { queue },
  }));
}

/**
 * The choices as they change while somebody chooses. Each keeps its place, so that no press meets another than the one
 * it was meant for; who is new stands behind those of its kind; the chosen one stays, even where it is offered no more.
 * @template {Choice} C
 * @param {readonly C[]} shown
 * @param {readonly C[]} offered
 * @param {C|undefined} chosen
 * @returns {C[]}
 */
export function followed(shown, offered, chosen) {
  /** @type {C[]} */
  const next = [];
  for (const one of shown) {
    const now = offered.find(({ key }) => key === one.key);
    if (now) next.push(now);
    else if (one.key === chosen?.key) next.push({ ...one, state: "away", facts: deskWords.goneAway });
  }
  for (const one of offered) {
    if (next.some(({ key }) => key === one.key)) continue;
    const queue = next.findIndex(({ state }) => state === "queue");
    if (one.state === "queue" || queue < 0) next.push(one);
    else next.splice(queue, 0, one);
  }
  return next;
}

/**
 * What of a change is worth telling to somebody who does not see it.
 * @param {readonly Choice[]} before
 * @param {readonly Choice[]} now
 */
export function changeText(before, now) {
  const was = new Map(before.map(({ key, state }) => [key, state]));
  return now.map(({ key, name, state }) => {
    if (was.get(key) === state || state === "queue" || state === "unknown") return "";
    if (state === "online") return deskLocale().say.nowOnline(name);
    return was.has(key) ? deskLocale().say.nowAway(name) : "";
  }).filter(Boolean).join(" ");
}
