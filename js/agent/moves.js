/**
 * The moves of an agent, each with what it asks for first. Which there are is the client's to say.
 * @typedef {import("./kit.js").AgentKit} AgentKit
 * @typedef {import("./view.js").ConversationView} ConversationView
 * @typedef {import("../widget/menu.js").Item} Item
 */
import { el, setText, show } from "../widget/dom.js";
import { moveProblem } from "../widget/movewords.js";
import { deskWords, removeText, unsentWarning } from "./words.js";
import { ChoiceField } from "./choicefield.js";
import { openDialog } from "./dialog.js";

let made = 0;

export class Moves {
  #kit;
  #place;
  #done;
  /** Notes that were begun, by conversation. @type {Map<string, string>} */
  #notes = new Map();
  /** Brings what an open dialog offers up to date. */
  #follow = () => {};

  /**
   * @param {AgentKit} kit
   * @param {HTMLElement} place  where dialogs stand
   * @param {() => void} done    a move was made
   */
  constructor(kit, place, done) {
    this.#kit = kit;
    this.#place = place;
    this.#done = done;
  }

  /**
   * What the list beside the buttons offers.
   * @param {ConversationView} view
   * @returns {Item[]}
   */
  items(view) {
    /** @type {Item[]} */
    const items = [];
    if (view.moves.includes("invite")) items.push({ key: "invite", name: "Bring somebody in\u2026", icon: "join", run: () => this.invite(view) });
    if (view.moves.includes("park")) items.push({ key: "park", name: "Put back in the queue\u2026", icon: "queue", run: () => this.park(view) });
    if (view.moves.includes("leave")) items.push({ key: "leave", name: "Leave\u2026", icon: "leave", run: () => this.leave(view) });
    if (view.moves.includes("close")) items.push({ key: "close", name: "End the conversation\u2026", icon: "close", run: () => this.close(view) });
    return items;
  }

  /** Who is there, or in the conversation, has changed: an open dialog offers it so. */
  follow() {
    this.#follow();
  }

  /** @param {ConversationView} view */
  handOver({ id, unsent }) {
    const people = new ChoiceField("To", this.#kit.targets(id));
    const note = this.#note(id);
    this.#ask({
      title: "Hand over",
      text: deskWords.handsOver,
      body: [warning(unsent), people.element, note.element],
      follow: () => people.offer(this.#kit.targets(id)),
      yes: "Hand over",
      lacks: () => (people.value() ? "" : "Choose who it goes to."),
      act: async () => {
        const target = people.value()?.target;
        if (target) await this.#kit.move(id, { move: "transfer", target, note: note.value() });
        this.#notes.delete(id);
      },
    });
  }

  /** @param {ConversationView} view */
  invite({ id }) {
    const along = el("input", { type: "checkbox", class: "desk-check" });
    const alongLabel = el("label", { class: "desk-choice" }, along, el("span", {}, deskWords.readsAlong));
    const history = el("input", { type: "checkbox", class: "desk-check" });
    show(alongLabel, false);
    const people = new ChoiceField("Who", this.#kit.invitees(id), (choice) => {
      const supervisor = choice.role === "supervisor";
      along.checked = supervisor;
      show(alongLabel, supervisor);
    });
    this.#ask({
      title: "Bring somebody in",
      text: "You stay in it. Everyone sees who comes.",
      body: [people.element, alongLabel, el("label", { class: "desk-choice" }, history, el("span", {}, deskWords.history))],
      follow: () => people.offer(this.#kit.invitees(id)),
      yes: "Bring in",
      lacks: () => (people.value() ? "" : "Choose who is to come."),
      act: async () => {
        const target = people.value()?.target;
        if (target) await this.#kit.move(id, { move: "invite", ...target, role: along.checked ? "supervisor" : "agent", history: history.checked });
      },
    });
  }

  /** @param {ConversationView} view */
  park({ id, unsent }) {
    const note = this.#note(id);
    this.#ask({
      title: "Put it back in the queue?",
      text: deskWords.parks,
      body: [warning(unsent), note.element],
      yes: "Put back",
      act: async () => {
        await this.#kit.move(id, { move: "park", note: note.value() });
        this.#notes.delete(id);
      },
    });
  }

  /** @param {ConversationView} view */
  leave({ id, unsent }) {
    this.#ask({ title: "Leave this conversation?", text: deskWords.leaves, body: [warning(unsent)], yes: "Leave", act: () => this.#kit.move(id, { move: "leave" }) });
  }

  /** @param {ConversationView} view */
  close({ id }) {
    this.#ask({ title: "End this conversation?", text: deskWords.closes, yes: "End it", danger: true, act: () => this.#kit.move(id, { move: "close" }) });
  }

  /** @param {ConversationView} view @param {{id: string, name: string}} member */
  remove({ id }, { id: member, name }) {
    this.#ask({ title: `Take ${name} out?`, text: removeText(name), yes: "Take out", danger: true, act: () => this.#kit.move(id, { move: "remove", member }) });
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

  /** @param {string} id  of the conversation */
  #note(id) {
    const name = `desk-note-${++made}`;
    const box = el("textarea", { class: "sw-box desk-note", id: name, rows: "3", dir: "auto", "aria-describedby": `${name}-hint` });
    setText(box, this.#notes.get(id) ?? "");
    box.addEventListener("input", () => this.#notes.set(id, box.value));
    const element = el("div", { class: "desk-field" }, el("label", { for: name }, "Note for whoever comes next (optional)"), box,
      el("p", { class: "desk-hint", id: `${name}-hint` }, deskWords.noteHint));
    return { element, value: () => box.value };
  }
}

/** @param {number} unsent */
function warning(unsent) {
  const text = unsentWarning(unsent);
  return text ? el("p", { class: "desk-warning" }, text) : null;
}
