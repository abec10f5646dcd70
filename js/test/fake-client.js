/**
 * A client that does nothing but be in a state: for tests and for looking at pages, never shipped with them.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Message} Message
 * @typedef {import("../widget/facade.js").Member} Member
 */

let made = 0;

/** @param {Partial<Member>} [over] @returns {Member} */
export function member(over = {}) {
  return { id: `a1b2c3d4${String(++made).padStart(24, "0")}`, role: "agent", alias: "Ana", verified: true, self: false, ...over };
}

/** @param {Partial<Message>} [over] @returns {Message} */
export function message(over = {}) {
  return { id: `m${++made}`, from: null, self: false, text: "Hello", time: 1_767_000_000_000, status: "received", ...over };
}

/** @param {Partial<import("../widget/facade.js").Note>} [over] @returns {import("../widget/facade.js").Note} */
export function note(over = {}) {
  return { id: `n${++made}`, kind: "missed", time: 1_767_000_000_000, member: null, after: "", ...over };
}

/** One that the client could not make sense of. @param {Partial<Message>} [over] @returns {Message} */
export function unknownMessage(over = {}) {
  return message({ text: "", unknown: true, ...over });
}

/** @param {Partial<import("../widget/facade.js").FileInfo>} [over] @returns {import("../widget/facade.js").FileInfo} */
export function fileInfo(over = {}) {
  return { name: "letter.pdf", media: "application/pdf", size: 1_200_000, thumbnail: null, state: "available", progress: 0, ...over };
}

/** @param {Partial<import("../widget/facade.js").LedgerRow> & {member: Member}} row @returns {import("../widget/facade.js").LedgerRow} */
export function stay(row) {
  return { role: row.member.role, from: 0, to: null, since: 1_767_000_000_000, until: null, granted: null, ...row };
}

/** @param {Partial<import("../widget/facade.js").Waiting>} [over] @returns {import("../widget/facade.js").Waiting} */
export function waiting(over = {}) {
  return { id: `c${String(++made).padStart(31, "0")}`, queue: "default", since: 1_767_000_000_000, entries: 3, parked: false, ...over };
}

/** @param {Partial<import("../widget/facade.js").Colleague>} [over] @returns {import("../widget/facade.js").Colleague} */
export function colleague(over = {}) {
  return { id: `b${String(++made).padStart(31, "0")}`, alias: "Ben", role: "agent", queues: ["default"], online: true, ...over };
}

/** Thirty digits that are not random. @param {string} of */
function digits(of) {
  let state = [...of].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 99991, 7);
  return Array.from({ length: 6 }, () => String(state = (state * 7919 + 12345) % 99991).padStart(5, "0")).join("");
}

/** @implements {Conversation} */
export class FakeConversation {
  id = String(++made).padStart(32, "0");
  /** @type {Conversation["state"]} */
  state = "waiting";
  /** @type {Member[]} */
  members = [];
  /** @type {Member|null} */
  differs = null;
  /** @type {Message[]} */
  messages = [];
  /** @type {import("../widget/facade.js").Note[]} */
  notes = [];
  /** @type {string|null} */
  previous = null;
  queue = "default";
  epoch = 0;
  /** @type {import("../widget/facade.js").LedgerRow[]} */
  ledger = [];
  /** @type {import("../widget/facade.js").Move[]} */
  moves = [];
  /** @type {import("../widget/facade.js").Move|null} */
  moving = null;
  /** @type {unknown} */
  failWith;
  /** What was asked for, in order: "retry m1". @type {string[]} */
  asked = [];
  /** @type {{id: string, settle: (outcome: {blob: Blob, name: string}|Error) => void, released: boolean}[]} */
  saves = [];

  /** @param {FakeClient} client @param {Partial<FakeConversation>} over */
  constructor(client, over) {
    this.client = client;
    Object.assign(this, over);
  }

  get attended() {
    return this.members.some((m) => m.role === "agent" || m.role === "bot");
  }

  /** @param {{to: string}|{queue: string}} to @param {{note?: string}} [options] */
  async transfer(to, { note = "" } = {}) {
    return this.#move(`transfer ${"to" in to ? to.to : `queue ${to.queue}`} "${note}"`, "left");
  }

  /** @param {{to: string, role?: string, history?: boolean}} who */
  async invite({ to, role = "agent", history = false }) {
    return this.#move(`invite ${to} ${role} ${history}`);
  }

  async takeOver() {
    return this.#move("take over");
  }

  /** @param {{note?: string}} [options] */
  async park({ note = "" } = {}) {
    return this.#move(`park "${note}"`, "left");
  }

  async leave() {
    return this.#move("leave", "left");
  }

  async close() {
    return this.#move("close", "closed");
  }

  /** @param {string} id */
  async remove(id) {
    return this.#move(`remove ${id}`);
  }

