// What the independent end spoils, one thing each, and the code with which the
// core and the independent reader both ignore it (the tables of SPEC sections
// 5.4 and 6.3), or do not even decode it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CoreEnd } from "./core-end.js";
import { join, u64, u8, utf8 } from "./independent/codec.js";
import { Company, NOW, NOW_S } from "./independent/company.js";
import { identity, leafHash, randomBytes } from "./independent/crypto.js";
import { decodeEntry, encodeJoinRequest } from "./independent/entries.js";
import { Conversation, End } from "./independent/member.js";
import { decodeCredential, decodeManifest, encodeKeyPackage, ROLE, USE } from "./independent/statements.js";
import { code, core, Log, member, ourAgent, ourCustomer, theySay, weSay } from "./interop-pair.js";

/**
 * @typedef {ReturnType<typeof ourAgent> | ReturnType<typeof ourCustomer>} Pair
 * @typedef {import("./independent/member.js").Change} Change
 * @typedef {Partial<import("./independent/entries.js").CommitFields>} Fields
 */

const FAR = 2n ** 33n;
/** @param {End} end @param {number} role @param {number} [use] */
const add = (end, role, use) => ({ role, keyPackage: end.keyPackage(FAR, use) });
/** @param {Uint8Array} bytes */
const flipped = (bytes, at = bytes.length - 1) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
/** @param {Pair} pair */
const customerOf = ({ ours }) => /** @type {import("./independent/chain.js").Member} */ (ours.chain.roster.find((m) => m.role === ROLE.customer));
/** An independent customer. @param {Company} company */
const bare = (company) => new End({ role: ROLE.customer, roots: [company.root.public] });

/**
 * A commit on the head with one thing wrong, and its code.
 * @type {{ name: string, code: string, as: "agent" | "customer", fields?: (p: Pair) => Fields, change?: (p: Pair) => Change }[]}
 */
