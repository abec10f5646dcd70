/** A move that another commit came before: made again where it means the same, refused where a person has to look. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeText } from "../client/bytes.js";
import { encodeTextContent } from "../client/content.js";
import { Moving } from "../client/moving.js";
import { Timeline } from "../client/timeline.js";
import { SealwireError } from "../errors.js";

/**
 * @typedef {import("../client/status.js").CommitEvent} CommitEvent
 * @typedef {import("../client/writing.js").Moves} Moves
 */

/** @param {string} id @param {string} role @param {boolean} [self] */
const person = (id, role, self = false) => ({ id: id.repeat(32), role, alias: id, verified: true, self });

/** @param {Partial<CommitEvent>} change @returns {CommitEvent} */
const commit = (change) => ({
  type: "commit", index: 1, id: new Uint8Array(16), sender: "", epoch: 1, time: 0, marks: 0, own: false, added: [], removed: [], role: "agent", grants: [], code: 0, rewound: false, ...change,
});

/**
 * An agent in a conversation; what comes first at each attempt is the test's.
 * @param {((round: number) => CommitEvent | "refused" | "pending" | "ahead" | undefined)} before  ahead: the end has read a commit that is told later
 * @param {string} inbox  what the inbox is called whose key package the relay gives; another queue's must not do
 */
function staged(before, inbox = "default") {
  const standing = {
    self: person("a", "agent", true),
    members: [person("a", "agent", true), person("b", "agent"), person("c", "customer")],
    free: true,
    open: true,
    catching: false,
    leaving: false,
    queue: "default",
    state: "secured",
    epoch: 3,
    changed: () => {},
  };
  /** As the log goes on. @param {CommitEvent} event */
  const read = (event) => {
    standing.epoch++;
    const leaves = event.marks === 1 ? ["b".repeat(32)] : [];
    standing.members = standing.members.filter(({ id }) => ![...event.removed, ...leaves].includes(id) || event.added.includes(id));
    for (const id of event.added) if (!standing.members.some((m) => m.id === id)) standing.members.push(person(id.slice(0, 1), "agent"));
    moving.read(event);
  };
  /** @type {Moves[]} */
  const made = [];
  let connected = true;
  /** How often the relay says yet that it has no key package. */
  const missing = { times: 0, then: () => {} };
  /** In their order. @type {string[]} */
  const steps = [];
  const timeline = { writing: false, noted: (/** @type {string} */ text) => steps.includes(`note ${text}`) };
  const moving = new Moving(/** @type {import("../client/moving.js").MovingHost} */ (/** @type {unknown} */ ({
    end: {
      move: async (/** @type {string} */ _, /** @type {Moves} */ moves) => {
        made.push(moves);
        steps.push("commit");
        const first = before(made.length);
        if (first === "refused") throw new SealwireError("bad commit");
        const id = new Uint8Array(16).fill(made.length);
        const told = typeof first === "object" ? first : commit(first ? {} : { id, own: true });
        queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => read(told))));
        if (first === "ahead") throw new SealwireError("stale head");
        return first === "pending" ? null : id;
      },
    },
    standing,
    timeline,
    conversation: () => "00".repeat(16),
    able: () => connected,
    follow: async () => {},
    pump: () => {},
    take: async (/** @type {string} */ _, /** @type {string | undefined} */ member) => {
      steps.push("take");
      if (missing.times-- > 0) throw new SealwireError("unavailable");
      return Uint8Array.from([1, 1, 0, 117, 1, member === undefined ? 6 : 3, ...new Array(32).fill(1), 7, ...encodeText(inbox), 0, 0, ...new Array(112).fill(0)]);
    },
    pause: async (/** @type {number} */ ms) => {
      steps.push(`pause ${ms}`);
      missing.then();
    },
    note: async (/** @type {string} */ text) => void steps.push(`note ${text}`),
  })));
  return { moving, standing, read, made, steps, missing, cut: () => ((connected = false), moving.read(null)) };
}

/** @param {import("../errors.js").Code} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;
const other = commit({ added: ["e".repeat(32)] });
const refresh = commit({});
const to = "d".repeat(32);

test("a commit that changed nothing about who is in, and an own one that waited, are no reason to give up", async () => {
  const putOut = commit({ removed: ["e".repeat(32)] }); // somebody who had left, and is shown no more
  const backIn = commit({ added: ["c".repeat(32)], removed: ["c".repeat(32)] }); // the same customer, after a reload
  for (const first of /** @type {const} */ ([refresh, putOut, backIn, "pending", "ahead"])) {
    const { moving, made } = staged((round) => (round < 4 ? first : undefined));
    await moving.transfer({ to });
    assert.equal(made.length, 4);
    assert.ok(made.every((m) => m.marks === 1 && m.history === 2 && m.adds?.[0]?.role === 3));
    assert.deepEqual(made.map((m) => m.epoch), [3, 4, 5, 6], "each on the head that was looked at");
    assert.equal(moving.now, null);
  }
});

