/**
 * The moves of an agent, each with what it asks for first. Which there are is the client's to say.
 * @typedef {import("./kit.js").AgentKit} AgentKit
 * @typedef {import("./view.js").ConversationView} ConversationView
 * @typedef {import("../widget/menu.js").Item} Item
 */
import { el, setText, show } from "../widget/dom.js";
import { moveProblem } from "../widget/movewords.js";
import { ChoiceField } from "./choicefield.js";
import { openDialog } from "./dialog.js";
import { deskLocale, deskWords } from "./words.js";

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
    if (view.moves.includes("invite")) items.push({ key: "invite", name: deskWords.bringInMove, icon: "join", run: () => this.invite(view) });
    if (view.moves.includes("park")) items.push({ key: "park", name: deskWords.putBackMove, icon: "queue", run: () => this.park(view) });
    if (view.moves.includes("leave")) items.push({ key: "leave", name: deskWords.leaveMove, icon: "leave", run: () => this.leave(view) });
    if (view.moves.includes("close")) items.push({ key: "close", name: deskWords.endMove, icon: "close", run: () => this.close(view) });
    return items;
  }

  /** Who is there, or in the conversation, has changed: an open dialog offers it so. */
  follow() {
    this.#follow();
  }

  /** @param {ConversationView} view */
  handOver({ id, unsent }) {
    const people = new ChoiceField(() => deskWords.to, this.#kit.targets(id));
    const note = this.#note(id);
    this.#ask({
      title: () => deskWords.handOver,
      text: () => deskWords.handsOver,
      body: [warning(unsent), people.element, note.element],
      follow: () => people.offer(this.#kit.targets(id)),
      yes: () => deskWords.handOver,
      lacks: () => (people.value() ? "" : deskWords.chooseTo),
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
    const alongLabel = el("label", { class: "desk-choice" }, along, el("span", {}, () => deskWords.readsAlong));
    const history = el("input", { type: "checkbox", class: "desk-check" });
    show(alongLabel, false);
    const people = new ChoiceField(() => deskWords.who, this.#kit.invitees(id), (choice) => {
      const supervisor = choice.role === "supervisor";
      along.checked = supervisor;
      show(alongLabel, supervisor);
    });
    this.#ask({
      title: () => deskWords.bringInTitle,
      text: () => deskWords.bringInText,
      body: [people.element, alongLabel, el("label", { class: "desk-choice" }, history, el("span", {}, () => deskWords.history))],
      follow: () => people.offer(this.#kit.invitees(id)),
      yes: () => deskWords.bringIn,
      lacks: () => (people.value() ? "" : deskWords.chooseWho),
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
      title: () => deskWords.putBackTitle,
      text: () => deskWords.parks,
      body: [warning(unsent), note.element],
      yes: () => deskWords.putBack,
      act: async () => {
        await this.#kit.move(id, { move: "park", note: note.value() });
        this.#notes.delete(id);
      },
    });
  }

  /** @param {ConversationView} view */
  leave({ id, unsent }) {
    this.#ask({ title: () => deskWords.leaveTitle, text: () => deskWords.leaves, body: [warning(unsent)], yes: () => deskWords.leave, act: () => this.#kit.move(id, { move: "leave" }) });
  }

  /** @param {ConversationView} view */
  close({ id }) {
    this.#ask({ title: () => deskWords.endTitle, text: () => deskWords.closes, yes: () => deskWords.end, danger: true, act: () => this.#kit.move(id, { move: "close" }) });
  }

  /** @param {ConversationView} view @param {{id: string, name: string}} member */
  remove({ id }, { id: member, name }) {
    this.#ask({ title: () => deskLocale().say.removeTitle(name), text: () => deskLocale().say.remove(name), yes: () => deskWords.takeOut, danger: true, act: () => this.#kit.move(id, { move: "remove", member }) });
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
    const element = el("div", { class: "desk-field" }, el("label", { for: name }, () => deskWords.note), box,
      el("p", { class: "desk-hint", id: `${name}-hint` }, () => deskWords.noteHint));
    return { element, value: () => box.value };
  }
}

/** @param {number} unsent */
function warning(unsent) {
  return unsent > 0 ? el("p", { class: "desk-warning" }, () => deskLocale().say.unsent(unsent)) : null;
}
