// Safety numbers (SPEC section 2.6): independent ends and ends of the real core
// tell the same digits, or the same code.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CoreEnd } from "./core-end.js";
import { utf8 } from "./independent/codec.js";
import { Company, NOW, NOW_S } from "./independent/company.js";
import { identity, randomBytes } from "./independent/crypto.js";
import { Conversation, End } from "./independent/member.js";
import { decodeManifest, encodeManifest, ROLE, usualManifest } from "./independent/statements.js";
import { code, core, Log, member, ourAgent, ourCustomer, QUEUE, theySay, weSay } from "./interop-pair.js";

/** @param {{ ours: Conversation, theirs: import("./core-end.js").CoreConversation }} pair */
function both({ ours, theirs }) {
  const self = theirs.status().members.find((m) => m.self);
  assert.ok(self);
  const [a, b] = [ours.safety(self.id), theirs.safety(ours.end.identity.id)];
  assert.deepEqual(b, a);
  assert.match(a.number, /^[0-9]{60}$/);
  assert.match(a.transcript, /^[0-9]{30}$/);
  assert.equal(a.epoch, ours.chain.epoch);
  return a;
}

/** @param {() => unknown} f */
function codeOf(f) {
  try {
    f();
  } catch (cause) {
    return /** @type {{ code: string }} */ (cause).code;
  }
  return "";
}

for (const [name, make] of Object.entries({ customer: ourCustomer, agent: ourAgent })) {
  test(`the independent ${name} and the core show one number, in all epochs; another transcript in each`, () => {
    const pair = make();
    const first = both(pair);
    weSay(pair, utf8("a message changes nothing"));
    assert.deepEqual(both(pair), first);
    const numbers = new Set([first.number, both(pair).number]);
    const transcripts = new Set([both(pair).transcript]);
    for (const commit of [() => pair.ours.commit({ time: NOW }), () => pair.theirs.commit(), () => pair.ours.commit({ time: NOW })]) {
      pair.log.append(commit());
      const now = both(pair);
      numbers.add(now.number);
      transcripts.add(now.transcript);
    }
    assert.equal(numbers.size, 1);
    assert.equal(transcripts.size, 4);
    // The same two in another conversation would have the same; others have another.
    assert.notEqual(both(make()).number, first.number);
  });
}

test("what is refused, both refuse by one code: the own id, a stranger, before genesis, after the end", () => {
  const pair = ourCustomer();
  const { ours, theirs, log, agent } = pair;
  const refuse = (/** @type {string} */ expected, /** @type {Uint8Array} */ us, /** @type {Uint8Array} */ them) => {
    assert.equal(codeOf(() => ours.safety(us)), expected);
    assert.equal(codeOf(() => theirs.safety(them)), expected);
  };
  refuse("bad argument", ours.end.identity.id, agent.id);
  refuse("not a member", new Uint8Array(16), new Uint8Array(16));
  for (const size of [0, 15, 17, 32]) assert.equal(codeOf(() => theirs.safety(new Uint8Array(size))), "bad argument", `${size} bytes`);
  const fresh = new Conversation(ours.end, ours.id);
  assert.equal(codeOf(() => fresh.safety(agent.id)), "unavailable");
  assert.equal(codeOf(() => agent.join(ours.id).safety(ours.end.identity.id)), "unavailable");
  log.append(ours.commit({ time: NOW, marks: 2 }));
  refuse("not a member", agent.id, ours.end.identity.id);
});

test("the root is that of the manifest which the newest commit names, whatever list each pins and whichever manifest each has seen", () => {
  const company = new Company();
  const next = identity(randomBytes(32));
  const old = company.encodedManifest();
  const issuers = [{ key: company.issuer.public, roles: 0b11111110, notBefore: 0n, notAfter: 2n ** 40n }];
  const rolled = encodeManifest(usualManifest({ root: next.public, sequence: 2n, issuers }), next);
  const pinned = [company.root.public, next.public];

  const customer = new End({ role: ROLE.customer, roots: pinned });
  customer.learn(decodeManifest(old, pinned));
  const agent = new CoreEnd(core, ROLE.agent, [...pinned].reverse());
  agent.manifest(old);
  agent.credential(company.credential(agent.identity));
  const ours = new Conversation(customer, randomBytes(16));
  const genesis = ours.genesis({ time: NOW, queue: QUEUE, add: [{ role: ROLE.agent, keyPackage: agent.keyPackage() }] });
  const theirs = agent.join(ours.id);
  const pair = { ours, theirs, log: new Log(ours, theirs) };
  pair.log.append(genesis);
  const before = both(pair);
  // Each has seen the next root's; no commit names it.
  customer.learn(decodeManifest(rolled, pinned));
  agent.manifest(rolled);
  assert.deepEqual(both(pair), before);
  pair.log.append(ours.commit({ time: NOW }));
  const after = both(pair);
  assert.notEqual(after.number, before.number);
  // Nobody is who he was under another root.
  const halves = (/** @type {string} */ n) => [n.slice(0, 30), n.slice(30)];
  for (const half of halves(after.number)) assert.ok(!halves(before.number).includes(half));
  pair.log.append(pair.theirs.commit());
  assert.equal(both(pair).number, after.number);
});

