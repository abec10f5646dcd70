// Moves and grants (SPEC section 5.7): independent ends and ends of the real core
// hand a conversation to each other, grant the past, and read it again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CoreEnd } from "./core-end.js";
import { CODES, toHex, utf8 } from "./independent/codec.js";
import { Company, NOW, NOW_S } from "./independent/company.js";
import { randomBytes } from "./independent/crypto.js";
import { Conversation, End } from "./independent/member.js";
import { decodeKeyPackage, ROLE } from "./independent/statements.js";
import { core, QUEUE } from "./interop-pair.js";

const LEAVE = 1;
const CLOSE = 2;
const CLAIM = 1;
const TRANSFER = 2;
const PARK = 3;
const SUPERVISION = 5;

/** An end and what it makes of the log, of either make. */
class Party {
  /** @param {Room} room @param {number} role @param {string} alias @param {boolean} ours */
  constructor(room, role, alias, ours) {
    this.room = room;
    this.role = role;
    const { company } = room;
    /** @type {string[]} */
    this.shown = [];
    /** @type {string[]} codes of commits that were told with one */
    this.told = [];
    if (ours) {
      const end = new End({ role, roots: [company.root.public] });
      if (company.newest !== null) end.learn(company.newest);
      if (role !== ROLE.customer) end.credential = company.credential(end.identity.public, { role, alias: utf8(alias) });
      this.ours = new Conversation(end, room.id);
    } else {
      this.end = new CoreEnd(core, role, [company.root.public]);
      if (company.newest !== null) this.end.manifest(company.newest.encoded);
      if (role !== ROLE.customer) this.end.credential(company.credential(this.end.identity, { role, alias: utf8(alias) }));
      this.theirs = this.end.join(room.id);
    }
  }

  get id() { return this.ours ? this.ours.end.identity.id : /** @type {CoreEnd} */ (this.end).id; }
  get state() { return this.ours ? this.ours.state : this.core.status().state; }
  get index() { return Number(this.ours ? this.ours.index : this.core.status().index); }
  get core() { return /** @type {import("./core-end.js").CoreConversation} */ (this.theirs); }

  offer() {
    const last = this.role === ROLE.inbox;
    return { role: this.role, keyPackage: this.ours ? this.ours.end.keyPackage(NOW_S + 86400n, last ? 1 : 0) : /** @type {CoreEnd} */ (this.end).keyPackage(last) };
  }

  /** Reads on to the log's end, from the beginning again where it was granted something. @param {Uint8Array[]} [second] the log as it is shown then */
  read(second) {
    let log = this.room.log;
    while (this.index < log.length) {
      const entry = log[this.index];
      const event = this.ours ? this.ours.read(entry) : this.core.receive(entry);
      const { type, content } = event;
      const code = typeof event.code === "number" ? CODES[event.code - 1] : event.code;
      if (type === "message") this.shown.push(Buffer.from(content ?? []).toString());
      if (type === "commit" && code !== undefined) this.told.push(code);
      if (event.rewound === true) {
        assert.deepEqual([this.index, this.state], [0, "rereading"]);
        log = second ?? log;
      }
    }
    return this;
  }

  /**
   * @param {import("./core-end.js").Moves} moves
   * @param {import("./independent/member.js").Change} [change]
   */
  commit(moves = {}, change) {
    this.read();
    if (!this.ours) return this.core.commit(moves);
    const { history = 0, role = this.ours.self?.role ?? 0, marks = 0, add = [], remove = [] } = moves;
    const [newcomer] = add;
    const grant = history === 0 || newcomer === undefined ? [] : this.ours.grants(decodeKeyPackage(newcomer.keyPackage).id, history);
    const leavers = this.ours.chain.roster.filter((m) => m.leaving).map((m) => m.id);
    return this.ours.commit({ time: NOW, role, marks, add, remove: [...remove, ...leavers], grant }, change);
  }

  /** @param {import("./core-end.js").Moves} [moves] */
  does(moves) {
    this.room.log.push(this.commit(moves));
    return this.read();
  }

  /** @param {string} text */
  says(text) {
    this.read();
    if (this.ours) {
      if (this.ours.chain.roster.some((m) => m.leaving)) this.does();
    } else {
      while (this.core.due() === 1) this.does();
    }
    this.room.log.push(this.ours ? this.ours.seal(utf8(text)) : this.core.seal(utf8(text)));
  }
}


