/**
 * The moves of an agent, each with what it asks for first. Which there are is the client's to say.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Member} Member
 * @typedef {import("../widget/facade.js").Queues} Queues
 * @typedef {import("../widget/menu.js").Item} Item
 */
import { el, setText, show } from "../widget/dom.js";
import { nameOf } from "../widget/model.js";
import { moveProblem } from "../widget/movewords.js";
import { deskWords, removeText, unsentWarning } from "./words.js";
import { ChoiceField } from "./choicefield.js";
import { colleagueChoices, queueChoices } from "./choices.js";
import { openDialog } from "./dialog.js";

let made = 0;

export class Moves {
  #place;
  #done;
  /** Notes that were begun, by conversation. @type {Map<string, string>} */
  #notes = new Map();
  /** Brings what an open dialog offers up to date. */
  #follow = () => {};

  /**
   * @param {HTMLElement} place  where dialogs stand
   * @param {() => void} done    a move was made
   */
  constructor(place, done) {
    this.#place = place;
    this.#done = done;
  }

  /**
   * What the list beside the buttons offers.
   * @param {Conversation} conversation
   * @param {() => Queues|undefined} queues
   * @returns {Item[]}
   */
  items(conversation, queues) {
    const can = conversation.moving ? [] : conversation.moves;
    /** @type {Item[]} */
    const items = [];
    if (can.includes("invite")) items.push({ key: "invite", name: "Bring somebody in\u2026", icon: "join", run: () => this.invite(conversation, queues) });
    if (can.includes("park")) items.push({ key: "park", name: "Put back in the queue\u2026", icon: "queue", run: () => this.park(conversation) });
    if (can.includes("leave")) items.push({ key: "leave", name: "Leave\u2026", icon: "leave", run: () => this.leave(conversation) });
    if (can.includes("close")) items.push({ key: "close", name: "End the conversation\u2026", icon: "close", run: () => this.close(conversation) });
    return items;
  }

  /** Who is there, or in the conversation, has changed: an open dialog offers it so. */
  follow() {
    this.#follow();
  }

  /** @param {Conversation} conversation @param {() => Queues|undefined} queues */
  handOver(conversation, queues) {
    const offered = () => [...colleagueChoices(conversation, queues()), ...queueChoices(conversation)];
    const people = new ChoiceField("To", offered());
    const note = this.#note(conversation);
    this.#ask({
      title: "Hand over",
      text: deskWords.handsOver,
      body: [warning(conversation), people.element, note.element],
      follow: () => people.offer(offered()),
      yes: "Hand over",
      lacks: () => (people.value() ? "" : "Choose who it goes to."),
      act: async () => {
        const target = people.value()?.target;
        if (target) await conversation.transfer(target, note.value());
        this.#notes.delete(conversation.id);
      },
    });
  }

  /** @param {Conversation} conversation @param {() => Queues|undefined} queues */
  invite(conversation, queues) {
    const along = el("input", { type: "checkbox", class: "desk-check" });
    const alongLabel = el("label", { class: "desk-choice" }, along, el("span", {}, deskWords.readsAlong));
    const history = el("input", { type: "checkbox", class: "desk-check" });
    show(alongLabel, false);
    const offered = () => colleagueChoices(conversation, queues());
    const people = new ChoiceField("Who", offered(), (choice) => {
      const supervisor = choice.role === "supervisor";
      along.checked = supervisor;
      show(alongLabel, supervisor);
    });
    this.#ask({
      title: "Bring somebody in",
      text: "You stay in it. Everyone sees who comes.",
      body: [people.element, alongLabel, el("label", { class: "desk-choice" }, history, el("span", {}, deskWords.history))],
      follow: () => people.offer(offered()),
      yes: "Bring in",
      lacks: () => (people.value() ? "" : "Choose who is to come."),
      act: async () => {
        const target = people.value()?.target;
        if (target) await conversation.invite({ ...target, role: along.checked ? "supervisor" : "agent", history: history.checked });
      },
    });
  }

  /** @param {Conversation} conversation */
  park(conversation) {
    const note = this.#note(conversation);
    this.#ask({
      title: "Put it back in the queue?",
      text: deskWords.parks,
      body: [warning(conversation), note.element],
      yes: "Put back",
      act: async () => {
        await conversation.park(note.value());
        this.#notes.delete(conversation.id);
      },
    });
  }

  /** @param {Conversation} conversation */
  leave(conversation) {
    this.#ask({ title: "Leave this conversation?", text: deskWords.leaves, body: [warning(conversation)], yes: "Leave", act: () => conversation.leave() });
  }

  /** @param {Conversation} conversation */
  close(conversation) {
    this.#ask({ title: "End this conversation?", text: deskWords.closes, yes: "End it", danger: true, act: () => conversation.close() });
  }

  /** @param {Conversation} conversation @param {Member} member */
  remove(conversation, member) {
    const name = nameOf(member);
    this.#ask({ title: `Take ${name} out?`, text: removeText(name), yes: "Take out", danger: true, act: () => conversation.remove(member.id) });
  }

  /** @param {Omit<import("./dialog.js").Ask, "problem"|"done"> & {act: () => Promise<unknown>, follow?: () => void}} ask */
  #ask({ act, follow = () => {}, ...ask }) {
    let acting = false;
    this.#follow = () => { if (!acting) follow(); };
    openDialog(this.#place, {
      ...ask,
      act: async () => {
        // Whoever comes in by the move itself is not to be told as somebody who went away.
        acting = true;
        try {
          await act();
        } finally {
          acting = false;
        }
      },
      problem: moveProblem,
      done: this.#done,
      closed: () => { this.#follow = () => {}; },
    });
  }

  /** @param {Conversation} conversation */
  #note({ id }) {
    const name = `desk-note-${++made}`;
    const box = el("textarea", { class: "sw-box desk-note", id: name, rows: "3", dir: "auto", "aria-describedby": `${name}-hint` });
    setText(box, this.#notes.get(id) ?? "");
    box.addEventListener("input", () => this.#notes.set(id, box.value));
    const element = el("div", { class: "desk-field" }, el("label", { for: name }, "Note for whoever comes next (optional)"), box,
      el("p", { class: "desk-hint", id: `${name}-hint` }, deskWords.noteHint));
    return { element, value: () => (box.value.trim() === "" ? {} : { note: box.value }) };
  }
}

/** @param {Conversation} conversation */
function warning({ messages }) {
  const text = unsentWarning(messages.filter((m) => m.self && (m.status === "queued" || m.status === "sending")).length);
  return text ? el("p", { class: "desk-warning" }, text) : null;
}
