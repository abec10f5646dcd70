/** A relay that lies, where it takes more than a lie of e2etest/lies to say it: those are told to clients in Node too. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { T } from "../client/frames.js";
import { Demo, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

test("a relay that lists thousands of conversations that are none: none is shown, and a new customer is, within seconds", async () => {
  /** @type {((frame: import("../client/frames.js").Frame) => void) | undefined} */
  let inject;
  const agent = await demo.agent({ wire: { toEnd: (frame, give) => ((inject = give), [frame]) } });
  await until(agent, "online", () => agent.state === "online" && inject);
  const before = process.memoryUsage().rss;
  for (let k = 0; k < 4; k++) {
    const list = Array.from({ length: 4_500 }, () => ({ conversation: crypto.getRandomValues(new Uint8Array(16)), sequence: 1 }));
    inject?.({ type: T.list, request: 0, list });
  }
  const start = performance.now();
  const customer = await demo.customer();
  await (await customer.start()).send("newcomer");
  await seen(agent, "newcomer");
  assert.ok(performance.now() - start < 10_000);
  assert.ok(process.memoryUsage().rss - before < 150e6);
  assert.equal(agent.conversations.length, 1);
  assert.equal(agent.state, "online");
  assert.deepEqual(errorsOf(agent), []);
});