test("a commit that changed who is in: what brings in, hands over or removes is the person's to decide again", async () => {
  for (const event of [other, commit({ removed: ["b".repeat(32)] }), commit({ marks: 1 })]) {
    for (const act of /** @type {((m: Moving) => Promise<void>)[]} */ ([(m) => m.transfer({ to }), (m) => m.park(), (m) => m.invite({ to }), (m) => m.remove("b".repeat(32))])) {
      const { moving, made } = staged(() => event);
      await assert.rejects(act(moving), coded("stale head"));
      assert.equal(made.length, 1, "not made again");
      assert.equal(moving.now, null);
    }
  }
});

test("who changed what it is, and who came or went before anything was made, is the person's to see too", async () => {
  const over = staged(() => {
    over.standing.members = [...over.standing.members.slice(0, 1), person("b", "supervisor"), ...over.standing.members.slice(2)];
    return refresh;
  });
  await assert.rejects(over.moving.transfer({ to }), coded("stale head"));
  assert.equal(over.made.length, 1, "not made again");

  for (const act of /** @type {((m: Moving) => Promise<void>)[]} */ ([(m) => m.transfer({ to }, { note: "a refund" }), (m) => m.invite({ to })])) {
    const early = staged(() => undefined);
    early.missing.times = 1;
    early.missing.then = () => early.read(other); // while the key package is waited for
    await assert.rejects(act(early.moving), coded("stale head"));
    assert.deepEqual(early.made, []);
  }
  // The end has read it, and this page not yet.
  const ahead = staged(() => "ahead");
  const read = ahead.moving.read.bind(ahead.moving);
  ahead.moving.read = (event) => {
    ahead.standing.members.push(person("d", "agent"));
    read(event);
  };
  await assert.rejects(ahead.moving.remove("b".repeat(32)), coded("stale head"));
  assert.equal(ahead.made.length, 1);
});

test("whoever is to come can be added before a note says so; a note is sent once, however often it is tried", async () => {
  const { moving, steps } = staged((round) => (round === 1 ? other : undefined));
  await assert.rejects(moving.transfer({ to }, { note: "a refund" }), coded("stale head"));
  assert.deepEqual(steps, ["take", "note a refund", "commit"]);
  await moving.transfer({ to }, { note: "a refund" });
  assert.deepEqual(steps.slice(3), ["take", "commit"]);

  for (const act of /** @type {((m: Moving) => Promise<void>)[]} */ ([(m) => m.park({ note: "later" }), (m) => m.transfer({ queue: "default" }, { note: "later" })])) {
    const none = staged(() => undefined, "another");
    await assert.rejects(act(none.moving), coded("unavailable"));
    assert.deepEqual(none.steps, ["take"], "nobody can be added: nothing was said");
  }
});

test("a colleague who is only just there has key packages in a moment: they are asked for again, but not for ever", async () => {
  const late = staged(() => undefined);
  late.missing.times = 2;
  await late.moving.transfer({ to }, { note: "a refund" });
  assert.deepEqual(late.steps, ["take", "pause 500", "take", "pause 1000", "take", "note a refund", "commit"]);
  const never = staged(() => undefined);
  never.missing.times = 10;
  await assert.rejects(never.moving.invite({ to }), coded("unavailable"));
  assert.deepEqual(never.steps.filter((step) => step === "take").length, 4);
  const inbox = staged(() => undefined);
  inbox.missing.times = 10;
  await assert.rejects(inbox.moving.park(), coded("unavailable"));
  assert.deepEqual(inbox.steps, ["take"], "an inbox is there or not");
});

