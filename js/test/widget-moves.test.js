import assert from "node:assert/strict";
import test from "node:test";
import { readers, standingOf } from "../widget/ledger.js";
import { earlierOf, nameOf } from "../widget/model.js";
import { customerMoves } from "../widget/moves.js";
import { noteRow, telling } from "../widget/notes.js";
import { statusText } from "../widget/messagerow.js";
import { chained } from "../widget/rows.js";
import { blocked, connectionOf, isOver, isWaiting, lockOf } from "../widget/standing.js";
import { lastedText, momentText } from "../widget/times.js";
import { moveProblem } from "../widget/movewords.js";
import { en } from "../widget/locales/en.js";
import { FakeClient, member, message, note, stay } from "./fake-client.js";

const at = (/** @type {number} */ hour, /** @type {number} */ minute, day = 12) => new Date(2026, 2, day, hour, minute).getTime();
const now = at(15, 0);
const ana = member({ alias: "Ana" });
const ben = member({ alias: "Ben" });
const sam = member({ alias: "Sam", role: "supervisor" });
const inbox = member({ alias: "default", role: "inbox" });
const customer = member({ role: "customer", alias: "", verified: false, id: "3f9a0000000000000000000000000000" });
const self = (/** @type {import("../widget/facade.js").Member} */ who) => ({ ...who, self: true });

/** @param {Partial<import("../widget/facade.js").Note>} over @param {boolean} [toCustomer] */
const told = (over, toCustomer = true) => noteRow(note({ time: at(10, 2), ...over }), { customer: toCustomer });
/** @param {Partial<import("../widget/facade.js").Note>} over @param {boolean} [toCustomer] */
const text = (over, toCustomer) => told(over, toCustomer).text;
const all = { from: 0, to: 3, since: at(9, 40) };
const part = { from: 2, to: 3, since: at(9, 51) };

test("a move tells who came, who went and what each can read, to the customer and to the company", () => {
  const handed = { kind: /** @type {const} */ ("transferred"), member: ben, by: ana };
  assert.equal(text({ kind: "claimed", member: ben, by: inbox, granted: all }), "Ben joined and can read this conversation from the beginning");
  assert.equal(text(handed), "Ana handed over to Ben, who can read from 10:02. Ana cannot read what you write from now on.");
  assert.equal(text({ ...handed, granted: part }), "Ana handed over to Ben, who was given the conversation since 09:51. Ana cannot read what you write from now on.");
  assert.equal(text({ ...handed, granted: part }, false), "Ana handed over to Ben, who was given the conversation since 09:51. Ana cannot read what is written from now on.");
  assert.equal(text({ ...handed, member: self(ben), granted: part }, false), "Ana handed over to you. You were given the conversation since 09:51.");
  assert.equal(text({ ...handed, by: self(ana), granted: all }, false), "You handed over to Ben, who can read this conversation from the beginning. You cannot read what is written from now on.");
  assert.equal(text({ kind: "joined", member: sam, by: ana }), "Ana brought in Sam, a supervisor, who can read from 10:02 and does not write");
  assert.equal(text({ kind: "joined", member: self(sam), by: ana }, false), "Ana brought you in. You can read from 10:02.");
  assert.equal(text({ kind: "took over", member: sam, by: null }), "Sam took over and can write to you now");
  assert.equal(text({ kind: "left", member: ana, by: null }), "Ana left and cannot read what you write from now on");
  assert.equal(text({ kind: "removed", member: ana, by: ben }), "Ben took Ana out of this conversation. Ana cannot read what you write from now on.");
  assert.equal(text({ kind: "removed", member: self(ana), by: ben }, false), "Ben took you out of this conversation. You cannot read what is written from now on.");
  assert.equal(text({ kind: "parked", member: inbox, by: ana }), "Ana left. Your conversation waits for another agent; Ana cannot read what you write from now on.");
  const billing = noteRow(note({ kind: "parked", member: { ...inbox, alias: "billing" }, by: ana, time: at(10, 2) }), { customer: false, queue: "default" });
  assert.equal(billing.text, "Ana put this conversation in the queue \u201cbilling\u201d and cannot read what is written from now on");
  assert.equal(text({ kind: "parked", member: inbox, by: self(ana) }, false), "You put this conversation back in the queue. You cannot read what is written from now on.");
  assert.equal(text({ kind: "joined", member: inbox, by: self(customer) }), "This conversation waits for an agent again");
  assert.equal(text({ kind: "closed", member: null, by: ana }), "Ana ended this conversation");
});

test("a device that removes somebody by itself does not say that its person did", () => {
  assert.equal(text({ kind: "removed", member: ana, by: self(customer) }), "Ana was taken out of this conversation and cannot read what you write from now on");
});

