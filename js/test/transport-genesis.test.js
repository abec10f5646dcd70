/** Where a conversation begins over several foreign conversations: where its agent is, and nowhere else when the first answer was lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SealwireError } from "../errors.js";
import { Appending } from "../client/foreignappending.js";
import { Memory } from "../client/foreignmemory.js";
import { coded } from "./client-pair.js";

/** @typedef {import("../client/foreignappending.js").AppendingHost} Host */

/** A genesis: a commit that is the first of its conversation. */
const genesis = Uint8Array.of(1, 1);
const id = "c".repeat(32);

/**
 * Two foreign conversations; what was appended where.
 * @param {{ names?: (string | undefined)[], source?: () => number | undefined, memory?: Memory }} [options]
 */
function two({ names = ["a", "b"], source = () => 0, memory = new Memory(async () => {}) } = {}) {
  memory.recall(new Uint8Array());
  /** @type {string[]} */
  const appended = [];
  const links = names.map((name, n) => ({
    transport: { id: name },
    live: true,
    append: async () => {
      appended.push("ab"[n] ?? "");
      throw new SealwireError("unavailable", "the answer was lost");
    },
  }));
  const places = { links, get reachable() { return links.filter(({ live }) => live); }, at: () => undefined };
  const host = {
    inspect: async () => ({ id: new Uint8Array(32), manifest: new Uint8Array() }),
    places,
    offers: { source: async (/** @type {unknown[]} */ reachable) => [links[source() ?? -1]].find((link) => reachable.includes(link)) },
    manifests: { show: async () => {} },
    memory,
  };
  return { appending: new Appending(/** @type {Host} */ (/** @type {unknown} */ (host))), links, appended, memory };
}

const offline = coded("unavailable");

for (const names of [["a", "b"], [undefined, undefined]]) {
  test(`a genesis that may stand in one goes to no other, whatever lies there by then; ${names[0] ? "named" : "without names"}`, async () => {
    let lies = 0;
    const { appending, links, appended } = two({ names, source: () => lies });
    const [a] = links;
    assert.ok(a);
    await assert.rejects(appending.append(id, genesis), offline);
    a.live = false;
    lies = 1;
    for (let n = 0; n < 3; n++) await assert.rejects(appending.append(id, genesis), offline);
    assert.deepEqual(appended, ["a"]);
    a.live = true;
    await assert.rejects(appending.append(id, genesis), offline);
    assert.deepEqual(appended, ["a", "a"]);
  });
}

test("so it is after a restart", async () => {
  const before = two();
  await assert.rejects(before.appending.append(id, genesis), offline);
  const { appending, appended, links } = two({ source: () => 1, memory: before.memory });
  const [a] = links;
  assert.ok(a);
  a.live = false;
  await assert.rejects(appending.append(id, genesis), offline);
  assert.deepEqual(appended, []);
});

test("one that was sent nowhere and whose key package lies nowhere is given up; while one of them cannot be reached it waits", async () => {
  const { appending, links, appended } = two({ source: () => undefined });
  const [a] = links;
  assert.ok(a);
  a.live = false;
  await assert.rejects(appending.append(id, genesis), offline);
  a.live = true;
  await assert.rejects(appending.append(id, genesis), coded("bad commit"));
  assert.deepEqual(appended, []);
});
