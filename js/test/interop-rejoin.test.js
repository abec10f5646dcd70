// Join requests, answers and doubt (SPEC sections 6.3 and 7): the independent
// end and the real core ask and answer each other, and come to the same.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CoreConversation, CoreEnd } from "./core-end.js";
import { CODES, Refused, same, toHex, utf8 } from "./independent/codec.js";
import { NOW, NOW_S } from "./independent/company.js";
import { entryId, randomBytes } from "./independent/crypto.js";
import { Conversation, End } from "./independent/member.js";
import { ROLE } from "./independent/statements.js";
import { core, Log, ourAgent, ourCustomer, theySay, weSay } from "./interop-pair.js";

/** @typedef {ReturnType<typeof ourAgent> | ReturnType<typeof ourCustomer>} Pair */

const MINUTE = 60_000n;

/** The core's device keeps its end, loses the rest, and reads the log again. @param {Pair} pair @returns {Pair} */
function theyLose(pair) {
  theySay(pair, utf8("on a leaf of its own")); // so that the published one's secret is gone
  const { ours, log } = pair;
  const end = "join" in pair.agent ? pair.agent : /** @type {CoreEnd} */ (pair.customer);
  end.reload();
  const theirs = end.join(ours.id);
  for (const entry of log.entries) theirs.receive(entry);
  assert.equal(theirs.status().state, "lost");
  const next = new Log(ours, theirs);
  next.entries = log.entries;
  return { ...pair, theirs, log: next };
}

/** The same of the independent end. @param {Pair} pair @returns {Pair} */
function weLose(pair) {
  const { theirs, log } = pair;
  const before = pair.ours.end;
  const end = new End({ role: before.role, roots: before.roots, seed: before.identity.seed });
  for (const manifest of before.manifests.values()) end.learn(manifest);
  end.credential = before.credential;
  const ours = new Conversation(end, pair.ours.id);
  for (const entry of log.entries) ours.read(entry);
  assert.equal(ours.state, "lost");
  const next = new Log(ours, theirs);
  next.entries = log.entries;
  return { ...pair, ours, log: next };
}

/** What one end comes to while the other, which has another part, is elsewhere. @param {Log} log @param {Uint8Array} entry */
function bothRead(log, entry) {
  const a = log.ours.read(entry);
  const b = log.theirs.receive(entry);
  log.entries.push(entry);
  assert.equal(b.type, a.type);
  assert.deepEqual(log.theirs.joins().map((j) => toHex(j.id)), log.ours.chain.standing.map((s) => toHex(s.id)));
  return { ...a, ...b };
}

for (const [name, make] of Object.entries({ "agent": ourCustomer, "customer": ourAgent })) {
  test(`the core's ${name} loses its state, asks, is answered, and both talk`, () => {
    let pair = make();
    theySay(pair, utf8("before"));
    weSay(pair, utf8("also before"));
    pair = theyLose(pair);
    const { ours, theirs, log } = pair;
    const request = theirs.joinRequest();
    assert.deepEqual(theirs.joinRequest(), request, "the same bytes");
    const event = bothRead(log, request);
    assert.equal(event.type, "join");
    assert.deepEqual(theirs.joinRequest(), request, "the same bytes, as it stands");
    assert.ok(ours.owes(NOW_S));
    assert.throws(() => theirs.commit(), { code: "epoch gone" });
    const [standing] = ours.answerable(NOW_S);
    log.append(ours.commit({ time: NOW, ...ours.answer(standing) }));
    assert.equal(theirs.status().state, "active");
    assert.throws(() => theirs.joinRequest(), { code: "bad argument" });
    theySay(pair, utf8("after"));
    weSay(pair, utf8("also after"));
    log.append(request, "not a member"); // used once
    theySay(pair, utf8("goes on"));
  });
}

for (const [name, make] of Object.entries({ "customer": ourCustomer, "agent": ourAgent })) {
  test(`the independent ${name} loses its state, asks, is answered by the core unasked, and both talk`, () => {
    let pair = make();
    theySay(pair, utf8("before"));
    weSay(pair, utf8("also before"));
    pair = weLose(pair);
    const { ours, theirs, log } = pair;
    bothRead(log, ours.joinRequest(NOW_S));
    assert.equal(theirs.due(), 1);
    assert.throws(() => theirs.seal(utf8("x")), { code: "stale epoch" });
    const answer = theirs.commit();
    log.append(answer);
    assert.equal(ours.state, "active");
    assert.equal(theirs.due(), 0);
    weSay(pair, utf8("after"));
    theySay(pair, utf8("also after"));
  });
}

