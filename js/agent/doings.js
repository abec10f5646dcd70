/**
 * What a kit does with a conversation, by its id: taking it, sending, what a row offers, the moves. Nothing is ever sent
 * in another way when one of these rejects.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/messagerow.js").Action} Action
 * @typedef {import("./types.js").Asked} Asked
 * @typedef {import("./types.js").KitOptions} KitOptions
 */
import { act } from "../widget/acts.js";
import { Transfers } from "../widget/transfers.js";
import { codeOf, notNow, sentence } from "../widget/words.js";
import { partsOf } from "./view.js";
import { claimProblem } from "./waiting.js";

/**
 * @typedef {Pick<KitOptions, "say"|"back"|"download"> & {
 *   client: () => Client|undefined,
 *   find: (id: string) => Conversation|undefined,
 *   tell: (text: string) => void,
 *   changed: () => void,
 * }} DoingsOptions
 */

export class Doings {
  #options;
  transfers;

  /** @param {DoingsOptions} options */
  constructor(options) {
    this.#options = options;
    const { say, back, download, tell, changed } = options;
    this.transfers = new Transfers({
      say: (text) => say?.(text),
      tell,
      changed,
      back: ({ id }, file, problem) => {
        if (back) back({ id, text: "", files: [file], problem });
        else tell(problem);
      },
      download: (blob, name) => {
        if (!download) throw notNow();
        download(blob, name);
      },
    });
  }

  /** @param {string} id  of one that waits */
  async take(id) {
    try {
      return (await this.#options.client()?.claim(id))?.id;
    } catch (error) {
      this.#options.tell(claimProblem(error));
      return undefined;
    }
  }

  /** @param {string} id @param {string} text */
  async send(id, text) {
    await this.#there(id).send(text);
    this.#options.changed();
  }

  /**
   * @param {string} id
   * @param {readonly File[]} files
   * @returns {Promise<{done: Promise<readonly import("../widget/transfers.js").Refused[]>}>}
   */
  async sendFiles(id, files) {
    return { done: this.transfers.send(this.#there(id), files) };
  }

  /** @param {string} id @param {Action} action @param {string} message */
  async act(id, action, message) {
    const { client, find, back, tell, changed } = this.#options;
    const open = find(id);
    const conversation = open && partsOf(client(), open).find((part) => part.messages.some((m) => m.id === message));
    const found = conversation?.messages.find((m) => m.id === message);
    // Without a box to go to, a text stays where it is.
    if (!conversation || !found || (action === "putBack" && !back)) return false;
    try {
      await act(action, { conversation, message: found, transfers: this.transfers, putBack: (text) => back?.({ id, text, files: [], problem: "" }) });
      return true;
    } catch (error) {
      tell(sentence(codeOf(error)));
      return false;
    } finally {
      changed();
    }
  }

  /** @param {string} id @param {Asked} asked */
  async move(id, asked) {
    await makeMove(this.#there(id), asked);
    this.#options.changed();
  }

  /** @param {string} id */
  #there(id) {
    const conversation = this.#options.find(id);
    if (!conversation) throw notNow();
    return conversation;
  }
}

/**
 * @param {Conversation} conversation
 * @param {Asked} asked
 * @returns {Promise<unknown>}
 */
async function makeMove(conversation, asked) {
  switch (asked.move) {
    case "transfer":
      return conversation.transfer(asked.target, noted(asked.note));
    case "park":
      return conversation.park(noted(asked.note));
    case "invite":
      return conversation.invite({ to: asked.to, role: asked.role ?? "agent", history: asked.history ?? false });
    case "remove":
      return conversation.remove(asked.member);
    default:
      return conversation[asked.move]();
  }
}

/** A note of nothing but spaces is none. @param {string} [note] */
function noted(note = "") {
  return note.trim() === "" ? {} : { note };
}
