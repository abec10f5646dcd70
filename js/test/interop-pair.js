// An independent end and one of the core in one conversation, both reading one
// log, compared at every entry.

import assert from "node:assert/strict";

import { CoreEnd, newCore } from "./core-end.js";
import { CODES, toHex, utf8 } from "./independent/codec.js";
import { Company, NOW } from "./independent/company.js";
import { randomBytes } from "./independent/crypto.js";
import { Conversation, End } from "./independent/member.js";
import { ROLE } from "./independent/statements.js";

export const core = await newCore();
export const QUEUE = utf8("default");

/** A log that both read, each entry in order. */
export class Log {
  /** @param {Conversation} ours @param {import("./core-end.js").CoreConversation} theirs */
  constructor(ours, theirs) {
    this.ours = ours;
    this.theirs = theirs;
    /** @type {Uint8Array[]} */
    this.entries = [];
  }

  /** Both read it, and come to the same: to the expected code, if one is given. @param {Uint8Array} entry @param {string} [expected] */
  append(entry, expected) {
    const a = this.ours.read(entry);
    const b = this.theirs.receive(entry);
    if (expected !== undefined) {
      assert.deepEqual([a.code, CODES[b.code - 1]], [expected, expected], "code of the independent reader, of the core");
    }
    assert.equal(b.type, a.type, `core: code ${CODES[b.code - 1]}; independent: ${a.code}`);
    if (a.type === "ignored") assert.equal(b.code, CODES.indexOf(a.code ?? "") + 1);
    assert.equal(b.index, a.index);
    assert.deepEqual(b.id, a.id);
    assert.deepEqual(b.sender, a.sender);
    if (a.type === "message") {
      assert.deepEqual(b.content, a.content);
      assert.equal(b.counter, a.counter);
      assert.equal(b.gap, (a.gap ?? 0n) < 2n ** 53n ? a.gap : 2n ** 53n - 1n);
    }
    this.agree();
    this.entries.push(entry);
    return b;
  }

  agree() {
    const s = this.theirs.status();
    const doubted = !this.ours.forked && this.ours.doubted.has(toHex(this.ours.end.identity.id));
    if (this.ours.state === "doubtful") assert.notEqual(this.theirs.due(), 0, "whom we doubt knows it, and commits");
    // They doubt us when we know that they have cause to.
    assert.equal(s.state, doubted ? "doubtful" : this.ours.state === "doubtful" ? "active" : this.ours.state);
    assert.deepEqual(s.by, doubted ? this.ours.end.identity.id : this.ours.forkedBy ?? new Uint8Array(16));
    assert.equal(s.epoch, this.ours.chain.empty ? 0n : this.ours.chain.epoch);
    assert.equal(s.index, this.ours.index);
    assert.deepEqual(s.transcript, this.ours.chain.head);
    assert.deepEqual(s.logHash, this.ours.logHash);
    const joins = this.theirs.joins().map((j) => [toHex(j.id), toHex(j.replaces), toHex(j.by), j.same, j.reason, toHex(j.alias)]);
    assert.deepEqual(joins, this.ours.chain.standing.map(({ id, request: r, owner, old }) =>
      [toHex(id), toHex(old.id), toHex(r.sender), owner, r.reason, toHex(r.package.credential?.alias ?? new Uint8Array(0))]));
    assert.deepEqual(s.members.map((m) => [toHex(m.id), m.role]), this.ours.chain.roster.map((m) => [toHex(m.id), m.role]));
  }
}

/** The independent customer made a genesis for the core's agent; both have read it. */
export function ourCustomer() {
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
export function ourAgent() {
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

/** The core seals, committing first when it must. @param {{ theirs: import("./core-end.js").CoreConversation, log: Log }} pair @param {Uint8Array} content */
export function theySay({ theirs, log }, content) {
  for (let due = theirs.due(); due !== 0; due = theirs.due()) {
    const entry = due === 1 ? theirs.commit() : theirs.pending();
    assert.equal(log.append(entry).type, "commit");
  }
  const said = log.append(theirs.seal(content));
  assert.equal(said.type, "message");
  assert.deepEqual(said.content, content);
}

/** @param {{ ours: Conversation, log: Log }} pair @param {Uint8Array} content */
export function weSay({ ours, log }, content) {
  const said = log.append(ours.seal(content));
  assert.equal(said.type, "message");
  assert.deepEqual(said.content, content);
}

/** @param {string} text */
export function code(text) {
  assert.ok(CODES.includes(text), text);
  return CODES.indexOf(text) + 1;
}

/** An independent end of the company. @param {Company} company @param {number} role @param {string} alias @param {Partial<import("./independent/statements.js").CredentialFields>} [fields] */
export function member(company, role, alias, fields = {}) {
  const end = new End({ role, roots: [company.root.public] });
  if (company.newest !== null) end.learn(company.newest);
  end.credential = company.credential(end.identity.public, { role, alias: utf8(alias), ...fields });
  return end;
}
