/** A relay that acknowledges a message and shows something else in its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sender } from "../client/sender.js";
import { Timeline } from "../client/timeline.js";
import { SealwireError } from "../errors.js";

/**
 * A sender with one message to send, whose entries are all acknowledged and read.
 * @param {number} shown  which of them the log shows as that message; the others as something else
 * @param {() => boolean} [held]  whether nothing may be sent for now
 */
function sender(shown, held = () => false) {
  const timeline = new Timeline(() => {});
  timeline.wait({ id: "m1", conversation: "00".repeat(16), time: 0, content: new TextEncoder().encode('{"type":"text","text":"hello"}'), held: false }, null);
  const seen = { appends: 0, troubles: /** @type {unknown[]} */ ([]) };
  const one = new Sender(/** @type {import("../client/sender.js").SenderHost} */ (/** @type {unknown} */ ({
    end: { next: async () => (timeline.pending ? { kind: "message", entry: new Uint8Array(3), message: "m1" } : { kind: "none" }) },
    connection: {
      append: async () => {
        if (++seen.appends > 1000) throw new Error("without an end");
        if (seen.appends === shown) timeline.done("m1");
        return seen.appends;
      },
    },
    reader: { follow: async () => {}, readTo: async () => {}, refollow: async () => {} },
    timeline,
    conversation: () => "00".repeat(16),
    able: () => true,
    barred: () => false,
    begun: () => false,
    unasked: () => false,
    held,
    done: () => {},
    unbegin: async () => {},
    onTrouble: async (/** @type {unknown} */ error) => void seen.troubles.push(error),
  })));
  return { one, seen };
}

test("a message that is acknowledged and never shown is not sent without end: it pauses", async () => {
  const { one, seen } = sender(0);
  await one.pump();
  assert.equal(seen.appends, 8);
  assert.deepEqual(seen.troubles.map((e) => e instanceof SealwireError && e.code), ["unavailable"]);
});

test("a message that is shown after a while is sent", async () => {
  const { one, seen } = sender(5);
  await one.pump();
  assert.equal(seen.appends, 5);
  assert.deepEqual(seen.troubles, []);
});

test("what may not be sent for now is not, and no trouble; then it is", async () => {
  let held = true;
  const { one, seen } = sender(1, () => held);
  await one.pump();
  assert.deepEqual(seen, { appends: 0, troubles: [] });
  held = false;
  await one.pump();
  assert.deepEqual(seen, { appends: 1, troubles: [] });
});
