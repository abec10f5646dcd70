/** Who comes and goes in a conversation, by real clients at the real relay, with the real authority and its inbox. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { SealwireError } from "../errors.js";
import { Demo, available, closeAll, cut, errorsOf, noticesOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

/**
 * @typedef {import("../client/client.js").Client} Client
 * @typedef {import("../client/types.js").Conversation} Conversation
 */

/** @param {import("../errors.js").Code} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;

/** @param {Conversation} c */
const texts = (c) => c.messages.map((m) => m.text);

/** @param {import("../client/types.js").Member | null} m */
const name = (m) => (m === null ? "nobody" : m.alias || m.role);

/** Notes as "kind member by", with what is granted. @param {Conversation} c */
const told = (c) => c.notes.map(({ kind, member, by, granted }) => [kind, name(member), by && name(by), granted && `${granted.from}-${granted.to}`].filter(Boolean).join(" "));

/** @param {Conversation} c */
const who = (c) => c.members.map(name).sort();

/**
 * The one of a client, once it is there.
 * @param {Client} client
 * @param {string} id
 */
const at = (client, id) => until(client, `the conversation ${id.slice(0, 6)}`, () => client.conversation(id));

/**
 * All moves of before are over for it: nobody is leaving, and what is granted has been read.
 * @param {Client} client
 * @param {Conversation} c
 */
const settled = (client, c) => until(client, "it is settled", () => c.moves.length > 0);

/** A customer and Ana, who has claimed it. @param {import("./client-world.js").Wire} [wire] the customer's */
async function served(wire) {
  const customer = await demo.customer(wire ? { wire } : {});
  const theirs = await customer.start();
  await theirs.send("hello");
  await seen(customer, "hello", "sent");
  const ana = await demo.colleague("Ana");
  await until(ana, "it waits", () => ana.queues.waiting.some((w) => w.id === theirs.id));
  const anas = await ana.claim(theirs.id);
  await settled(ana, anas);
  await until(customer, "Ana", () => theirs.attended && who(theirs).join() === "Ana,customer");
  return { customer, theirs, ana, anas };
}

test("written at night: it waits in the queue, is claimed once among five, and all of it opens", async () => {
  const customer = await demo.customer();
  const theirs = await customer.start();
  for (const text of ["anybody?", "it is late"]) await theirs.send(text);
  await seen(customer, "it is late", "sent");
  assert.deepEqual([theirs.state, theirs.attended, who(theirs), theirs.queue], ["secured", false, ["customer", demo.config.queue], demo.config.queue]);
  const people = await Promise.all(["Ana", "Ben", "Cleo", "Ana", "Ben"].map((one) => demo.colleague(one)));
  for (const one of people) {
    const waiting = await until(one, "it waits", () => one.queues.waiting.find((w) => w.id === theirs.id));
    assert.ok(waiting.entries >= 3 && !waiting.parked && Math.abs(waiting.since - Date.now()) < 60_000);
    assert.equal(one.queues.agents.some((a) => a.id === one.member), false, "who is oneself is not a colleague");
    await until(one, "online", () => one.state === "online");
  }
  const outcomes = await Promise.allSettled(people.map((one) => one.claim(theirs.id)));
  const won = outcomes.findIndex((o) => o.status === "fulfilled");
  const winner = /** @type {Client} */ (people[won]);
  const alias = name(winner.conversations[0]?.members.find((m) => m.self) ?? null);
  for (const [i, o] of outcomes.entries()) {
    if (i === won) continue;
    assert.ok(o.status === "rejected", "one winner");
    assert.ok(coded("bad commit")(o.reason) || coded("unavailable")(o.reason), String(o.reason));
    if (coded("bad commit")(o.reason)) assert.equal(o.reason.by, alias);
    assert.equal(people[i]?.conversations.length, 0);
  }
  const ours = await at(winner, theirs.id);
  await seen(winner, "it is late", "received");
  await settled(winner, ours);
  assert.deepEqual(texts(ours), ["anybody?", "it is late"]);
  assert.deepEqual(told(ours), [`claimed ${alias} ${demo.config.queue} 0-1`]);
  await until(customer, "somebody", () => theirs.attended && theirs.members.length === 2);
  assert.deepEqual(told(theirs), told(ours), "both sides are told the same");
  assert.equal(theirs.notes[0]?.granted?.reason, 1);
  await until(winner, "nothing waits", () => winner.queues.waiting.length === 0);
  await ours.send("good morning");
  await seen(customer, "good morning", "received");
  for (const one of [customer, ...people]) assert.deepEqual(errorsOf(one), []);
});

