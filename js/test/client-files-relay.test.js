/** Files through the real relay, which is killed on the way. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import { SealwireError } from "../errors.js";
import { Demo, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

const PART = 1024 * 1024;

/** @param {import("../client/client.js").Client} client @param {string} name @param {string} state */
const fileSeen = (client, name, state) =>
  until(client, `file ${name} ${state}`, () => client.conversations.flatMap((c) => c.messages).find((m) => m.file?.name === name && m.file.state === state));

/** @param {{ blob: Blob } | undefined} saved */
const bytesOf = async (saved) => Buffer.from(await (saved?.blob ?? new Blob(["nothing"])).arrayBuffer());

/** @param {typeof globalThis.fetch} [fetch] of the customer */
async function pair(fetch) {
  const agent = await demo.agent();
  const customer = await demo.customer(fetch ? { fetch } : {});
  const mine = await customer.start();
  await mine.send("hello");
  await seen(agent, "hello", "received");
  await seen(customer, "hello", "sent");
  const [theirs] = agent.conversations;
  assert.ok(theirs);
  return { agent, customer, mine, theirs };
}

test("files of every size that has an edge go both ways", async () => {
  const { agent, customer, mine, theirs } = await pair();
  for (const size of [0, 1, 65_535, 65_536, 65_537, PART - 1, PART, PART + 1, 3 * PART]) {
    const content = randomBytes(size);
    const name = `${size}.bin`;
    const [from, to, there] = size % 2 ? [mine, theirs, agent] : [theirs, mine, customer];
    await from.sendFile(new File([content], name));
    const { id } = await fileSeen(there, name, "available");
    const saved = await to.saveFile(id);
    assert.ok((await bytesOf(saved)).equals(content), name);
    await saved.release();
  }
  assert.deepEqual([...errorsOf(customer), ...errorsOf(agent)], []);
});

test("the relay is killed while a file goes up, and while it comes down: it is whole, and told of once", async () => {
  const content = randomBytes(6 * PART);
  let kills = 0;
  /** @type {typeof globalThis.fetch} */
  const fetch = async (input, init) => {
    if (init?.method === "PUT" && String(input).endsWith("/3") && kills++ === 0) {
      await demo.stop();
      void demo.start();
    }
    return globalThis.fetch(input, init);
  };
  const { agent, customer, mine, theirs } = await pair(fetch);
  await mine.sendFile(new File([content], "a.bin"));
  const { id } = await fileSeen(agent, "a.bin", "available");
  assert.ok(kills >= 2, "the part was sent again");
  await fileSeen(customer, "a.bin", "sent");
  await until(agent, "online", () => agent.state === "online");
  let cut = false;
  /** @type {Promise<unknown>} */
  let restarted = Promise.resolve();
  const onProgress = () => {
    if (cut) return;
    cut = true;
    restarted = demo.stop().then(() => demo.start());
  };
  assert.ok((await bytesOf(await theirs.saveFile(id, { onProgress }))).equals(content));
  await restarted;
  assert.equal(theirs.messages.filter((m) => m.file).length, 1);
});

test("a file that was cancelled is gone from the relay, and nobody else's ticket opens one", async () => {
  /** @type {{ method: string, url: string, status: number }[]} */
  const asked = [];
  let told = () => {};
  const controller = new AbortController();
  let ticket = "";
  /** @type {typeof globalThis.fetch} */
  const fetch = async (input, init) => {
    const method = init?.method ?? "GET";
    ticket = String(new Headers(init?.headers).get("Authorization"));
    if (method === "PUT" && String(input).endsWith("/2")) controller.abort();
    const answer = await globalThis.fetch(input, init);
    asked.push({ method, url: String(input), status: answer.status });
    told();
    return answer;
  };
  const { customer, mine } = await pair(fetch);
  const { id } = await mine.sendFile(new File([randomBytes(4 * PART)], "a.bin"), { signal: controller.signal });
  await until(customer, "cancelled", () => mine.messages.find((m) => m.id === id && m.file?.state === "cancelled"));
  while (!asked.some((a) => a.method === "DELETE")) await new Promise((/** @type {(v: void) => void} */ resolve) => (told = resolve));
  const gone = /** @type {{ url: string, status: number }} */ (asked.find((a) => a.method === "DELETE"));
  assert.equal(gone.status, 204);
  assert.equal((await globalThis.fetch(`${gone.url}/parts`, { headers: { Authorization: ticket } })).status, 404);
  assert.equal((await globalThis.fetch(gone.url, { headers: { Authorization: `Bearer ${"A".repeat(43)}` } })).status, 401);
  await mine.discard(id);
  await assert.rejects(mine.retry(id), (error) => error instanceof SealwireError && error.code === "bad argument");
});
