/**
 * The customer's chat as seen: launcher, panel, header, lock state, log, box. It draws a client that it is given;
 * which client that is, is decided by the element, and only there.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 */
import { Arrival } from "./arrival.js";
import { Asking } from "./asking.js";
import { dropTarget } from "./attach.js";
import { NoticeBar, TroubleBar } from "./bars.js";
import { elsewherePart, emptyPart } from "./blanks.js";
import { Comparing } from "./comparing.js";
import { button, el, retell, setAttribute, show } from "./dom.js";
import { Head } from "./head.js";
import { Launcher } from "./launcher.js";
import { readers } from "./ledger.js";
import { locale } from "./locale.js";
import { LockBar } from "./lockbar.js";
import { currentOf, earlierOf } from "./model.js";
import { Notices } from "./notices.js";
import { People } from "./people.js";
import { blockedBy, headOf, isStopped, lockBeside, lockText, troubleOf } from "./stage.js";
import { hasBox, isPaused } from "./standing.js";
import { sheets } from "./style.js";
import { Thread } from "./thread.js";
import { Unseen } from "./unseen.js";
import { notNow, words } from "./words.js";

/** @typedef {import("./stage.js").Stage} Stage */

/** What a client says has changed, whatever it was: the view reads all of it anew. */
const changes = /** @type {const} */ (["state", "agents", "conversation", "members", "message"]);

