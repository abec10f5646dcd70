/** Key packages in foreign conversations: whoever is in one can use them up, and locks nobody out by that. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Writer, toHex } from "../client/bytes.js";
import { End } from "../client/end.js";
import { over } from "../client/foreign.js";
import { Allowance } from "../client/foreignallowance.js";
import { entryFrame, recordFrame } from "../client/foreignframes.js";
import { Link } from "../client/foreignlink.js";
import { forQueue, isOnce } from "../client/foreignpackages.js";
import { memoryStore } from "../client/store.js";
import { Room } from "../client/transports/pair.js";
import { toText } from "../client/transports/text.js";
import { twilio } from "../client/transports/twilio.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { ROLE } from "../client/status.js";
import { module } from "./helpers/core.js";
import { Backend } from "./transport-backend.js";
import { coded } from "./transport-suite.js";
import { twilioUser } from "./transport-twilio-fake.js";
import { World, errorsOf, seen, until } from "./transport-world.js";

/** As long as another key package may take to be there (ms), and between two looks. */
const WHILE = 400;
const LOOK = 5;

test("an agent's key packages are not replaced as often as somebody uses them up, and customers still begin", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const hers = room.join("ana");
  const desk = over(hers);
  const { records } = hers;
  assert.ok(records);
  /** @type {string[]} */
  const put = [];
  hers.records = { ...records, put: async (name, value) => (isOnce(value) && put.push(toHex(value)), records.put(name, value)) };
  const ana = await world.agent("Ana", desk);
  const evil = room.join("eve");
  const end = new End(() => instantiate(module));
  await end.openIn(memoryStore("eve"), { role: "customer", roots: [world.company.root.public], history: "none" });
  await end.manifest(world.manifest, true);
  for (let n = 0; n < 10; n++) {
    for (let waited = 0; put.length <= n && waited < WHILE; waited += LOOK) await new Promise((resolve) => setTimeout(resolve, LOOK));
    const newest = put[n];
    if (!newest) break;
    const { id } = await end.conversations.genesis("default", Buffer.from(newest, "hex"));
    const { entry } = await end.conversations.next(id);
    entry[entry.length - 1] = Number(entry[entry.length - 1]) ^ 1; // nobody's commit
    await evil.append(entryFrame(entry), { id: String(n) });
    await end.conversations.ungenesis(id);
  }
  assert.ok(put.length >= 2 && put.length <= 4, `${put.length} were put there`);
  const customer = await world.customer(room.join("customer"));
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  assert.equal(put.length, new Set(put).size);
  assert.deepEqual(errorsOf(ana), []);
});

test("nor over many loads of the page: what was spent is remembered", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const device = /** @type {const} */ ({ history: "device", person: "loaded again and again" });
  const evil = room.join("eve");
  const end = new End(() => instantiate(module));
  await end.openIn(memoryStore("eve"), { role: "customer", roots: [world.company.root.public], history: "none" });
  await end.manifest(world.manifest, true);
  /** @type {string[]} */
  const put = [];
  let next = () => {};
  let used = 0;
  for (let load = 0; load < 14; load++) {
    const hers = room.join("ana");
    const { records } = hers;
    assert.ok(records);
    hers.records = { ...records, put: async (name, value) => (isOnce(value) && (put.push(toHex(value)), next()), records.put(name, value)) };
    const ana = await world.agent("Ana", over(hers), device);
    await until(ana, "being there", () => ana.state === "online");
    for (;;) {
      const late = put.length > used || (await new Promise((/** @type {(there: boolean) => void} */ resolve) => {
        const timer = setTimeout(() => resolve(false), WHILE);
        next = () => (clearTimeout(timer), resolve(true));
      }));
      const newest = put[used];
      if (!late || !newest) break;
      used++;
      const { id } = await end.conversations.genesis("default", Buffer.from(newest, "hex"));
      const made = await end.conversations.next(id);
      assert.ok("entry" in made);
      made.entry[made.entry.length - 1] = Number(made.entry[made.entry.length - 1]) ^ 1; // nobody's commit
      await evil.append(entryFrame(made.entry), { id: String(used) });
      await end.conversations.ungenesis(id);
    }
    assert.deepEqual(errorsOf(ana), []);
    await ana.close();
    hers.close();
  }
  assert.ok(put.length > 8 && put.length <= 34, `${put.length} were put there`);
  const ana = await world.agent("Ana", room.join("ana"), device);
  const customer = await world.customer(room.join("customer"));
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
});