const COMMITS = [
  { name: "of another conversation", code: "bad argument", as: "agent", fields: () => ({ conversation: randomBytes(16) }) },
  { name: "on a parent that is not the head", code: "stale head", as: "agent", fields: () => ({ parent: randomBytes(32) }) },
  { name: "on no parent", code: "stale head", as: "agent", fields: () => ({ parent: new Uint8Array(32) }) },
  { name: "that skips an epoch", code: "bad commit", as: "agent", fields: ({ ours }) => ({ epoch: ours.chain.epoch + 2n }) },
  { name: "of the epoch of now", code: "bad commit", as: "agent", fields: ({ ours }) => ({ epoch: ours.chain.epoch }) },
  { name: "with a queue", code: "bad commit", as: "agent", fields: () => ({ queue: utf8("default") }) },
  { name: "with a previous conversation", code: "bad commit", as: "agent", fields: () => ({ previous: randomBytes(16) }) },
  { name: "with a key package that is not signed", code: "bad credential", as: "customer", change: () => ({ fields: (f) => { f.keyPackage = flipped(f.keyPackage, f.keyPackage.length - 60); } }) },
  { name: "that adds a key package that is not signed", code: "bad credential", as: "agent", fields: ({ company }) => {
    const a = add(member(company, ROLE.agent, "Bea"), ROLE.agent);
    return { add: [{ ...a, keyPackage: flipped(a.keyPackage, a.keyPackage.length - 60) }] };
  } },
  { name: "that adds an agent of another company", code: "bad credential", as: "agent", fields: () => ({ add: [add(member(new Company(), ROLE.agent, "Mallory"), ROLE.agent)] }) },
  { name: "that adds an agent of another queue", code: "bad credential", as: "agent", fields: ({ company }) => ({ add: [add(member(company, ROLE.agent, "Bea", { queues: [utf8("other")] }), ROLE.agent)] }) },
  { name: "that adds an agent of no queue", code: "bad credential", as: "agent", fields: ({ company }) => ({ add: [add(member(company, ROLE.agent, "Bea", { queues: [] }), ROLE.agent)] }) },
  { name: "that adds an agent whose credential outlives its issuer", code: "bad credential", as: "agent", fields: ({ company }) => ({ add: [add(member(company, ROLE.agent, "Bea", { notBefore: 2n ** 40n - 60n, notAfter: 2n ** 40n + 60n }), ROLE.agent)] }) },
  { name: "that adds an agent as supervisor", code: "bad credential", as: "agent", fields: ({ company }) => ({ add: [add(member(company, ROLE.agent, "Bea"), ROLE.supervisor)] }) },
  { name: "that adds an agent on a bare key", code: "bad credential", as: "agent", fields: ({ company }) => ({ add: [add(bare(company), ROLE.agent)] }) },
  { name: "by an agent that becomes a supervisor", code: "bad credential", as: "agent", fields: () => ({ role: ROLE.supervisor }) },
  { name: "by a customer that becomes an agent", code: "bad credential", as: "customer", fields: () => ({ role: ROLE.agent }) },
  { name: "by one who is not in", code: "not a member", as: "agent", change: ({ company }) => {
    const stranger = member(company, ROLE.agent, "Bea");
    return { signer: stranger.identity, fields: (f) => { f.keyPackage = stranger.keyPackage(FAR, USE.place); } };
  } },
  { name: "by one who is not in, on an unknown manifest", code: "not a member", as: "agent", fields: () => ({ manifest: randomBytes(32) }), change: ({ company }) => {
    const stranger = member(company, ROLE.agent, "Bea");
    return { signer: stranger.identity, fields: (f) => { f.keyPackage = stranger.keyPackage(FAR, USE.place); } };
  } },
  { name: "on an unknown manifest, not signed", code: "open failed", as: "agent", fields: () => ({ manifest: randomBytes(32) }), change: () => ({ signer: identity(randomBytes(32)) }) },
  { name: "with the leaf of now", code: "bad commit", as: "agent", change: (pair) => ({ fields: (f) => {
    const mine = decodeEntry(pair.log.entries.at(pair.log.entries.length - 1) ?? new Uint8Array(0));
    assert.equal(mine.kind, "commit");
    f.keyPackage = /** @type {import("./independent/entries.js").Commit} */ (mine).keyPackage;
  } }) },
  { name: "with an offer in its maker's place", code: "bad commit", as: "agent", change: ({ ours }) => ({ fields: (f) => { f.keyPackage = ours.end.keyPackage(FAR); } }) },
  { name: "that adds by a key package which was made for a place", code: "bad commit", as: "agent", fields: ({ company }) => ({ add: [add(member(company, ROLE.agent, "Bea"), ROLE.agent, USE.place)] }) },
  { name: "that closes and leaves", code: "bad commit", as: "agent", fields: () => ({ marks: 3 }) },
  { name: "that closes and adds", code: "bad commit", as: "agent", fields: ({ company }) => ({ marks: 2, add: [add(member(company, ROLE.agent, "Bea"), ROLE.agent)] }) },
  { name: "that closes and removes", code: "bad commit", as: "customer", fields: ({ agent }) => ({ marks: 2, remove: ["id" in agent ? agent.id : agent.identity.id] }) },
  { name: "that closes with a tag", code: "bad commit", as: "agent", fields: () => ({ marks: 2 }), change: () => ({ tag: () => randomBytes(32) }) },
  { name: "that adds its own maker", code: "bad commit", as: "agent", fields: ({ ours }) => ({ add: [add(ours.end, ROLE.agent)] }) },
  { name: "that adds one twice", code: "bad commit", as: "agent", fields: ({ company }) => {
    const bea = member(company, ROLE.agent, "Bea");
    return { add: [add(bea, ROLE.agent), add(bea, ROLE.agent)] };
  } },
  { name: "in which a customer adds an agent", code: "not a member", as: "customer", fields: ({ company }) => ({ add: [add(member(company, ROLE.agent, "Bea"), ROLE.agent)] }) },
  { name: "in which a customer adds a device while its key is bare", code: "not a member", as: "customer", fields: ({ company }) => ({ add: [add(bare(company), ROLE.customer)] }) },
  { name: "in which an agent adds a guest", code: "not a member", as: "agent", fields: ({ company }) => ({ add: [add(member(company, ROLE.guest, "Gil"), ROLE.guest)] }) },
  { name: "in which an agent adds a customer", code: "not a member", as: "agent", fields: ({ company }) => ({ add: [add(bare(company), ROLE.customer)] }) },
  { name: "that removes its own maker", code: "bad commit", as: "agent", fields: ({ ours }) => ({ remove: [ours.end.identity.id] }) },
  { name: "that removes one who is not in", code: "bad commit", as: "agent", fields: () => ({ remove: [randomBytes(16)] }) },
  { name: "in which an agent removes the customer", code: "not a member", as: "agent", fields: (pair) => ({ remove: [customerOf(pair).id] }) },
  { name: "that grants where the policy grants nothing", code: "not a member", as: "agent", fields: ({ company }) => {
    const bea = member(company, ROLE.agent, "Bea");
    return { add: [add(bea, ROLE.agent)], grant: [{ grantee: bea.identity.id, from: 0n, to: 0n, reason: 0 }] };
  } },
  { name: "that answers no request", code: "bad commit", as: "agent", fields: () => ({ answers: randomBytes(16) }) },
  { name: "signed by another", code: "open failed", as: "agent", change: () => ({ signer: identity(randomBytes(32)) }) },
  { name: "with 17 members", code: "too large", as: "agent", fields: ({ company }) => ({ add: Array.from({ length: 15 }, (_, i) => add(member(company, ROLE.agent, `Bea ${i}`), ROLE.agent)) }) },
  { name: "whose newcomer has its maker's leaf", code: "bad commit", as: "agent", fields: ({ company, ours }) => {
    const bea = member(company, ROLE.agent, "Bea");
    const keyPackage = bea.keyPackage(FAR);
    ours.end.random = replay([...bea.leaves.values()].map((leaf) => [leaf.x, leaf.seed]).flat());
    return { add: [{ role: ROLE.agent, keyPackage }] };
  } },
  { name: "with a seal too few", code: "bad commit", as: "agent", change: () => ({ seals: () => [] }) },
  { name: "with a seal too many", code: "bad commit", as: "agent", change: () => ({ seals: (seals) => [...seals, ...seals] }) },
  { name: "with a joiner for one who continues", code: "bad commit", as: "agent", change: () => ({ plain: (_, plain) => join(plain, plain) }) },
  { name: "with no tag", code: "bad commit", as: "agent", change: () => ({ tag: () => new Uint8Array(0) }) },
];