test("handed over with a note: what was written goes first, the heir reads all of before, who left reads nothing more", async () => {
  const { customer, theirs, ana, anas } = await served();
  await anas.send("let me ask Ben");
  const ben = await demo.colleague("Ben");
  const to = await available(ben);
  await assert.rejects(anas.transfer({}), TypeError);
  await assert.rejects(anas.transfer({ to: ana.member }), coded("bad argument"));
  await assert.rejects(anas.transfer({ to: "0".repeat(32) }, { note: "wants a refund" }), coded("unavailable"));
  assert.equal(anas.state, "secured", "nothing has changed");
  assert.equal(texts(anas).includes("wants a refund"), false, "and nothing was said");
  void anas.send("one moment");
  await anas.transfer({ to }, { note: "wants a refund" });
  assert.equal(anas.state, "left");
  assert.deepEqual(anas.moves, []);
  const bens = await at(ben, theirs.id);
  await settled(ben, bens);
  assert.deepEqual(texts(bens), ["hello", "let me ask Ben", "one moment", "wants a refund"]);
  assert.deepEqual(bens.messages.map((m) => m.note ?? false), [false, false, false, true]);
  await until(customer, "Ben", () => who(theirs).join() === "Ben,customer");
  await theirs.send("for Ben alone");
  await seen(ben, "for Ben alone", "received");
  await bens.send("I see");
  await seen(customer, "I see", "received");
  assert.deepEqual(texts(anas), ["hello", "let me ask Ben", "one moment", "wants a refund"], "what Ana had read stays, and nothing comes");
  await assert.rejects(anas.send("too late"), coded("not a member"));
  assert.deepEqual(told(theirs).slice(-1), [`transferred Ben Ana 0-${theirs.notes.at(-1)?.granted?.to}`]);
  assert.equal(told(theirs).length, 2, "a claim and a transfer, and nothing of removing who left");
  assert.deepEqual(told(bens), told(theirs));
  for (const one of [customer, ana, ben]) assert.deepEqual(errorsOf(one), []);
});

test("the ledger tells from the log alone who could read from when to when", async () => {
  const { customer, theirs, ana, anas } = await served();
  const ben = await demo.colleague("Ben");
  await anas.transfer({ to: await available(ben) });
  const bens = await at(ben, theirs.id);
  await settled(ben, bens);
  await until(customer, "Ben", () => who(theirs).join() === "Ben,customer");
  const rows = theirs.ledger.map((r) => [name(r.member), r.to === null ? "in" : "out", r.granted && r.granted.reason]);
  assert.deepEqual(rows, [
    ["customer", "in", null],
    [demo.config.queue, "out", null],
    ["Ana", "out", 1],
    ["Ben", "in", 2],
  ]);
  const [, inbox, first, second] = theirs.ledger;
  assert.ok(inbox && first && second && first.to !== null);
  assert.equal(inbox.to, first.from - 1, "the inbox's last epoch is the one before the claim");
  assert.equal(second.from, first.to + 1);
  assert.deepEqual([second.granted?.from, second.granted?.to, second.granted && name(second.granted.by)], [0, first.to, "Ana"]);
  assert.ok(theirs.since > 0 && second.granted?.since === theirs.since, "Ben can read from the beginning");
  assert.ok(first.since >= theirs.since && first.until === second.since);
  assert.deepEqual(bens.ledger.map((r) => ({ ...r, member: r.member.id, granted: r.granted && { ...r.granted, by: r.granted.by?.id } })), theirs.ledger.map((r) => ({ ...r, member: r.member.id, granted: r.granted && { ...r.granted, by: r.granted.by?.id } })), "the same for both");
  assert.ok(anas.ledger.length >= 3);
  assert.equal(ana.conversations.length, 1);
});

