/** Files over foreign transports: the parts that are handed over lie in places that are used again. */
import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { toHex } from "../client/bytes.js";
import { ForeignFiles } from "../client/foreignfiles.js";
import { PART } from "../client/padding.js";
import { Room } from "../client/transports/pair.js";
import { coded } from "./transport-suite.js";

const CONVERSATION = toHex(new Uint8Array(16));
const { signal } = new AbortController();

/** Two places on a disk: what lay in one before cannot be read any more. */
async function slots() {
  const directory = await mkdtemp(join(tmpdir(), "slots-"));
  after(() => rm(directory, { recursive: true }));
  return async (/** @type {number} */ slot, /** @type {Uint8Array} */ bytes) => {
    const path = join(directory, String(slot));
    await rm(path, { force: true });
    await writeFile(path, bytes);
    return openAsBlob(path);
  };
}

/** @param {AsyncIterable<Uint8Array>} pieces */
async function all(pieces) {
  const found = [];
  for await (const piece of pieces) found.push(piece);
  return Buffer.concat(found);
}

test("a file of more parts than lie ready at once goes up whole", async () => {
  const put = await slots();
  const transport = new Room().join("x");
  const files = new ForeignFiles(() => transport);
  const content = new Uint8Array(5 * PART + 321).map((_, at) => (at * 7 + (at >> 8)) % 251);
  const id = await files.create(CONVERSATION, content.length);
  /** @type {Blob | undefined} */
  let first;
  for (let part = 0; part * PART < content.length; part++) {
    const body = await put(part % 2, content.subarray(part * PART, (part + 1) * PART));
    first ??= body;
    await files.put(CONVERSATION, id, part, body, signal);
  }
  await assert.rejects(/** @type {Blob} */ (first).arrayBuffer(), "its place was used again");
  await files.complete(CONVERSATION, id, signal);
  assert.ok((await all(files.read(CONVERSATION, id, 0, content.length, signal))).equals(content));
});

test("no more is held of a file than it was said to have", async () => {
  const transport = new Room().join("x");
  const files = new ForeignFiles(() => transport);
  const id = await files.create(CONVERSATION, PART + 1);
  await assert.rejects(files.put(CONVERSATION, id, 0, new Blob([new Uint8Array(PART + 1)]), signal), coded("too large"));
  await assert.rejects(files.put(CONVERSATION, id, 2, new Blob(["x"]), signal), RangeError);
  assert.deepEqual(await files.missing(CONVERSATION, id, signal), new Set([0, 1]));
});
