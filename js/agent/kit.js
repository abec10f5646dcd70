/**
 * The agent kit: everything an agent desktop needs over one client, framework-free. Plain data with change
 * notification; no document, no markup, nothing of React or of any host. The demo's desk draws it, a plugin can too.
 *
 *   const client = await core.connect({ relay, orgKey, role: "agent", authority: { url, login } });
 *   const kit = new AgentKit({ download: (blob, name) => …, back: ({ id, text, files, problem }) => … });
 *   kit.attach(client);
 *   const stop = kit.subscribe(() => draw(kit.view, kit.conversation(open)));   // once a turn, after a change
 *
 * What there is to show. Each is a frozen snapshot: the same object until something has changed.
 *   kit.view                     KitView: connection, who works here, the queue, the list of conversations, what to tell
 *   kit.conversation(id)         ConversationView (view.js): title, trust, banner ("End-to-end encrypted with …"), rows,
 *                                readers (who is in it, who was, and what each can read), moves, rules of the box
 *   kit.safety(id, member)       SafetyView (widget/safety.js): the digits to compare with a member, worked out when first
 *                                asked for and anew with each epoch; who of the readers is `comparable` has one
 *   kit.targets(id)              who and which queues it can be handed to; kit.invitees(id): who can be brought in
 * Previews and notifications (preview.js) tell that something came and from whom. What was written stands in them only
 * with `previews: "plain"`, and ciphertext never does.
 *
 * What can be done. Refusals come as rejections with a `code`; sendProblem, fileProblem and moveProblem make words of
 * them. Nothing is ever sent in another way when one of these rejects: the text goes back to the box.
 *   take(id) → id or undefined   a conversation that waits; what went wrong stands in view.notice
 *   send(id, text)               resolves once the text is safe on this device, sealed; rejects: nothing left the page
 *   sendFiles(id, files)         in order; one of which no message comes to be goes `back`
 *   act(id, action, message)     what a row offers: retry, putBack, discard, save, cancel; tells by itself what fails
 *   move(id, asked)              {move: "transfer", target, note} | {move: "invite", to, role, history} | {move: "park", note}
 *                                | {move: "remove", member} | {move: "takeOver" | "leave" | "close"}
 *   safetyAgain(id, member)      tries once more to work out a safety number, after it failed
 *   markRead(id), showEarlier(id), dismiss(), tell(text), fail(text), close()
 *
 * Every text is in one language for the page: setLocale("de"), at any time; English else.
 * The kit sees the client through its facade only (widget/facade.js): no key, no entry, no frame. The caller closes the
 * client; close() only ends what the kit itself listens to. Limits: one client, at most 200 messages of each
 * conversation at first.
 */
import { act } from "../widget/acts.js";
import { onLocale, setLocale } from "../widget/locale.js";
import { Notices } from "../widget/notices.js";
import { page } from "../widget/rows.js";
import { SafetyNumbers } from "../widget/safety.js";
import { Transfers } from "../widget/transfers.js";
import { codeOf, notNow, sentence } from "../widget/words.js";
import { Changes } from "./changes.js";
import { colleagueChoices, queueChoices } from "./choices.js";
import { kitView } from "./kitview.js";
import { Unread } from "./unread.js";
import { conversationView, partsOf } from "./view.js";
import { claimProblem } from "./waiting.js";

export { fileName, kindText, sizeText } from "../widget/files.js";
export { readers } from "../widget/ledger.js";
export { setLocale };
export { textOf } from "../widget/messagerow.js";
export { textProblem } from "../widget/model.js";
export { moveProblem } from "../widget/movewords.js";
export { isComparable } from "../widget/safety.js";
export { fileProblem, sendProblem } from "../widget/words.js";
export { lines } from "./list.js";
export { notificationText, previewText } from "./preview.js";
export { bannerOf, trustOf } from "./trust.js";
export { claimProblem, conversationView };

