// The independent end (test/independent, written from wasm/SPEC.md) against the
// real core: they talk in both directions and in both roles. What the core
// refuses is in interop-refusals.test.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeEvent } from "../client/status.js";
import { CoreEnd } from "./core-end.js";
import { join, u64, utf8 } from "./independent/codec.js";
import { Company, NOW } from "./independent/company.js";
import { randomBytes } from "./independent/crypto.js";
import { checkHello, makeHello } from "./independent/frames.js";
import { Conversation, End } from "./independent/member.js";
import { checkChains, decodeKeyPackage, keyPackageHolds, ROLE, USE } from "./independent/statements.js";
import { code, core, member, ourAgent, ourCustomer, theySay, weSay } from "./interop-pair.js";

for (const [name, make] of Object.entries({ "customer": ourCustomer, "agent": ourAgent })) {
  test(`the independent ${name} and the core talk both ways, with commits by each`, () => {
    const pair = make();
    weSay(pair, utf8("Guten Tag"));
    theySay(pair, utf8("Hello, 你好, 👋"));
    pair.log.append(pair.ours.commit({ time: NOW }));
    weSay(pair, utf8("after our commit"));
    theySay(pair, utf8("also after it"));
    pair.log.append(pair.theirs.commit());
    theySay(pair, utf8("after theirs"));
    weSay(pair, utf8("and we"));
    for (const size of [0, 1, 187, 188, 189, 500, 32768]) {
      weSay(pair, randomBytes(size));
      theySay(pair, randomBytes(size));
    }
  });
}

test("the relay's hello: the independent reader accepts the core's, and its own is the same bytes but for the key", () => {
  const company = new Company();
  const root = company.root.public;
  const end = new CoreEnd(core, ROLE.customer, [root]);
  const [nonce, host, proof] = [randomBytes(32), utf8("127.0.0.1:8787"), utf8("a.b.c")];
  const hello = end.hello(nonce, host, proof);
  assert.deepEqual(checkHello(nonce, hello, root, host).identity, end.identity);
  assert.throws(() => checkHello(randomBytes(32), hello, root, host), { code: "open failed" });
  const mine = new End({ role: ROLE.customer, roots: [root] });
  const ours = makeHello(nonce, mine.identity, { role: ROLE.customer, tenant: checkHello(nonce, hello, root, host).tenant, host, proof });
  assert.equal(ours.length, hello.length);
  assert.deepEqual(checkHello(nonce, ours, root, host).identity, mine.identity.public);
});

test("the core gives out key packages that the independent reader verifies, bare and with a credential", () => {
  const { company, agent, customer } = ourCustomer();
  const withCredential = decodeKeyPackage(agent.keyPackage(true));
  assert.ok(keyPackageHolds(withCredential));
  assert.equal(withCredential.use, USE.lastResort);
  assert.ok(withCredential.credential !== null);
  checkChains(withCredential.credential, /** @type {import("./independent/statements.js").Manifest} */ (customer.newest));
  const bare = new CoreEnd(core, ROLE.customer, [company.root.public]);
  bare.manifest(company.encodedManifest());
  const k = decodeKeyPackage(bare.keyPackage());
  assert.ok(keyPackageHolds(k) && k.credential === null && k.use === USE.offer);
  assert.deepEqual(k.id, bare.id);
});

test("passing messages cross both ways, leave no gaps, and stay out of the log", () => {
  const pair = ourCustomer();
  const { ours, theirs } = pair;
  weSay(pair, utf8("one"));
  theySay(pair, utf8("two"));
  const typing = ours.seal(utf8("typing"), { passing: true });
  assert.deepEqual(theirs.passing(typing).content, utf8("typing"));
  assert.throws(() => theirs.passing(typing), { code: "replayed" });
  const theirTyping = theirs.seal(utf8("also typing"), true);
  assert.deepEqual(ours.readPassing(theirTyping).content, utf8("also typing"));
  assert.throws(() => ours.readPassing(theirTyping), { code: "replayed" });
  assert.throws(() => theirs.seal(new Uint8Array(189), true), { code: "too long" });
  assert.equal(pair.log.append(ours.seal(utf8("x"), { passing: true })).code, code("bad argument"));
  assert.throws(() => theirs.passing(ours.seal(utf8("stored"))), { code: "bad argument" });
  ours.counter--; // that one never left
  theySay(pair, utf8("three"));
  weSay(pair, utf8("four"));
});

