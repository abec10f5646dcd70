// @ts-check
/**
 * Changes of who is in one conversation that a person asks for, each a commit:
 * handing over, bringing in, taking over, giving back, leaving, removing,
 * closing. One at a time. A move is done once its commit is read back. If another
 * commit came first, it is made again only where it means the same to the person
 * who asked for it: when that one changed nothing about who is in, or when it is
 * to leave or to close. Else it is refused as "stale head", for the person to
 * look again. What the connection took away before its commit was made is not
 * done; what was made is saved, and goes out with the next connection.
 *
 * @typedef {import("./types.js").Move} Move
 * @typedef {import("./types.js").Member} Member
 * @typedef {import("./writing.js").Moves} Moves
 * @typedef {import("./status.js").LogEvent} LogEvent
 * @typedef {{ id: string, by: "member" | "queue" }} Newcomer
 *
 * @typedef {object} MovingHost
 * @property {import("./remote.js").EndService} end
 * @property {import("./standing.js").Standing} standing
 * @property {import("./timeline.js").Timeline} timeline
 * @property {() => string} conversation  its id
 * @property {() => boolean} able       the relay is there, and nothing forbids to write
 * @property {boolean} [inboxes]    queues have one; default true
 * @property {() => Promise<void>} follow  reads up to the head
 * @property {() => void} pump          sends what there is to send
 * @property {(queue: string, member?: string) => Promise<Uint8Array>} take  a key package: of the queue's inbox, or of a member
 * @property {(text: string) => Promise<import("./types.js").Message>} note
 * @property {(ms: number) => Promise<void>} [pause]  for tests
 */
import { SealwireError } from "../errors.js";
import { toHex } from "./bytes.js";
import { ownerAlias, ownerRole } from "./statements.js";
import { CLOSE, LEAVE, REASON, ROLE } from "./status.js";

/** Commits that may come first before it is given up. */
const MAX_ROUNDS = 8;
/** How long it may take until something is read back (ms). */
const PATIENCE = 30_000;
/** A colleague who is only just there publishes key packages in a moment: one is asked for again after so long each (ms). */
const AGAIN = [500, 1_000, 2_500];
const COMPANY = ["agent", "bot", "inbox"];
const ATTENDS = ["agent", "bot"];

/**
 * A queue's inbox, to add: the relay could give another's.
 * @param {string} queue
 * @param {Uint8Array} keyPackage
 */
function inboxOf(queue, keyPackage) {
  if (ownerRole(keyPackage) !== ROLE.inbox || ownerAlias(keyPackage) !== queue) throw new SealwireError("unavailable", "this is not the queue's inbox");
  return { role: ROLE.inbox, keyPackage };
}

export class Moving {
  #host;
  /** @type {Move | null} */
  now = null;
  /** @type {Set<(event: LogEvent | null) => void>} */
  #watchers = new Set();

  /** @param {MovingHost} host */
  constructor(host) {
    this.#host = host;
  }

  /** What this end can do now, as far as it knows. @returns {Move[]} */
  get moves() {
    const { standing, inboxes = true } = this.#host;
    const { self, members, free } = standing;
    if (!free || !self) return [];
    const others = members.filter((m) => !m.self);
    /** @param {readonly string[]} roles */
    const some = (roles) => others.some(({ role }) => roles.includes(role));
    /** @type {Move[]} */
    const moves = [];
    switch (self.role) {
      case "agent":
        moves.push("transfer", "invite");
        if (inboxes) moves.push("park");
        if (some(COMPANY)) moves.push("leave");
        if (some([...COMPANY, "supervisor", "guest"])) moves.push("remove");
        moves.push("close");
        break;
      case "supervisor":
        moves.push("takeOver");
        if (some(COMPANY)) moves.push("leave");
        break;
      case "customer":
        if (inboxes && some(ATTENDS)) moves.push("askAnother");
        if (others.some(({ role }) => role !== "archive")) moves.push("remove");
        moves.push("close");
        break;
    }
    return moves;
  }

  /**
   * @param {import("./types.js").TransferOptions} target
   * @param {{ note?: string }} [options]
   */
  transfer({ to, queue }, { note } = {}) {
    if ((to === undefined) === (queue === undefined)) throw new TypeError("transfer: expected to or queue, one of the two");
    if (queue !== undefined) return this.#make("transfer", { marks: LEAVE, history: REASON.park }, { id: queue, by: "queue" }, { note });
    return this.#make("transfer", { marks: LEAVE, history: REASON.transfer }, { id: String(to), by: "member" }, { note });
  }