/**
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/messagerow.js").MessageRow} MessageRow
 * @typedef {import("../widget/rows.js").Row} Row
 * @typedef {import("../widget/ledger.js").Reader} Reader
 * @typedef {import("../widget/safety.js").SafetyView} SafetyView
 * @typedef {import("./choices.js").Choice} Choice
 * @typedef {import("./list.js").Line} Line
 * @typedef {import("./queueview.js").QueueView} QueueView
 * @typedef {import("./trust.js").Trust} Trust
 * @typedef {import("./trust.js").Banner} Banner
 * @typedef {import("./view.js").ConversationView} ConversationView
 * @typedef {import("../widget/messagerow.js").Action} Action
 * @typedef {import("./types.js").KitOptions} KitOptions
 * @typedef {import("./types.js").KitView} KitView
 * @typedef {import("./types.js").Asked} Asked
 */

const changes = /** @type {const} */ (["state", "agents", "conversation", "members", "message", "queues"]);

/** Whom a conversation can be handed to. */
const takers = ["agent", "supervisor", "bot"];

export class AgentKit {
  #options;
  #clock;
  /** @type {Client|undefined} */
  #client;
  #unread;
  #transfers;
  #changes = new Changes();
  /** @type {KitView|undefined} */
  #view;
  /** @type {Map<string, ConversationView>} */
  #views = new Map();
  /** How many messages are shown, by conversation. @type {Map<string, number>} */
  #limits = new Map();
  #safety = new SafetyNumbers(() => this.#changed());
  /** @type {(() => void)|undefined} */
  #deaf;
  #failure = "";
  #notices = new Notices(() => this.#changed());
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #tick;
  #refresh = () => {
    this.#transfers.check();
    this.#changed();
  };

  /** @param {KitOptions} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#unread = new Unread(options.store, options.storeKey ?? "sealwire-desk read");
    this.#transfers = new Transfers({
      say: (text) => options.say?.(text),
      tell: (text) => this.tell(text),
      changed: () => this.#changed(),
      back: ({ id }, file, problem) => {
        if (options.back) options.back({ id, text: "", files: [file], problem });
        else this.tell(problem);
      },
      download: (blob, name) => {
        if (!options.download) throw notNow();
        options.download(blob, name);
      },
    });
  }

  /** @param {Client} client */
  attach(client) {
    this.close();
    this.#client = client;
    for (const type of changes) client.on(type, this.#refresh);
    this.#notices.attach(client);
    this.#deaf = onLocale(() => this.#changed());
    const tick = this.#options.tick ?? 30_000;
    if (tick > 0) this.#tick = setInterval(() => this.#changed(), tick);
    this.#changed();
  }

  /** Listens no more. The client is the caller's to close. */
  close() {
    clearInterval(this.#tick);
    const client = this.#client;
    if (!client) return;
    for (const type of changes) client.off(type, this.#refresh);
    this.#notices.attach(undefined);
    this.#deaf?.();
    this.#client = undefined;
  }

  /**
   * @param {() => unknown} listener  told once a turn, after something changed
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    return this.#changes.subscribe(listener);
  }

  /** @returns {KitView} */
  get view() {
    return this.#view ??= kitView(this.#client, {
      now: this.#clock(),
      name: this.#options.name ?? "",
      failure: this.#failure,
      notice: this.#notices.text,
      plain: this.#options.previews === "plain",
      unread: (conversation) => this.#unread.count(conversation),
    });
  }

  /** @param {string} id @returns {ConversationView|undefined}  undefined: there is none of this id here */
  conversation(id) {
    const there = this.#views.get(id);
    if (there) return there;
    const conversation = this.find(id);
    if (!conversation) return undefined;
    const view = conversationView(conversation, {
      client: this.#client,
      now: this.#clock(),
      limit: this.#limits.get(id) ?? page,
      failure: this.#failure,
      file: (message) => ({ here: this.#transfers.has(message.id), saved: this.#transfers.saved(message.id) }),
    });
    this.#views.set(id, view);
    return view;
  }

  /** As the client has it, for what no view tells. @param {string} id @returns {Conversation|undefined} */
  find(id) {
    return this.#client?.conversations.find((c) => c.id === id);
  }

  /**
   * What to compare with a member, by another way than this conversation.
   * @param {string} id
   * @param {string} member
   * @returns {SafetyView|undefined}
   */
  safety(id, member) {
    const conversation = this.find(id);
    return conversation && this.#safety.look(conversation, member);
  }

  /** @param {string} id @param {string} member */
  safetyAgain(id, member) {
    const conversation = this.find(id);
    if (conversation) this.#safety.again(conversation, member);
  }

  /** Who it can be handed to: colleagues and bots, those who are there first, and queues. @param {string} id @returns {Choice[]} */
  targets(id) {
    const conversation = this.find(id);
    return conversation ? [...colleagueChoices(conversation, this.#client?.queues, takers), ...queueChoices(conversation, this.#client?.queues)] : [];
  }

  /** Who can be brought in. @param {string} id @returns {(Choice & {target: {to: string}})[]} */
  invitees(id) {
    const conversation = this.find(id);
    return conversation ? colleagueChoices(conversation, this.#client?.queues) : [];
  }

  /**
   * @param {string} id  of one that waits
   * @returns {Promise<string|undefined>} its id, once it is open here
   */
  async take(id) {
    this.dismiss();
    try {
      return (await this.#client?.claim(id))?.id;
    } catch (error) {
      this.tell(claimProblem(error));
      return undefined;
    }
  }

  /** @param {string} id @param {string} text */
  async send(id, text) {
    await this.#there(id).send(text);
    this.#changed();
  }

  /** @param {string} id @param {readonly File[]} files */
  async sendFiles(id, files) {
    this.#transfers.send(this.#there(id), files);
  }

  /**
   * @param {string} id
   * @param {Action} action
   * @param {string} message  id of one of its rows
   * @returns {Promise<boolean>} it was done
   */
  async act(id, action, message) {
    const open = this.find(id);
    const conversation = open && partsOf(this.#client, open).find((part) => part.messages.some((m) => m.id === message));
    const found = conversation?.messages.find((m) => m.id === message);
    // Without a box to go to, a text stays where it is.
    if (!conversation || !found || (action === "putBack" && !this.#options.back)) return false;
    try {
      await act(action, { conversation, message: found, transfers: this.#transfers, putBack: (text) => this.#options.back?.({ id, text, files: [], problem: "" }) });
      return true;
    } catch (error) {
      this.tell(sentence(codeOf(error)));
      return false;
    } finally {
      this.#changed();
    }
  }

  /** @param {string} id @param {Asked} asked */
  async move(id, asked) {
    const conversation = this.#there(id);
    switch (asked.move) {
      case "transfer":
        await conversation.transfer(asked.target, noted(asked.note));
        break;
      case "park":
        await conversation.park(noted(asked.note));
        break;
      case "invite":
        await conversation.invite({ to: asked.to, role: asked.role ?? "agent", history: asked.history ?? false });
        break;
      case "remove":
        await conversation.remove(asked.member);
        break;
      default:
        await conversation[asked.move]();
    }
    this.#changed();
  }

  /** Somebody has looked at it. @param {string} id */
  markRead(id) {
    const conversation = this.find(id);
    if (conversation && this.#unread.count(conversation) > 0) {
      this.#unread.markRead(conversation);
      this.#changed();
    }
  }

  /** @param {string} id */
  showEarlier(id) {
    this.#limits.set(id, (this.#limits.get(id) ?? page) + page);
    this.#changed();
  }

  dismiss() {
    this.tell("");
  }

  /** @param {string} text */
  tell(text) {
    this.#notices.tell(text);
  }

  /** Nothing works, and this is what to tell. @param {string} text */
  fail(text) {
    this.#failure = text;
    this.#changed();
  }

  /** @param {string} id */
  #there(id) {
    const conversation = this.find(id);
    if (!conversation) throw notNow();
    return conversation;
  }

  #changed() {
    this.#view = undefined;
    this.#views.clear();
    this.#changes.tell();
  }
}

/** A note of nothing but spaces is none. @param {string} [note] */
function noted(note = "") {
  return note.trim() === "" ? {} : { note };
}
