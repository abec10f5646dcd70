/** When an end does what the log asks of it: at once, in turn, and not for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Duties, turnsOf } from "../client/duties.js";
import { member } from "./fake-client.js";

/** @typedef {import("../client/rejoin.js").Ask} Ask */

const TIMES = { jitter: 400, turn: 2_000, pause: 2_000, longest: 300_000, quiet: 1_800_000 };

/** Duties on a clock that the test turns. */
function duties() {
  const clock = { now: 0 };
  const made = new Duties(() => {}, { now: () => clock.now });
  return { clock, made };
}

/**
 * How long until something is due, in steps of 50 ms.
 * @param {ReturnType<typeof duties>} who
 * @param {number} most
 */
function waits({ clock, made }, most) {
  const from = clock.now;
  while (!made.due && clock.now - from <= most) clock.now += 50;
  return clock.now - from;
}

test("the first in turn does it within the jitter, the third leaves two turns to the others", () => {
  for (const [turn, least, most] of /** @type {const} */ ([[0, 0, 450], [2, 4_000, 4_450]])) {
    const who = duties();
    who.made.set([{ ask: "answer a", turn }]);
    const waited = waits(who, 10_000);
    assert.ok(waited >= least && waited <= most, `${turn}: ${waited}`);
  }
});

test("asked for the same again and again, the pauses grow, and stay bounded", () => {
  const who = duties();
  /** @type {number[]} */
  const pauses = [];
  for (let k = 0; k < 14; k++) {
    // A relay, or another copy of this device, sees to it that it is asked anew at once.
    who.made.set([]);
    who.made.set([{ ask: "join", turn: 0 }]);
    pauses.push(waits(who, 1e6));
    who.made.done();
  }
  assert.ok(/** @type {number} */ (pauses[0]) <= 450);
  for (let k = 1; k < pauses.length; k++) {
    const most = Math.min(TIMES.longest, TIMES.pause * 2 ** (k - 1));
    assert.ok(/** @type {number} */ (pauses[k]) >= most / 2 && /** @type {number} */ (pauses[k]) <= most + 50, `${k}: ${pauses[k]}`);
  }
  // In a day a thousand times at most, however it is provoked.
  assert.ok((86_400_000 / (TIMES.longest / 2)) < 1_000);
});

test("what one member provokes does not slow down another's", () => {
  const who = duties();
  for (let k = 0; k < 10; k++) {
    who.made.set([{ ask: "answer a", turn: 0 }]);
    waits(who, 1e6);
    who.made.done();
  }
  who.made.set([{ ask: "answer a", turn: 0 }, { ask: "answer b", turn: 0 }]);
  assert.ok(waits(who, 1e6) <= 450);
});

test("the past of members who come and go does not pile up, and a flood of names forgets none that is wanted", () => {
  const who = duties();
  who.made.set([{ ask: "join", turn: 0 }]);
  waits(who, 1e6);
  who.made.done();
  for (let k = 0; k < 500; k++) {
    who.made.set([{ ask: "join", turn: 0 }, { ask: `answer ${k}`, turn: 0 }]);
    waits(who, 1_000);
    who.made.done();
  }
  who.made.set([]);
  who.made.set([{ ask: "join", turn: 0 }]);
  assert.ok(waits(who, 1e6) >= TIMES.pause / 2, "its pause is not forgotten");
});

test("after a quiet time it begins anew", () => {
  const who = duties();
  for (let k = 0; k < 8; k++) {
    who.made.set([{ ask: "join", turn: 0 }]);
    waits(who, 1e6);
    who.made.done();
  }
  who.made.set([]);
  who.clock.now += TIMES.quiet;
  who.made.set([{ ask: "join", turn: 0 }]);
  assert.ok(waits(who, 1e6) <= 450);
});

/**
 * What a member answers who reads these requests, each with the next one's leaf: how long it waited before each.
 * @param {ReturnType<typeof duties>} who
 * @param {string[]} requests
 * @param {{ turn?: number, acts?: boolean }} [options]
 */
function graces(who, requests, { turn = 1, acts = false } = {}) {
  return requests.map((request) => {
    who.made.set([{ ask: "answer a", turn, request }]);
    const waited = waits(who, 1e6);
    if (acts) who.made.done();
    who.made.set([]); // answered
    return waited;
  });
}

test("the owner is left 2 seconds at the first request, and twice as long at each, up to a minute, whoever answers", () => {
  const requests = Array.from({ length: 8 }, (_, k) => `request ${k}`);
  for (const acts of [false, true]) {
    const waited = graces(duties(), requests, { acts });
    assert.ok(/** @type {number} */ (waited[0]) <= 2_450, "the first is fast");
    waited.forEach((ms, k) => assert.ok(ms >= Math.min(60_000, 2_000 * 2 ** k), `${k}: ${ms}`));
    if (!acts) assert.ok(waited.every((ms) => ms <= 60_450), String(waited));
  }
  // Who comes third leaves two turns more, as at the first.
  graces(duties(), requests, { turn: 3 }).forEach((ms, k) => {
    const least = 4_000 + Math.min(60_000, 2_000 * 2 ** k);
    assert.ok(ms >= least && ms <= least + 450, `${k}: ${ms}`);
  });
});

