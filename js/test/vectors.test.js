// The project's vectors (wasm/SPEC.md, section 15), read by the independent
// reader. A file that is missing, empty or not understood fails.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { checkName, fromHex, Refused, toHex, utf8 } from "./independent/codec.js";
import { boxKey, checkEd25519, checkX25519, entryId, H, identity, keyHash, label, leafHash, leafOf, memberId, orgKey, safetyHalf, safetyNumber, safetyValue, tenantId, transcriptDigits, verify } from "./independent/crypto.js";
import { padded } from "./independent/entries.js";
import { decodeFrame, encodeFrame } from "./independent/frames.js";
import { Conversation, End } from "./independent/member.js";
import { NOW_S } from "./independent/company.js";
import { openAtRest, sealAtRest } from "./independent/rest.js";
import { decodeCredential, decodeKeyPackage, decodeManifest, encodeCredential, encodeKeyPackage, encodeManifest, keyPackageHolds } from "./independent/statements.js";

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
  for (const leaf of who.leaves) end.keep(leafOf(fromHex(leaf.x25519), fromHex(leaf.mlkem)), leaf.many === true);
  const conversation = new Conversation(end, fromHex(v.conversation));
  for (const [i, entry] of v.entries.entries()) {
    const bytes = fromHex(entry.entry);
    for (const own of who.commits) {
      if (own.id !== toHex(entryId(bytes))) continue;
      end.keep(leafOf(fromHex(own.leaf.x25519), fromHex(own.leaf.mlkem)));
      conversation.pending.set(entry.entry, fromHex(own.secret));
    }
    const { again = [], ...expected } = entry.readings[n];
    assert.equal(compare(conversation, v, i + 1, expected), again.length > 0, `entry ${i + 1}: ${entry.comment}: rewound`);
    for (const second of again) assert.ok(!compare(conversation, v, second.entry, second.reading));
  }
  const told = v.safety.filter((/** @type {any} */ s) => s.end === who.name);
  assert.equal(told.length, v.ends.length, "one of each other end, and of itself");
  for (const { end: _, member, ...expected } of told) assert.deepEqual(safety(conversation, fromHex(member)), expected, `safety number of ${member}`);
}

/** As the files write it. @param {Conversation} c @param {Uint8Array} member */
function safety(c, member) {
  try {
    const { epoch, ...digits } = c.safety(member);
    return { ...digits, epoch: Number(epoch) };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    return { code: cause.code };
  }
}

/** Reads the entry of that number. @param {Conversation} c @param {any} v @param {number} number @param {any} expected */
function compare(c, v, number, expected) {
  const entry = v.entries[number - 1];
  const { content, rewound, ...rest } = reading(c, fromHex(entry.entry), entry.passing === true);
  assert.deepEqual(rest, expected, `entry ${number}: ${entry.comment}`);
  if (content !== undefined) assert.equal(content, entry.content, `entry ${number}: ${entry.comment}`);
  return rewound === true;
}

/** @param {Conversation} c @param {Uint8Array} entry @param {boolean} passing @returns {Record<string, unknown>} as the files write it, and the content */
function reading(c, entry, passing) {
  /** @type {Record<string, unknown>} */
  const out = { type: "refused" };
  try {
    const event = passing ? { type: "message", ...c.readPassing(entry) } : c.read(entry);
    out.type = event.type;
    const e = /** @type {Partial<import("./independent/member.js").Event>} */ (event);
    if (e.code !== undefined) out.code = e.code;
    if (e.rewound) out.rewound = true;
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
    ...out, state: c.state, ...(c.by === null ? {} : { by: toHex(c.by) }), ...(c.owes(NOW_S) ? { owes: true } : {}), epoch: c.chain.empty ? 0 : Number(c.chain.epoch), index: Number(c.index),
    transcript: toHex(c.chain.head), log_hash: toHex(c.logHash), epoch_secret: c.epoch === null ? "" : toHex(c.epoch.secret),
    ...(c.past.size === 0 ? {} : { kept: ranges([...c.past.keys()]) }),
  };
}