  /** @param {{ note?: string }} [options] */
  park({ note } = {}) {
    return this.#make("park", { marks: LEAVE, history: REASON.park }, { id: this.#host.standing.queue, by: "queue" }, { note });
  }

  /** @param {import("./types.js").InviteOptions} options */
  invite({ to, role = "agent", history = false }) {
    if (role !== "agent" && role !== "supervisor") throw new TypeError('invite: role: expected "agent" or "supervisor"');
    const reason = role === "agent" ? REASON.conference : REASON.supervision;
    return this.#make("invite", { history: history ? reason : 0 }, { id: to, by: "member" }, { as: ROLE[role] });
  }

  takeOver() {
    return this.#make("takeOver", { role: ROLE.agent });
  }

  leave() {
    return this.#make("leave", { marks: LEAVE });
  }

  close() {
    return this.#make("close", { marks: CLOSE });
  }

  /** @param {string} member */
  remove(member) {
    return this.#make("remove", { removes: [member] });
  }

  askAnother() {
    const { members, queue } = this.#host.standing;
    const agents = members.filter(({ role }) => ATTENDS.includes(role) || role === "supervisor");
    return this.#make("askAnother", { removes: agents.map(({ id }) => id) }, { id: queue, by: "queue" });
  }

  /**
   * Nobody of the company is left who would read what a customer writes: its inbox is brought in.
   * @param {string} queue
   */
  async attend(queue) {
    const { end, take, conversation } = this.#host;
    const keyPackage = await take(queue).catch((error) => {
      // It is tried again after a pause, and nobody need be told.
      throw error instanceof SealwireError && error.code === "rate limited" ? new SealwireError("unavailable", "too many key packages were taken") : error;
    });
    await end.move(conversation(), { adds: [inboxOf(queue, keyPackage)] });
  }

  /**
   * An entry was read; null: the work ended.
   * @param {LogEvent | null} event
   */
  read(event) {
    for (const watcher of [...this.#watchers]) watcher(event);
  }

  /**
   * @param {Move} move
   * @param {Moves} moves
   * @param {Newcomer} [newcomer]
   * @param {{ note?: string, as?: number }} [options]  as: the newcomer's role, where it is not its own
   */
  async #make(move, moves, newcomer, { note, as } = {}) {
    const { standing } = this.#host;
    if (this.now) throw new SealwireError("unavailable", "another move is under way");
    if (!standing.catching) this.#check(move, newcomer);
    this.now = move;
    standing.changed();
    try {
      if (standing.catching) await this.#until(() => (standing.catching ? undefined : true));
      /** @type {NonNullable<Moves["adds"]>} */
      let adds = [];
      if (moves.marks) {
        // A note tells of what can be done: whoever is to come can be added before it is said.
        if (newcomer) {
          await this.#host.follow();
          this.#check(move, newcomer);
          adds = await this.#adds(newcomer, as);
        }
        await this.#lastWords(note);
      }
      for (let round = 0; round < MAX_ROUNDS; round++) {
        await this.#host.follow();
        this.#check(move, newcomer);
        // Who closes can remove nobody with it.
        if (move === "close" && standing.leaving) {
          await this.#attempt({});
          continue;
        }
        if (adds.length === 0) adds = await this.#adds(newcomer, as);
        const first = await this.#attempt({ ...moves, ...(adds.length > 0 ? { adds } : { history: 0 }) });
        if (!first) return;
        if (first.changed && move !== "leave" && move !== "close") throw new SealwireError("stale head", "another came first");
      }
      throw new SealwireError("stale head", "others come first, again and again");
    } finally {
      this.now = null;
      standing.changed();
    }
  }

  /**
   * @param {Move} move
   * @param {Newcomer} [newcomer]
   */
  #check(move, newcomer) {
    const { standing, able } = this.#host;
    if (!able()) throw new SealwireError("unavailable", "not connected");
    if (standing.state === "forked") throw new SealwireError("forked log");
    if (!standing.free) throw new SealwireError(standing.open ? "unavailable" : "not a member", `the conversation is ${standing.state}`);
    if (!this.moves.includes(move)) throw new SealwireError("not a member", `this end cannot ${move} here`);
    if (newcomer?.by !== "member") return;
    if (standing.members.find(({ id }) => id === newcomer.id)?.self) throw new SealwireError("bad argument", "this is the own end");
    if (move === "invite" && standing.members.some(({ id }) => id === newcomer.id)) throw new SealwireError("bad argument", "already in the conversation");
  }

