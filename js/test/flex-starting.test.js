/** How the plugin comes by its client, and goes on without one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Starting } from "../agent/flex/starting.js";
import { FakeClient } from "./fake-client.js";

/** @param {{client: () => FakeClient|Promise<FakeClient>, wait?: number, pauses?: {first: number, most: number}}} how */
function stage({ client, wait = 60_000, pauses = { first: 1, most: 1 } }) {
  const page = new EventTarget();
  /** @type {string[]} */
  const told = [];
  const starting = new Starting({ client, wait, pauses, page, came: () => told.push("came"), gone: () => told.push("gone"), changed: () => told.push("changed") });
  return { starting, page, told };
}

const never = { first: 3_600_000, most: 3_600_000 };
/** @param {() => boolean} so */
const until = async (so) => {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test("a start that failed is tried again by itself, ever later, until it is there", async () => {
  let asked = 0;
  const { starting, told } = stage({ client: async () => { if (++asked < 4) throw new Error("no module"); return new FakeClient(); } });
  await assert.rejects(starting.start(), { code: "unavailable" });
  assert.equal(starting.failed, true);
  await until(() => starting.client !== null);
  assert.deepEqual([asked, starting.failed, told.filter((one) => one === "came").length], [4, false, 1]);
  starting.end();
});

test("it is tried again when the browser is online again, and when somebody asks for it", async () => {
  let asked = 0;
  const { starting, page } = stage({ pauses: never, client: async () => { asked++; throw new Error("no network"); } });
  await assert.rejects(starting.start(), { code: "unavailable" });
  page.dispatchEvent(new Event("online"));
  assert.equal(asked, 2);
  await until(() => starting.failed);
  await new Promise((resolve) => setImmediate(resolve));
  starting.again();
  assert.equal(asked, 3);
  starting.end();
  page.dispatchEvent(new Event("online"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked, 3);
});

test("whoever waits for a client that never comes is refused in time, and it is taken when it comes late", async () => {
  /** @type {(client: FakeClient) => void} */
  let come = () => {};
  const { starting } = stage({ wait: 5, client: () => new Promise((resolve) => { come = resolve; }) });
  await assert.rejects(starting.start(), { code: "unavailable" });
  assert.equal(starting.failed, true);
  const late = new FakeClient();
  come(late);
  await until(() => starting.client !== null);
  assert.deepEqual([starting.client, starting.failed, late.state], [late, false, "online"]);
  starting.end();
});

test("of one that hangs another is asked for by hand, and the first is closed when it comes", async () => {
  /** @type {((client: FakeClient) => void)[]} */
  const come = [];
  const { starting } = stage({ wait: 5, client: () => new Promise((resolve) => come.push(resolve)) });
  await assert.rejects(starting.start());
  starting.again();
  const [first, second] = [new FakeClient(), new FakeClient()];
  come[1]?.(second);
  await until(() => starting.client === second);
  come[0]?.(first);
  await until(() => first.state === "closed");
  assert.deepEqual([starting.client, second.state, starting.failed], [second, "online", false]);
  starting.end();
});

test("one that has ended is forgotten, and another is asked for", async () => {
  /** @type {FakeClient[]} */
  const clients = [];
  const { starting, told } = stage({ client: () => clients[clients.push(new FakeClient()) - 1] ?? new FakeClient() });
  await starting.start();
  clients[0]?.close();
  assert.equal(told.at(-2), "gone");
  await until(() => starting.client === clients[1]);
  assert.equal(clients[0]?.listeners, 0);
  starting.end();
  clients[1]?.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(clients.length, 2);
});