/** Randomness that begins with what is given. Ephemeral first, then the leaf. @param {Uint8Array[]} next */
function replay(next) {
  const queue = [randomBytes(32), ...next];
  return (/** @type {number} */ n) => queue.shift() ?? randomBytes(n);
}

test("the core ignores a commit with one thing wrong, with the code of its rule", async (t) => {
  for (const as of /** @type {const} */ (["agent", "customer"])) {
    const pair = as === "agent" ? ourAgent() : ourCustomer();
    pair.log.append(pair.ours.commit({ time: NOW })); // so that our leaf of now is in the last entry
    for (const wrong of COMMITS.filter((c) => c.as === as)) {
      await t.test(`${as}: a commit ${wrong.name}`, () => {
        const fields = wrong.fields?.(pair) ?? {};
        const entry = pair.ours.commit({ time: NOW, ...fields }, wrong.change?.(pair));
        pair.ours.end.random = randomBytes;
        pair.log.append(entry, wrong.code);
        pair.log.entries.pop();
      });
    }
    theySay(pair, utf8("it went on"));
    weSay(pair, utf8("unharmed"));
  }
});

test("the core ignores a message with one thing wrong, with the code of its rule", async (t) => {
  const pair = ourCustomer();
  const { ours } = pair;
  weSay(pair, utf8("one"));
  const old = pair.log.entries.at(-1) ?? new Uint8Array(0);
  const stranger = identity(randomBytes(32));
  /** @type {[string, string, Parameters<Conversation["seal"]>[1]][]} */
  const wrongs = [
    ["of another conversation", "bad argument", { header: (h) => { h.conversation = randomBytes(16); } }],
    ["of an epoch to come", "stale epoch", { header: (h) => { h.epoch += 1n; } }],
    ["of one who is not in", "not a member", { header: (h) => { h.sender = stranger.id; }, signer: stranger }],
    ["signed by another member's key", "open failed", { signer: stranger }],
    ["in another member's name", "open failed", { header: (h) => { h.sender = pair.agent.id; } }],
    ["sealed under another key", "open failed", { secret: randomBytes(32) }],
    ["with a bit in its padding", "open failed", { plain: (p) => { p[p.length - 1] = 1; } }],
    ["with a bit of its content changed", "open failed", { plain: (p) => { p[4] ^= 1; } }],
    ["with a length beyond its plaintext", "open failed", { plain: (p) => { p.set(u64(2n ** 40n).subarray(2, 6)); } }],
    ["with a length that pads to another size", "open failed", { plain: (p) => { p[2] = 1; } }],
    ["with a counter that was used", "replayed", { header: (h) => { h.counter = 1n; } }],
  ];
  for (const [name, expected, change] of wrongs) {
    await t.test(`a message ${name}`, () => {
      pair.log.append(ours.seal(utf8("x"), change), expected);
      ours.counter--;
    });
  }
  await t.test("a message that was read before", () => { pair.log.append(old, "replayed"); });
  await t.test("a message with a flipped bit in its box", () => { pair.log.append(flipped(ours.seal(utf8("x"))), "open failed"); });
  ours.counter--;
  await t.test("a message of a member that does not speak", () => {
    const other = ourAgent();
    const boss = member(other.company, ROLE.supervisor, "Bea");
    other.log.append(other.ours.commit({ time: NOW, add: [add(boss, ROLE.supervisor)] }));
    const hers = new Conversation(boss, other.ours.id);
    for (const entry of other.log.entries) hers.read(entry);
    other.log.append(hers.seal(utf8("psst")), "not a member");
  });
  // An epoch to come told of another log: it doubts us until we show that we read this one.
  assert.equal(pair.theirs.status().state, "doubtful");
  pair.log.append(ours.commit({ time: NOW }));
  theySay(pair, utf8("it went on"));
  weSay(pair, utf8("unharmed"));
});