/** A customer who waits with the queue's inbox. */
class Room {
  /** @param {boolean} ours which make the inbox is of: the customer is of the other @param {number} grants the policy's */
  constructor(ours, grants = 1) {
    this.company = new Company();
    this.company.manifest({ grants });
    this.id = randomBytes(16);
    /** @type {Uint8Array[]} */
    this.log = [];
    this.inbox = new Party(this, ROLE.inbox, "default", ours);
    this.customer = new Party(this, ROLE.customer, "", !ours);
    const add = [this.inbox.offer()];
    if (this.customer.ours) {
      this.log.push(this.customer.ours.genesis({ time: NOW, queue: QUEUE, add }));
    } else {
      this.customer.theirs = /** @type {CoreEnd} */ (this.customer.end).genesis(QUEUE, add);
      this.log.push(this.customer.core.pending());
      this.id = this.customer.core.status().conversation;
      if (this.inbox.ours) this.inbox.ours = new Conversation(this.inbox.ours.end, this.id);
    }
    this.customer.read();
    this.inbox.does();
  }

  /** @param {string} alias @param {boolean} ours @param {number} [role] */
  member(alias, ours, role = ROLE.agent) { return new Party(this, role, alias, ours); }

  /** All agree on the log, the head and who is in. @param {...Party} parties */
  agree(...parties) {
    const views = parties.map((p) => {
      p.read();
      const s = p.ours ? { transcript: p.ours.chain.head, logHash: p.ours.logHash, members: p.ours.chain.roster } : p.core.status();
      return [toHex(s.transcript), toHex(s.logHash), s.members.map((m) => [toHex(m.id), m.role, m.leaving])];
    });
    for (const view of views) assert.deepEqual(view, views[0]);
  }
}

/** @param {Party} from @param {Party} to @param {number} history */
function hand(from, to, history) {
  from.does({ marks: LEAVE, add: [to.offer()], history });
  assert.equal(from.state, "not a member");
  to.read().does();
  assert.equal(to.state, "active");
}

for (const ours of [true, false]) {
  const [mine, other] = ours ? ["independent", "core's"] : ["core's", "independent"];
  test(`the ${mine} inbox and agent hand over to the ${other}: claim, transfer, park, resume, take over, close`, () => {
    const room = new Room(ours);
    const { customer, inbox } = room;
    const [ana, ben, cleo] = [room.member("Ana", !ours), room.member("Ben", ours), room.member("Cleo", !ours)];
    const [sam, sue] = [room.member("Sam", ours, ROLE.supervisor), room.member("Sue", !ours, ROLE.supervisor)];
    customer.says("one");
    inbox.read();
    hand(inbox, ana, CLAIM);
    assert.deepEqual(ana.shown, ["one"]);
    ana.says("two");
    customer.says("three");
    hand(ana.read(), ben, TRANSFER);
    assert.deepEqual(ben.shown, ["one", "two", "three"]);
    ben.says("four");
    hand(ben, inbox, PARK);
    assert.deepEqual(inbox.shown, ["one", "one", "two", "three", "four"]); // again from the beginning
    customer.says("five");
    hand(inbox.read(), cleo, CLAIM);
    assert.deepEqual(cleo.shown, ["one", "two", "three", "four", "five"]);
    cleo.does({ add: [sam.offer()] });
    sam.read().does();
    customer.says("six");
    cleo.read().does({ add: [sue.offer()], history: SUPERVISION });
    sue.read().does();
    assert.deepEqual(sue.shown, ["five", "six"], "since the inbox that claimed last was added");
    sam.read();
    assert.deepEqual(sam.shown, ["six"]);
    sue.does({ role: ROLE.agent, remove: [cleo.id, sam.id].sort(Buffer.compare) });
    sue.says("seven");
    room.agree(customer, inbox, ana, ben, cleo, sam, sue);
    for (const p of [inbox, ana, ben, cleo, sam]) {
      assert.equal(p.state, "not a member");
      assert.ok(!p.shown.includes("seven"));
    }
    assert.equal(customer.shown.at(-1), "seven");
    sue.does({ marks: CLOSE });
    room.agree(customer, sue);
    assert.deepEqual([customer.state, sue.state], ["closed", "closed"]);
  });

  test(`nothing is granted by the ${mine} inbox where the policy is 0`, () => {
    const room = new Room(ours, 0);
    const ana = room.member("Ana", !ours);
    room.customer.says("one");
    room.inbox.read();
    if (room.inbox.ours) assert.equal(room.inbox.ours.past.size, 0);
    room.log.push(room.inbox.commit({ marks: LEAVE, add: [ana.offer()], history: room.inbox.ours ? 0 : CLAIM }));
    ana.read().does();
    assert.deepEqual([ana.shown, ana.state], [[], "active"]);
    room.customer.says("two");
    assert.deepEqual(ana.read().shown, ["two"]);
  });
}