export class ChatView {
  /** @type {Client|undefined} */
  #client;
  /** @type {Stage} */
  #stage = { kind: "loading" };
  #isOpen = false;
  #whoShown = false;
  #unread = 0;
  #unseen = new Unseen();
  #drawing = false;
  #clock;
  #refresh = () => {
    this.thread.transfers.check();
    this.draw();
  };
  #notices = new Notices(() => this.draw(), (notice) => this.options.onNotice?.(notice) ?? false);
  #arrival = new Arrival(() => this.conversation);

  #launcher = new Launcher(() => this.toggle());
  #panel;
  #head = new Head({ who: () => this.#toggleWho(), close: () => this.close() });
  #lock = new LockBar("sw-lock");
  #asking = new Asking({ menu: this.#head.menu, room: () => this.#whoShown && this.#toggleWho(), answered: () => this.#answered() });
  #people = new People({ compare: ({ id }) => this.#compare(id) });
  #comparing = new Comparing({ changed: () => this.draw(), back: (id) => this.#backFrom(id) });
  #trouble = new TroubleBar(() => this.options.tryAgain?.());
  #notice = new NoticeBar(() => this.#notices.tell(""));
  #empty = emptyPart();
  #talk;
  #elsewhere;
  #ended;
  #anew;

  /**
   * @param {ShadowRoot} root
   * @param {object} [options]
   * @param {string} [options.heading]                 the title while nobody is there
   * @param {() => void} [options.useHere]             "Use here" in a second tab
   * @param {(before: Conversation|undefined) => unknown} [options.startAnew]  after the conversation has ended
   * @param {() => void} [options.tryAgain]            after starting failed
   * @param {(open: boolean) => void} [options.onToggle]
   * @param {(notice: {code: string, text: string}) => boolean} [options.onNotice]  true: told elsewhere
   * @param {() => number} [options.clock]
   */
  constructor(root, options = {}) {
    this.options = options;
    this.#clock = options.clock ?? Date.now;
    this.root = root;
    root.adoptedStyleSheets = sheets();

    show(this.#people.element, false);
    this.thread = new Thread({ ready: () => this.#ready(), tell: (text) => this.#notices.tell(text), changed: () => this.draw(), clock: this.#clock });
    const { log, composer } = this.thread;

    this.#anew = button("sw-plain", () => void this.#startAnew(), () => words.startAnew);
    this.#ended = el("div", { class: "sw-ended" }, this.#anew);
    this.#talk = el("div", { class: "sw-talk" }, el("div", { class: "sw-middle" }, log.element, this.#empty),
      this.#notice.element, this.#ended, composer.element);
    this.#elsewhere = elsewherePart(() => this.options.useHere?.());
    this.#panel = el("section", { class: "sw-panel", lang: () => locale().tag, role: "dialog", "aria-label": () => this.heading },
      this.#head.element, this.#asking.element, this.#people.element, this.#lock.element, this.#trouble.element, this.#comparing.element, this.#talk, this.#elsewhere.element);
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      this.close();
    });
    dropTarget(this.#panel, {
      files: (files) => composer.attachments.add(files),
      problem: (text) => this.#notices.tell(text),
      allowed: () => blockedBy(this.#stage, this.#client, this.conversation) === "" && this.#client?.state !== "elsewhere" && !this.#comparing.isOpen,
    });
    show(this.#panel, false);
    root.append(this.#panel, this.#launcher.element);
    this.draw();
  }

  /** The title while nobody is there. */
  get heading() {
    return this.options.heading || words.heading;
  }

  get isOpen() {
    return this.#isOpen;
  }

  get unread() {
    return this.#unread;
  }

  /** @param {{focus?: boolean}} [options]  focus: false where nobody pressed anything */
  open({ focus = true } = {}) {
    if (this.#isOpen) return;
    this.#isOpen = true;
    show(this.#panel, true);
    this.draw();
    this.thread.log.toEnd();
    if (focus) this.focus();
    this.options.onToggle?.(true);
  }

  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#comparing.close();
    show(this.#panel, false);
    this.#launcher.focus();
    this.draw();
    this.options.onToggle?.(false);
  }

  toggle() {
    if (this.#isOpen) this.close();
    else this.open();
  }

  focus() {
    if (this.#client?.state === "elsewhere") this.#elsewhere.focus();
    else if (this.#comparing.isOpen) this.#comparing.focus();
    else this.thread.composer.focus();
  }

  /** @param {Stage} stage */
  stage(stage) {
    this.#stage = stage;
    if (isStopped(stage)) this.#arrival.settle(notNow());
    this.draw();
  }

  /** @param {Client} client */
  attach(client) {
    this.detach();
    this.#client = client;
    for (const type of changes) client.on(type, this.#refresh);
    this.#notices.attach(client);
    this.#stage = { kind: "running" };
    this.draw();
  }

  detach() {
    const client = this.#client;
    if (!client) return;
    for (const type of changes) client.off(type, this.#refresh);
    this.#notices.attach(undefined);
    this.#client = undefined;
  }

  /** Another language was chosen. What is written, open or focused stays so. */
  retell() {
    this.thread.log.hush();
    this.thread.composer.retell();
    retell(this.#panel);
    retell(this.#launcher.element);
    this.#paint();
  }

  /** One drawing for all that changes in one turn. */
  draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#paint();
    });
  }

  get conversation() {
    return currentOf(this.#client);
  }

  #paint() {
    const client = this.#client;
    const conversation = this.conversation;
    const stage = this.#stage;
    if (conversation) this.#arrival.settle(null);
    this.#unread = this.#unseen.count(conversation, this.#isOpen && !this.#comparing.isOpen);
    this.#launcher.render(this.#isOpen, this.#unread);

    const earlier = earlierOf(client, conversation);
    const stopped = isStopped(stage);
    if (client?.state === "closed") this.#arrival.settle(notNow());
    const elsewhere = client?.state === "elsewhere";
    this.#head.render(headOf(stage, client, conversation, this.heading));

    const lock = lockBeside(stage, client, conversation);
    this.#lock.render(lock, lockText(lock, client, conversation));
    this.#people.render(conversation ? readers(conversation.members, conversation.ledger, this.#clock()) : []);

    this.#trouble.render(troubleOf(stage, client, conversation), stage.kind === "failed" || client?.state === "closed");
    this.#asking.offer(stopped || client?.state !== "online" ? undefined : conversation);

    const compared = this.#comparing.follow(elsewhere || stopped ? undefined : conversation, this.#unread);
    show(this.#people.element, this.#whoShown && !compared && !elsewhere);
    show(this.#elsewhere.element, elsewhere);
    show(this.#talk, !elsewhere && !compared);
    show(this.#lock.element, !elsewhere && !compared);
    if (!elsewhere) this.thread.render(client, conversation, earlier);
    show(this.#empty, !stopped && !conversation?.messages.length && earlier.length === 0 && client?.state !== "refused" && client?.state !== "closed");
    this.#notice.render(this.#notices.text);
    show(this.#ended, conversation?.state === "closed" || conversation?.state === "lost" || conversation?.state === "rejoining");
    // What goes on by itself is not to be left lightly.
    setAttribute(this.#anew, "data-quiet", isPaused(conversation));
    this.thread.composer.block(blockedBy(stage, client, conversation), isPaused(conversation) ? words.paused : words.shut);
    show(this.thread.composer.element, hasBox(conversation));
  }

  /** The focus goes back to where the question came from, or on to what is there instead. */
  #answered() {
    this.#paint();
    if (this.#isOpen && !this.#head.menu.element.hidden) this.#head.menu.button.focus();
    else if (this.#isOpen && !this.#ended.hidden) this.#anew.focus();
  }

  async #startAnew() {
    await this.options.startAnew?.(this.conversation);
    this.#paint();
    this.focus();
  }

  #toggleWho() {
    this.#whoShown = !this.#whoShown;
    this.#comparing.close();
    this.#head.expanded(this.#whoShown);
    this.#paint();
  }

  /** @param {string} id  of a member */
  #compare(id) {
    if (this.conversation) this.#comparing.open(this.conversation, id);
  }

  /** From a safety number to who can read, and to the button that was pressed there. @param {string} id */
  #backFrom(id) {
    this.#paint();
    if (!this.#people.focus(id)) this.#head.focus();
  }

  /** Until there is a conversation to send in; what was typed waits with the composer. */
  async #ready() {
    const conversation = await this.#arrival.ready();
    this.#notices.tell("");
    return conversation;
  }
}
