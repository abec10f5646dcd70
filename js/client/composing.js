// @ts-check
/**
 * What a person does in one conversation: writing, sending files, saving them,
 * trying again, taking back, comparing keys. A text is kept on this device before anything
 * comes of it.
 *
 * @typedef {import("./types.js").Message} Message
 *
 * @typedef {object} ComposingHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./events.js").Events} events
 * @property {import("./timeline.js").Timeline} timeline
 * @property {import("./attachments.js").Attachments} attachments
 * @property {import("./standing.js").Standing} standing
 * @property {() => import("./conversation.js").Conversation} facade
 * @property {() => boolean} ended
 * @property {import("./place.js").Place} place
 * @property {() => void} go  something waits to be sent
 */
import { SealwireError } from "../errors.js";
import { encodeTextContent } from "./content.js";

export class Composing {
  #host;

  /** @param {ComposingHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** @param {string} text */
  async send(text) {
    const { end, events, facade, place } = this.#host;
    const content = encodeTextContent(text);
    this.#checkOpen();
    await events.ask("pre:send", { conversation: facade(), text });
    return this.#wait(await place.keep((conversation) => end.queue(conversation, content)));
  }

  /**
   * For the colleague it is handed over to.
   * @param {string} text
   */
  async sendNote(text) {
    const { end, events, facade, place } = this.#host;
    const content = encodeTextContent(text, "note");
    this.#checkOpen();
    await events.ask("pre:send", { conversation: facade(), text });
    return this.#wait(await place.keep((conversation) => end.queue(conversation, content)));
  }

  /**
   * @param {Blob} blob
   * @param {import("./types.js").SendFileOptions} options
   */
  async sendFile(blob, options) {
    const { attachments, events, facade, timeline } = this.#host;
    const fields = attachments.sendings.describe(blob, options);
    this.#checkOpen();
    await events.ask("pre:send", { conversation: facade(), text: "", file: { ...fields } });
    const id = await attachments.sendings.send(blob, fields, options, (item) => void this.#wait(item));
    return /** @type {Message} */ (timeline.find(id));
  }

  /**
   * @param {string} id
   * @param {import("./types.js").SaveFileOptions} options
   */
  async saveFile(id, options) {
    if (this.#host.ended()) throw over();
    return this.#host.attachments.savings.save(id, options);
  }

  /** @param {string} member */
  async safetyNumber(member) {
    const { end, ended, place } = this.#host;
    if (typeof member !== "string" || !/^[0-9a-f]{32}$/.test(member)) throw new SealwireError("bad argument", "expected a member's id");
    if (ended()) throw over();
    if (place.id === "") throw new SealwireError("unavailable", "the conversation has not begun");
    return end.safetyNumber(place.id, member);
  }

  /** @param {string} id */
  async retry(id) {
    const message = this.#failed(id);
    this.#checkOpen();
    if (message.reason === "left") {
      await this.#host.end.unshelve(id);
      this.#host.timeline.unshelve(id);
    } else if (message.file) await this.#host.attachments.sendings.retry(id);
    this.#host.standing.settle();
    this.#host.go();
  }

  /** @param {string} id */
  async discard(id) {
    const { attachments, end, events, facade, timeline } = this.#host;
    const message = timeline.find(id);
    if (message?.file?.state !== "uploading" || message.status !== "queued" || message.file.progress === 1) this.#failed(id);
    if (this.#host.ended()) throw over();
    attachments.sendings.forget(id);
    await end.discard(id);
    timeline.done(id);
    events.emit("conversation", { conversation: facade() });
  }

  /** @param {import("./outbox.js").OutboxItem} item */
  #wait(item) {
    const { standing, timeline, go } = this.#host;
    const message = timeline.wait(item, standing.self);
    standing.settle();
    go();
    return message;
  }

  /** @param {string} id */
  #failed(id) {
    const message = this.#host.timeline.find(id);
    if (message?.status !== "failed") throw new SealwireError("bad argument", "no message that failed");
    return message;
  }

  #checkOpen() {
    const { ended, standing } = this.#host;
    if (ended()) throw over();
    if (!standing.open) throw new SealwireError(standing.state === "forked" ? "forked log" : "not a member", `the conversation is ${standing.state}`);
  }
}

function over() {
  return new SealwireError("unavailable", "the client is closed, or open in another tab");
}
