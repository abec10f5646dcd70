/** Moves at the head of a log that others move on: an engine at work, a customer whose commits come first, and the relay's rule that a commit on an old head is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine } from "../client/engine.js";
import { Events } from "../client/events.js";
import { localEnd } from "../client/remote.js";
import { SealwireError } from "../errors.js";
import { coded, endsOfDemo, fragileStore } from "./client-pair.js";

const world = endsOfDemo();

/** Ana's engine over a log that the test holds, and what a customer does just before one of her commits comes there. */
async function raced() {
  const { id, log, read, flush, customer, agent } = await world.pair();
  await flush(customer);
  const people = await Promise.all(["Ben", "Cleo"].map(() => world.open(fragileStore(), "agent")));
  /** @type {((commit: number) => import("../client/writing.js").Moves | undefined)} */
  let first = () => undefined;
  let commits = 0;
  /** @type {Error[]} */
  const errors = [];
  const events = new Events();
  events.on("error", ({ error }) => void errors.push(error));
  const give = (/** @type {number} */ from) => log.slice(from).forEach((entry, at) => engine.receive(from + at + 1, entry));
  const connection = {
    state: /** @type {const} */ ("online"),
    subscribe: async (/** @type {Uint8Array} */ _, /** @type {number} */ from) => {
      queueMicrotask(() => give(from));
      return log.length;
    },
    unsubscribe: async () => {},
    append: async (/** @type {Uint8Array} */ _, /** @type {Uint8Array} */ entry) => {
      const moves = first(++commits);
      if (moves) {
        assert.ok(await customer.end.conversations.move(id, moves));
        await flush(customer);
        throw new SealwireError("stale head");
      }
      log.push(entry);
      await read(customer);
      queueMicrotask(() => give(log.length - 1));
      return log.length;
    },
  };
  const found = new Promise((/** @type {(v: void) => void} */ resolve) => {
    events.on("conversation", () => resolve());
  });
  const engine = new Engine(
    /** @type {import("../client/engine.js").EngineHost} */ (/** @type {unknown} */ ({
      end: localEnd(agent.end),
      connection,
      files: {},
      events,
      company: true,
      found: () => events.emit("conversation", { conversation: engine.facade }),
      take: async (/** @type {string} */ _, /** @type {string} */ member) => /** @type {(typeof people)[number]} */ (people.find(({ opened }) => opened.member === member)).end.keyPackage(),
      onTurned: () => {},
      onQueued: () => {},
      onRefused: () => {},
      onTrouble: async () => {},
      mayQueue: () => true,
    })),
    id,
  );
  await engine.look();
  await found;
  engine.resume();
  const [ben, cleo] = people.map(({ opened }) => opened.member);
  return {
    engine,
    ana: engine.facade,
    log,
    errors,
    ben: String(ben),
    cleo: String(cleo),
    customer: customer.opened.member,
    commits: () => commits,
    /** @param {typeof first} before */
    before: (before) => {
      commits = 0;
      first = before;
    },
    /** Who is in for the customer, but for who left. */
    who: async () => {
      const { conversations } = await customer.end.conversations.load();
      return conversations.flatMap(({ status: { members, leaving } }) => members.flatMap((m) => (leaving.includes(m.id) ? [] : [m.id]))).sort();
    },
  };
}

for (const times of [1, 5]) {
  test(`a commit of the customer's that changes nobody comes first, ${times} times: it is handed over to who was asked for, once`, async () => {
    const { engine, ana, cleo, customer, before, commits, who, errors } = await raced();
    before((n) => (n <= times ? {} : undefined));
    await ana.transfer({ to: cleo });
    assert.equal(commits(), times + 1);
    assert.equal(ana.state, "left");
    assert.deepEqual(await who(), [customer, cleo].sort());
    assert.deepEqual(errors, []);
    engine.stop();
  });
}

test("others that come first for ever are told of, and nothing was handed over", async () => {
  const { engine, ana, cleo, before, commits, who } = await raced();
  const there = await who();
  before(() => ({}));
  await assert.rejects(ana.transfer({ to: cleo }), coded("stale head"));
  assert.equal(commits(), 8);
  assert.deepEqual(await who(), there);
  assert.equal(ana.state, "secured");
  engine.stop();
});

test("a commit comes first that removed somebody: that is told, and nothing else is done in its place", async () => {
  const { engine, ana, ben, cleo, before, commits, who, log } = await raced();
  await ana.invite({ to: ben });
  before((n) => (n === 2 ? { removes: [ben] } : n === 1 ? {} : undefined));
  const length = log.length;
  await assert.rejects(ana.transfer({ to: cleo }), coded("stale head"));
  assert.equal(commits(), 2);
  assert.equal(log.length, length + 2, "only the customer's");
  assert.ok(!(await who()).includes(cleo));
  // Looked at again, it is what is wanted.
  await ana.transfer({ to: cleo });
  assert.ok((await who()).includes(cleo));
  engine.stop();
});