test("how far back somebody can read is never told as more or as less than was granted", () => {
  const handed = (/** @type {import("../widget/facade.js").Granted|null} */ granted) => text({ kind: "transferred", member: ben, by: ana, granted });
  assert.match(handed(null), /can read from 10:02/);
  assert.match(handed(all), /from the beginning/);
  assert.match(handed({ from: 1, to: 3, since: at(9, 40) }), /since 09:40/);
  assert.match(handed({ from: 1, to: 3, since: 0 }), /was given part of what was written before/);
  assert.match(handed({ from: 1, to: 3, since: at(23, 10, 11) }), /since 11 Mar, 23:10/);
  const lie = told({ kind: "not granted", member: self(ben), by: ana }, false);
  assert.equal(lie.doubt, true);
  assert.match(lie.text, /What Ana gave you to read did not prove genuine, so nothing before 10:02 opens here/);
});

test("the time stands beside a move once: in its words or after them", () => {
  assert.equal(told({ kind: "left", member: ana }).time, "10:02");
  assert.equal(told({ kind: "transferred", member: ben, by: ana }).time, "");
  assert.equal(told({ kind: "rejoined", member: ana }).time, "");
});

test("who hands over has left with it, and who only keeps a conversation is not told to come and go", () => {
  const kinds = (/** @type {Partial<import("../widget/facade.js").Note>[]} */ notes) => telling(notes.map((one) => note(one))).map((one) => `${one.kind} ${one.member?.alias ?? ""}`);
  assert.deepEqual(kinds([{ kind: "transferred", member: ben, by: ana }, { kind: "left", member: ana }, { kind: "removed", member: ana, by: ben }]), ["transferred Ben"]);
  assert.deepEqual(kinds([{ kind: "parked", member: inbox, by: ana }, { kind: "left", member: ana }, { kind: "claimed", member: ana, by: inbox }, { kind: "left", member: inbox }, { kind: "left", member: ana }]),
    ["parked default", "claimed Ana", "left Ana"]);
  assert.deepEqual(kinds([{ kind: "left", member: ana }, { kind: "removed", member: ana }]), ["left Ana"]);
  assert.deepEqual(kinds([{ kind: /** @type {"left"} */ (/** @type {unknown} */ ("toString")), member: ana }]), [], "a kind of a later version says nothing rather than something false");
});

test("a hostile name stays within its sentence", () => {
  const evil = member({ alias: "\u202eE\nvil \u2066" });
  assert.doesNotMatch(text({ kind: "transferred", member: evil, by: ana }), /[\u202e\u2066\n]/);
  assert.equal(nameOf(member({ role: "inbox", alias: "Dr Smith" })), "the support team", "an inbox cannot pass for a person");
});

test("with only the company's inbox in it, the customer is told that it is sealed and waits, and can write", () => {
  const client = new FakeClient({ agents: true });
  const conversation = client.add({ state: "secured", members: [self(customer), inbox] });
  assert.deepEqual(lockOf(client, conversation), { tone: "secure", title: "Your messages are sealed for the support team", detail: "Waiting for an agent — you can write already." });
  assert.equal(isWaiting(conversation), true);
  assert.equal(blocked(client, conversation), "");
  assert.equal(connectionOf(client, conversation), "Connected");
  conversation.members.push(ana);
  assert.equal(lockOf(client, conversation).title, "End-to-end encrypted with the support team and Ana");
});

test("who left reads on and writes nothing; who reads along is told so", () => {
  const client = new FakeClient();
  const left = client.add({ state: "left" });
  assert.equal(isOver(left), true);
  assert.match(blocked(client, left), /readable here/);
  const along = client.add({ state: "secured", members: [self(sam), customer, ana] });
  assert.match(blocked(client, along), /Take over to answer/);
});

test("a conversation stands under those that it continues, in their order, and no other's", () => {
  const client = new FakeClient();
  const old = client.add({ state: "closed", messages: [message({ text: "old", time: at(9, 0) })], notes: [note({ id: "note 1", kind: "closed", by: ana, time: at(9, 1) })] });
  const middle = client.add({ state: "closed", previous: old.id, messages: [message({ text: "middle", time: at(9, 5) })], notes: [note({ id: "note 1", kind: "closed", by: ana, time: at(9, 6) })] });
  client.add({ state: "closed", messages: [message({ text: "another" })] });
  const last = client.add({ previous: middle.id });
  assert.deepEqual(earlierOf(client, last), [old, middle]);
  const rows = (/** @type {number} */ limit) => chained([old, middle, last], { now, limit });
  const shape = (/** @type {number} */ limit) => rows(limit).rows.map((r) => (r.kind === "message" ? r.message.text : r.text));
  assert.deepEqual(shape(9).filter((t) => !/ended/.test(t)), ["Today", "old", "A new conversation. It continues the one above", "middle", "A new conversation. It continues the one above"]);
  const keys = rows(9).rows.map((r) => r.key);
  assert.equal(new Set(keys).size, keys.length, "notes of two conversations are two rows");
  assert.deepEqual([rows(1).hidden, shape(1).includes("old"), shape(1).includes("middle")], [1, false, true]);
  for (const circle of [last, middle, old]) {
    old.previous = circle.id;
    assert.deepEqual(earlierOf(client, last), [old, middle], "a circle ends");
  }
});

