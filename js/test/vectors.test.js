// The project's vectors (wasm/SPEC.md, section 15), read by the independent
// reader. A file that is missing, empty or not understood fails.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { fromHex, Refused, toHex } from "./independent/codec.js";
import { entryId, leafOf } from "./independent/crypto.js";
import { Conversation, End } from "./independent/member.js";
import { decodeManifest } from "./independent/statements.js";

/** @param {string} path from the root of the repository @returns {any} */
const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
/** @param {() => unknown} f @returns {string} its code, or empty */
function codeOf(f) {
  try {
    f();
    return "";
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    return cause.code;
  }
}

// Whole conversations.

const CONVERSATIONS = "wasm/conversation/testdata";
const files = readdirSync(new URL(`../../${CONVERSATIONS}`, import.meta.url)).filter((name) => name.endsWith(".json"));

test("there are conversations to read", () => { assert.ok(files.length >= 10, `${files.length} files`); });

for (const file of files) {
  const v = read(`${CONVERSATIONS}/${file}`);
  test(`conversation ${file}: ${v.comment}`, async (t) => {
    assert.ok(v.entries.length > 0 && v.ends.length > 0);
    for (const [n, who] of v.ends.entries()) {
      await t.test(`as ${who.name}`, () => { readAs(v, n, who); });
    }
  });
}

/** @param {any} v @param {number} n @param {any} who */
function readAs(v, n, who) {
  const root = fromHex(v.root);
  const end = new End({ role: who.role, roots: [root], seed: fromHex(who.seed) });
  for (const m of v.manifests) {
    assert.equal(codeOf(() => end.learn(decodeManifest(fromHex(m.manifest), [root]))), m.code ?? "");
    if (m.code === undefined) assert.ok(end.manifests.has(m.hash));
  }
  for (const leaf of who.leaves) end.keep(leafOf(fromHex(leaf.x25519), fromHex(leaf.mlkem)));
  const conversation = new Conversation(end, fromHex(v.conversation));
  for (const [i, entry] of v.entries.entries()) {
    const bytes = fromHex(entry.entry);
    for (const own of who.commits) {
      end.keep(leafOf(fromHex(own.leaf.x25519), fromHex(own.leaf.mlkem)));
      if (own.id === toHex(entryId(bytes))) conversation.pending.set(entry.entry, fromHex(own.secret));
    }
    const got = reading(conversation, bytes, entry.passing === true);
    const { content, ...rest } = got;
    assert.deepEqual(rest, entry.readings[n], `entry ${i + 1}: ${entry.comment}`);
    if (content !== undefined) assert.equal(content, entry.content, `entry ${i + 1}: ${entry.comment}`);
  }
}

/** @param {Conversation} c @param {Uint8Array} entry @param {boolean} passing */
function reading(c, entry, passing) {
  /** @type {Record<string, unknown>} */
  const out = { type: "refused" };
  try {
    const event = passing ? { type: "message", ...c.readPassing(entry) } : c.read(entry);
    out.type = event.type;
    const e = /** @type {Partial<import("./independent/member.js").Event>} */ (event);
    if (e.code !== undefined) out.code = e.code;
    if (event.type === "message") {
      out.counter = Number(e.counter);
      if (e.gap && !passing) out.gap = Number(e.gap);
      out.content = toHex(e.content ?? new Uint8Array(0));
    }
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    out.code = cause.code;
  }
  return {
    ...out, state: c.state, epoch: c.chain.empty ? 0 : Number(c.chain.epoch), index: Number(c.index),
    transcript: toHex(c.chain.head), log_hash: toHex(c.logHash), epoch_secret: c.epoch === null ? "" : toHex(c.epoch.secret),
  };
}