test("parked and resumed: it waits, says so, and who takes it reads what was before", async () => {
  const { customer, theirs, ana, anas } = await served();
  await anas.send("I have to go");
  await anas.park({ note: "until tomorrow" });
  assert.equal(anas.state, "left");
  await until(customer, "it waits", () => !theirs.attended && theirs.members.length === 2);
  const ben = await demo.colleague("Ben");
  const waiting = await until(ben, "it waits", () => ben.queues.waiting.find((w) => w.id === theirs.id));
  assert.equal(waiting.parked, true);
  await theirs.send("still there?");
  await seen(customer, "still there?", "sent");
  const bens = await ben.claim(theirs.id);
  await settled(ben, bens);
  assert.deepEqual(texts(bens), ["hello", "I have to go", "until tomorrow", "still there?"]);
  assert.deepEqual(texts(anas), ["hello", "I have to go", "until tomorrow"]);
  assert.deepEqual(told(bens).map((t) => t.split(" ")[0]), ["claimed", "parked", "claimed"]);
  await bens.send("here I am");
  await seen(customer, "here I am", "received");
  // And Ana again: the same conversation, with what was written meanwhile.
  await bens.transfer({ to: await available(ana) });
  await until(ana, "it is Ana's again", () => anas.moves.length > 0);
  assert.deepEqual(texts(anas), ["hello", "I have to go", "until tomorrow", "still there?", "here I am"], "each once, in the order of the log");
  assert.equal(ana.conversations.length, 1);
  assert.equal(new Set(anas.messages.map((m) => m.id)).size, 5);
  for (const one of [customer, ana, ben]) assert.deepEqual(errorsOf(one), []);
});

test("a conference, with and without what was written before; who leaves, leaves it to the other", async () => {
  const { customer, theirs, ana, anas } = await served();
  await anas.send("before Ben");
  const [ben, cleo] = [await demo.colleague("Ben"), await demo.colleague("Cleo")];
  assert.equal(anas.moves.includes("leave"), false, "nobody of the company would stay");
  await assert.rejects(anas.leave(), coded("not a member"));
  await anas.invite({ to: await available(ben) });
  await anas.invite({ to: await available(cleo), history: true });
  const [bens, cleos] = [await at(ben, theirs.id), await at(cleo, theirs.id)];
  await Promise.all([settled(ben, bens), settled(cleo, cleos)]);
  await assert.rejects(anas.invite({ to: ben.member }), coded("bad argument"));
  await theirs.send("to all three");
  for (const one of [ana, ben, cleo]) await seen(one, "to all three", "received");
  assert.deepEqual(texts(bens), ["to all three"], "without a grant nothing of before opens");
  assert.deepEqual(texts(cleos), ["hello", "before Ben", "to all three"]);
  assert.deepEqual(told(theirs).slice(1), ["joined Ben Ana", `joined Cleo Ana 0-${theirs.notes.at(-1)?.granted?.to}`]);
  assert.deepEqual(bens.ledger.map((r) => name(r.member)), ["customer", demo.config.queue, "Ana", "Ben", "Cleo"], "who was there before is known without reading anything");
  await anas.leave();
  assert.equal(anas.state, "left");
  await until(customer, "Ana is gone", () => who(theirs).join() === "Ben,Cleo,customer");
  await bens.send("we go on");
  await seen(customer, "we go on", "received");
  await cleos.remove(ben.member);
  await until(ben, "removed", () => bens.state === "left");
  await until(customer, "Ben is gone", () => who(theirs).join() === "Cleo,customer");
  assert.deepEqual(told(theirs).slice(-2), ["left Ana", "removed Ben Cleo"]);
});

test("a supervisor takes nothing from the queue, under whatever role", async () => {
  const customer = await demo.customer();
  const theirs = await customer.start();
  await theirs.send("anybody?");
  const sam = await demo.colleague("Sam");
  assert.equal(sam.role, "supervisor");
  await until(sam, "it waits", () => sam.queues.waiting.some(({ id }) => id === theirs.id));
  await assert.rejects(sam.claim(theirs.id), coded("not a member"));
  assert.deepEqual(sam.conversations, []);
  const posing = await demo.colleague("Sam", { role: "agent" });
  await until(posing, "refused", () => noticesOf(posing).includes("login refused"));
  assert.notEqual(posing.state, "online");
});

