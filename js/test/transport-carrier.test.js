/** The connection over foreign conversations, to a host that counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deliveries } from "../client/foreigncarrier.js";
import { entryFrame } from "../client/foreignframes.js";
import { Room } from "../client/transports/pair.js";

const ENTRY = 64 * 1024;
const COUNT = 300;
/** What a session takes, unread. */
const MOST = 16 * 1024 * 1024;

/** As far as a log looks at entries: a genesis, and messages. @param {number} n */
function entry(n) {
  const bytes = new Uint8Array(ENTRY);
  bytes.set(n === 0 ? [1, 1, 0, 0, 0, 0, 0, 0, ...new Uint8Array(16).fill(5)] : [1, 2, ...new Uint8Array(16).fill(5)]);
  new DataView(bytes.buffer).setUint32(ENTRY - 4, n);
  return bytes;
}

test("a log of more bytes than a session takes unread is given out as it is read", async () => {
  const transport = new Room({ maxBody: 100_000 }).join("x");
  for (let n = 0; n < COUNT; n++) await transport.append(entryFrame(entry(n)), { id: String(n) });
  let [unread, most, reading] = [0, 0, false];
  /** @type {number[]} */
  const came = [];
  /** @type {() => void} */
  let done = () => {};
  const all = new Promise((/** @type {(v: void) => void} */ resolve) => (done = resolve));
  /** @type {() => void} */
  let turn = () => {};
  const online = new Promise((/** @type {(v: void) => void} */ resolve) => (turn = resolve));
  const read = () => {
    reading = unread > 0;
    if (!reading) return;
    unread -= Math.min(unread, 8 * ENTRY);
    setImmediate(read);
  };
  const carrier = new Deliveries(
    {
      member: "0".repeat(32),
      role: "customer",
      prepare: async () => {},
      hello: async () => assert.fail(),
      manifest: async () => new Uint8Array(),
      inspect: async (bytes) => ({ id: bytes.subarray(-16), manifest: new Uint8Array() }),
      manifests: async () => [],
      remembered: async () => new Uint8Array(),
      remember: async () => {},
      manifestHash: async () => new Uint8Array(32),
      unread: () => unread,
      onWelcome: async () => {},
      onEntry: (_, sequence, bytes) => {
        came.push(sequence);
        most = Math.max(most, (unread += bytes.length));
        if (!reading) setImmediate(read);
        reading = true;
        if (came.length === COUNT) done();
      },
      onList: () => {},
      onWanted: () => {},
      onWaiting: () => {},
      onState: (state) => state === "online" && turn(),
      onFailure: (error) => assert.fail(error),
    },
    [transport],
    () => {},
  );
  carrier.start();
  await online;
  assert.equal(await carrier.subscribe(new Uint8Array(16).fill(5), 0), COUNT);
  await all;
  assert.deepEqual(came, Array.from({ length: COUNT }, (_, n) => n + 1));
  assert.ok(most < MOST, `${most} bytes`);
  carrier.close();
});