test("a message that saw another log shows the fork, and the core sends nothing more", async (t) => {
  /** @type {[string, Parameters<Conversation["seal"]>[1]][]} */
  const forks = [
    ["another hash", { header: (h) => { h.seenHash = randomBytes(32); } }],
    ["an entry that is not there yet", { header: (h) => { h.seen += 1n; } }],
    ["less than its epoch's commit", { header: (h) => { h.seen = 0n; } }],
  ];
  for (const [name, change] of forks) {
    await t.test(`it saw ${name}`, () => {
      const pair = ourCustomer();
      theySay(pair, utf8("before"));
      pair.log.append(pair.ours.seal(utf8("x"), change), "forked log");
      assert.equal(pair.theirs.status().state, "forked");
      assert.throws(() => pair.theirs.seal(utf8("y")), { code: "forked log" });
      assert.throws(() => pair.theirs.commit(), { code: "forked log" });
    });
  }
  await t.test("a commit on a head that the core never had, which saw another log", () => {
    const pair = ourCustomer();
    pair.log.append(pair.ours.commit({ time: NOW, parent: randomBytes(32), seenHash: randomBytes(32) }), "forked log");
    assert.equal(pair.theirs.status().state, "forked");
  });
  await t.test("a commit that saw another log is applied, and shows the fork", () => {
    const pair = ourCustomer();
    assert.equal(pair.log.append(pair.ours.commit({ time: NOW, seenHash: randomBytes(32) })).type, "commit");
    assert.equal(pair.theirs.status().state, "forked");
  });
});

test("a commit whose seal or tag is wrong is applied, and the state is lost", async (t) => {
  /** @type {[string, Change][]} */
  const wrongs = [
    ["seal holds another secret", { plain: () => randomBytes(32) }],
    ["box has a flipped bit", { seals: (seals) => seals.map((s) => ({ ...s, box: flipped(s.box) })) }],
    ["ciphertext has a flipped bit", { seals: (seals) => seals.map((s) => ({ ...s, ct: flipped(s.ct) })) }],
  ];
  for (const [name, change] of wrongs) {
    await t.test(name, () => {
      const pair = ourCustomer();
      const entry = pair.ours.commit({ time: NOW }, change);
      pair.ours.read(entry);
      assert.equal(pair.theirs.receive(entry).type, "commit");
      assert.equal(pair.theirs.status().state, "lost");
      const said = pair.ours.seal(utf8("x"));
      assert.equal(pair.theirs.receive(said).code, code("epoch gone"));
      assert.throws(() => pair.theirs.seal(utf8("y")), { code: "epoch gone" });
    });
  }
  await t.test("tag is of another secret", () => {
    const pair = ourCustomer();
    const entry = pair.ours.commit({ time: NOW }, { tag: () => randomBytes(32) });
    pair.log.append(entry); // lost at both
    assert.equal(pair.theirs.status().state, "lost");
  });
});

