/** The worker's script, with the globals of a worker: what it begins with, and what it refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../core/module.js";
import { Company } from "./independent/company.js";
import { module } from "./helpers/core.js";

const roots = [new Company().root.public];

/** A worker that is sent this first, and its answer to the first call. @param {unknown} first @returns {Promise<import("../client/remote.js").Reply>} */
async function answer(first) {
  const scope = /** @type {{ onmessage?: (event: { data: unknown }) => void, postMessage?: (reply: import("../client/remote.js").Reply) => void }} */ (globalThis);
  await import(`../client/worker.js?${Math.random()}`);
  return new Promise((resolve) => {
    scope.postMessage = resolve;
    for (const data of [first, { id: 1, method: "tenant", args: [{ role: "customer", roots }] }]) scope.onmessage?.({ data });
  });
}

test("with the module of its own version a worker begins", async () => {
  assert.equal((await answer({ module, sha256 })).error, undefined);
});

test("an old script does not run another version's module, nor one of which it is told no version", async () => {
  for (const hash of ["0".repeat(64), undefined]) assert.equal((await answer({ module, sha256: hash })).error?.code, "unsupported version");
});