test("whoever was answered waits a minute before it asks again", () => {
  let pair = ourCustomer();
  pair = theyLose(pair);
  bothRead(pair.log, pair.theirs.joinRequest());
  const [standing] = pair.ours.answerable(NOW_S);
  pair.log.append(pair.ours.commit({ time: NOW, ...pair.ours.answer(standing) }));
  theySay(pair, utf8("its own leaf now"));
  pair = theyLose(pair);
  assert.throws(() => pair.theirs.joinRequest(NOW + MINUTE - 1n), { code: "rate limited" });
  bothRead(pair.log, pair.theirs.joinRequest(NOW + MINUTE));
  assert.ok(pair.ours.owes(NOW_S));
});

test("a seal that does not open: the core says so in its request, and is let in again", () => {
  const pair = ourCustomer();
  const { ours, theirs, log } = pair;
  theySay(pair, utf8("before"));
  const garbage = ours.commit({ time: NOW }, { plain: () => randomBytes(32) });
  ours.read(garbage);
  theirs.receive(garbage);
  log.entries.push(garbage);
  assert.equal(theirs.status().state, "lost");
  bothRead(log, theirs.joinRequest());
  assert.equal(ours.chain.standing[0].request.reason, 2);
  log.append(ours.commit({ time: NOW, ...ours.answer(ours.chain.standing[0]) }));
  theySay(pair, utf8("after"));
});

test("a customer's new identity is answered when an agent says so, and only then", async (t) => {
  await t.test("by the core's agent", () => {
    const pair = ourCustomer();
    const { customer, ours, theirs, log } = pair;
    theySay(pair, utf8("before"));
    const device = new End({ role: ROLE.customer, roots: customer.roots });
    for (const manifest of customer.manifests.values()) device.learn(manifest);
    const fresh = new Conversation(device, ours.id);
    for (const entry of log.entries) fresh.read(entry);
    const request = fresh.joinRequest(NOW_S);
    assert.equal(log.append(request).type, "join");
    fresh.read(request);
    assert.equal(theirs.due(), 0);
    const refresh = theirs.commit();
    log.append(refresh);
    fresh.read(refresh);
    assert.equal(fresh.state, "not a member");
    assert.throws(() => theirs.commit({ answers: randomBytes(16) }), { code: "bad commit" });
    assert.throws(() => theirs.commit({ answers: randomBytes(15) }), { code: "bad argument" });
    const answer = theirs.commit({ answers: entryId(request) });
    ours.read(answer);
    fresh.read(answer);
    assert.equal(theirs.receive(answer).type, "commit");
    assert.deepEqual([ours.state, fresh.state, theirs.status().state], ["not a member", "active", "active"]);
    const next = new Log(fresh, theirs);
    weSay({ ours: fresh, log: next }, utf8("from the new device"));
    theySay({ theirs, log: next }, utf8("welcome"));
  });
  await t.test("of the core's customer", () => {
    const pair = ourAgent();
    const { company, ours, log } = pair;
    weSay(pair, utf8("before"));
    const device = new CoreEnd(core, ROLE.customer, [company.root.public]);
    device.manifest(/** @type {import("./independent/statements.js").Manifest} */ (company.newest).encoded);
    const fresh = device.join(ours.id);
    for (const entry of log.entries) fresh.receive(entry);
    const request = fresh.joinRequest();
    log.append(request);
    fresh.receive(request);
    assert.ok(!ours.owes(NOW_S));
    const [standing] = ours.chain.standing;
    assert.ok(!standing.owner);
    const answer = ours.commit({ time: NOW, ...ours.answer(standing) });
    ours.read(answer);
    pair.theirs.receive(answer);
    assert.equal(fresh.receive(answer).type, "commit");
    assert.deepEqual([pair.theirs.status().state, fresh.status().state], ["not a member", "active"]);
    assert.throws(() => pair.theirs.joinRequest(), { code: "not a member" });
    const next = new Log(ours, fresh);
    theySay({ theirs: fresh, log: next }, utf8("from the new device"));
    weSay({ ours, log: next }, utf8("welcome"));
  });
});

/** @param {Uint8Array} bytes @param {number} at */
const flipped = (bytes, at, bit = 0) => bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));

