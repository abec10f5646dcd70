/**
 * The open conversation on the desk: who it is with, how it stands, who can read it, the log, the box, and the moves.
 * @typedef {import("./view.js").ConversationView} ConversationView
 * @typedef {import("./kit.js").AgentKit} AgentKit
 */
import { Composer } from "../widget/composer.js";
import { button, el, icon, setAttribute, setText, show } from "../widget/dom.js";
import { fileName } from "../widget/files.js";
import { LockBar } from "../widget/lockbar.js";
import { LogView } from "../widget/log.js";
import { Menu } from "../widget/menu.js";
import { moveProblem } from "../widget/movewords.js";
import { People } from "../widget/people.js";
import { notNow, words } from "../widget/words.js";
import { LedgerDialog } from "./ledger.js";
import { Moves } from "./moves.js";
import { SafetyDialog } from "./safety.js";
import { deskWords } from "./words.js";

export class Talk {
  #kit;
  /** @type {ConversationView|undefined} */
  #view;
  #title = el("h2", { class: "desk-title" });
  #doubt;
  #who;
  #handOver;
  #takeOver;
  #menu = new Menu(() => deskWords.moreMoves);
  #moves;
  #safety;
  #ledger;
  #people;
  #panel;
  #lock = new LockBar("desk-lock");
  #before = el("p", { class: "desk-before" }, icon("chat"), el("span"));
  /** @type {HTMLElement} */
  element;

  /**
   * @param {object} options
   * @param {AgentKit} options.kit
   * @param {() => void} options.back  to the list, where there is room for one of them only
   */
  constructor({ kit, back }) {
    this.#kit = kit;
    this.log = new LogView({ act: (action, message) => void this.#act(action, message.id), more: () => this.#more() });
    this.composer = new Composer({ way: () => this.#way(), placeholder: () => deskWords.writeAnswer });

    this.#doubt = button("desk-doubt", () => this.#toggleWho(), icon("alert"), el("span", {}, () => words.notVerifiedShort));
    setAttribute(this.#doubt, "title", () => words.notVerified);
    this.#handOver = button("desk-act", () => { if (this.#view) this.#moves.handOver(this.#view); }, icon("handover"), el("span", {}, () => deskWords.handOver));
    this.#takeOver = button("desk-act", () => void this.#take(), icon("join"), el("span", {}, () => deskWords.takeOver));
    this.#who = button("desk-who", () => this.#toggleWho(), icon("people"), el("span", {}, () => words.whoCanRead));
    setAttribute(this.#who, "aria-expanded", "false");
    const list = button("desk-back", back, icon("back"));
    setAttribute(list, "aria-label", () => deskWords.allConversations);

    this.#people = new People({
      past: false,
      removable: (member) => !member.self && member.role !== "customer" && member.role !== "archive" && (this.#view?.moves.includes("remove") ?? false),
      remove: (reader) => { if (this.#view) this.#moves.remove(this.#view, reader); },
      compare: (reader) => { if (this.#view) this.#safety.open(this.#view.id, reader.id); },
    });
    const ledger = button("desk-plain", () => { if (this.#view) this.#ledger.open(this.#view.id); }, () => deskWords.whoCouldRead);
    setAttribute(ledger, "data-quiet", true);
    this.#people.element.append(ledger);
    this.#panel = this.#people.element;
    show(this.#panel, false);

    this.element = el("section", { class: "desk-talk", "aria-label": () => deskWords.openConversation },
      el("div", { class: "desk-head" }, list, el("div", { class: "desk-who-is" }, this.#title, this.#doubt), this.#takeOver, this.#handOver, this.#who, this.#menu.element),
      this.#lock.element, this.#panel, this.#before, this.log.element, this.composer.element);
    this.#moves = new Moves(kit, this.element, () => this.log.focus());
    this.#ledger = new LedgerDialog(kit, this.element);
    this.#safety = new SafetyDialog(kit, this.element, (member) => { if (!this.#people.focus(member)) this.#who.focus(); });
  }

  /** Where files may be dropped. @returns {boolean} */
  get writable() {
    return this.#view !== undefined && this.#view.draft.shown && this.#view.draft.blocked === "";
  }

  focus() {
    if (this.composer.element.hidden) this.log.focus();
    else this.composer.focus();
  }

  /** @param {ConversationView} view */
  render(view) {
    this.#view = view;
    setText(this.#title, view.title);
    show(this.#doubt, !view.verified);
    this.#lock.render(view.banner, view.banner.detail);
    show(this.#handOver, view.moves.includes("transfer"));
    show(this.#takeOver, view.moves.includes("takeOver"));
    this.#menu.offer(this.#moves.items(view));
    this.#moves.follow();
    this.#safety.follow();
    this.#ledger.follow();
    this.#people.render(view.readers);
    if (this.#before.lastChild) setText(this.#before.lastChild, view.continues);
    show(this.#before, view.continues !== "");
    this.log.render(view.id, view);
    this.composer.turnTo(view.id);
    this.composer.block(view.draft.blocked, view.draft.placeholder);
    show(this.composer.element, view.draft.shown);
  }

  /**
   * What belongs in a box again, of whichever conversation.
   * @param {{id: string, text: string, files: readonly File[], problem: string}} draft
   */
  putBack({ id, text, files, problem }) {
    this.composer.restore({ text, files: [...files] }, problem, id);
    if (id !== this.#view?.id) this.#kit.tell(`${files.map((f) => fileName(f.name)).join(", ")}: ${problem}`);
    else if (text) this.composer.focus();
  }

  #more() {
    const id = this.#view?.id ?? "";
    this.#kit.showEarlier(id);
    const view = this.#kit.conversation(id);
    if (view) this.render(view);
  }

  async #take() {
    try {
      await this.#kit.move(this.#view?.id ?? "", { move: "takeOver" });
      this.composer.focus();
    } catch (error) {
      this.#kit.tell(moveProblem(error));
    }
  }

  #toggleWho() {
    const open = this.#panel.hidden === true;
    show(this.#panel, open);
    setAttribute(this.#who, "aria-expanded", String(open));
    setAttribute(this.#doubt, "aria-expanded", String(open));
  }

  /** What is sent now goes to the conversation that is open now, however long it takes. @returns {import("../widget/composer.js").Way} */
  #way() {
    const id = this.#view?.id;
    this.#kit.dismiss();
    return {
      send: async (text) => {
        if (!id) throw notNow();
        await this.#kit.send(id, text);
      },
      sendFiles: async (files) => {
        if (!id) throw notNow();
        await this.#kit.sendFiles(id, files);
      },
    };
  }

  /** @param {import("../widget/messagerow.js").Action} action @param {string} message */
  async #act(action, message) {
    const id = this.#view?.id;
    if (!id) return;
    const file = this.#kit.find(id)?.messages.find((m) => m.id === message)?.file;
    const done = await this.#kit.act(id, action, message);
    // The pressed one is gone with its row, or hidden: the focus stays near.
    if (done && (action === "discard" || (action === "retry" && !file))) this.log.focus();
  }
}