test("an entry that does not decode changes nothing", async (t) => {
  const pair = ourCustomer();
  theySay(pair, utf8("before"));
  const commit = pair.ours.commit({ time: NOW });
  const message = pair.ours.seal(utf8("x"));
  pair.ours.counter--;
  const before = pair.theirs.status();
  const keyPackage = decodeEntry(commit);
  assert.equal(keyPackage.kind, "commit");
  const request = encodeJoinRequest({ conversation: pair.ours.id, leafHash: randomBytes(32), reason: 1, keyPackage: pair.ours.end.keyPackage(FAR, USE.place) }, pair.ours.end.identity);
  /** @param {(f: import("./independent/entries.js").CommitFields) => void} fields */
  const spoiled = (fields) => pair.ours.commit({ time: NOW }, { fields });
  /** @type {[string, string, Uint8Array][]} */
  const wrongs = [
    ["nothing", "bad argument", new Uint8Array(0)],
    ["version 2", "unsupported version", flipped(flipped(message, 0).map((b, i) => (i === 0 ? 2 : b)), 9999)],
    ["kind 4", "unsupported version", message.map((b, i) => (i === 1 ? 4 : b))],
    ["kind 0", "unsupported version", message.map((b, i) => (i === 1 ? 0 : b))],
    ["suite 2", "unsupported version", commit.map((b, i) => (i === 7 ? 2 : b))],
    ["a commit with a byte more", "bad argument", join(commit, u8(0))],
    ["a commit with a byte less", "bad argument", commit.slice(0, -1)],
    ["a message with a byte more", "bad argument", join(message, u8(0))],
    ["a join request with a byte more", "bad argument", join(request, u8(0))],
    ["a mark that is unknown", "bad argument", spoiled((f) => { f.marks = 4; })],
    ["a role that is none", "bad argument", spoiled((f) => { f.role = 8; })],
    ["an ephemeral key of low order", "bad key", spoiled((f) => { f.ephemeral = new Uint8Array(32); })],
    ["an ephemeral key that is not canonical", "bad key", spoiled((f) => { f.ephemeral = new Uint8Array(32).fill(255); })],
    ["an answer of 5 bytes", "bad argument", spoiled((f) => { f.answers = randomBytes(5); })],
    ["a queue with a control character", "bad argument", spoiled((f) => { f.queue = utf8("a\u202eb"); })],
    ["a leaf of low order", "bad key", spoiled((f) => { f.keyPackage.fill(0, 2 + 32, 2 + 64); })],
    ["an ML-KEM key with a coefficient over 3328", "bad key", spoiled((f) => { f.keyPackage.fill(255, 2 + 64, 2 + 67); })],
    ["an identity of low order", "bad key", spoiled((f) => { f.keyPackage.fill(0, 2, 2 + 32); })],
    ["a key package of version 2", "unsupported version", spoiled((f) => { f.keyPackage[0] = 2; })],
    ["a key package of form 2", "bad argument", spoiled((f) => { f.keyPackage[1] = 2; })],
    ["a use of 3", "bad argument", spoiled((f) => { f.keyPackage[f.keyPackage.length - 65] = 3; })],
    ["a box over its limit", "bad argument", pair.ours.commit({ time: NOW }, { plain: () => new Uint8Array(64 + 1024 * 32 + 1) })],
    ["a counter of 0", "bad argument", pair.ours.seal(utf8("x"), { header: (h) => { h.counter = 0n; } })],
    ["a retention of 3", "bad argument", pair.ours.seal(utf8("x"), { header: (h) => { h.retention = 3; } })],
    ["a passing message over its size", "bad argument", pair.ours.seal(randomBytes(300), { passing: true })],
    ["a size that no padding gives", "bad argument", join(message.slice(0, 131), new Uint8Array([0, 0, 1, 17]), message.slice(135), u8(0))],
    ["a message over the content limit", "bad argument", pair.ours.seal(randomBytes(36864 - 68))],
    ["a message over the entry limit", "too large", new Uint8Array(49153).map((_, i) => [1, 2][i] ?? 0)],
    ["a commit over the entry limit", "too large", new Uint8Array(98305).map((_, i) => [1, 1][i] ?? 0)],
    ["a join request over the entry limit", "too large", new Uint8Array(8193).map((_, i) => [1, 3][i] ?? 0)],
    ["a join request with reason 3", "bad argument", request.map((b, i) => (i === 50 ? 3 : b))],
  ];
  for (const [name, expected, entry] of wrongs) {
    await t.test(name, () => {
      assert.throws(() => decodeEntry(entry), { code: expected });
      assert.throws(() => pair.theirs.receive(entry), { code: expected });
    });
  }
  assert.deepEqual(pair.theirs.status(), before);
});