test("a supervisor reads, does not speak, and takes over as an agent", async () => {
  const { customer, theirs, ana, anas } = await served();
  const sam = await demo.colleague("Sam");
  assert.deepEqual([sam.role, ana.role, customer.role], ["supervisor", "agent", "customer"]);
  await anas.invite({ to: await available(sam), role: "supervisor", history: true });
  const sams = await at(sam, theirs.id);
  await settled(sam, sams);
  assert.deepEqual(texts(sams), ["hello"]);
  assert.deepEqual(sams.moves, ["takeOver", "leave"]);
  assert.equal(theirs.ledger.at(-1)?.granted?.reason, 5);
  await until(customer, "everyone is shown", () => theirs.members.some((m) => m.role === "supervisor"));
  await assert.rejects(sams.close(), coded("not a member"));
  await sams.takeOver();
  await until(sam, "an agent", () => sams.members.find((m) => m.self)?.role === "agent");
  await sams.send("Sam here");
  await seen(customer, "Sam here", "received");
  assert.deepEqual(told(theirs).slice(1), ["joined Sam Ana 0-" + theirs.ledger.at(-1)?.granted?.to, "took over Sam"]);
  await seen(ana, "Sam here", "received");
});

test("closed by either side, nothing can be added; a new conversation names the old one", async () => {
  const { customer, theirs, ana, anas } = await served();
  await anas.close();
  await until(customer, "closed", () => theirs.state === "closed");
  assert.deepEqual([anas.state, theirs.moves], ["closed", []]);
  assert.deepEqual(told(theirs).slice(1), ["closed nobody Ana"]);
  await assert.rejects(theirs.send("too late"), coded("not a member"));
  await assert.rejects(theirs.close(), coded("not a member"));
  const again = await customer.start({ continues: theirs });
  assert.notEqual(again, theirs);
  await again.send("one more thing");
  await seen(customer, "one more thing", "sent");
  assert.equal(again.previous, theirs.id);
  await until(ana, "it waits", () => ana.queues.waiting.some((w) => w.id === again.id));
  const ours = await ana.claim(again.id);
  assert.equal(ours.previous, theirs.id);
  await seen(ana, "one more thing", "received");
  await settled(ana, ours);
  await until(customer, "Ana", () => again.moves.includes("askAnother"));
  await again.close();
  await until(ana, "closed", () => ours.state === "closed");
  // The next one that is only new continues nothing.
  const fresh = await customer.start();
  await fresh.send("something else");
  await seen(customer, "something else", "sent");
  assert.equal(fresh.previous, null);
});

test("a customer asks for somebody else: the agent is gone at once, and the next one can read what was before", async () => {
  const { customer, theirs, ana, anas } = await served();
  await theirs.askAnother();
  await until(ana, "removed", () => anas.state === "left");
  assert.deepEqual(who(theirs), ["customer", demo.config.queue]);
  await theirs.send("not for Ana");
  const ben = await demo.colleague("Ben");
  await until(ben, "it waits", () => ben.queues.waiting.some((w) => w.id === theirs.id));
  const bens = await ben.claim(theirs.id);
  await seen(ben, "not for Ana", "received");
  await settled(ben, bens);
  assert.deepEqual(texts(anas), ["hello"]);
  assert.deepEqual(told(theirs).slice(1, 3), ["removed Ana customer", `joined ${demo.config.queue} customer`]);
});

test("P15 handed over while the customer is offline with 50 texts: none lost, each once, none to who left", async () => {
  /** @type {import("./client-world.js").Wire} */
  const wire = {};
  const { customer, theirs, ana, anas } = await served(wire);
  const ben = await demo.colleague("Ben");
  const to = await available(ben);
  cut(wire);
  await until(customer, "offline", () => customer.state !== "online");
  const many = Array.from({ length: 50 }, (_, i) => `text ${i}`);
  for (const text of many) await theirs.send(text);
  assert.ok(theirs.messages.slice(-50).every((m) => m.status === "queued"));
  await anas.transfer({ to });
  const bens = await at(ben, theirs.id);
  await settled(ben, bens);
  wire.cut = false;
  await seen(ben, "text 49", "received");
  await seen(customer, "text 49", "sent");
  assert.deepEqual(texts(bens), ["hello", ...many]);
  assert.deepEqual(texts(theirs), ["hello", ...many]);
  assert.deepEqual(texts(anas), ["hello"]);
  assert.deepEqual(noticesOf(customer), ["members changed"], "told once");
  assert.deepEqual(who(theirs), ["Ben", "customer"]);
});

