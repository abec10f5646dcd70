/**
 * What must hold over any transport: the same tests for each. A platform gives
 * each of its users a transport, and can be cut off; what it makes of the
 * messages is the business of the hostile ones.
 *
 * @typedef {object} Platform
 * @property {(name: string) => import("../client/transports/transport.js").Transport | Promise<import("../client/transports/transport.js").Transport>} join
 * @property {() => (string | Uint8Array)[]} left  what left the browsers
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AgentKit } from "../agent/kit.js";
import { SealwireError } from "../errors.js";
import { over } from "../client/foreign.js";
import { profileOf } from "./transport-profile.js";
import { World, errorsOf, seen, texts, until } from "./transport-world.js";

/**
 * @param {string} name
 * @param {() => Promise<Platform> | Platform} make
 */
export function conforms(name, make) {
  const world = new World();
  after(() => world.close());

  /** A customer and Ana, who have spoken. */
  async function talking() {
    const platform = await make();
    const ana = await world.agent("Ana", await platform.join("ana"));
    const customer = await world.customer(await platform.join("customer"));
    const talk = await customer.start();
    await talk.send("hello");
    await seen(ana, "hello", "received");
    const side = await until(ana, "the conversation", () => ana.conversations[0]);
    await side.send("good day");
    await Promise.all([seen(customer, "good day", "received"), seen(ana, "good day", "sent"), seen(customer, "hello", "sent")]);
    return { platform, ana, customer, talk, side };
  }

  test(`${name}: two ends talk, both ways, and nothing of it is in the open`, async () => {
    const { platform, customer, ana, talk } = await talking();
    await seen(customer, "hello", "sent");
    assert.deepEqual(talk.members.map(({ role }) => role).sort(), ["agent", "customer"]);
    assert.deepEqual([...errorsOf(ana), ...errorsOf(customer)], []);
    sealed(platform, ["hello", "good day"]);
  });

  test(`${name}: the longest text that a message takes`, async () => {
    const { platform, talk, ana } = await talking();
    const long = "wörter ".repeat(4_000);
    await talk.send(long);
    await seen(ana, long, "received");
    sealed(platform, ["wörter"]);
    await assert.rejects(talk.send("x".repeat(33_000)), coded("too long"));
  });

  test(`${name}: files go both ways, under an opaque name`, async () => {
    const { platform, talk, side, ana, customer } = await talking();
    const content = new Uint8Array(1_300_000).map((_, at) => (at * 7) % 251);
    await talk.sendFile(new Blob([content], { type: "image/png" }), { name: "passport.png" });
    const came = await until(ana, "the file", () => texts(ana).find((m) => m.file));
    assert.equal(came.file?.name, "passport.png");
    const { blob, release } = await side.saveFile(came.id);
    assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), content);
    await release();
    await side.sendFile(new Blob(["short"]), { name: "answer.txt" });
    const answer = await until(customer, "the answer", () => texts(customer).find((m) => m.file && !m.self));
    assert.equal(await (await talk.saveFile(answer.id)).blob.text(), "short");
    sealed(platform, ["passport", "image/png", "answer.txt", "short", content.subarray(0, 64)]);
  });

  test(`${name}: another agent joins, the conversation is handed over with its history, and the first reads no more`, async () => {
    const { platform, talk, side, ana, customer } = await talking();
    const ben = await world.agent("Ben", await platform.join("ben"));
    await until(ben, "being there", () => ben.state === "online");
    await handOver(side, ben.member);
    const bens = await until(ben, "the conversation", () => ben.conversations[0]);
    await seen(ben, "hello", "received");
    await seen(ben, "good day", "received");
    await talk.send("who is there?");
    await seen(ben, "who is there?", "received");
    await bens.send("Ben");
    await seen(customer, "Ben", "received");
    await until(ana, "having left", () => side.state === "left");
    assert.ok(!texts(ana).some(({ text }) => text === "who is there?" || text === "Ben"));
    assert.deepEqual(talk.members.filter(({ role }) => role === "agent").map(({ alias }) => alias), ["Ben"]);
    const ledger = talk.ledger.map(({ member, granted }) => [member.alias, granted !== null]);
    assert.ok(ledger.some(([alias, granted]) => alias === "Ben" && granted), "what he may read is shown");
    sealed(platform, ["who is there?"]);
  });

  test(`${name}: a colleague is brought in, all three talk, one is removed`, async () => {
    const { platform, talk, side, ana, customer } = await talking();
    const ben = await world.agent("Ben", await platform.join("ben"));
    await until(ben, "being there", () => ben.state === "online");
    await again(() => side.invite({ to: ben.member }));
    const bens = await until(ben, "the conversation", () => ben.conversations[0]);
    await until(ben, "being in it", () => bens.state === "secured");
    await talk.send("three");
    await Promise.all([seen(ana, "three", "received"), seen(ben, "three", "received")]);
    assert.ok(!texts(ben).some(({ text }) => text === "hello"), "nothing of before was granted");
    await bens.send("I am Ben");
    await Promise.all([seen(ana, "I am Ben", "received"), seen(customer, "I am Ben", "received")]);
    await side.remove(ben.member);
    await until(ben, "having been removed", () => bens.state === "left");
    await talk.send("two");
    await seen(ana, "two", "received");
    assert.ok(!texts(ben).some(({ text }) => text === "two"));
  });

  test(`${name}: a supervisor reads along, and takes over`, async () => {
    const { platform, talk, side, ana, customer } = await talking();
    const sam = await world.agent("Sam", await platform.join("sam"), { role: "supervisor" });
    await until(sam, "being there", () => sam.state === "online");
    await again(() => side.invite({ to: sam.member, role: "supervisor" }));
    const sams = await until(sam, "the conversation", () => sam.conversations.find((c) => c.state === "secured"));
    await talk.send("who listens?");
    await seen(sam, "who listens?", "received");
    assert.ok(talk.members.some(({ role, alias }) => role === "supervisor" && alias === "Sam"), "nobody is hidden");
    await again(() => sams.takeOver());
    await sams.send("I do");
    await Promise.all([seen(customer, "I do", "received"), seen(ana, "I do", "received")]);
  });

  test(`${name}: a file that is cancelled on its way leaves nothing behind`, async () => {
    const { talk, ana, customer } = await talking();
    const cancel = new AbortController();
    const onProgress = () => cancel.abort();
    await talk.sendFile(new Blob([new Uint8Array(3_000_000)]), { name: "no.bin", onProgress, signal: cancel.signal });
    await until(customer, "it to be cancelled", () => texts(customer).find((m) => m.file?.state === "cancelled"));
    await talk.send("after it");
    await seen(ana, "after it", "received");
    assert.ok(!texts(ana).some(({ file }) => file));
  });

  test(`${name}: all write at once, and each text is shown once at each`, async () => {
    const { talk, side, ana, customer } = await talking();
    const mine = Array.from({ length: 8 }, (_, n) => `customer ${n}`);
    const hers = Array.from({ length: 8 }, (_, n) => `ana ${n}`);
    await Promise.all([...mine.map((text) => talk.send(text)), ...hers.map((text) => side.send(text))]);
    for (const text of mine) await Promise.all([seen(ana, text, "received"), seen(customer, text, "sent")]);
    for (const text of hers) await Promise.all([seen(customer, text, "received"), seen(ana, text, "sent")]);
    for (const client of [ana, customer]) {
      const all = texts(client).map(({ text }) => text);
      assert.equal(new Set(all).size, all.length, "no two copies");
      const of = (/** @type {string} */ who) => all.filter((text) => text.startsWith(`${who} `));
      assert.deepEqual([of("customer"), of("ana")], [mine, hers], "in the order in which each wrote");
    }
  });

  test(`${name}: moves made at once: one commit lands first, the others are stale and made again`, async () => {
    const { platform, talk, side, ana, customer } = await talking();
    const [ben, cleo] = await Promise.all([world.agent("Ben", await platform.join("ben")), world.agent("Cleo", await platform.join("cleo"))]);
    await Promise.all([ben, cleo].map((client) => until(client, "being there", () => client.state === "online")));
    await again(() => side.invite({ to: ben.member }));
    const bens = await until(ben, "the conversation", () => ben.conversations.find((c) => c.state === "secured"));
    const moves = [again(() => side.invite({ to: cleo.member })), again(() => bens.leave()), talk.send("meanwhile")];
    assert.deepEqual((await Promise.allSettled(moves)).map(({ status }) => status), ["fulfilled", "fulfilled", "fulfilled"]);
    await seen(customer, "meanwhile", "sent");
    await seen(ana, "meanwhile", "received");
    const roster = (/** @type {import("../client/client.js").Client} */ client) => client.conversations[0]?.members.map(({ alias }) => alias).sort().join();
    for (const client of [ana, cleo, customer]) {
      await until(client, "the same roster", () => roster(client) === ",Ana,Cleo");
      assert.ok(texts(client).filter(({ text }) => text === "meanwhile").length <= 1, "one copy");
    }
    assert.equal(talk.state, "secured");
  });

  test(`${name}: after a reload both go on where they were, with what came meanwhile`, async () => {
    const platform = await make();
    const device = (/** @type {string} */ person) => /** @type {const} */ ({ history: "device", person: `${name} reload ${person}` });
    let ana = await world.agent("Ana", await platform.join("ana"), device("ana"));
    let customer = await world.customer(await platform.join("customer"), device("customer"));
    let talk = await customer.start();
    await talk.send("one");
    await seen(ana, "one", "received");
    await ana.conversations[0]?.send("two");
    await seen(customer, "two", "received");
    await customer.close();
    await ana.conversations[0]?.send("while away");
    await seen(ana, "while away", "sent");
    await ana.close();

    customer = await world.customer(await platform.join("customer"), device("customer"));
    assert.equal((await customer.start()).id, talk.id);
    talk = await customer.start();
    await seen(customer, "while away", "received");
    await talk.send("three");
    await seen(customer, "three", "sent");
    ana = await world.agent("Ana", await platform.join("ana"), device("ana"));
    await seen(ana, "three", "received");
    await ana.conversations[0]?.send("four");
    await seen(customer, "four", "received");
    assert.deepEqual(texts(ana).map(({ text }) => text), ["one", "two", "while away", "three", "four"]);
    assert.deepEqual(texts(customer).map(({ text }) => text), ["one", "two", "while away", "three", "four"]);
    assert.deepEqual([...errorsOf(ana), ...errorsOf(customer)], []);
  });

  test(`${name}: an end whose profile is of before asks to be let in again, and is`, async () => {
    const platform = await make();
    const person = `${name} restored`;
    const open = async () => world.agent("Ana", await platform.join("ana"), { history: "device", person });
    let ana = await open();
    const customer = await world.customer(await platform.join("customer"));
    const talk = await customer.start();
    await talk.send("one");
    await seen(ana, "one", "received");
    await ana.close();
    const restore = await profileOf(person);
    ana = await open();
    await until(ana, "the conversation", () => ana.conversations[0]?.state === "secured");
    await ana.conversations[0]?.send("two");
    await seen(customer, "two", "received");
    await ana.close();
    await restore();
    ana = await open();
    await until(ana, "being let in again", () => ana.conversations[0]?.notes.some(({ kind }) => kind === "rejoined" || kind === "missed") && ana.conversations[0]?.state === "secured");
    await talk.send("three");
    await seen(ana, "three", "received");
    await ana.conversations[0]?.send("four");
    await seen(customer, "four", "received");
    assert.equal(talk.state, "secured");
  });

  test(`${name}: a move that needs an inbox is not offered, and refused with a code`, async () => {
    const { side, talk, ana } = await talking();
    await until(ana, "her moves", () => side.moves.length > 0);
    assert.deepEqual(side.moves, ["transfer", "invite", "close"]);
    assert.deepEqual(talk.moves, ["remove", "close"]);
    await assert.rejects(side.park(), coded("not a member"));
    await assert.rejects(talk.askAnother(), coded("not a member"));
    await assert.rejects(side.transfer({ queue: "default" }), coded("unavailable"));
    await talk.send("all as before");
    await seen(ana, "all as before", "received");
  });

  test(`${name}: what is written before anybody is there waits, and goes out`, async () => {
    const platform = await make();
    const customer = await world.customer(await platform.join("customer"));
    const talk = await customer.start();
    await talk.send("anybody?");
    await until(customer, "being there", () => customer.state === "online");
    assert.equal(talk.state, "waiting");
    assert.equal(customer.agents, false);
    sealed(platform, ["anybody?"]);
    assert.equal(platform.left().length, 0, "nothing left at all");
    const ana = await world.agent("Ana", await platform.join("ana"));
    await seen(ana, "anybody?", "received");
    assert.equal(customer.agents, true);
  });

  test(`${name}: the customer closes it; a new conversation goes over the same one of the platform`, async () => {
    const { platform, talk, ana, customer } = await talking();
    await talk.close();
    await until(ana, "it to be closed", () => ana.conversations[0]?.state === "closed");
    const next = await customer.start({ anew: true, continues: talk });
    await next.send("once more");
    await seen(ana, "once more", "received");
    assert.equal(ana.conversations.length, 2);
    assert.notEqual(next.id, talk.id);
    assert.equal(ana.conversation(next.id)?.previous, talk.id);
    sealed(platform, ["once more"]);
  });

  test(`${name}: the platform alone puts another agent in the place of the first: the customer sees it, goes on with that one, and nothing is lost`, async () => {
    const platform = await make();
    const device = /** @type {const} */ ({ history: "device", person: `${name} reassigned` });
    const ana = await world.agent("Ana", await platform.join("ana"));
    const mine = await platform.join("customer");
    const desk = over(mine);
    let customer = await world.customer(desk, device);
    const talk = await customer.start();
    await talk.send("hello");
    await seen(ana, "hello", "received");
    await until(customer, "the first to be in it", () => talk.members.some(({ alias }) => alias === "Ana"));
    assert.deepEqual(talk.reachable, []);
    await ana.close();
    const ben = await world.agent("Ben", await platform.join("ben"));
    await until(customer, "another to be there", () => talk.reachable.length > 0);
    assert.deepEqual(talk.reachable.map(({ id, alias, role }) => [id, alias, role]), [[ben.member, "Ben", "agent"]]);
    // Nobody brings him in unasked: the company's side would have to.
    assert.ok(!talk.members.some(({ alias }) => alias === "Ben"));

    // Cut off, somebody writes on, and then decides to go on with the other; the page is loaded anew before it can begin.
    desk.delete(mine);
    await until(customer, "being cut off", () => customer.state !== "online");
    await talk.send("not sent yet");
    const waiting = await customer.start({ continues: talk });
    assert.deepEqual([texts(customer).filter(({ text }) => text === "not sent yet").length, waiting.messages.map(({ text, status }) => [text, status])], [1, [["not sent yet", "queued"]]]);
    await waiting.send("nor this");
    await customer.close();
    customer = await world.customer(await platform.join("customer"), device);
    await seen(ben, "nor this", "received");
    const next = await until(customer, "the new one", () => customer.conversations.find((c) => c.previous === talk.id));
    assert.deepEqual(next.messages.map(({ text }) => text), ["not sent yet", "nor this"]);
    assert.deepEqual(next.members.filter(({ role }) => role !== "customer").map(({ alias }) => alias), ["Ben"], "not the first, whose key lies there still");
    const bens = await until(ben, "the conversation", () => ben.conversations[0]);
    assert.deepEqual([ben.conversations.length, bens.previous, bens.messages.map(({ text }) => text)], [1, talk.id, ["not sent yet", "nor this"]]);
    await bens.send("I go on");
    await seen(customer, "I go on", "received");
    assert.equal((await customer.start()).id, next.id);
    const kit = new AgentKit({ tick: 0 });
    kit.attach(ben);
    assert.match(kit.conversation(bens.id)?.continues ?? "", /continues an earlier one/);
    kit.close();
    sealed(platform, ["not sent yet", "nor this", "I go on"]);
  });

  test(`${name}: manifests that another end does not have are found in the conversation`, async () => {
    const { platform, talk, side, ana, customer } = await talking();
    world.renew();
    // Ben's is newer than all commits so far; his own names one that the others never saw.
    const ben = await world.agent("Ben", await platform.join("ben"));
    await until(ben, "being there", () => ben.state === "online");
    await handOver(side, ben.member);
    const bens = await until(ben, "the conversation", () => ben.conversations[0]);
    await seen(ben, "hello", "received");
    await bens.send("under the new one");
    await seen(customer, "under the new one", "received");
    await talk.send("seen");
    await seen(ben, "seen", "received");
    assert.deepEqual([...errorsOf(ana), ...errorsOf(ben), ...errorsOf(customer)], []);
  });

  test(`${name}: an agent works in several conversations of the platform at once`, async () => {
    const platforms = [await make(), await make()];
    const desk = over(...(await Promise.all(platforms.map((platform) => platform.join("ana")))));
    const ana = await world.agent("Ana", desk);
    const customers = await Promise.all(platforms.map(async (platform) => world.customer(await platform.join("customer"))));
    for (const [at, customer] of customers.entries()) await (await customer.start()).send(`from ${at}`);
    for (const at of customers.keys()) await seen(ana, `from ${at}`, "received");
    for (const conversation of ana.conversations) await conversation.send(`to ${conversation.messages[0]?.text}`);
    for (const [at, customer] of customers.entries()) {
      await seen(customer, `to from ${at}`, "received");
      assert.equal(texts(customer).length, 2);
    }
    // One that comes while she works.
    const third = await make();
    const more = await third.join("ana");
    desk.add(more);
    const late = await world.customer(await third.join("customer"));
    await (await late.start()).send("from later");
    await seen(ana, "from later", "received");
    assert.equal(desk.conversations(more).length, 1);
    assert.equal(desk.transport(String(desk.conversations(more)[0])), more);
  });
}

/**
 * Until the key package of whom it is for lies there.
 * @param {import("../client/types.js").Conversation} conversation
 * @param {string} to
 */
const handOver = (conversation, to) => again(() => conversation.transfer({ to }));

/** @param {() => Promise<void>} act */
export async function again(act) {
  for (let times = 0; ; times++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof SealwireError) || !["unavailable", "stale head"].includes(error.code) || times === 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** @param {import("../errors.js").Code} code */
export const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;

/**
 * @param {Platform} platform
 * @param {(string | Uint8Array)[]} secrets
 */
export function sealed(platform, secrets) {
  for (const left of platform.left()) {
    const bytes = Buffer.from(left);
    // What is text of ours is looked into, too.
    const inside = typeof left === "string" && left.startsWith("sealwire:1:") ? Buffer.from(left.slice("sealwire:1:".length), "base64url") : Buffer.alloc(0);
    for (const secret of secrets) assert.ok(!bytes.includes(Buffer.from(secret)) && !inside.includes(Buffer.from(secret)), `in the open: ${secret}`);
  }
}
