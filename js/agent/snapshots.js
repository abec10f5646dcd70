/**
 * The views of a kit, each made when it is first asked for and kept until something changes: whoever draws them sees by
 * the object alone whether there is something to draw.
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("./types.js").KitView} KitView
 * @typedef {import("./view.js").ConversationView} ConversationView
 */
import { page } from "../widget/rows.js";

export class Snapshots {
  #make;
  /** @type {KitView|undefined} */
  #whole;
  /** @type {Map<string, ConversationView>} */
  #views = new Map();
  /** How many messages are shown, by conversation. @type {Map<string, number>} */
  #limits = new Map();

  /**
   * @param {object} make
   * @param {() => KitView} make.whole
   * @param {(id: string, limit: number) => ConversationView|undefined} make.view  undefined: there is none of this id
   */
  constructor(make) {
    this.#make = make;
  }

  /** @returns {KitView} */
  get whole() {
    return this.#whole ??= this.#make.whole();
  }

  /** @param {string} id @returns {ConversationView|undefined} */
  of(id) {
    const view = this.#views.get(id) ?? this.#make.view(id, this.#limits.get(id) ?? page);
    if (view) this.#views.set(id, view);
    return view;
  }

  /** More of what came before, from the next one on. @param {string} id */
  more(id) {
    this.#limits.set(id, (this.#limits.get(id) ?? page) + page);
  }

  clear() {
    this.#whole = undefined;
    this.#views.clear();
  }
}
