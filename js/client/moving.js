// @ts-check
/**
 * Changes of who is in one conversation that a person asks for, each a commit:
 * handing over, bringing in, taking over, giving back, leaving, removing,
 * closing. One at a time. A move is done once its commit is read back. If another
 * commit came first, it is made again, so many times, where it still means the
 * same to the person who asked for it: as long as the same people are in, in the
 * same roles, or when it is to leave or to close. Else it is refused as "stale
 * head", for the person to look again. What the connection took away before its
 * commit was made is not done; what was made is saved, and goes out with the
 * next connection.
 *
 * @typedef {import("./types.js").Move} Move
 * @typedef {import("./writing.js").Moves} Moves
 * @typedef {import("./status.js").LogEvent} LogEvent
 * @typedef {import("./newcomers.js").Newcomer} Newcomer
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
import { Awaited } from "./awaited.js";
import { toHex } from "./bytes.js";
import { Newcomers } from "./newcomers.js";
import { movesIn } from "./offered.js";
import { ATTENDS, CLOSE, LEAVE, REASON, ROLE } from "./status.js";

/** Commits that may come first before it is given up. */
const MAX_ROUNDS = 8;
/** What is asked for by these is the same whoever is in. */
const WHOEVER = ["leave", "close"];

export class Moving {
  #host;
  #log;
  #newcomers;
  /** @type {Move | null} */
  now = null;

  /** @param {MovingHost} host */
  constructor(host) {
    this.#host = host;
    this.#log = new Awaited(() => host.able());
    this.#newcomers = new Newcomers(host);
  }

  /** What this end can do now, as far as it knows. */
  get moves() {
    return movesIn(this.#host.standing, this.#host.inboxes ?? true);
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
    const inbox = await this.#newcomers.inbox(queue).catch((error) => {
      // It is tried again after a pause, and nobody need be told.
      throw error instanceof SealwireError && error.code === "rate limited" ? new SealwireError("unavailable", "too many key packages were taken") : error;
    });
    await this.#host.end.move(this.#host.conversation(), { adds: [inbox] });
  }

  /**
   * An entry was read; null: the work ended.
   * @param {LogEvent | null} event
   */
  read(event) {
    this.#log.read(event);
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
      await this.#caughtUp();
      const asked = peopleIn(standing);
      const same = () => {
        if (!WHOEVER.includes(move) && peopleIn(standing) !== asked) throw new SealwireError("stale head", "another came first");
      };
      /** @type {NonNullable<Moves["adds"]>} */
      let adds = [];
      if (moves.marks) {
        // A note tells of what can be done: whoever is to come can be added before it is said.
        if (newcomer) {
          await this.#host.follow();
          same();
          this.#check(move, newcomer);
          adds = await this.#newcomers.adds(newcomer, as);
        }
        await this.#lastWords(note);
      }
      for (let round = 0; round < MAX_ROUNDS; round++) {
        await this.#host.follow();
        await this.#caughtUp();
        this.#open();
        same();
        this.#check(move, newcomer);
        // Who closes can remove nobody with it.
        if (move === "close" && standing.leaving) {
          await this.#attempt({});
          continue;
        }
        if (adds.length === 0) adds = await this.#newcomers.adds(newcomer, as);
        // It may have changed while a key package was fetched.
        same();
        if (await this.#attempt({ ...moves, ...(adds.length > 0 ? { adds } : { history: 0 }) })) return;
      }
      throw new SealwireError("stale head", "others come first, again and again");
    } finally {
      this.now = null;
      standing.changed();
    }
  }

  /** What was granted to this end has been read. */
  async #caughtUp() {
    const { standing } = this.#host;
    if (standing.catching) await this.#log.until(() => (standing.catching ? undefined : true));
  }

  /** Throws where nothing can be done, whoever is in. */
  #open() {
    const { standing, able } = this.#host;
    if (!able()) throw new SealwireError("unavailable", "not connected");
    if (standing.state === "forked") throw new SealwireError("forked log");
    if (!standing.free) throw new SealwireError(standing.open ? "unavailable" : "not a member", `the conversation is ${standing.state}`);
  }

  /**
   * @param {Move} move
   * @param {Newcomer} [newcomer]
   */
  #check(move, newcomer) {
    const { members } = this.#host.standing;
    this.#open();
    if (!this.moves.includes(move)) throw new SealwireError("not a member", `this end cannot ${move} here`);
    if (newcomer?.by !== "member") return;
    if (members.find(({ id }) => id === newcomer.id)?.self) throw new SealwireError("bad argument", "this is the own end");
    if (move === "invite" && members.some(({ id }) => id === newcomer.id)) throw new SealwireError("bad argument", "already in the conversation");
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
    await this.#log.until(() => (timeline.writing ? undefined : true));
  }

  /**
   * True once its commit is read back; false when another came first.
   * @param {Moves} moves
   */
  async #attempt(moves) {
    const { end, pump, conversation, standing } = this.#host;
    const { epoch } = standing;
    /** @type {string | null} */
    let made;
    try {
      const entry = await end.move(conversation(), { ...moves, epoch });
      // Another own commit waits: it goes first.
      made = entry && toHex(entry);
    } catch (error) {
      if (!(error instanceof SealwireError)) throw error;
      if (error.code === "bad commit") throw new SealwireError("stale head", "it does not fit who is in now");
      if (error.code !== "stale head") throw error;
      // The end has read a commit that is still to be told here.
      if (standing.epoch === epoch) await this.#log.until(() => (standing.epoch === epoch ? undefined : true));
      return false;
    }
    pump();
    return this.#log.until((event) => (event?.type === "commit" ? toHex(event.id) === made : undefined));
  }
}

/**
 * Who is in, and as what. Whoever left already is not, so that another's commit puts it out changes nothing.
 * @param {import("./standing.js").Standing} standing
 */
function peopleIn({ members }) {
  return members.map(({ id, role }) => `${id} ${role}`).sort().join();
}