  /**
   * What was written before goes first, in its order, and the note after it; once, however often the move is tried.
   * @param {string} [note]
   */
  async #lastWords(note) {
    const { timeline, pump } = this.#host;
    if (note !== undefined && note !== "" && !timeline.noted(note)) await this.#host.note(note);
    if (!timeline.writing) return;
    pump();
    await this.#until(() => (timeline.writing ? undefined : true));
  }

  /**
   * @param {Newcomer} [newcomer]
   * @param {number} [as]
   * @returns {Promise<NonNullable<Moves["adds"]>>}
   */
  async #adds(newcomer, as) {
    if (!newcomer) return [];
    const { standing, take } = this.#host;
    // Whoever is in already needs no key package, and keeps its role.
    if (newcomer.by === "member" && standing.members.some((m) => m.id === newcomer.id)) return this.#stays(newcomer.id);
    if (newcomer.by === "queue" && standing.members.some((m) => m.role === "inbox" && m.alias === newcomer.id)) return [];
    const keyPackage = newcomer.by === "queue" ? await take(newcomer.id) : await this.#takeOf(newcomer.id);
    const role = ownerRole(keyPackage);
    if (newcomer.by === "queue") return [inboxOf(newcomer.id, keyPackage)];
    // The relay could give another's: the core compares.
    return [{ role: as ?? (role === ROLE.supervisor ? ROLE.agent : role), keyPackage, member: newcomer.id }];
  }

  /** @param {string} member */
  async #takeOf(member) {
    const { standing, take, able, pause = wait } = this.#host;
    for (const ms of AGAIN) {
      try {
        return await take(standing.queue, member);
      } catch (error) {
        if (!(error instanceof SealwireError) || error.code !== "unavailable" || !able()) throw error;
        await pause(ms);
      }
    }
    return take(standing.queue, member);
  }

  /** @param {string} id */
  #stays(id) {
    const member = this.#host.standing.members.find((m) => m.id === id);
    if (member && ATTENDS.includes(member.role)) return [];
    throw new SealwireError("bad argument", "only an agent can be handed a conversation");
  }

  /**
   * Null once its commit is read back; else what came first.
   * @param {Moves} moves
   * @returns {Promise<{ changed: boolean } | null>}
   */
  async #attempt(moves) {
    const { end, pump, conversation, standing } = this.#host;
    // Whoever left already is shown no more: that another's commit puts it out changes nothing.
    const there = new Set(standing.members.map(({ id }) => id));
    let changed = false;
    /** @type {string | null} */
    let made = null;
    /** @param {LogEvent | null} event */
    const look = (event) => {
      if (event?.type !== "commit") return undefined;
      if (toHex(event.id) === made) return "done";
      changed ||= event.added.length > 0 || event.marks !== 0 || event.removed.some((id) => there.has(id));
      return "late";
    };
    const entry = await end.move(conversation(), moves).catch((error) => {
      if (!(error instanceof SealwireError) || error.code !== "bad commit") throw error;
      throw new SealwireError("stale head", "it does not fit who is in now");
    });
    // Another own commit waits: it goes first.
    if (entry) made = toHex(entry);
    pump();
    return (await this.#until(look)) === "done" ? null : { changed };
  }

  /**
   * @template T
   * @param {(event: LogEvent | null) => T | undefined} look
   * @returns {Promise<T>}
   */
  #until(look) {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
      };
      const late = () => {
        done();
        reject(new SealwireError("unavailable", "not read back in time; it may still be done"));
      };
      let timer = setTimeout(late, PATIENCE);
      /** @param {LogEvent | null} event */
      const watch = (event) => {
        if (event === null && !this.#host.able()) {
          done();
          return reject(new SealwireError("unavailable", "the connection ended; it may still be done"));
        }
        const found = look(event);
        if (found === undefined) {
          clearTimeout(timer);
          timer = setTimeout(late, PATIENCE);
          return;
        }
        done();
        resolve(found);
      };
      this.#watchers.add(watch);
    });
  }
}

/** @param {number} ms @returns {Promise<void>} */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