test("every flipped byte of a join request, and of the commit that answers, is refused by both alike", () => {
  let pair = ourCustomer();
  pair = theyLose(pair);
  const { ours, theirs, log } = pair;
  /** @param {Uint8Array} entry @param {number} every */
  const refused = (entry, every) => {
    const codes = new Set();
    for (let i = 0; i < entry.length; i += every) {
      const wrong = flipped(entry, i, i % 8);
      /** @type {string | undefined} */
      let code;
      try {
        const a = ours.read(wrong);
        assert.equal(a.type, "ignored", `byte ${i}`);
        code = a.code;
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause;
        assert.throws(() => theirs.receive(wrong), { code: cause.code }, `byte ${i}`);
        codes.add(cause.code);
        continue;
      }
      const b = theirs.receive(wrong);
      assert.deepEqual([b.type, CODES[b.code - 1]], ["ignored", code], `byte ${i}`);
      codes.add(code);
      log.entries.push(wrong);
      assert.equal(theirs.joins().length, ours.chain.standing.length);
    }
    return codes;
  };
  const request = theirs.joinRequest();
  assert.ok(refused(request, 3).has("open failed"));
  assert.deepEqual(ours.chain.standing, []);
  bothRead(log, request);
  const answer = ours.commit({ time: NOW, ...ours.answer(ours.chain.standing[0]) });
  assert.ok(refused(answer, 11).has("open failed"));
  assert.equal(theirs.status().state, "lost");
  log.append(answer);
  assert.equal(theirs.status().state, "active");
  theySay(pair, utf8("after all that"));
});

/** A message whose seen hash has a bit flipped on its way. @param {Uint8Array} entry */
const tampered = (entry) => flipped(entry, 80);

test("a message changed on its way to tell of another log: the reader is in doubt, its maker commits, and both go on", async (t) => {
  await t.test("the core doubts", () => {
    const pair = ourCustomer();
    const { ours, theirs, log } = pair;
    theySay(pair, utf8("before"));
    log.append(tampered(ours.seal(utf8("x"))), "open failed");
    assert.equal(theirs.status().state, "doubtful");
    assert.deepEqual(theirs.status().by, ours.end.identity.id);
    assert.throws(() => theirs.seal(utf8("y")), { code: "forked log" });
    assert.throws(() => theirs.seal(utf8("y"), true), { code: "forked log" });
    assert.ok(ours.owes(NOW_S));
    log.append(theirs.commit()); // it may commit, which settles nothing
    assert.equal(theirs.status().state, "doubtful");
    log.append(ours.commit({ time: NOW }));
    assert.ok(!ours.owes(NOW_S));
    theySay(pair, utf8("after"));
    weSay(pair, utf8("also after"));
  });
  await t.test("the core is doubted", () => {
    const pair = ourAgent();
    const { ours, theirs, log } = pair;
    theySay(pair, utf8("before"));
    assert.equal(theirs.due(), 0);
    log.append(tampered(theirs.seal(utf8("x"))), "open failed");
    assert.equal(ours.state, "doubtful");
    assert.equal(theirs.due(), 1);
    log.append(ours.commit({ time: NOW }));
    assert.equal(theirs.due(), 1);
    assert.equal(ours.state, "doubtful");
    log.append(theirs.commit());
    assert.equal(ours.state, "active");
    theySay(pair, utf8("after"));
    weSay(pair, utf8("also after"));
  });
});

test("a fork of commits: both ends stay in doubt from the first crossing message on", () => {
  const pair = ourCustomer();
  const { ours, theirs } = pair;
  theySay(pair, utf8("before"));
  const [x, y] = [ours.commit({ time: NOW }), theirs.commit()];
  ours.read(x);
  theirs.receive(y);
  for (let n = 0; n < 3; n++) {
    const ofUs = ours.epoch === null || ours.state !== "active" ? x : ours.seal(utf8("in our branch"));
    const ofThem = theirs.status().state === "active" ? theirs.seal(utf8("in theirs")) : y;
    assert.equal(theirs.receive(ofUs).type, "ignored");
    assert.equal(ours.read(ofThem).type, "ignored");
    assert.deepEqual([ours.state, theirs.status().state], ["doubtful", "doubtful"]);
    assert.ok(same(theirs.status().by, ours.end.identity.id));
  }
});

test("the join request is saved with what answers it: loaded again it is the same, and its answer opens", () => {
  let pair = ourCustomer();
  pair = theyLose(pair);
  const request = pair.theirs.joinRequest();
  const end = /** @type {CoreEnd} */ (pair.agent);
  const keystore = core.call("keystore_open", new Uint8Array(32));
  const saved = core.callBulk("conversation_save", pair.theirs.handle, keystore);
  end.reload();
  core.putBulk(saved);
  const theirs = new CoreConversation(core, core.call("conversation_load", end.handle, keystore, pair.ours.id));
  assert.deepEqual(theirs.joinRequest(), request);
  const log = new Log(pair.ours, theirs);
  bothRead(log, request);
  log.append(pair.ours.commit({ time: NOW, ...pair.ours.answer(pair.ours.chain.standing[0]) }));
  assert.equal(theirs.status().state, "active");
});
