/** The whole protocol over a conversation in memory. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { over } from "../client/foreign.js";
import { Room } from "../client/transports/pair.js";
import { conforms } from "./transport-suite.js";
import { World, errorsOf, seen, texts, until } from "./transport-world.js";

conforms("pair", () => spied(new Room()));

/**
 * @param {Room} room
 * @returns {import("./transport-suite.js").Platform}
 */
function spied(room) {
  /** @type {(string | Uint8Array)[]} */
  const left = [];
  return {
    left: () => left,
    join: (name) => {
      const end = room.join(name);
      const { append, upload, records } = end;
      end.append = (bytes, note) => (left.push(bytes), append(bytes, note));
      end.upload = async (id, file, options) => {
        left.push(id, new Uint8Array(await file.arrayBuffer()));
        await upload(id, file, options);
      };
      if (records) end.records = { ...records, put: (label, value) => (left.push(value), records.put(label, value)) };
      return end;
    },
  };
}

test("pair: a transport outlives its client, and serves the next one", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const mine = over(room.join("customer"));
  const ana = await world.agent("Ana", room.join("ana"));
  const device = /** @type {const} */ ({ history: "device", person: "outlived" });
  let customer = await world.customer(mine, device);
  await (await customer.start()).send("one");
  await seen(ana, "one", "received");
  await customer.close();
  await ana.conversations[0]?.send("two");
  customer = await world.customer(mine, device);
  await seen(customer, "two", "received");
  await (await customer.start()).send("three");
  await seen(ana, "three", "received");
  assert.equal(ana.conversations.length, 1);
});

test("pair: a conversation whose transport is taken away waits, and goes on when it is back", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const [hers, other] = [room.join("ana"), new Room().join("ana")];
  const desk = over(hers, other);
  const ana = await world.agent("Ana", desk);
  const customer = await world.customer(room.join("customer"));
  const talk = await customer.start();
  await talk.send("one");
  await seen(ana, "one", "received");
  const side = await until(ana, "the conversation", () => ana.conversations[0]);
  await side.send("two");
  await seen(ana, "two", "sent");
  desk.delete(hers);
  assert.equal(desk.transport(side.id), undefined);
  await talk.send("three");
  await side.send("four");
  await seen(customer, "three", "sent");
  assert.ok(!texts(ana).some(({ text }) => text === "three"));
  assert.equal(ana.state, "online");
  desk.add(hers);
  await seen(ana, "three", "received");
  await seen(customer, "four", "received");
  assert.deepEqual(errorsOf(ana), []);
  hers.close();
});

test("over takes transports, and says what else it is given", () => {
  assert.throws(() => over(/** @type {never} */ ("relay")), TypeError);
  assert.throws(() => over(/** @type {never} */ (null)), TypeError);
  assert.throws(() => over(new Room({ maxBody: 1_023 }).join("x")), RangeError);
});

test("pair: a conversation that the platform shows in another of its conversations, too, goes on where it began", async () => {
  const world = new World();
  after(() => world.close());
  const [room, other] = [new Room(), new Room()];
  const [mine, decoy] = [room.join("ana"), other.join("ana")];
  const desk = over(mine, decoy);
  const ana = await world.agent("Ana", desk);
  const customer = await world.customer(room.join("customer"));
  const talk = await customer.start();
  await talk.send("one");
  await seen(ana, "one", "received");
  const side = await until(ana, "the conversation", () => ana.conversations[0]);
  await side.send("two");
  await Promise.all([seen(customer, "two", "received"), seen(ana, "two", "sent")]);
  /** @type {Uint8Array[]} */
  const log = [];
  for await (const { bytes } of room.join("platform").entries(0)) {
    if (!bytes) break;
    log.unshift(bytes);
  }
  for (const [at, bytes] of log.entries()) await decoy.append(bytes, { id: `copy-${at}` });
  await talk.send("three");
  await seen(ana, "three", "received");
  await side.send("four");
  await seen(customer, "four", "received");
  assert.equal(side.state, "secured");
  assert.equal(desk.transport(side.id), mine);
  assert.deepEqual(desk.conversations(decoy), []);
  assert.equal(ana.conversations.length, 1);
});