  /** @param {string} id @returns {Promise<import("../widget/facade.js").SafetyNumber>} */
  async safetyNumber(id) {
    this.asked.push(`safety ${id}`);
    if (this.failWith) throw this.failWith;
    const both = [id, this.members.find((m) => m.self)?.id ?? ""].sort();
    return { number: both.map((one) => digits(one)).join(""), transcript: digits(`${this.id} ${this.epoch}`), epoch: this.epoch };
  }

  async askAnother() {
    return this.#move("ask another");
  }

  /** @param {string} what @param {Conversation["state"]} [state] */
  async #move(what, state = this.state) {
    if (this.failWith) throw this.failWith;
    this.asked.push(what);
    this.state = state;
    if (state === "left" || state === "closed") this.moves = [];
    this.client.say("conversation");
  }

  /** @param {string} text */
  async send(text) {
    if (this.failWith) throw this.failWith;
    const status = this.state === "secured" ? "sent" : "queued";
    const made = message({ self: true, text, status, time: Date.now() });
    this.messages.push(made);
    this.client.say("message");
    return made;
  }

  /** @param {Blob} file @param {{name?: string, signal?: AbortSignal}} options */
  async sendFile(file, { name = "", signal }) {
    if (this.failWith) throw this.failWith;
    const made = message({ self: true, text: "", status: "queued", time: Date.now(),
      file: fileInfo({ name, media: file.type, size: file.size, state: "uploading" }) });
    this.messages.push(made);
    signal?.addEventListener("abort", () => this.changeFile(made.id, { state: "cancelled" }, "failed"));
    this.client.say("message");
    return made;
  }

  /** @param {string} id @param {Partial<import("../widget/facade.js").FileInfo>} file @param {Message["status"]} [status] */
  changeFile(id, file, status) {
    this.messages = this.messages.map((m) => m.id === id && m.file ? { ...m, status: status ?? m.status, file: { ...m.file, ...file } } : m);
    this.client.say("message");
  }

  /**
   * @param {string} id
   * @param {{signal?: AbortSignal}} options
   * @returns {Promise<import("../widget/facade.js").OpenedFile>}
   */
  saveFile(id, { signal }) {
    return new Promise((resolve, reject) => {
      const save = { id, released: false, settle: (/** @type {{blob: Blob, name: string}|Error} */ outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve({ ...outcome, release: () => { save.released = true; } });
      } };
      this.saves.push(save);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }

  /** @param {string} id */
  async retry(id) {
    this.asked.push(`retry ${id}`);
    this.changeFile(id, { state: "uploading", progress: 0 }, "queued");
  }

  /** @param {string} id */
  async discard(id) {
    this.asked.push(`discard ${id}`);
    this.messages = this.messages.filter((m) => m.id !== id);
    this.client.say("conversation");
  }
}

/** @implements {Client} */
export class FakeClient {
  /** @type {Client["state"]} */
  state = "online";
  role = "agent";
  agents = false;
  /** @type {FakeConversation[]} */
  conversations = [];
  /** @type {import("../widget/facade.js").Queues} */
  queues = { state: "none", waiting: [], agents: [], counts: [] };
  /** What start() was asked for. @type {Parameters<Client["start"]>[0][]} */
  started = [];
  /** Who is faster, by conversation. @type {Map<string, unknown>} */
  taken = new Map();
  /** @type {Map<string, Set<(detail: unknown) => unknown>>} */
  #handlers = new Map();

  /** @param {{state?: Client["state"], role?: string, agents?: boolean, queues?: Client["queues"]}} [over] */
  constructor(over = {}) {
    Object.assign(this, over);
  }

  /** @param {Partial<FakeConversation>} [over] */
  add(over = {}) {
    const conversation = new FakeConversation(this, over);
    this.conversations.push(conversation);
    return conversation;
  }

  /** @param {Parameters<Client["start"]>[0]} [how] */
  async start(how = {}) {
    this.started.push(how);
    if (how.anew) return this.add({ previous: how.continues ?? null });
    return this.conversations[0] ?? this.add();
  }

  /** @param {string} id */
  async claim(id) {
    if (this.taken.has(id)) throw this.taken.get(id);
    this.queues = { ...this.queues, waiting: this.queues.waiting.filter((one) => one.id !== id) };
    return this.add({ id, state: "secured", members: [member({ self: true }), member({ role: "customer", alias: "", verified: false })] });
  }

  takeOver() {
    this.state = "online";
    this.say("state");
  }

  close() {
    this.state = "closed";
    this.say("state");
  }

  async destroySession() {
    this.conversations = [];
  }

  /** @type {import("../widget/facade.js").Listen} */
  on(type, handler) {
    const set = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, set.add(/** @type {(detail: unknown) => unknown} */ (handler)));
    return undefined;
  }

  /** @type {import("../widget/facade.js").Listen} */
  off(type, handler) {
    return this.#handlers.get(type)?.delete(/** @type {(detail: unknown) => unknown} */ (handler));
  }

  /** @param {string} type @param {object} [detail] */
  say(type, detail = {}) {
    for (const handler of this.#handlers.get(type) ?? []) handler(detail);
  }

  get listeners() {
    return [...this.#handlers.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
