// The independent end (test/independent, written from wasm/SPEC.md) against the
// real core: they talk in both directions and both roles, and the core refuses
// what the independent end spoils, with the code that SPEC names.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CODES, Refused, same, toHex, utf8 } from "./independent/codec.js";
import { Company, NOW } from "./independent/company.js";
import { randomBytes } from "./independent/crypto.js";
import { Conversation, End } from "./independent/member.js";
import { ROLE } from "./independent/statements.js";
import { CoreEnd, newCore } from "./core-end.js";

const core = await newCore();
const QUEUE = utf8("default");

/** A log that both read, each entry in order. */
class Log {
  /** @param {Conversation} ours @param {import("./core-end.js").CoreConversation} theirs */
  constructor(ours, theirs) {
    this.ours = ours;
    this.theirs = theirs;
  }

  /** Both read it, and come to the same. @param {Uint8Array} entry */
  append(entry) {
    const a = this.ours.read(entry);
    const b = this.theirs.receive(entry);
    assert.equal(b.type, a.type, `core: code ${CODES[b.code - 1]}; independent: ${a.code}`);
    assert.equal(b.code, a.code === undefined ? 0 : CODES.indexOf(a.code) + 1);
    assert.equal(b.index, a.index);
    assert.deepEqual(b.id, a.id);
    assert.deepEqual(b.sender, a.sender);
    if (a.type === "message") {
      assert.deepEqual(b.content, a.content);
      assert.equal(b.counter, a.counter);
      assert.equal(b.gap, a.gap);
    }
    this.agree();
    return b;
  }

  agree() {
    const s = this.theirs.status();
    assert.equal(s.state, this.ours.state);
    assert.equal(s.epoch, this.ours.chain.epoch);
    assert.equal(s.index, this.ours.index);
    assert.deepEqual(s.transcript, this.ours.chain.head);
    assert.deepEqual(s.logHash, this.ours.logHash);
    assert.deepEqual(s.members.map((m) => [toHex(m.id), m.role]), this.ours.chain.roster.map((m) => [toHex(m.id), m.role]));
  }
}

/** The independent customer made a genesis for the core's agent; both have read it. */
function ourCustomer() {
  const company = new Company();
  const manifest = company.manifest();
  const customer = new End({ role: ROLE.customer, roots: [company.root.public] });
  customer.learn(manifest);
  const agent = new CoreEnd(core, ROLE.agent, [company.root.public]);
  agent.manifest(manifest.encoded);
  agent.credential(company.credential(agent.identity));
  const ours = new Conversation(customer, randomBytes(16));
  const genesis = ours.genesis({ time: NOW, queue: QUEUE, add: [{ role: ROLE.agent, keyPackage: agent.keyPackage() }] });
  const theirs = agent.join(ours.id);
  const log = new Log(ours, theirs);
  log.append(genesis);
  return { company, customer, agent, ours, theirs, log };
}

/** The core's customer made a genesis for the independent agent; both have read it. */
function ourAgent() {
  const company = new Company();
  const manifest = company.manifest();
  const agent = new End({ role: ROLE.agent, roots: [company.root.public] });
  agent.learn(manifest);
  agent.credential = company.credential(agent.identity.public);
  const customer = new CoreEnd(core, ROLE.customer, [company.root.public]);
  customer.manifest(manifest.encoded);
  const theirs = customer.genesis(QUEUE, [{ role: ROLE.agent, keyPackage: agent.keyPackage(2n ** 33n) }]);
  const ours = new Conversation(agent, theirs.status().conversation);
  const log = new Log(ours, theirs);
  log.append(theirs.pending());
  return { company, customer, agent, ours, theirs, log };
}

/** The core seals, committing first when it must. @param {Log} log @param {Uint8Array} content */
function theySay({ theirs, log }, content) {
  for (let due = theirs.due(); due !== 0; due = theirs.due()) {
    const entry = due === 1 ? theirs.commit() : theirs.pending();
    assert.equal(log.append(entry).type, "commit");
  }
  const said = log.append(theirs.seal(content));
  assert.equal(said.type, "message");
  assert.deepEqual(said.content, content);
}

/** @param {{ ours: Conversation, log: Log }} pair @param {Uint8Array} content */
function weSay({ ours, log }, content) {
  const said = log.append(ours.seal(content));
  assert.equal(said.type, "message");
  assert.deepEqual(said.content, content);
}

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