test("a transfer that loses against another move is not made blindly; a close is", async () => {
  const { customer, theirs, ana, anas } = await served();
  const [ben, cleo] = [await demo.colleague("Ben"), await demo.colleague("Cleo")];
  const [toBen, toCleo] = [await available(ben), await available(cleo)];
  await anas.invite({ to: toBen });
  const bens = await at(ben, theirs.id);
  await settled(ben, bens);
  // Both at once: one commit wins, and who lost looks again.
  const moves = await Promise.allSettled([anas.transfer({ to: toCleo }), bens.invite({ to: toCleo })]);
  const lost = moves.filter((m) => m.status === "rejected");
  assert.equal(lost.length, 1, JSON.stringify(moves));
  assert.ok(["stale head", "bad argument"].some((code) => coded(/** @type {import("../errors.js").Code} */ (code))(lost[0]?.reason)), String(lost[0]?.reason));
  assert.ok(who(theirs).filter((n) => n === "Cleo").length <= 1);
  await settled(ben, bens);
  await Promise.allSettled([bens.close(), theirs.close()]);
  await until(customer, "closed", () => theirs.state === "closed");
  await until(ben, "closed", () => bens.state === "closed");
  const closed = told(theirs).filter((t) => t.startsWith("closed"));
  assert.equal(closed.length, 1, "once");
  assert.equal(ana.conversations.length, 1);
});

test("an agent who went without a word: once its credential has ended, the customer's end brings the inbox in and goes on", async () => {
  const { customer, theirs, ana } = await served();
  await ana.close();
  const real = Date.now;
  try {
    // Thirteen hours later, of twelve.
    Date.now = () => real() + 13 * 3_600_000;
    await theirs.send("anybody?");
    await seen(customer, "anybody?", "sent");
  } finally {
    Date.now = real;
  }
  assert.deepEqual(who(theirs), ["customer", demo.config.queue]);
  assert.equal(theirs.attended, false);
  assert.deepEqual(told(theirs).slice(1), ["removed Ana customer", `joined ${demo.config.queue} customer`]);
  const ben = await demo.colleague("Ben");
  await until(ben, "it waits", () => ben.queues.waiting.some((w) => w.id === theirs.id));
  const bens = await ben.claim(theirs.id);
  await seen(ben, "anybody?", "received");
  await settled(ben, bens);
  await bens.send("Ben here");
  await seen(customer, "Ben here", "received");
  assert.deepEqual(errorsOf(customer), []);
});

test("removed while offline, a text of before is kept with its reason; back in, it is sent only when its writer says so", async () => {
  /** @type {import("./client-world.js").Wire} */
  const wire = {};
  const customer = await demo.customer();
  const theirs = await customer.start();
  await theirs.send("hello");
  const ana = await demo.colleague("Ana", { wire });
  await until(ana, "it waits", () => ana.queues.waiting.some((w) => w.id === theirs.id));
  const anas = await ana.claim(theirs.id);
  await settled(ana, anas);
  await until(customer, "Ana", () => who(theirs).join() === "Ana,customer");
  const to = await available(ana);
  cut(wire);
  await until(ana, "offline", () => ana.state !== "online");
  const { id } = await anas.send("I think that");
  await theirs.askAnother();
  await until(customer, "gone", () => !theirs.attended);
  wire.cut = false;
  const failed = () => anas.messages.find((m) => m.id === id);
  await until(ana, "left", () => anas.state === "left");
  assert.deepEqual([failed()?.status, failed()?.reason, failed()?.text], ["failed", "left", "I think that"]);
  await assert.rejects(anas.retry(id), coded("not a member"));
  const ben = await demo.colleague("Ben");
  await until(ben, "it waits", () => ben.queues.waiting.some((w) => w.id === theirs.id));
  const bens = await ben.claim(theirs.id);
  await settled(ben, bens);
  await bens.invite({ to });
  await until(ana, "back", () => anas.moves.length > 0);
  await bens.send("Ana is back");
  await seen(ana, "Ana is back", "received");
  assert.deepEqual([failed()?.status, failed()?.reason], ["failed", "left"]);
  await anas.retry(id);
  await seen(customer, "I think that", "received");
  await seen(ana, "I think that", "sent");
  assert.deepEqual([failed()?.status, failed()?.reason], ["sent", undefined], "the same message");
  assert.equal(anas.messages.filter((m) => m.text === "I think that" && m.status === "sent").length, 1);
});
