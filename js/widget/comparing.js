/**
 * Whose safety number stands in the place of the log, if anyone's: opened from the list of who can read, and left again
 * by its button, by Escape, or because the conversation is another.
 * @typedef {import("./facade.js").Conversation} Conversation
 */
import { SafetyNumbers } from "./safety.js";
import { SafetyPage } from "./safetypage.js";

export class Comparing {
  #numbers;
  #page;
  #changed;
  #back;
  /** @type {{conversation: Conversation, id: string}|undefined} */
  #with;

  /**
   * @param {object} options
   * @param {() => void} options.changed           something looks different now
   * @param {(member: string) => void} options.back  it was left, and the focus belongs where it was opened
   */
  constructor({ changed, back }) {
    this.#changed = changed;
    this.#back = back;
    this.#numbers = new SafetyNumbers(changed);
    this.#page = new SafetyPage({ back: () => this.#leave(), again: () => {
      if (this.#with) this.#numbers.again(this.#with.conversation, this.#with.id);
    } });
  }

  get element() {
    return this.#page.element;
  }

  get isOpen() {
    return this.#with !== undefined;
  }

  /** @param {Conversation} conversation @param {string} id  of a member */
  open(conversation, id) {
    this.#with = { conversation, id };
    this.#page.render(this.#numbers.look(conversation, id));
    this.#changed();
    this.focus();
  }

  focus() {
    this.#page.focus();
  }

  /** Without a word about where the focus goes. */
  close() {
    this.#with = undefined;
    this.#page.render(undefined);
  }

  /**
   * As it is now.
   * @param {Conversation|undefined} conversation  that of now; another than is compared in ends it
   * @param {number} unread  messages that came since it stands in the place of the log
   * @returns {boolean} it stands in the place of the log
   */
  follow(conversation, unread) {
    if (this.#with && this.#with.conversation === conversation) this.#page.render(this.#numbers.look(this.#with.conversation, this.#with.id), unread);
    else if (this.#with) this.#leave();
    return this.isOpen;
  }

  #leave() {
    const id = this.#with?.id ?? "";
    const focused = this.element.matches(":focus-within");
    this.close();
    this.#changed();
    if (focused) this.#back(id);
  }
}