test("of three, each two have a number of their own and all one transcript; who left has none", () => {
  const pair = ourAgent();
  const { company, ours, theirs, log } = pair;
  const ben = member(company, ROLE.agent, "Ben");
  log.append(ours.commit({ time: NOW, add: [{ role: ROLE.agent, keyPackage: ben.keyPackage(2n ** 33n) }] }));
  const third = new Conversation(ben, ours.id);
  for (const entry of log.entries) third.read(entry);
  const [us, them, him] = [ours.end.identity.id, pair.customer.id, ben.identity.id];
  const told = [ours.safety(them), theirs.safety(us), ours.safety(him), third.safety(us), theirs.safety(him), third.safety(them)];
  for (const n of [0, 2, 4]) assert.deepEqual(told[n], told[n + 1]);
  assert.equal(new Set(told.map((s) => s.number)).size, 3);
  assert.equal(new Set(told.map((s) => s.transcript)).size, 1);
  const leave = third.commit({ time: NOW, marks: 1 });
  third.read(leave);
  log.append(leave);
  assert.equal(codeOf(() => third.safety(them)), "not a member");
  assert.equal(codeOf(() => ours.safety(him)), "not a member");
  assert.equal(codeOf(() => theirs.safety(him)), "not a member");
  assert.deepEqual(ours.safety(them), theirs.safety(us));
});

test("a fork: one epoch, two transcripts, and the number is what it was; both tell it while doubtful and forked", () => {
  const pair = ourCustomer();
  const before = both(pair);
  const mine = pair.ours.commit({ time: NOW });
  const yours = pair.theirs.commit();
  pair.ours.read(mine);
  pair.theirs.receive(yours);
  const [a, b] = [pair.ours.safety(pair.agent.id), pair.theirs.safety(pair.ours.end.identity.id)];
  assert.equal(a.epoch, b.epoch);
  assert.notEqual(a.transcript, b.transcript);
  assert.deepEqual([a.number, b.number], [before.number, before.number]);
  const [word, back] = [pair.theirs.seal(utf8("crossing")), pair.ours.seal(utf8("crossing"))];
  pair.ours.read(word);
  assert.equal(pair.ours.state, "doubtful");
  assert.deepEqual(pair.ours.safety(pair.agent.id), a);
  pair.theirs.receive(back);
  assert.equal(pair.theirs.status().state, "doubtful");
  assert.deepEqual(pair.theirs.safety(pair.ours.end.identity.id), b);
  assert.equal(pair.theirs.receive(pair.ours.commit({ time: NOW })).code, code("forked log"));
  assert.equal(pair.theirs.status().state, "forked");
  assert.deepEqual(pair.theirs.safety(pair.ours.end.identity.id), b);
});

test("an end that lost the epoch tells none, and its number is back when it is", () => {
  const pair = ourCustomer();
  theySay(pair, utf8("on leaves of their own"));
  weSay(pair, utf8("x"));
  const before = both(pair);
  // The same log at an end that holds no secret of its leaf.
  const again = new Conversation(pair.ours.end, pair.ours.id);
  for (const entry of pair.log.entries) again.read(entry);
  assert.equal(again.state, "lost");
  assert.equal(codeOf(() => again.safety(pair.agent.id)), "epoch gone");
  pair.agent.reload();
  const theirs = pair.agent.join(pair.ours.id);
  for (const entry of pair.log.entries) theirs.receive(entry);
  assert.equal(theirs.status().state, "lost");
  assert.equal(codeOf(() => theirs.safety(pair.ours.end.identity.id)), "epoch gone");
  // It asks, and is let in again.
  const request = theirs.joinRequest();
  pair.ours.read(request);
  theirs.receive(request);
  const [standing] = pair.ours.answerable(NOW_S);
  assert.ok(standing);
  const answer = pair.ours.commit({ time: NOW, ...pair.ours.answer(standing) });
  pair.ours.read(answer);
  theirs.receive(answer);
  assert.equal(theirs.status().state, "active");
  const after = both({ ours: pair.ours, theirs });
  assert.equal(after.number, before.number);
  assert.notEqual(after.transcript, before.transcript);
});