/** As in "0-3,5". @param {bigint[]} epochs */
function ranges(epochs) {
  /** @type {bigint[][]} */
  const out = [];
  for (const n of epochs) {
    const last = out.at(-1);
    if (last !== undefined && last[1] === n - 1n) last[1] = n;
    else out.push([n, n]);
  }
  return out.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

// Primitives and statements.

test("labels, hashes, signatures, names, refused keys, padding", () => {
  const v = read("wasm/wire/testdata/primitives.json");
  for (const list of [v.hashes, v.signatures, v.keys, v.names, v.padding]) assert.ok(list.length > 0);
  for (const h of v.hashes) {
    assert.equal(toHex(label(h.purpose)), h.label);
    assert.equal(toHex(H(h.purpose, ...h.parts.map(fromHex))), h.hash);
  }
  for (const s of v.signatures) {
    const key = identity(fromHex(s.seed));
    assert.equal(toHex(key.public), s.public);
    assert.equal(toHex(keyHash(key.public)), s.key_hash);
    assert.equal(toHex(memberId(key.public)), s.member_id);
    assert.equal(toHex(tenantId(key.public)), s.tenant_id);
    assert.equal(orgKey(key.public), s.org_key);
    assert.equal(toHex(key.sign(s.purpose, fromHex(s.message))), s.signature);
    assert.ok(verify(key.public, s.purpose, fromHex(s.message), fromHex(s.signature)));
    assert.ok(!verify(key.public, "another purpose", fromHex(s.message), fromHex(s.signature)));
  }
  for (const k of v.keys) {
    const check = k.kind === "ed25519" ? checkEd25519 : checkX25519;
    assert.equal(codeOf(() => check(fromHex(k.key))), k.code ?? "", `${k.kind}: ${k.name} ${k.key}`);
  }
  for (const n of v.names) assert.equal(codeOf(() => checkName(fromHex(n.name))), n.code ?? "", n.name);
  for (const p of v.padding) assert.equal(padded(p.size), p.padded, p.size);
});

test("safety numbers and the digits of transcript hashes", () => {
  const v = read("wasm/wire/testdata/safety.json");
  for (const list of [v.halves, v.numbers, v.transcripts]) assert.ok(list.length > 3);
  for (const h of v.halves) {
    const [root, identity] = [h.root, h.identity].map(fromHex);
    assert.equal(toHex(safetyValue(root, identity)), h.value);
    assert.equal(safetyHalf(root, identity), h.digits);
    assert.match(h.digits, /^[0-9]{30}$/);
  }
  for (const n of v.numbers) {
    const [root, one, other] = [n.root, n.one, n.other].map(fromHex);
    assert.equal(safetyNumber(root, one, other), n.number);
    assert.equal(safetyNumber(root, other, one), n.number);
  }
  for (const t of v.transcripts) assert.equal(transcriptDigits(fromHex(t.hash)), t.digits);
});

/**
 * Everything good decodes to its fields and encodes back; everything bad is refused.
 * @param {string} name
 * @param {(bytes: Uint8Array, v: any) => any} decode
 * @param {(good: any, decoded: any) => Uint8Array} encode from the fields
 */
function statements(name, decode, encode) {
  test(`statements: ${name}`, () => {
    const v = read(`wasm/wire/testdata/${name}.json`);
    assert.ok(v.good.length > 0 && v.bad.length > 0);
    for (const good of v.good) {
      const decoded = decode(fromHex(good.encoding), v);
      assert.equal(toHex(encode(good, decoded)), good.encoding, good.name);
      if (good.hash !== undefined) assert.equal(toHex(decoded.hash), good.hash);
    }
    for (const bad of v.bad) assert.equal(codeOf(() => decode(fromHex(bad.encoding), v)), bad.code, bad.name);
  });
}

statements("manifest", (bytes, v) => decodeManifest(bytes, v.roots.map(fromHex)), ({ seed, fields: f }) => encodeManifest({
  sequence: BigInt(f.sequence), issued: BigInt(f.issued), expires: BigInt(f.expires), root: fromHex(f.root),
  issuers: f.issuers.map((/** @type {any} */ i) => ({ key: fromHex(i.key), roles: i.roles, notBefore: BigInt(i.not_before), notAfter: BigInt(i.not_after) })),
  tokenIssuers: f.token_issuers.map((/** @type {any} */ t) => ({ id: utf8(t.id), key: fromHex(t.key) })),
  queues: f.queues.map(utf8), history: f.history, retention: f.retention, grants: f.grants, minutes: f.minutes, messages: f.messages, archive: fromHex(f.archive),
}, identity(fromHex(seed))));

statements("credential", decodeCredential, ({ seed, fields: f }) => encodeCredential({
  role: f.role, identity: fromHex(f.identity), alias: utf8(f.alias), statement: fromHex(f.statement), queues: f.queues.map(utf8),
  notBefore: BigInt(f.not_before), notAfter: BigInt(f.not_after), issuer: fromHex(f.issuer),
}, identity(fromHex(seed))));

statements("keypackage", (bytes) => {
  const k = decodeKeyPackage(bytes);
  if (!keyPackageHolds(k)) throw new Refused("bad credential");
  return k;
}, ({ seed, fields: f }, decoded) => {
  const leaf = leafOf(fromHex(f.x25519), fromHex(f.mlkem));
  assert.equal(toHex(leafHash(leaf.public)), f.leaf_hash);
  assert.deepEqual(decoded.leaf, leaf.public);
  const credential = f.credential === "" ? null : fromHex(f.credential);
  return encodeKeyPackage(identity(fromHex(seed)), { credential, leaf: leaf.public, expires: BigInt(f.expires), use: f.use });
});

test("values at rest", () => {
  const v = read("wasm/keystore/testdata/values.json");
  assert.ok(v.good.length > 0 && v.bad.length > 0);
  for (const good of v.good) {
    const [key, context, value, plaintext] = [good.key, good.context, good.value, good.plaintext].map(fromHex);
    assert.deepEqual(openAtRest(key, context, value), plaintext, good.name);
    assert.deepEqual(sealAtRest(key, context, plaintext, value.slice(1, 25)), value, good.name);
  }
  for (const bad of v.bad) {
    assert.equal(codeOf(() => openAtRest(fromHex(bad.key), fromHex(bad.context), fromHex(bad.value))), bad.code, bad.name);
  }
});

test("X25519: keys of low order are bad, all others give the box key of two libraries", () => {
  const v = read("wasm/nacl/testdata/x25519.json");
  assert.ok(v.cases.length > 0);
  for (const c of v.cases) assert.equal(codeOf(() => boxKey(fromHex(c.secret), fromHex(c.public))), c.expect === "bad key" ? "bad key" : "", c.name);
});

test("frames of the relay connection", () => {
  const v = read("server/relay/testdata/frames.json");
  assert.ok(v.good.length > 0 && v.bad.length > 0);
  for (const good of v.good) {
    const frame = decodeFrame(fromHex(good.frame));
    const { type, request, ...fields } = /** @type {Record<string, any>} */ (plain(frame));
    for (const text of ["host", "queue"]) if (text in fields) fields[text] = Buffer.from(fields[text], "hex").toString();
    assert.deepEqual({ type, request, fields }, { type: good.type, request: good.request, fields: good.fields }, good.name);
    assert.equal(toHex(encodeFrame(frame)), good.frame, good.name);
  }
  for (const bad of v.bad) assert.equal(codeOf(() => decodeFrame(fromHex(bad.frame))), bad.code, bad.name);
});

/** As frames.json writes values. @param {any} value @returns {any} */
function plain(value) {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, x]) => [k, plain(x)]));
  return value;
}
