/** How conversations come to the company's side: what was in flight when the time for it was up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "../client/arrivals.js";
import { fromHex } from "../client/bytes.js";
import { Engines } from "../client/engines.js";
import { Events } from "../client/events.js";
import { Mutex } from "../client/mutex.js";
import { member } from "./fake-client.js";

const ID = "0a".repeat(16);

/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What the end service answers to the commit that adds this end, or to one that does not. */
function read(/** @type {boolean} */ added) {
  const members = [member({ id: "her", role: "customer" }), ...(added ? [member({ id: "me", self: true })] : [])];
  const status = { id: ID, epoch: 1, index: 1, state: added ? "active" : "not a member", differs: "", members, leaving: [], queue: "default", previous: "" };
  const event = { type: "commit", index: 1, id: new Uint8Array(16), sender: "her", epoch: 1, time: 0, marks: 0, own: false, added: ["me"], removed: [], role: "customer", grants: [], code: 0, rewound: false };
  return { status, last: new Uint8Array(16), refreshed: Date.now(), event, asks: [], member: added };
}

/**
 * An end of the company's side that looks at one conversation, whose only entry stays with the end service until `answer`.
 * @param {boolean} added  by that entry
 * @param {boolean} [needs]  it names a manifest that is to be fetched first, which comes with `bring`
 */
function looking(added, needs = false) {
  const mutex = new Mutex();
  /** @type {string[]} */
  const calls = [];
  /** @type {() => void} */
  let answer = () => {};
  const held = new Promise((/** @type {(v: void) => void} */ resolve) => (answer = resolve));
  /** @type {(manifest: Uint8Array) => void} */
  let bring = () => {};
  const manifest = new Promise((/** @type {(manifest: Uint8Array) => void} */ resolve) => (bring = resolve));
  const call = (/** @type {string} */ name, /** @type {() => Promise<unknown>} */ act) => async () => (calls.push(name), mutex.run(ID, act));
  const end = {
    join: call("join", async () => {}),
    leave: call("leave", async () => {}),
    receive: call("receive", async () => (await held, needs && calls.filter((name) => name === "receive").length === 1 ? { need: new Uint8Array(32) } : read(added))),
    manifest: async () => {},
    next: call("next", async () => ({ kind: "none" })),
    entryId: async () => new Uint8Array(16),
    queue: async (/** @type {string} */ conversation, /** @type {Uint8Array} */ content) => ({ id: "01".repeat(16), conversation, time: 0, content, held: false }),
  };
  const connection = {
    state: "online",
    subscribe: async () => {
      calls.push("subscribe");
      queueMicrotask(() => (arrivals.find(ID) ?? engines.find(ID))?.receive(1, new Uint8Array(8)));
      return 1;
    },
    manifest: async () => (calls.push("ask"), manifest),
    reset: () => {},
  };
  /** @type {unknown[]} */
  const troubles = [];
  const onTrouble = async (/** @type {unknown} */ error) => void troubles.push(error);
  const events = new Events();
  const carrier = { connection, files: {} };
  const host = { end, carrier, events, company: true, onTurned: () => {}, onQueued: () => {}, onRefused: () => {}, onTrouble };
  const engines = new Engines(/** @type {import("../client/engines.js").EnginesHost} */ (/** @type {unknown} */ (host)));
  const counts = { found: 0 };
  const arrivals = new Arrivals({
    end: /** @type {import("../client/remote.js").EndService} */ (/** @type {unknown} */ (end)),
    engines,
    online: () => connection.state === "online",
    admits: () => true,
    onHeld: () => assert.fail(),
    onFound: async () => void counts.found++,
    onTrouble,
  });
  return { arrivals, engines, connection, calls, counts, answer: () => answer(), bring: () => bring(new Uint8Array(1)), list: () => arrivals.listed([{ conversation: fromHex(ID), sequence: 1 }]) };
}

/** @type {readonly (readonly [string, (who: ReturnType<typeof looking>, tick: (ms: number) => void) => void])[]} */
const ENDS = [
  ["the time for it is up", (_, tick) => tick(20_000)],
  ["the connection ends and is there again", ({ arrivals }) => arrivals.disconnected()],
];

for (const [what, happens] of ENDS) {
  test(`an end that is found in a conversation after ${what} can write in it`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    const who = looking(true);
    who.list();
    await settle();
    assert.deepEqual(who.calls, ["join", "subscribe", "receive"]);
    happens(who, (ms) => t.mock.timers.tick(ms));
    await settle();
    assert.deepEqual(who.engines.shown, []);
    who.answer();
    await settle();
    const engine = who.engines.find(ID);
    assert.equal(engine?.state, "secured");
    assert.ok(engine.following, "its log is followed");
    assert.equal(who.arrivals.find(ID), undefined);
    assert.equal(who.counts.found, 1, "a key package was taken");
    assert.equal((await engine.facade.send("hello")).text, "hello");
    assert.ok(who.calls.includes("next"));
    t.mock.timers.tick(60_000);
    assert.ok(engine.following, "its time is not up again");
    who.arrivals.stop();
    engine.stop();
  });

  test(`an end that is not in a conversation leaves it after ${what}, and nothing of it is shown`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    const who = looking(false);
    who.list();
    await settle();
    happens(who, (ms) => t.mock.timers.tick(ms));
    who.answer();
    await settle();
    assert.equal(who.calls.filter((name) => name === "leave").length, 1);
    assert.deepEqual(who.engines.shown, []);
    assert.equal(who.arrivals.find(ID), undefined);
    assert.equal(who.counts.found, 0);
    // It is looked at again when it is listed again.
    who.list();
    await settle();
    assert.equal(who.calls.filter((name) => name === "join").length, 2);
    who.arrivals.stop();
  });
}

test("what was let go of while a manifest was on its way is not read on", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  const who = looking(true, true);
  who.answer();
  who.list();
  await settle();
  assert.deepEqual(who.calls, ["join", "subscribe", "receive", "ask"]);
  t.mock.timers.tick(20_000);
  await settle();
  who.bring();
  await settle();
  assert.equal(who.calls.filter((name) => name === "receive").length, 1);
  assert.deepEqual(who.engines.shown, []);
  who.arrivals.stop();
});
