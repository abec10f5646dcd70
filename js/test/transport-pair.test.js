/** Two clients over a conversation in memory. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Room } from "../client/transports/pair.js";
import { World, seen, until, errorsOf } from "./transport-world.js";

const world = new World();
after(() => world.close());

test("two ends talk", async () => {
  const room = new Room();
  const agent = await world.agent("Ana", room.join("ana"));
  const customer = await world.customer(room.join("cust"));
  const talk = await customer.start();
  await talk.send("hello");
  await seen(agent, "hello", "received");
  await agent.conversations[0]?.send("hi");
  await seen(customer, "hi", "received");
  await seen(customer, "hello", "sent");
  assert.deepEqual(errorsOf(agent), []);
});
