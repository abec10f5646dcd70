/** Conversation after conversation, begun with an agent in one conversation of the platform: a few are taken at once, the newest first. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { End } from "../client/end.js";
import { over } from "../client/foreign.js";
import { entryFrame } from "../client/foreignframes.js";
import { isOnce } from "../client/foreignpackages.js";
import { memoryStore } from "../client/store.js";
import { Room } from "../client/transports/pair.js";
import { instantiate } from "../core/instance.js";
import { module } from "./helpers/core.js";
import { coded } from "./transport-suite.js";
import { World, errorsOf, seen, until } from "./transport-world.js";

test("an agent is not put into hundreds of conversations by one of the platform; others of it are free of that", async () => {
  const world = new World();
  after(() => world.close());
  const [room, other] = [new Room(), new Room()];
  const hers = room.join("ana");
  const desk = over(hers, other.join("ana"));
  const ana = await world.agent("Ana", desk);
  const first = await world.customer(room.join("customer"));
  await (await first.start()).send("hello");
  await seen(ana, "hello", "received");
  const evil = room.join("eve");
  const last = evil.records?.list("key package/").find(({ value }) => !isOnce(value))?.value;
  assert.ok(last);
  const eve = new End(() => instantiate(module));
  await eve.openIn(memoryStore("eve"), { role: "customer", roots: [world.company.root.public], history: "none" });
  await eve.manifest(world.manifest, true);
  const COUNT = 40;
  for (let n = 0; n < COUNT; n++) {
    const { id } = await eve.conversations.genesis("default", last);
    const made = await eve.conversations.next(id);
    assert.ok("entry" in made);
    await evil.append(entryFrame(made.entry), { id: String(n) });
  }
  await until(ana, "the word that more wait", () => errorsOf(ana).some(coded("rate limited")));
  const elsewhere = await world.customer(other.join("customer"));
  await (await elsewhere.start()).send("from elsewhere");
  await seen(ana, "from elsewhere", "received");
  // Eight, and as many as are looked at at one time; the other's.
  assert.ok(ana.conversations.length >= 9 && ana.conversations.length <= 13, `${ana.conversations.length} stand on the list`);
  assert.equal(errorsOf(ana).length, 1, "told once");
  await first.conversations[0]?.send("still here");
  await seen(ana, "still here", "received");
  assert.equal(desk.conversations(hers).length, COUNT + 1);
});

test("a customer who ends one and begins another, again and again, is taken each time", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const ana = await world.agent("Ana", room.join("ana"));
  const customer = await world.customer(room.join("customer"));
  for (let n = 0; n < 6; n++) {
    const talk = await customer.start();
    await talk.send(`the ${n}th`);
    await seen(ana, `the ${n}th`, "received");
    await talk.close();
    await until(ana, "its end", () => ana.conversations.every(({ state }) => state === "closed"));
  }
  assert.deepEqual([ana.conversations.length, errorsOf(ana)], [6, []]);
});
