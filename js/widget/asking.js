/**
 * What a customer can do with the conversation beside writing in it: offered in the menu of the head, and each asked
 * about before it is done.
 * @typedef {import("./facade.js").Conversation} Conversation
 */
import { customerMoves } from "./moves.js";
import { Question } from "./question.js";

export class Asking {
  #menu;
  #room;
  #question;
  /** The move that the question is about. */
  #asked = "";

  /**
   * @param {object} options
   * @param {import("./menu.js").Menu} options.menu
   * @param {() => void} options.room      a question is asked: there is room for one thing above the log
   * @param {() => void} options.answered  it was answered, or taken back
   */
  constructor({ menu, room, answered }) {
    this.#menu = menu;
    this.#room = room;
    this.#question = new Question(answered);
  }

  get element() {
    return this.#question.element;
  }

  /** @param {Conversation|undefined} conversation  undefined: nothing can be asked now */
  offer(conversation) {
    const moves = conversation ? customerMoves(conversation) : [];
    this.#menu.offer(moves.map((move) => ({ ...move, run: () => this.#ask(move) })));
    const asked = moves.find(({ key }) => key === this.#asked);
    if (asked) this.#question.follow(asked.question);
    if (moves.length === 0) this.#question.close();
  }

  /** @param {{key: string, question: import("./question.js").Asked}} move */
  #ask({ key, question }) {
    this.#room();
    this.#asked = key;
    this.#question.ask(question);
  }
}
