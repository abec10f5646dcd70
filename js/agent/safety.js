/**
 * The safety number on the desk: a dialog over the conversation, drawn anew while it is open.
 * @typedef {import("./kit.js").AgentKit} AgentKit
 */
import { SafetyPart } from "../widget/safetypart.js";
import { openDialog } from "./dialog.js";
import { deskWords } from "./words.js";

export class SafetyDialog {
  #kit;
  #place;
  #back;
  /** What is compared while it is open. @type {{id: string, member: string}|undefined} */
  #open;
  #part = new SafetyPart(() => { if (this.#open) this.#kit.safetyAgain(this.#open.id, this.#open.member); });

  /**
   * @param {AgentKit} kit
   * @param {HTMLElement} place
   * @param {(member: string) => void} back  where the focus goes when it closes
   */
  constructor(kit, place, back) {
    this.#kit = kit;
    this.#place = place;
    this.#back = back;
  }

  /** @param {string} id @param {string} member */
  open(id, member) {
    this.#open = { id, member };
    const view = this.follow();
    if (!view) return;
    openDialog(this.#place, { title: () => this.follow()?.title ?? "", body: [this.#part.element], yes: () => deskWords.close, closed: () => {
      this.#open = undefined;
      this.#back(member);
    } });
  }

  /** Something has changed. */
  follow() {
    const view = this.#open && this.#kit.safety(this.#open.id, this.#open.member);
    if (view) this.#part.render(view);
    return view;
  }
}