test("a passing message changes nothing of what is stored: whoever did not get it reads the same", () => {
  const pair = ourCustomer();
  const { ours, theirs, log } = pair;
  theySay(pair, utf8("one"));
  const leap = ours.seal(utf8("typing"), { passing: true, header: (h) => { h.instance = ours.end.instance; h.counter = 1000n; } });
  assert.deepEqual(theirs.passing(leap).content, utf8("typing"));
  for (let i = 0; i < 20; i++) theirs.passing(ours.seal(utf8("typing"), { passing: true, header: (h) => { h.instance = randomBytes(16); } }));
  const said = log.append(ours.seal(utf8("stored, with a low counter")));
  assert.deepEqual([said.type, said.counter], ["message", 1n]);
  log.append(ours.commit({ time: NOW }));
  assert.throws(() => theirs.passing(leap), { code: "stale epoch" });
});

test("a counter that leaps is a gap as long as a number of JavaScript's, which the client reads", () => {
  const pair = ourCustomer();
  const { ours, theirs, log } = pair;
  for (const counter of [2n ** 53n, 2n ** 60n, 2n ** 64n - 1n]) {
    const entry = ours.seal(utf8("x"), { header: (h) => { h.counter = counter; } });
    ours.read(entry);
    const event = decodeEvent(core.callBytes("conversation_receive", theirs.handle, join(u64(NOW), entry)));
    assert.equal(event.type, "message");
    assert.equal(event.type === "message" && event.gap, 2 ** 53 - 1);
    log.entries.push(entry);
  }
  theySay(pair, utf8("after"));
});

test("a message that a commit overtook is stale, and is read once when sealed again", () => {
  const pair = ourCustomer();
  const { ours, theirs, log } = pair;
  theySay(pair, utf8("settled"));
  const [mine, its] = [ours.seal(utf8("mine")), theirs.seal(utf8("its"))];
  log.append(ours.commit({ time: NOW }));
  assert.equal(log.append(mine).code, code("stale epoch"));
  assert.equal(log.append(its).code, code("stale epoch"));
  assert.equal(log.append(ours.reseal(mine, utf8("mine"))).type, "message");
  assert.equal(log.append(theirs.reseal(its, utf8("its"))).type, "message");
  assert.equal(log.append(ours.reseal(mine, utf8("mine"))).code, code("replayed"));
  assert.throws(() => theirs.reseal(its, utf8("its")), { code: "replayed" });
});

test("of two commits on one head the first wins, and the loser's maker goes on", () => {
  const pair = ourAgent();
  const { ours, theirs, log } = pair;
  const [mine, its] = [ours.commit({ time: NOW }), theirs.commit()];
  log.append(mine);
  assert.equal(log.append(its).code, code("stale head"));
  theySay(pair, utf8("after all"));
  weSay(pair, utf8("indeed"));
});

test("a commit that removes, leaves or closes is read alike", () => {
  const pair = ourAgent();
  const { company, ours, theirs, log } = pair;
  const helper = member(company, ROLE.supervisor, "Bea");
  log.append(ours.commit({ time: NOW, add: [{ role: ROLE.agent, keyPackage: helper.keyPackage(2n ** 33n) }] }));
  const second = new Conversation(helper, ours.id);
  const read = log.entries.map((entry) => second.read(entry));
  assert.equal(read[0].type, "commit");
  assert.equal(second.state, "active");
  assert.deepEqual(second.chain.head, ours.chain.head);
  theySay(pair, utf8("to both"));
  for (const entry of log.entries.slice(second.log.length - 1)) second.read(entry);
  const words = second.seal(utf8("from the second agent"));
  second.read(words);
  assert.deepEqual(log.append(words).content, utf8("from the second agent"));
  // It leaves; nothing is valid until it is gone.
  const leave = second.commit({ time: NOW, marks: 1 });
  second.read(leave);
  log.append(leave);
  assert.equal(log.append(ours.seal(utf8("too early"))).code, code("stale epoch"));
  assert.equal(log.append(ours.commit({ time: NOW })).code, code("bad commit"));
  assert.equal(theirs.due(), 1);
  const removing = theirs.commit();
  log.append(removing);
  for (const entry of log.entries.slice(second.log.length - 1)) second.read(entry);
  assert.equal(second.state, "not a member");
  assert.equal(ours.chain.roster.length, 2);
  theySay(pair, utf8("without it"));
  const late = ours.seal(utf8("late"));
  log.append(ours.commit({ time: NOW, marks: 2 }));
  assert.equal(theirs.status().state, "closed");
  assert.equal(log.append(late).code, code("stale epoch"));
});