test("a note stands until this end writes again or leaves, and only if it was not lost", () => {
  const timeline = new Timeline(() => {});
  const self = person("a", "agent", true);
  /** @param {number} sequence @param {Uint8Array} content @param {boolean} [own] */
  const read = (sequence, content, own = true) => timeline.read({ sequence, id: new Uint8Array(16).fill(sequence), own, time: 0, gap: 0, from: own ? self : null, content, entry: "" });
  assert.equal(timeline.noted("a refund"), false);
  timeline.wait({ id: "01".repeat(16), conversation: "", time: 0, content: encodeTextContent("a refund", "note"), held: false }, self);
  assert.equal(timeline.noted("a refund"), true, "it waits to be sent");
  timeline.settle("left");
  assert.equal(timeline.noted("a refund"), false, "it was not sent");
  timeline.done("01".repeat(16));
  read(5, encodeTextContent("a refund", "note"));
  assert.equal(timeline.noted("a refund"), true);
  assert.equal(timeline.noted("another"), false);
  read(6, encodeTextContent("please hurry"), false);
  assert.equal(timeline.noted("a refund"), true, "others may write");
  timeline.mark({ sequence: 7, epoch: 2, time: 0, marks: 1, role: "agent", false: false, unopened: false, by: self, added: [], removed: [], grants: [] });
  assert.equal(timeline.noted("a refund"), false, "that was another handing over");
  read(8, encodeTextContent("a refund", "note"));
  assert.equal(timeline.noted("a refund"), true);
  read(9, encodeTextContent("a refund"));
  assert.equal(timeline.noted("a refund"), false, "a text is no note");
});

test("who is named is told to the core, and another queue's inbox is refused: the relay could give any", async () => {
  const named = staged(() => undefined);
  await named.moving.transfer({ to });
  assert.equal(named.made[0]?.adds?.[0]?.member, to);
  const other = staged(() => undefined, "another");
  await assert.rejects(other.moving.park(), coded("unavailable"));
  await assert.rejects(other.moving.attend("default"), coded("unavailable"));
  assert.equal(other.made.length, 0);
});

test("a queue whose inbox is in needs no other; another queue's is not it", async () => {
  for (const [queue, brings] of /** @type {const} */ ([["default", 1], ["billing", 0]])) {
    const { moving, standing, made } = staged(() => undefined);
    standing.members.push({ ...person("e", "inbox"), alias: "billing" });
    await moving.transfer({ queue });
    assert.equal(made[0]?.adds?.length ?? 0, brings, queue);
    assert.equal(made[0]?.marks, 1);
  }
});

test("to leave and to close mean the same whoever came or went; but not once it is closed", async () => {
  for (const act of /** @type {((m: Moving) => Promise<void>)[]} */ ([(m) => m.leave(), (m) => m.close()])) {
    const again = staged((round) => (round === 1 ? other : undefined));
    await act(again.moving);
    assert.equal(again.made.length, 2);
    const closed = staged(() => {
      Object.assign(closed.standing, { free: false, open: false, state: "closed" });
      return commit({ marks: 2 });
    });
    await assert.rejects(act(closed.moving), coded("not a member"));
    assert.equal(closed.made.length, 1);
  }
});

test("what does not fit who is in by now is a head that is not the one that was looked at; others that come first have no end", async () => {
  await assert.rejects(staged(() => "refused").moving.invite({ to }), coded("stale head"));
  const endless = staged(() => refresh);
  await assert.rejects(endless.moving.invite({ to }), coded("stale head"));
  assert.equal(endless.made.length, 8);
});

test("one at a time; without a connection nothing is made, and one that is cut off says that it may still be done", async () => {
  const { moving, made, cut } = staged(() => undefined);
  const first = moving.leave();
  await assert.rejects(moving.close(), coded("unavailable"));
  assert.equal(moving.now, "leave");
  await first;
  cut();
  await assert.rejects(moving.leave(), coded("unavailable"));
  assert.equal(made.length, 1);
});

test("what is offered is what can be done: alone with a customer nobody leaves, a supervisor takes over, who waits does nothing", () => {
  const { moving, standing } = staged(() => undefined);
  assert.deepEqual(moving.moves, ["transfer", "invite", "park", "leave", "remove", "close"]);
  standing.members = [person("a", "agent", true), person("c", "customer")];
  assert.deepEqual(moving.moves, ["transfer", "invite", "park", "close"]);
  standing.members.push(person("b", "supervisor"));
  assert.deepEqual(moving.moves, ["transfer", "invite", "park", "remove", "close"]);
  standing.self = person("a", "supervisor", true);
  standing.members = [standing.self, person("b", "agent"), person("c", "customer")];
  assert.deepEqual(moving.moves, ["takeOver", "leave"]);
  standing.self = person("a", "customer", true);
  standing.members = [standing.self, person("b", "inbox")];
  assert.deepEqual(moving.moves, ["remove", "close"], "there is nobody to ask another than");
  standing.members.push(person("d", "agent"));
  assert.deepEqual(moving.moves, ["askAnother", "remove", "close"]);
  standing.free = false;
  assert.deepEqual(moving.moves, []);
});
