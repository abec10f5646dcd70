// @ts-check
/**
 * When this end does what the log asks of it unasked by its person: to ask to
 * be let in again, to let in another, to show that it reads this log. At once
 * in the common case, with some jitter; where several members could answer
 * they take their turns, so that one commit comes and not one from each; and
 * the same thing again only after a pause that grows, so that nothing which a
 * relay, another member or a copy of this device does makes it go on for ever.
 *
 * @typedef {import("./rejoin.js").Ask} Ask
 * @typedef {{ ask: Ask, turn: number }} Duty  turn: how many go before this end
 *
 * @typedef {object} DutyTimes  milliseconds
 * @property {number} jitter    the longest wait of the first in turn
 * @property {number} turn      that one leaves to the one before it
 * @property {number} pause     before the second time; doubles
 * @property {number} longest   pause
 * @property {number} quiet     after which it begins anew
 */

/** @type {DutyTimes} */
const TIMES = { jitter: 400, turn: 2_000, pause: 2_000, longest: 300_000, quiet: 1_800_000 };
/** Duties whose past is remembered; those of now count in any case. */
const MAX_PAST = 64;

export class Duties {
  #act;
  #times;
  #now;
  /** When each may be done. @type {Map<Ask, { at: number, turn: number }>} */
  #wanted = new Map();
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
    this.#wanted = new Map(duties.map(({ ask, turn }) => [ask, { at: before.get(ask)?.at ?? this.#now() + this.#pause(ask, turn), turn }]));
    this.#schedule();
  }

  /** Something may be done now. */
  get due() {
    const now = this.#now();
    return [...this.#wanted.values()].some(({ at }) => at <= now);
  }

  /** What was due was done, or could not be: not again before its pause is over. */
  done() {
    const now = this.#now();
    for (const [ask, { at, turn }] of this.#wanted) {
      if (at > now) continue;
      const past = this.#past.get(ask);
      this.#past.delete(ask); // the newest last
      this.#past.set(ask, { times: this.#recent(past) + 1, last: now });
      this.#wanted.set(ask, { at: now + this.#pause(ask, turn), turn });
    }
    for (const ask of this.#past.keys()) {
      if (this.#past.size <= MAX_PAST) break;
      if (!this.#wanted.has(ask)) this.#past.delete(ask);
    }
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
    return turn * each + (times === 0 ? this.#jitter() : most / 2 + (Math.random() * most) / 2);
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
    const first = Math.min(...[...this.#wanted.values()].map(({ at }) => at));
    // A timer may fire a little early: then it is set again.
    this.#timer = setTimeout(() => (this.due ? this.#act() : this.#schedule()), Math.max(0, Math.ceil(first - this.#now())));
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
    const [, by] = ask.split(" ");
    if (by === undefined) return { ask, turn: 0 };
    const line = members.filter((m) => m.id !== by && m.role !== "archive");
    return { ask, turn: 1 + Math.max(0, line.findIndex((m) => m.self)) };
  });
}