test("every flipped byte of a message is refused by both, with one code", () => {
  const pair = ourCustomer();
  weSay(pair, utf8("a message of usual size"));
  const entry = pair.ours.seal(utf8("short"));
  let codes = new Set();
  for (let i = 0; i < entry.length; i += 7) {
    const wrong = flipped(entry, i);
    const scratch = clone(pair.ours);
    /** @type {string} */
    let ours;
    try {
      ours = scratch.read(wrong).code ?? "opened";
    } catch (cause) {
      ours = /** @type {import("./independent/codec.js").Refused} */ (cause).code;
    }
    assert.notEqual(ours, "opened", `byte ${i}`);
    codes.add(ours);
  }
  assert.ok(codes.has("open failed") && codes.has("stale epoch"));
});

test("what was sealed long ago is stale only where it is authentic: garbage has one code wherever it was put", () => {
  const pair = ourCustomer();
  const { ours, log } = pair;
  weSay(pair, utf8("before"));
  const late = ours.seal(utf8("on its way for long"));
  const junk = ours.seal(utf8("x"));
  ours.counter--;
  for (let i = 0; i < 1024; i++) {
    const wrong = flipped(junk, junk.length - 1 - (i % 64));
    assert.equal(ours.read(wrong).code, "open failed");
    assert.equal(pair.theirs.receive(wrong).code, code("open failed"));
    log.entries.push(wrong);
  }
  log.append(flipped(late, 200), "open failed");
  log.append(late, "stale epoch");
  // Nor is what a commit's maker saw so long ago compared.
  log.append(ours.commit({ time: NOW, seen: ours.index - 1024n, seenHash: randomBytes(32) }));
  assert.deepEqual([ours.state, pair.theirs.status().state], ["active", "active"]);
  theySay(pair, utf8("after"));
});

/** A copy that reads on for itself. @param {Conversation} c */
function clone(c) {
  const copy = new Conversation(c.end, c.id);
  Object.assign(copy, c, { log: [...c.log], counters: new Map(c.counters), doubted: new Map(c.doubted), passed: new Map(c.passed), pending: new Map(c.pending) });
  return copy;
}

test("a commit that names a manifest the core lacks waits for it, and changes nothing meanwhile", () => {
  const pair = ourCustomer();
  const { company, ours, theirs, log, customer, agent } = pair;
  theySay(pair, utf8("before"));
  const next = company.manifest();
  customer.learn(next);
  const entry = ours.commit({ time: NOW });
  const before = theirs.status();
  assert.throws(() => theirs.receive(entry), { code: "unavailable" });
  assert.deepEqual(theirs.status(), before);
  assert.deepEqual(core.callBytes("entry_manifest", entry), next.hash);
  agent.manifest(next.encoded, false);
  log.append(entry);
  theySay(pair, utf8("after"));
  // And no commit goes back to the older one.
  const older = ours.commit({ time: NOW, manifest: /** @type {Uint8Array} */ ([...customer.manifests.values()][0]?.hash) });
  log.append(older, "rolled back");
});

