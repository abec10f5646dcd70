// @ts-check
/**
 * When this end does what the log asks of it unasked by its person: to ask to
 * be let in again, to let in another, to show that it reads this log. At once
 * in the common case, with some jitter; where several members could answer
 * they take their turns, so that one commit comes and not one from each; and
 * the same thing again only after a pause that grows, so that nothing which a
 * relay, another member or a copy of this device does makes it go on for ever.
 *
 * Who asks to be let in proves no more than that it has the member's identity
 * key. The owner, if it is another, is left a grace in which to refuse, and a
 * longer one with each request of the same member: a thief of the key who asks
 * again on each new leaf gets in ever more slowly. All ends count the requests
 * that they read, whoever answered, so all wait alike; and meanwhile nothing is
 * sent either, for what is sent lets in who asks.
 *
 * @typedef {import("./rejoin.js").Ask} Ask
 * @typedef {{ ask: Ask, turn: number, request?: string }} Duty  turn: how many go before this end; request: id of the one to answer
 *
 * @typedef {object} Wanted
 * @property {number} at    when it may be done
 * @property {number} turn
 * @property {number} free  until when nothing else may do it by the way
 *
 * @typedef {object} DutyTimes  milliseconds
 * @property {number} jitter    the longest wait of the first in turn
 * @property {number} turn      that one leaves to the one before it
 * @property {number} pause     before the second time; doubles
 * @property {number} longest   pause
 * @property {number} quiet     after which it begins anew
 * @property {number} grace     left to the owner at the first request; doubles with each
 * @property {number} slowest   grace
 * @property {number} lately    after which a member's requests are counted anew
 */

/** @type {DutyTimes} */
const TIMES = { jitter: 400, turn: 2_000, pause: 2_000, longest: 300_000, quiet: 1_800_000, grace: 2_000, slowest: 60_000, lately: 3_600_000 };
/** Who removes those who left, in their turns. */
const SETTLE = ["customer", "agent", "bot", "inbox"];
/** Duties whose past is remembered; those of now count in any case. */
const MAX_PAST = 64;

export class Duties {
  #act;
  #times;
  #now;
  /** @type {Map<Ask, Wanted>} */
  #wanted = new Map();
  /** The newest request to be let in of each member, and how many there were lately. @type {Map<Ask, { request: string, count: number, at: number }>} */
  #requests = new Map();
  /** @type {Map<Ask, { times: number, last: number }>} */
  #past = new Map();
  #going = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => void} act  there is something to do now
   * @param {{ times?: Partial<DutyTimes>, now?: () => number }} [options] for tests
   */
  constructor(act, { times = {}, now = () => performance.now() } = {}) {
    this.#act = act;
    this.#times = { ...TIMES, ...times };
    this.#now = now;
  }

