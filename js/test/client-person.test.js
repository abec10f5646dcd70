/** Several people in one browser profile: each has keys and history of their own. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Demo, closeAll, errorsOf, noticesOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

test("people of one profile are apart: at once, after a reload, and when one is erased", async () => {
  const names = ["", "a.b", "a-b", "a:b"];
  const clients = [];
  for (const person of names) clients.push(await demo.colleague("Ana", { person }));
  const kept = (await indexedDB.databases()).map(({ name }) => name ?? "").filter((name) => name.includes(":agent"));
  assert.equal(new Set(kept).size, names.length, "a namespace each");
  for (const client of clients) await until(client, "its own work", () => client.state === "online");
  const [one, two] = [clients[1], clients[2]];
  assert.ok(one && two);
  const customer = await demo.customer();
  await (await customer.start()).send("hello");
  await until(one, "the queue", () => one.queues.waiting.length === 1);
  await one.claim(one.queues.waiting[0]?.id ?? "");
  await seen(one, "hello");
  assert.deepEqual(two.conversations, []);
  await Promise.all(clients.map((client) => client.close()));

  const again = await demo.colleague("Ana", { person: "a.b" });
  assert.deepEqual(again.conversations.flatMap((c) => c.messages.map((m) => m.text)), ["hello"]);
  const other = await demo.colleague("Ana", { person: "a-b" });
  assert.deepEqual(other.conversations, []);
  await other.destroySession();
  await until(again, "to go on", () => again.state === "online");
  await again.conversations[0]?.send("still mine");
  await seen(customer, "still mine");
  for (const client of [...clients, again]) assert.deepEqual(noticesOf(client).filter((n) => n.code === "new organisation"), []);
  assert.deepEqual([...errorsOf(customer), ...errorsOf(again)], []);
});