test("the core refuses a genesis with one thing wrong", async (t) => {
  const company = new Company();
  const manifest = company.manifest();
  const agent = new CoreEnd(core, ROLE.agent, [company.root.public]);
  agent.manifest(manifest.encoded);
  agent.credential(company.credential(agent.identity, { queues: [utf8("default"), utf8("other")] }));
  const kp = agent.keyPackage();
  const usual = { time: NOW, queue: utf8("default"), add: [{ role: ROLE.agent, keyPackage: kp }] };
  /** @type {[string, string, Fields][]} */
  const wrongs = [
    ["that adds nobody", "bad commit", { add: [] }],
    ["of a queue that the manifest lacks", "bad commit", { queue: utf8("other") }],
    ["with an epoch", "bad commit", { epoch: 1n }],
    ["with a parent", "stale head", { parent: randomBytes(32) }],
    ["that saw an entry", "bad commit", { seen: 1n }],
    ["with another log's start", "bad commit", { seenHash: randomBytes(32) }],
    ["that closes", "bad commit", { marks: 2 }],
    ["that leaves", "bad commit", { marks: 1 }],
    ["that removes", "bad commit", { remove: [agent.id] }],
    ["that answers", "bad commit", { answers: randomBytes(16) }],
    ["that adds a second customer", "not a member", { add: [...usual.add, add(bare(company), ROLE.customer)] }],
    ["that adds a guest", "not a member", { add: [...usual.add, add(member(company, ROLE.guest, "Gil"), ROLE.guest)] }],
  ];
  for (const [name, expected, fields] of wrongs) {
    await t.test(`a genesis ${name}`, () => {
      const customer = bare(company);
      customer.learn(manifest);
      const ours = new Conversation(customer, randomBytes(16));
      const log = new Log(ours, agent.join(ours.id));
      log.append(ours.commit({ ...usual, ...fields }), expected);
      assert.equal(log.theirs.status().state, "empty");
      log.append(ours.commit({ ...usual, seen: 0n, seenHash: ours.log[0] }));
    });
  }
  await t.test("a genesis by an agent", () => {
    const bea = member(company, ROLE.agent, "Bea");
    const ours = new Conversation(bea, randomBytes(16));
    const log = new Log(ours, agent.join(ours.id));
    log.append(ours.genesis(usual), "bad commit");
  });
});

test("statements that the core refuses, with the code that the independent reader gives", async (t) => {
  const company = new Company();
  const other = new Company();
  const customer = new CoreEnd(core, ROLE.agent, [company.root.public]);
  const good = company.manifest();
  customer.manifest(good.encoded);
  /** @type {[string, string, () => Uint8Array][]} */
  const manifests = [
    ["of another root", "bad credential", () => other.encodedManifest()],
    ["with a flipped bit", "bad credential", () => flipped(company.encodedManifest(), 20)],
    ["of sequence 0", "bad argument", () => company.encodedManifest({ sequence: 0n })],
    ["that ends before it was issued", "bad argument", () => company.encodedManifest({ issued: 5n, expires: 5n })],
    ["with an issuer that may issue nothing", "bad argument", () => company.encodedManifest({ issuers: [{ key: company.issuer.public, roles: 0, notBefore: 0n, notAfter: 9n }] })],
    ["with an issuer of role 8", "bad argument", () => company.encodedManifest({ issuers: [{ key: company.issuer.public, roles: 256, notBefore: 0n, notAfter: 9n }] })],
    ["with an issuer of low order", "bad key", () => company.encodedManifest({ issuers: [{ key: new Uint8Array(32), roles: 2, notBefore: 0n, notAfter: 9n }] })],
    ["with queues out of order", "bad argument", () => company.encodedManifest({ queues: [utf8("b"), utf8("a")] })],
    ["with an empty queue", "bad argument", () => company.encodedManifest({ queues: [utf8("")] })],
    ["with 51 messages", "bad argument", () => company.encodedManifest({ messages: 51 })],
    ["with 0 minutes", "bad argument", () => company.encodedManifest({ minutes: 0 })],
    ["with history 3", "bad argument", () => company.encodedManifest({ history: 3 })],
    ["of version 2", "unsupported version", () => company.encodedManifest().map((b, i) => (i === 0 ? 2 : b))],
    ["with a byte more", "bad argument", () => join(company.encodedManifest(), u8(0))],
    ["over its limit", "too large", () => new Uint8Array(16385).fill(1)],
    ["that is older", "rolled back", () => { const older = company.encodedManifest(); customer.manifest(company.encodedManifest()); return older; }],
    ["that has ended", "expired", () => company.encodedManifest({ expires: NOW_S, sequence: 1000n })],
  ];
  for (const [name, expected, make] of manifests) {
    await t.test(`a manifest ${name}`, () => {
      const manifest = make();
      assert.throws(() => customer.manifest(manifest), { code: expected });
      if (expected !== "rolled back" && expected !== "expired") assert.throws(() => decodeManifest(manifest, [company.root.public]), { code: expected });
    });
  }
  /** @type {[string, string, Parameters<Company["credential"]>[1]][]} */
  const credentials = [
    ["by another company's issuer", "bad credential", { by: other.issuer }],
    ["that lives a second over 24 hours", "bad credential", { notBefore: NOW_S, notAfter: NOW_S + 86401n }],
    ["that ends when it begins", "bad credential", { notBefore: NOW_S, notAfter: NOW_S }],
    ["of role 0", "bad credential", { role: 0 }],
    ["of another role", "bad credential", { role: ROLE.bot }],
    ["with queues out of order", "bad credential", { queues: [utf8("b"), utf8("a")] }],
    ["with one queue twice", "bad credential", { queues: [utf8("a"), utf8("a")] }],
    ["of a customer with a queue", "bad credential", { role: ROLE.customer, queues: [utf8("a")] }],
    ["with an alias that turns text around", "bad argument", { alias: utf8("a\u202eb") }],
    ["with an alias that is not UTF-8", "bad argument", { alias: new Uint8Array([0xc0, 0x80]) }],
    ["with an alias of 65 bytes", "bad argument", { alias: utf8("a".repeat(65)) }],
    ["of an identity of low order", "bad key", { identity: new Uint8Array(32) }],
    ["of another identity", "bad credential", { identity: identity(randomBytes(32)).public }],
    ["that has ended", "expired", { notBefore: NOW_S - 100n, notAfter: NOW_S }],
  ];
  for (const [name, expected, fields] of credentials) {
    await t.test(`a credential ${name}`, () => {
      const credential = company.credential(customer.identity, fields);
      assert.throws(() => customer.credential(credential), { code: expected });
    });
  }
  decodeCredential(company.credential(customer.identity));
  customer.credential(company.credential(customer.identity));
});

