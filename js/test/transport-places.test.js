/** Where a conversation is: whoever copies its log into another conversation of the platform takes it away from nobody. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { over } from "../client/foreign.js";
import { Memory } from "../client/foreignmemory.js";
import { Places } from "../client/foreignplaces.js";
import { Room } from "../client/transports/pair.js";
import { stream } from "../client/transports/stream.js";
import { twilio } from "../client/transports/twilio.js";
import { Backend } from "./transport-backend.js";
import { streamUser } from "./transport-stream-fake.js";
import { twilioUser } from "./transport-twilio-fake.js";
import { World, errorsOf, seen, texts, until } from "./transport-world.js";

/** @typedef {import("../client/foreignlink.js").Link} Link */

/** All that lies in a room, into another. @param {Room} from @param {Room} to */
async function copy(from, to) {
  const [source, target] = [from.join("platform"), to.join("platform")];
  for (const { name, value } of source.records?.list("").reverse() ?? []) await target.records?.put(name, value);
  let n = 0;
  for await (const { bytes } of source.entries(0)) {
    if (!bytes) break;
    await target.append(bytes, { id: `copy-${n++}` });
  }
  source.close();
  target.close();
}

test("after a reload a conversation is where it was, though its log was copied, and the copy is read first", async () => {
  const world = new World();
  after(() => world.close());
  const [room, other] = [new Room(), new Room()];
  const device = /** @type {const} */ ({ history: "device", person: "Ana, loaded again" });
  let ana = await world.agent("Ana", room.join("ana"), device);
  const customer = await world.customer(room.join("customer"));
  const talk = await customer.start();
  await talk.send("hello");
  await seen(ana, "hello", "received");
  const id = String(ana.conversations[0]?.id);
  await ana.conversations[0]?.send("good day");
  await seen(customer, "good day", "received");
  await ana.close();
  await copy(room, other);
  // The copy alone, at first: the conversation is not there.
  const [decoy, right] = [other.join("ana"), room.join("ana")];
  const desk = over(decoy);
  ana = await world.agent("Ana", desk, device);
  await until(ana, "being there", () => ana.state === "online");
  await talk.send("are you there?");
  assert.deepEqual([desk.transport(id), desk.conversations(decoy)], [undefined, []]);
  desk.add(right);
  await seen(ana, "are you there?", "received");
  assert.equal(desk.transport(id), right);
  await ana.conversations[0]?.send("yes");
  await seen(customer, "yes", "received");
  assert.deepEqual([ana.conversations.length, ana.conversations[0]?.state, errorsOf(ana)], [1, "secured", []]);
  // What stands in the copy is no entry of it.
  for (let at = 1; at < 20; at++) assert.equal(desk.place(decoy, at), undefined);
});

test("so it is for a customer's page", async () => {
  const world = new World();
  after(() => world.close());
  const [room, other] = [new Room(), new Room()];
  const device = /** @type {const} */ ({ history: "device", person: "customer, loaded again" });
  const ana = await world.agent("Ana", room.join("ana"));
  let customer = await world.customer(room.join("customer"), device);
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  await seen(customer, "hello", "sent");
  await customer.close();
  await copy(room, other);
  const desk = over(other.join("customer"), room.join("customer"));
  customer = await world.customer(desk, device);
  await ana.conversations[0]?.send("for you");
  await seen(customer, "for you", "received");
  await customer.conversations[0]?.send("thanks");
  await seen(ana, "thanks", "received");
  assert.equal(texts(customer).length, 3);
});

test("one that is new to a device is taken where its log is the longest, once all is read that can be", async () => {
  /** @type {[string, string][]} */
  const placed = [];
  /** @type {Record<string, Record<string, number>>} */
  const logs = { a: { c: 3 }, b: { c: 9 }, x: { c: 5 } };
  const links = ["a", "b", "x"].map((id) => /** @type {Link} */ (/** @type {unknown} */ ({ transport: { id }, log: { length: (/** @type {string} */ c) => logs[id]?.[c] ?? 0, conversations: [] } })));
  const [a, b, x] = /** @type {[Link, Link, Link]} */ (links);
  const memory = new Memory(async () => {});
  const places = new Places(memory, (conversation, link) => void placed.push([conversation, String(link.transport.id)]));
  for (const link of links) places.add(link);
  await memory.keep("d".repeat(32), "b");
  for (const link of links) places.begins("c", link);
  places.begins("d".repeat(32), a);
  places.settle(a);
  places.settle(b);
  assert.deepEqual(placed, [], "what is kept was not read, and one may still be read");
  memory.recall(new Uint8Array());
  places.decide();
  assert.deepEqual(placed, []);
  places.settle(x);
  assert.deepEqual(placed, [["c", "b"]]);
  places.begins("d".repeat(32), b);
  assert.deepEqual(placed[1], ["d".repeat(32), "b"], "where it was, whatever else came first");
  places.begins("e", x);
  places.begins("e", a);
  assert.deepEqual([placed[2], places.at("e")], [["e", "x"], x], "later it is where it begins");
  places.stop();
});

test("what is remembered comes back, the newest of it", async () => {
  let kept = new Uint8Array();
  const memory = new Memory(async (bytes) => void (kept = bytes));
  memory.recall(kept);
  const id = (/** @type {number} */ n) => n.toString(16).padStart(32, "0");
  await memory.spend(Uint8Array.of(1, 2, 3));
  for (let n = 0; n < 2_050; n++) await memory.keep(id(n), n === 7 ? undefined : `CH${n}`);
  await memory.keep(id(2_060), "x".repeat(256));
  const again = new Memory(async () => assert.fail());
  again.recall(kept);
  assert.deepEqual([again.spent, again.where(id(0)), again.where(id(7)), again.where(id(2_049)), again.where(id(2_060))], [Uint8Array.of(1, 2, 3), undefined, undefined, "CH2049", undefined]);
  await again.keep(id(2_049), "CH2049");
});

test("what is remembered in a form that is not known is an error each time, and nothing is written over it", async () => {
  const memory = new Memory(async () => assert.fail("written over"));
  for (const form of [Uint8Array.of(0, 0, 5, 1), Uint8Array.of(9)]) for (let n = 0; n < 2; n++) assert.throws(() => memory.recall(form));
  await memory.keep("0".repeat(32), "CH1");
  assert.equal(memory.where("0".repeat(32)), "CH1");
});

test("the platforms' own names of a conversation are a transport's", () => {
  const user = twilioUser(new Backend(), "ana");
  const sid = twilio({ ...user, conversation: Object.assign(user.conversation, { sid: "CH1" }) });
  assert.equal(sid.id, "CH1");
  const { channel } = streamUser(new Backend(), "ana");
  const cid = stream({ channel: Object.assign(channel, { cid: "messaging:1" }) });
  assert.equal(cid.id, "messaging:1");
  const room = new Room();
  assert.equal(room.join("a").id, room.join("b").id);
  assert.notEqual(room.join("a").id, new Room().join("a").id);
  for (const transport of [sid, cid]) transport.close();
});