test("the core refuses a grant whose seal is a secret short or long, in another order, to who is not new", () => {
  for (const [what, spoil] of /** @type {[string, import("./independent/member.js").Change][]} */ ([
    ["a secret short", { plain: (m, plain) => (plain.length > 64 ? plain.slice(0, -32) : plain) }],
    ["a secret long", { plain: (m, plain) => (plain.length > 64 ? new Uint8Array([...plain, ...randomBytes(32)]) : plain) }],
    ["a byte short", { plain: (m, plain) => (plain.length > 64 ? plain.slice(0, -1) : plain) }],
    ["beyond the epoch before", { fields: (f) => { f.grant[0].to++; } }],
    ["from after to", { fields: (f) => { f.grant[0].from = f.grant[0].to + 1n; } }],
    ["twice", { fields: (f) => { f.grant.push(f.grant[0]); } }],
    ["to a stranger", { fields: (f) => { f.grant[0].grantee = randomBytes(16); } }],
  ])) {
    const room = new Room(true);
    const ana = room.member("Ana", false);
    room.customer.says("one");
    const entry = room.inbox.commit({ marks: LEAVE, add: [ana.offer()], history: CLAIM }, spoil);
    room.customer.read();
    const event = room.customer.core.receive(entry);
    assert.deepEqual([event.type, CODES[event.code - 1]], ["ignored", "bad commit"], what);
  }
});

test("a secret that is not the epoch's opens nothing at the core, which says so", () => {
  for (const [what, told, shown, spoil] of /** @type {[string, string[], string[], (plain: Uint8Array) => Uint8Array][]} */ ([
    ["the last bit of each of three", ["open failed", "open failed", "open failed"], [], (p) => p.map((b, i) => (i >= 64 && i % 32 === 31 ? b ^ 1 : b))],
    ["the second", ["open failed"], ["two"], (p) => p.map((b, i) => (i === 96 ? b ^ 1 : b))],
    ["the second and third swapped", ["open failed", "open failed"], [], (p) => new Uint8Array([...p.slice(0, 96), ...p.slice(128, 160), ...p.slice(96, 128)])],
    ["none", [], ["one", "two"], (p) => p],
  ])) {
    const room = new Room(true);
    const ana = room.member("Ana", false);
    room.customer.says("one");
    room.inbox.does();
    room.customer.says("two");
    room.log.push(room.inbox.commit({ marks: LEAVE, add: [ana.offer()], history: CLAIM }, { plain: (m, plain) => (plain.length > 64 ? spoil(plain) : plain) }));
    ana.read();
    assert.deepEqual([ana.told, ana.shown, ana.state], [told, shown, "active"], what);
    ana.does();
    ana.says("Ana here");
    room.customer.read();
    assert.equal(room.customer.shown.at(-1), "Ana here");
  }
});

for (const ours of [true, false]) {
  test(`the ${ours ? "independent" : "core's"} agent, shown another log the second time, is forked`, () => {
    const room = new Room(!ours);
    const ana = room.member("Ana", ours);
    room.customer.says("one");
    room.customer.says("two");
    room.inbox.read().does({ marks: LEAVE, add: [ana.offer()], history: CLAIM });
    const n = room.log.length;
    ana.read([...room.log.slice(0, n - 3), room.log[n - 2], room.log[n - 3], room.log[n - 1]]);
    assert.equal(ana.state, "forked");
  });
}
