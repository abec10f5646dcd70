/** The whole protocol over a channel of Stream Chat: a fake of its library's in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SealwireError } from "../errors.js";
import { toText } from "../client/transports/text.js";
import { stream } from "../client/transports/stream.js";
import { Backend } from "./transport-backend.js";
import { withstands } from "./transport-hostile.js";
import { streamUser } from "./transport-stream-fake.js";
import { coded, conforms } from "./transport-suite.js";

/** Milliseconds between two readings: nobody else is under way here. */
const SETTLE = 30;

conforms("stream", () => {
  const backend = new Backend();
  return { left: () => backend.left, join: (name) => stream({ ...streamUser(backend, name), settle: SETTLE }) };
});

withstands("stream", (backend) => (name) => stream({ ...streamUser(backend, name), settle: SETTLE }));

/** @param {Backend} backend @param {number} n @param {number} at */
const add = (backend, n, at) => backend.add({ author: "platform", body: toText(Uint8Array.of(1, n)), media: null, id: `m${n}`, at });

/** So many entries, as they are given out. @param {import("../client/transports/transport.js").Transport} transport @param {number} count */
async function given(transport, count) {
  /** @type {number[]} */
  const numbers = [];
  if (count > 0) for await (const { bytes } of transport.entries(0)) if (bytes && numbers.push(Number(bytes[1])) === count) break;
  return numbers;
}

test("stream: what comes to stand before another while that is not settled is given out before it", async () => {
  const backend = new Backend();
  const now = Date.now();
  add(backend, 1, now);
  add(backend, 3, now + 20);
  const user = streamUser(backend, "ana");
  const { query } = user.channel;
  const read = new Promise((resolve) => {
    user.channel.query = async (options) => {
      const page = await query(options);
      setImmediate(resolve, undefined);
      return page;
    };
  });
  const transport = stream({ ...user, settle: 300 });
  await read;
  add(backend, 2, now + 10);
  assert.deepEqual(await given(transport, 3), [1, 2, 3]);
  transport.close();
});

test("stream: nothing is given out at its first reading", async () => {
  const backend = new Backend();
  const transport = stream({ ...streamUser(backend, "ana"), settle: 200 });
  const begun = Date.now();
  add(backend, 1, begun - 60_000);
  await given(transport, 1);
  assert.ok(Date.now() - begun >= 190);
  transport.close();
});

test("stream: what comes to stand before others that were given out is a fork", async () => {
  const backend = new Backend();
  const transport = stream({ ...streamUser(backend, "ana"), settle: SETTLE });
  const now = Date.now();
  add(backend, 1, now);
  add(backend, 3, now + 20);
  assert.deepEqual(await given(transport, 2), [1, 3]);
  add(backend, 2, now + 10);
  await assert.rejects(given(transport, 3), coded("forked log"));
  transport.close();
});

test("stream: what was given out and stands at a later place then is a fork; somebody's message is of no account there", async () => {
  const backend = new Backend();
  const transport = stream({ ...streamUser(backend, "ana"), settle: SETTLE });
  const now = Date.now();
  const moved = add(backend, 1, now);
  const theirs = backend.add({ author: "somebody", body: "hello", media: null, id: "theirs", at: now + 10 });
  add(backend, 3, now + 20);
  assert.deepEqual(await given(transport, 2), [1, 3]);
  theirs.at = now + 30;
  add(backend, 4, now + 40);
  add(backend, 5, now + 50);
  assert.deepEqual(await given(transport, 4), [1, 3, 4, 5]);
  moved.at = now + 60;
  add(backend, 6, now + 70);
  await assert.rejects(given(transport, 5), coded("forked log"));
  transport.close();
});

test("stream: that nothing can be read is told, and over when it can", async () => {
  const backend = new Backend();
  const user = streamUser(backend, "ana");
  const { query } = user.channel;
  let failing = false;
  user.channel.query = async (options) => {
    if (failing) throw new SealwireError("unavailable", "StreamChat error code 17: not allowed");
    return query(options);
  };
  const transport = stream({ ...user, settle: SETTLE });
  add(backend, 1, Date.now());
  assert.deepEqual(await given(transport, 1), [1]);
  failing = true;
  add(backend, 2, Date.now());
  await assert.rejects(given(transport, 2), /not allowed/);
  failing = false;
  const all = async () => {
    for (;;) {
      try {
        return await given(transport, 2);
      } catch (error) {
        assert.match(String(error), /not allowed/);
        await new Promise((resolve) => setTimeout(resolve, SETTLE));
      }
    }
  };
  assert.deepEqual(await all(), [1, 2]);
  transport.close();
});

test("stream: somebody's message that comes to stand before others is of no account", async () => {
  const backend = new Backend();
  const transport = stream({ ...streamUser(backend, "ana"), settle: SETTLE });
  const now = Date.now();
  add(backend, 1, now);
  add(backend, 3, now + 20);
  assert.deepEqual(await given(transport, 2), [1, 3]);
  backend.add({ author: "somebody", body: "late", media: null, id: "late", at: now + 10 });
  add(backend, 4, now + 30);
  assert.deepEqual(await given(transport, 3), [1, 3, 4]);
  transport.close();
});

test("stream: a long channel is paged", async () => {
  const backend = new Backend();
  const now = Date.now() - 100_000;
  for (let n = 0; n < 250; n++) add(backend, n, now + n);
  const transport = stream({ ...streamUser(backend, "ana"), settle: SETTLE });
  assert.deepEqual(await given(transport, 250), Array.from({ length: 250 }, (_, n) => n));
  transport.close();
});

test("stream: a file is fetched from the platform's hosts only", async () => {
  const backend = new Backend();
  const id = "A".repeat(22);
  backend.add({ author: "mallory", body: "", media: { filename: id, contentType: "text/plain", bytes: new Uint8Array(), url: "https://mallory.example/x" }, id: "file", at: Date.now() });
  add(backend, 1, Date.now() + 1);
  /** @type {string[]} */
  const asked = [];
  const transport = stream({ ...streamUser(backend, "ana"), settle: SETTLE, fetch: async (url) => (asked.push(String(url)), new Response("x")) });
  await given(transport, 1);
  await assert.rejects(transport.download(id, { signal: AbortSignal.timeout(1_000) }), coded("unavailable"));
  assert.deepEqual(asked, []);
  transport.close();
});