  /**
   * What is asked of this end now, all of it.
   * @param {readonly Duty[]} duties
   */
  set(duties) {
    const before = this.#wanted;
    this.#wanted = new Map(duties.map(({ ask, turn, request }) => {
      const fresh = request !== undefined && this.#count(ask, request);
      const now = this.#now();
      const standing = before.get(ask);
      if (!standing) return [ask, { at: now + this.#pause(ask, turn), turn, free: fresh ? now + this.#grace(ask) : 0 }];
      // One in the place of another is put off no further than to leave the owner the least of times.
      const least = fresh && !ask.startsWith("refuse ") ? now + this.#times.grace : 0;
      return [ask, { ...standing, at: Math.max(standing.at, least), free: Math.max(standing.free, least) }];
    }));
    this.#schedule();
  }

  /** Somebody asks to be let in whom nothing may let in yet. */
  get holds() {
    const now = this.#now();
    return [...this.#wanted.values()].some(({ free }) => free > now);
  }

  /** Something may be done now. */
  get due() {
    const now = this.#now();
    return [...this.#wanted.values()].some(({ at }) => at <= now);
  }

  /** What was due was done, or could not be: not again before its pause is over. */
  done() {
    const now = this.#now();
    for (const [ask, { at, turn, free }] of this.#wanted) {
      if (at > now) continue;
      const past = this.#past.get(ask);
      this.#past.delete(ask); // the newest last
      this.#past.set(ask, { times: this.#recent(past) + 1, last: now });
      this.#wanted.set(ask, { at: now + this.#pause(ask, turn), turn, free });
    }
    this.#forget(this.#past);
    this.#schedule();
  }

  /** Connected: what was asked for may be lost, and is looked at again soon. */
  go() {
    this.#going = true;
    const wanted = this.#wanted.get("join");
    if (wanted) wanted.at = Math.min(wanted.at, this.#now() + this.#jitter());
    this.#schedule();
  }

  stop() {
    this.#going = false;
    clearTimeout(this.#timer);
  }

  /**
   * @param {Ask} ask
   * @param {number} turn
   */
  #pause(ask, turn) {
    const { pause, longest, turn: each } = this.#times;
    const times = this.#recent(this.#past.get(ask));
    const most = Math.min(longest, pause * 2 ** (times - 1));
    const more = Math.max(0, this.#grace(ask) - each); // the first grace is the asker's turn
    // Others answer soon. A page's timers may be slow, so this one waits for none.
    if (times === 0 && ask.startsWith("refuse ")) return 0;
    return turn * each + (times === 0 ? more + this.#jitter() : Math.max(more, most / 2 + (Math.random() * most) / 2));
  }

  /**
   * Notes a request; false for one that was noted before.
   * @param {Ask} ask
   * @param {string} request
   */
  #count(ask, request) {
    const before = this.#requests.get(ask);
    if (before?.request === request) return false;
    const at = this.#now();
    const lately = before && at - before.at < this.#times.lately ? before.count : 0;
    this.#requests.delete(ask); // the newest last
    this.#requests.set(ask, { request, count: lately + 1, at });
    this.#forget(this.#requests);
    return true;
  }

  /** @param {Ask} ask */
  #grace(ask) {
    const { grace, slowest } = this.#times;
    const count = this.#requests.get(ask)?.count ?? 0;
    return count === 0 ? 0 : Math.min(slowest, grace * 2 ** (count - 1));
  }

  /** @param {Map<Ask, unknown>} map */
  #forget(map) {
    for (const ask of map.keys()) {
      if (map.size <= MAX_PAST) break;
      if (!this.#wanted.has(ask)) map.delete(ask);
    }
  }

  /** @param {{ times: number, last: number } | undefined} past */
  #recent(past) {
    return past && this.#now() - past.last < this.#times.quiet ? past.times : 0;
  }

  #jitter() {
    return Math.random() * this.#times.jitter;
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#going || this.#wanted.size === 0) return;
    const from = this.#now();
    const first = Math.min(...[...this.#wanted.values()].flatMap(({ at, free }) => (free > from ? [at, free] : [at])));
    this.#timer = setTimeout(() => {
      const { due } = this;
      if (due || this.#now() >= first) this.#act(); // what was held back may go
      if (!due) this.#schedule(); // and a timer may fire a little early
    }, Math.max(0, Math.ceil(first - from)));
  }
}

/**
 * In which order the members of a conversation answer, so that not all do at once.
 * The first turn is the asker's own: if it is not lost after all, and another has
 * a copy of its key, its commit comes before any answer.
 * @param {readonly Ask[]} asks
 * @param {readonly import("./types.js").Member[]} members  in the order that all ends have
 * @returns {Duty[]}
 */
export function turnsOf(asks, members) {
  return asks.map((ask) => {
    const [kind, by, request] = ask.split(" ");
    if (kind === "settle") return { ask, turn: Math.max(0, members.filter((m) => SETTLE.includes(m.role)).findIndex((m) => m.self)) };
    if (kind !== "answer") return { ask, turn: 0 };
    const line = members.filter((m) => m.id !== by && m.role !== "archive");
    return { ask: `answer ${by}`, turn: 1 + Math.max(0, line.findIndex((m) => m.self)), ...(request === undefined ? {} : { request }) };
  });
}
