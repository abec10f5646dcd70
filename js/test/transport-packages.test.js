/** Key packages in foreign conversations: whoever is in one can use them up, and locks nobody out by that. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { toHex } from "../client/bytes.js";
import { End } from "../client/end.js";
import { over } from "../client/foreign.js";
import { entryFrame } from "../client/foreignframes.js";
import { forQueue, isOnce } from "../client/foreignpackages.js";
import { memoryStore } from "../client/store.js";
import { Room } from "../client/transports/pair.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { ROLE } from "../client/status.js";
import { module } from "./helpers/core.js";
import { coded } from "./transport-suite.js";
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

test("a customer begins with the queue's inbox, else with an agent of it, and with nobody else", () => {
  const of = (/** @type {number} */ role, queues = ["default"], alias = "x") => ({ member: String(role), bytes: new Uint8Array(), role, alias, queues, once: true });
  const [agent, elsewhere, inbox] = [of(ROLE.agent), of(ROLE.agent, ["other"]), of(ROLE.inbox, [], "default")];
  const others = [1, 2, 3, 4, 5, 6].filter((role) => role !== ROLE.agent && role !== ROLE.inbox).map((role) => of(role));
  assert.deepEqual(forQueue([...others, elsewhere, agent], "default"), [agent]);
  assert.deepEqual(forQueue([...others, agent, inbox], "default"), [inbox]);
});