test("what is left of an allowance is the same after it was remembered, whatever the clock does", () => {
  const spent = new Allowance(3, 1_000_000);
  spent.spend();
  spent.spend();
  assert.ok(new Allowance(3, 1_000_000, spent.bytes).some);
  spent.spend();
  assert.ok(!new Allowance(3, 1_000_000, spent.bytes).some);
  assert.ok(new Allowance(3, 1_000_000).some);
  // As if it had been remembered in the future, and a while ago.
  const at = (/** @type {number} */ ms) => new Writer().u32(0).u64(Date.now() + ms).take();
  assert.ok(!new Allowance(3, 1_000, at(3_600_000)).some);
  assert.ok(new Allowance(3, 1_000, at(-1_100)).some);
  const long = new Allowance(3, 1_000, at(-3_600_000));
  for (let n = 0; n < 3; n++) assert.ok(long.some, String(long.spend()));
  assert.ok(!long.some, "never more than at once");
});

test("an agent that can publish no key package finds its conversations all the same, and is told once", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const device = /** @type {const} */ ({ history: "device", person: "full" });
  const first = await world.agent("Ana", room.join("ana"), device);
  const customer = await world.customer(room.join("customer"));
  await until(customer, "the key packages", () => customer.agents);
  await first.close();
  await (await customer.start()).send("while she is away");
  await seen(customer, "while she is away", "sent");
  const desk = over(room.join("ana again"));
  const full = Object.assign(desk, { carrier: desk.carrier.bind(desk) });
  const { carrier } = full;
  let tried = 0;
  full.carrier = (host) => {
    const made = carrier(host);
    made.connection.publish = async () => {
      tried++;
      throw new SealwireError("too large", "no room for another secret");
    };
    return made;
  };
  const ana = await world.agent("Ana", full, device);
  await seen(ana, "while she is away", "received");
  await ana.conversations[0]?.send("here");
  await seen(customer, "here", "received");
  // The conversation that came had her try once more.
  assert.ok(tried >= 2, `tried ${tried} times`);
  assert.equal(errorsOf(ana).filter(coded("too large")).length, 1);
});

test("an agent in more conversations of platforms than an end has key packages ready has one in each", async () => {
  const world = new World();
  after(() => world.close());
  const rooms = Array.from({ length: 14 }, () => new Room());
  const ana = await world.agent("Ana", over(...rooms.map((room) => room.join("ana"))));
  await until(ana, "being there", () => ana.state === "online");
  for (const room of rooms) {
    const { records } = room.join("somebody");
    const there = () => records?.list("key package/").some(({ value }) => isOnce(value));
    if (there()) continue;
    await new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const late = setTimeout(() => reject(new Error("no key package for one use")), 10_000);
      records?.onChange(() => there() && (clearTimeout(late), resolve()));
    });
  }
});

test("a customer begins with an agent of the queue, and with nobody else: what says that it is an inbox is nobody's", () => {
  const of = (/** @type {number} */ role, queues = ["default"]) => ({ role, queues });
  const [agent, elsewhere] = [of(ROLE.agent), of(ROLE.agent, ["other"])];
  const others = [1, 2, 3, 4, 5, 6, 7].filter((role) => role !== ROLE.agent).map((role) => of(role));
  assert.deepEqual(forQueue([...others, elsewhere, agent], "default"), [agent]);
  assert.deepEqual(forQueue([...others, elsewhere], "default"), []);
});