test("what was not sent in one that is over is not tried again in the next", () => {
  const client = new FakeClient();
  const old = client.add({ state: "closed", messages: [message({ self: true, status: "failed" })] });
  const last = client.add({ previous: old.id, messages: [message({ self: true, status: "failed" })] });
  assert.deepEqual(chained([old, last], { now }).rows.flatMap((r) => (r.kind === "message" ? [r.actions.includes("retry")] : [])), [false, true]);
});

test("a text that was not sent is never put where nobody sees it", () => {
  const client = new FakeClient();
  const failed = () => message({ self: true, status: "failed" });
  const edits = (/** @type {import("./fake-client.js").FakeConversation[]} */ ...parts) => chained(parts, { now }).rows.flatMap((r) => (r.kind === "message" ? [r.actions.includes("putBack")] : []));
  for (const state of /** @type {const} */ (["left", "closed"])) assert.deepEqual(edits(client.add({ state, messages: [failed()] })), [false], state);
  for (const state of /** @type {const} */ (["lost", "forked", "secured"])) assert.deepEqual(edits(client.add({ state, messages: [failed()] })), [true], state);
  const old = client.add({ state: "closed", messages: [failed()] });
  assert.deepEqual(edits(old, client.add({ previous: old.id })), [true], "it goes to the box of the next");
  assert.equal(statusText(message({ status: "failed", reason: "left" })), "Not sent: you were no longer in it");
  assert.equal(statusText(message({ status: "failed" })), "Not sent");
});

test("who could read is told from the ledger: who is in, then who was, the last to go first", () => {
  const rows = [
    stay({ member: self(customer), since: at(9, 40) }),
    stay({ member: inbox, since: at(9, 40), to: 1, until: at(9, 51) }),
    stay({ member: ana, from: 2, since: at(9, 51), to: 3, until: at(10, 2), granted: { from: 0, to: 1, since: at(9, 40) } }),
    stay({ member: ben, from: 4, since: at(10, 2), granted: part }),
    stay({ member: sam, from: 5, since: at(10, 7) }),
  ];
  const list = readers([self(customer), ben, sam], rows, now);
  assert.deepEqual(list.map((r) => [r.name, r.reads, r.now]), [
    ["You", "from the beginning", true],
    ["Ben", "since 10:02, and back to 09:51", true],
    ["Sam", "since 10:07", true],
    ["Ana", "from the beginning to 10:02", false],
    ["The support team", "from the beginning to 09:51", false],
  ]);
  assert.match(standingOf(inbox), /verified by the company's key/);
});

test("people are named in the order in which they came, and the customer's chat bears the first one's letter", () => {
  const client = new FakeClient();
  const rows = [self(customer), ben, ana].map((one) => stay({ member: one }));
  const conversation = client.add({ state: "secured", members: [ana, sam, self(customer), ben], ledger: rows });
  assert.equal(lockOf(client, conversation).title, "End-to-end encrypted with Ben, Ana and Sam");
  assert.deepEqual(readers(conversation.members, rows, now).map((r) => r.name), ["You", "Ben", "Ana", "Sam"]);
});

test("one who came back has two stays, and only the newest is of now", () => {
  const rows = [stay({ member: ana, from: 1, since: at(9, 0), to: 2, until: at(9, 30) }), stay({ member: ana, from: 5, since: at(10, 0) })];
  assert.deepEqual(readers([ana], rows, now).map((r) => [r.now, r.reads]), [[true, "since 10:00"], [false, "09:00 to 09:30"]]);
});

test("a customer is offered what the client says can be done, and nothing else", () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [self(customer), ana], moves: ["askAnother", "close"] });
  assert.deepEqual(customerMoves(conversation).map((m) => m.name), ["Ask for someone else", "End this conversation"]);
  assert.match(customerMoves(conversation)[0]?.question.text ?? "", /^Ana will leave and cannot read what you write from now on/);
  conversation.members = [self(customer), inbox];
  assert.deepEqual(customerMoves(conversation).map((m) => m.key), ["end"], "there is nobody to be asked for another");
  conversation.moves = [];
  assert.deepEqual(customerMoves(conversation), []);
});

test("every code has words for a move that was not made, and they say that nothing changed or what to do", () => {
  for (const code of Object.keys(en.sentences)) {
    const problem = moveProblem({ code });
    assert.match(problem, /^[A-Z].*[.]$/, code);
    assert.doesNotMatch(problem, /epoch|commit|stale|undefined/i, code);
  }
  assert.equal(moveProblem(new Error("canary")), moveProblem({ code: "internal" }));
});

test("times read as people say them", () => {
  assert.equal(momentText(at(9, 5), at(23, 0)), "09:05");
  assert.equal(momentText(at(9, 5, 11), at(9, 5)), "11 Mar, 09:05");
  assert.deepEqual([0, 59_999, 60_000, 3_540_000, 3_600_000, 5_400_000, 36_000_000 + 60_000, 86_400_000, 200_000_000].map(lastedText),
    ["just now", "just now", "1 min", "59 min", "1 h", "1 h 30 min", "10 h", "1 day", "2 days"]);
});