test("one request is counted once, another member's not at all, and after an hour anew", () => {
  const who = duties();
  graces(who, ["1", "2", "3"]);
  const same = graces(who, ["3", "3"]);
  assert.ok(same.every((ms) => ms >= 8_000 && ms <= 8_450), String(same));
  who.made.set([{ ask: "answer b", turn: 1, request: "4" }]);
  assert.ok(waits(who, 1e6) <= 2_450);
  who.clock.now += 3_600_000;
  const later = graces(who, ["5"]);
  assert.ok(/** @type {number} */ (later[0]) <= 2_450);
});

test("a request in the place of one that waits counts, and puts the answer off by no more than the owner's 2 seconds", () => {
  const who = duties();
  who.made.set([{ ask: "answer a", turn: 1, request: "1" }]);
  who.clock.now += 1_500;
  who.made.set([{ ask: "answer a", turn: 1, request: "2" }]);
  assert.ok(who.made.holds);
  const second = waits(who, 1e6);
  assert.ok(second >= 2_000 && second <= 2_050, String(second));
  who.made.set([]);
  const third = graces(who, ["3"]);
  assert.ok(/** @type {number} */ (third[0]) >= 8_000);
});

test("nothing else is sent while the owner's grace lasts; then, whosever turn it is; and not held back again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let acts = 0;
  const clock = { now: 0 };
  const made = new Duties(() => void acts++, { now: () => clock.now });
  const pass = (/** @type {number} */ ms) => {
    clock.now += ms;
    t.mock.timers.tick(ms);
  };
  made.go();
  made.set([{ ask: "answer a", turn: 4, request: "1" }]);
  assert.ok(made.holds);
  pass(1_990);
  assert.ok(made.holds);
  assert.equal(acts, 0);
  pass(20);
  assert.ok(!made.holds && !made.due);
  assert.equal(acts, 1, "what was held back goes");
  pass(6_500);
  assert.ok(made.due);
  assert.equal(acts, 2, "its turn");
  made.done();
  assert.ok(!made.holds && !made.due, "it could not be answered");
  made.set([{ ask: "defend", turn: 0 }]);
  assert.ok(!made.holds);
});

test("who asks for this end's own place again and again is refused each time before anybody would answer", () => {
  const self = member({ self: true });
  const other = member();
  const clock = { now: 0 };
  const [owner, answerer] = [self, other].map(() => new Duties(() => {}, { now: () => clock.now }));
  for (let i = 0; i < 100; i++, clock.now += 60_000) {
    const request = i.toString(16).padStart(32, "0");
    owner?.set(turnsOf([`refuse ${request}`], [self, other]));
    answerer?.set(turnsOf([`answer ${self.id} ${request}`], [self, { ...other, self: true }]));
    assert.ok(owner?.due && !answerer?.due, "refused when it is read, without a timer");
    owner?.done();
    assert.ok(!owner?.due, "the same one only after a pause");
    clock.now += 100;
    for (const made of [owner, answerer]) made?.set([]);
  }
});

test("sixteen members who read a join request at once: one commit, not fifteen", () => {
  const members = Array.from({ length: 16 }, () => member());
  const asker = /** @type {import("../client/types.js").Member} */ (members[5]);
  /** @type {Ask} */
  const ask = `answer ${asker.id}`;
  const clock = { now: 0 };
  const others = members.filter((m) => m !== asker).map((self) => {
    const made = new Duties(() => {}, { now: () => clock.now });
    made.set(turnsOf([ask], members.map((m) => ({ ...m, self: m === self }))));
    return made;
  });
  // The first four are away. Whoever is next commits; a second later all have read it.
  const here = others.slice(4);
  let commits = 0;
  for (let answeredAt = Infinity; clock.now < 60_000; clock.now += 50) {
    if (clock.now >= answeredAt + 1_000) for (const made of here) made.set([]);
    for (const made of here) {
      if (!made.due) continue;
      commits++;
      made.done();
      answeredAt = Math.min(answeredAt, clock.now);
    }
  }
  assert.equal(commits, 1);
});

test("who asks and the archive take no turn", () => {
  const [archive, asker, first, self] = [member({ role: "archive" }), member(), member(), member({ self: true })];
  assert.deepEqual(turnsOf([`answer ${asker.id}`, "defend", "join"], [archive, asker, first, self]).map((d) => d.turn), [2, 0, 0]);
});

test("the timer runs only between go and stop", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let acts = 0;
  const clock = { now: 0 };
  const made = new Duties(() => void acts++, { now: () => clock.now });
  made.set([{ ask: "defend", turn: 0 }]);
  clock.now += 10_000;
  t.mock.timers.tick(10_000);
  assert.equal(acts, 0);
  made.go();
  t.mock.timers.tick(10_000);
  assert.equal(acts, 1);
  made.set([{ ask: "defend", turn: 0 }]);
  made.stop();
  t.mock.timers.tick(10_000);
  assert.equal(acts, 1);
});

test("a timer that fires early is set again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let acts = 0;
  const clock = { now: 0.7 };
  const made = new Duties(() => void acts++, { now: () => clock.now });
  made.go();
  made.set([{ ask: "answer a", turn: 3 }]);
  clock.now = 5_999.9; // the timer's clock is ahead of ours
  t.mock.timers.tick(6_500);
  assert.equal(acts, 0);
  clock.now = 6_500;
  t.mock.timers.tick(1_000);
  assert.equal(acts, 1);
});