test("a join request of the leaf's owner is read by both; a stranger's for an agent's leaf, one with a leaf that stands and a forged one are not", () => {
  const pair = ourAgent();
  const { ours, company, log } = pair;
  const me = /** @type {import("./independent/chain.js").Member} */ (ours.self);
  const customer = customerOf(pair);
  /** @param {End} end @param {Uint8Array} leaf @param {import("./independent/crypto.js").Identity} [signer] */
  const request = (end, leaf, signer = end.identity) =>
    encodeJoinRequest({ conversation: ours.id, leafHash: leafHash(leaf), reason: 1, keyPackage: end.keyPackage(FAR, USE.place) }, signer);
  assert.equal(log.append(request(ours.end, me.leaf)).type, "join");
  log.append(request(member(company, ROLE.agent, "Ana"), me.leaf), "bad commit");
  assert.equal(log.append(request(bare(company), customer.leaf)).type, "join");
  log.append(request(ours.end, customer.leaf), "bad commit"); // another member is no new identity
  log.append(request(ours.end, randomBytes(1216)), "not a member");
  log.append(request(ours.end, me.leaf, identity(randomBytes(32))), "open failed");
  for (const half of [join(customer.leaf.slice(0, 32), me.leaf.slice(32)), me.leaf]) {
    const keyPackage = encodeKeyPackage(ours.end.identity, { credential: ours.end.credential, leaf: half, expires: FAR, use: USE.place });
    log.append(encodeJoinRequest({ conversation: ours.id, leafHash: leafHash(me.leaf), reason: 1, keyPackage }, ours.end.identity), "bad commit");
  }
  const offer = ours.end.keyPackage(FAR);
  log.append(encodeJoinRequest({ conversation: ours.id, leafHash: leafHash(me.leaf), reason: 1, keyPackage: offer }, ours.end.identity), "bad commit");
  const second = member(pair.company, ROLE.agent, "Bea");
  log.append(ours.commit({ time: NOW, add: [add(second, ROLE.agent)] }));
  const hers = new Conversation(second, ours.id);
  for (const entry of log.entries) hers.read(entry);
  log.append(hers.commit({ time: NOW, marks: 1 }));
  hers.read(log.entries[log.entries.length - 1]);
  log.append(request(second, /** @type {import("./independent/chain.js").Member} */ (hers.self).leaf), "not a member"); // it leaves
});
