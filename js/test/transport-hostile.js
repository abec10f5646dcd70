/**
 * Platforms that lie, over any transport: nothing is shown that was not said,
 * nothing twice, a state says what is wrong, and where nothing was proven
 * honest traffic goes on.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { entryFrame, recordFrame } from "../client/foreignframes.js";
import { toText, fromText } from "../client/transports/text.js";
import { Backend } from "./transport-backend.js";
import { again, sealed } from "./transport-suite.js";
import { World, errorsOf, noticesOf, seen, texts, until } from "./transport-world.js";

/** @typedef {import("./transport-backend.js").Stored} Stored */

const MESSAGE = 2;
const COMMIT = 1;
const PART = 2;

/**
 * The kind of entry that a body carries, whole; else 0.
 * @param {{ body: string }} message
 */
function kindOf({ body }) {
  const bytes = fromText(body);
  return bytes?.[0] === 1 ? (bytes[2] ?? 0) : 0;
}

/**
 * A commit, or a part of one: nothing else is as long here.
 * @param {{ body: string }} message
 */
function isCommit(message) {
  return kindOf(message) === COMMIT || fromText(message.body)?.[0] === PART;
}

/**
 * @param {string} name
 * @typedef {import("../client/transports/transport.js").Transport} Transport
 * @typedef {(user: string) => Transport | Promise<Transport>} Join
 * @param {(backend: Backend) => Join | Promise<Join>} make
 */
export function withstands(name, make) {
  const world = new World();
  after(() => world.close());

  async function talking() {
    const backend = new Backend();
    const join = await make(backend);
    const ana = await world.agent("Ana", await join("ana"));
    const customer = await world.customer(await join("customer"));
    const talk = await customer.start();
    await talk.send("hello");
    await seen(ana, "hello", "received");
    const side = await until(ana, "the conversation", () => ana.conversations[0]);
    await side.send("good day");
    await Promise.all([seen(customer, "good day", "received"), seen(ana, "good day", "sent"), seen(customer, "hello", "sent")]);
    return { backend, join, ana, customer, talk, side };
  }

  /** @param {Awaited<ReturnType<typeof talking>>} all */
  async function goesOn({ backend, ana, customer, talk, side }) {
    await talk.send("still there?");
    await seen(ana, "still there?", "received");
    await side.send("yes");
    await seen(customer, "yes", "received");
    for (const client of [ana, customer]) {
      const all = texts(client).map(({ text }) => text);
      assert.equal(new Set(all).size, all.length, `no two copies: ${all.join()}`);
    }
    assert.deepEqual([talk.state, side.state], ["secured", "secured"]);
    sealed({ left: () => backend.left, join: () => assert.fail() }, ["hello", "good day", "still there?"]);
  }

  test(`${name}: a platform that stores everything twice`, async () => {
    const all = await talking();
    all.backend.tamper = (message) => [message, { ...message, id: `${message.id}-again` }];
    for (const n of [1, 2, 3]) await all.talk.send(`doubled ${n}`);
    await seen(all.ana, "doubled 3", "received");
    await goesOn(all);
    assert.equal(texts(all.ana).filter(({ text }) => text.startsWith("doubled")).length, 3);
  });

  test(`${name}: a platform whose answers are lost`, async () => {
    const all = await talking();
    all.backend.lost = 3;
    for (const n of [1, 2, 3]) await all.talk.send(`unanswered ${n}`);
    await seen(all.ana, "unanswered 3", "received");
    await seen(all.customer, "unanswered 3", "sent");
    await goesOn(all);
    assert.equal(all.backend.messages.filter((m) => kindOf(m) === MESSAGE).length, new Set(all.backend.messages.filter((m) => kindOf(m) === MESSAGE).map(({ body }) => body)).size, "none was stored twice");
  });

  test(`${name}: a platform that stores nothing for a while, and says that it did`, async () => {
    const all = await talking();
    let dropped = 0;
    all.backend.tamper = (message) => (dropped++ < 2 ? [] : [message]);
    await all.talk.send("dropped at first");
    await seen(all.ana, "dropped at first", "received");
    await goesOn(all);
    assert.ok(dropped > 2);
  });

  test(`${name}: a platform that changes what it stores`, async () => {
    const all = await talking();
    let changed = 0;
    all.backend.tamper = (message) => (kindOf(message) === MESSAGE && changed++ < 1 ? [{ ...message, body: spoiled(message.body) }] : [message]);
    await all.talk.send("as I wrote it");
    await seen(all.ana, "as I wrote it", "received");
    await seen(all.customer, "as I wrote it", "sent");
    await goesOn(all);
    assert.ok(changed > 1);
  });

  test(`${name}: a message that comes late is sealed again for who is in then, and shown once`, async () => {
    const all = await talking();
    const { backend, join, ana, customer, talk, side } = all;
    const ben = await world.agent("Ben", await join("ben"));
    await until(ben, "being there", () => ben.state === "online");
    /** @type {() => void} */
    let release = () => {};
    const held = new Promise((/** @type {(v: void) => void} */ resolve) => (release = resolve));
    let holding = false;
    backend.holds = (message) => (message.author === "customer" && kindOf(message) === MESSAGE && !holding ? ((holding = true), held) : undefined);
    await talk.send("to Ana alone");
    await again(() => side.invite({ to: ben.member }));
    assert.ok(holding);
    const before = backend.messages.length;
    release();
    await seen(ana, "to Ana alone", "received");
    await seen(customer, "to Ana alone", "sent");
    assert.ok(backend.messages.slice(before).filter((m) => kindOf(m) === MESSAGE).length >= 2, "it landed, and was sent again");
    assert.ok(noticesOf(customer).includes("members changed"), "the customer is told for whom");
    await goesOn(all);
  });

  test(`${name}: plaintext, garbage and strangers' entries are not shown`, async () => {
    const all = await talking();
    const before = [texts(all.ana).length, texts(all.customer).length];
    const { backend } = all;
    const message = backend.messages.findLast((m) => kindOf(m) === MESSAGE);
    backend.inject("Hello, this is Ana: please read me your card number");
    backend.inject("sealwire:1:");
    backend.inject("sealwire:1:AAAA");
    backend.inject("sealwire:1:not base64url!");
    backend.inject("sealwire:2:AQEB");
    for (const kind of [0, 1, 2, 3, 4, 255]) backend.inject(toText(Uint8Array.of(kind, 1, 1, 1, 1)));
    backend.inject(toText(entryFrame(new Uint8Array(300).fill(1))));
    backend.inject(toText(recordFrame("key package/" + "0".repeat(32), new Uint8Array(1_600).fill(1))));
    backend.inject(spoiled(message?.body ?? ""));
    await goesOn(all);
    assert.deepEqual([texts(all.ana).length, texts(all.customer).length], before.map((n) => n + 2));
  });

  test(`${name}: all of the log once more shows nothing again`, async () => {
    const all = await talking();
    for (const { body } of [...all.backend.messages]) all.backend.inject(body);
    await goesOn(all);
  });

  test(`${name}: two courses of one conversation: proven at the first thing that crosses, and nothing is sent after`, async () => {
    const { backend, ana, customer, talk, side } = await talking();
    // For a while each sees its own messages alone.
    backend.hides = (message, user) => message.author !== user;
    await talk.send("customer's course");
    await side.send("Ana's course");
    await seen(customer, "customer's course", "sent");
    await seen(ana, "Ana's course", "sent");
    const last = backend.messages.length;
    backend.hides = (message, user) => message.index < last && message.author !== user;
    await talk.send("this crosses");
    await until(ana, "the fork", () => side.state === "forked");
    assert.ok(!texts(ana).some(({ text }) => text === "customer's course" || text === "this crosses"));
    const stored = backend.messages.filter((m) => m.author === "ana" && kindOf(m) === MESSAGE).length;
    await assert.rejects(side.send("not sent"));
    assert.equal(backend.messages.filter((m) => m.author === "ana" && kindOf(m) === MESSAGE).length, stored);
    assert.ok(!texts(customer).some(({ text }) => text === "Ana's course"));
  });

  test(`${name}: a message that one end is not shown is missed at the next that crosses`, async () => {
    const { backend, ana, talk, side, customer } = await talking();
    let hidden = -1;
    const last = backend.messages.length;
    backend.hides = (message, user) => {
      if (user === "ana" && hidden < 0 && message.index >= last && message.author === "customer" && kindOf(message) === MESSAGE) hidden = message.index;
      return user === "ana" && message.index === hidden;
    };
    await talk.send("kept from Ana");
    await seen(customer, "kept from Ana", "sent");
    await talk.send("and on");
    await until(ana, "what is wrong", () => side.state !== "secured");
    assert.ok(["forked", "doubtful"].includes(side.state), side.state);
    assert.ok(!texts(ana).some(({ text }) => text === "and on" || text === "kept from Ana"));
  });

  test(`${name}: what was read is another now: forked at once`, async () => {
    const { backend, ana, customer, talk, side } = await talking();
    const at = backend.messages.findLastIndex((m) => kindOf(m) === MESSAGE);
    backend.edit(at, spoiled(String(backend.messages[at]?.body)));
    await until(customer, "the fork", () => talk.state === "forked");
    await until(ana, "the fork", () => side.state === "forked");
    await assert.rejects(talk.send("no more"));
    assert.deepEqual(texts(customer).map(({ text }) => text), ["hello", "good day"]);
  });

  test(`${name}: key packages of others than the company's are of no use, and delay nobody for long`, async () => {
    const backend = new Backend();
    const join = await make(backend);
    const stranger = new World();
    after(() => stranger.close());
    const ana = await world.agent("Ana", await join("ana"));
    await until(ana, "being there", () => ana.state === "online");
    // Theirs lie there, and are the newest: one of last resort, one for one use.
    const lie = stored(backend, "mallory", 2);
    const forged = await stranger.agent("Ana", await join("mallory"));
    await lie;
    const customer = await world.customer(await join("customer"));
    await (await customer.start()).send("hello");
    await seen(ana, "hello", "received");
    assert.deepEqual([errorsOf(customer), noticesOf(customer)], [[], []], "theirs were not even tried");
    assert.equal(forged.conversations.length, 0);
    assert.ok(texts(customer).length === 1 && customer.conversations[0]?.members.every(({ role, verified }) => role !== "agent" || verified));
  });

  test(`${name}: what was written and came while an end was cut off is there after it`, async () => {
    const all = await talking();
    const { backend, ana, customer, talk, side } = all;
    backend.cut("customer");
    await until(customer, "being offline", () => customer.state !== "online");
    await talk.send("from the cellar");
    await side.send("are you there?");
    await seen(ana, "are you there?", "sent");
    backend.mend("customer");
    await seen(ana, "from the cellar", "received");
    await seen(customer, "are you there?", "received");
    await goesOn(all);
    assert.deepEqual([...errorsOf(ana), ...errorsOf(customer)], []);
  });

  test(`${name}: a commit that is changed on its way stops nobody`, async () => {
    const all = await talking();
    const { backend, join, side } = all;
    const ben = await world.agent("Ben", await join("ben"));
    await until(ben, "being there", () => ben.state === "online");
    let changed = 0;
    backend.tamper = (message) => (isCommit(message) && changed++ < 1 ? [{ ...message, body: spoiled(message.body) }] : [message]);
    await again(() => side.invite({ to: ben.member }));
    await until(ben, "the conversation", () => ben.conversations[0]?.state === "secured");
    await goesOn(all);
    assert.ok(changed > 1);
  });
}

/**
 * Resolves when a user has stored so many messages.
 * @param {Backend} backend
 * @param {string} author
 * @param {number} count
 */
function stored(backend, author, count) {
  return new Promise((/** @type {(v: void) => void} */ resolve) => {
    const added = () => backend.messages.filter((m) => m.author === author).length >= count && resolve();
    backend.views.add({ name: "", added, updated: () => {}, turned: () => {} });
  });
}

/**
 * The same with one bit changed near its end, where a signature or a ciphertext is.
 * @param {string} body
 */
function spoiled(body) {
  const bytes = Uint8Array.from(fromText(body) ?? []);
  bytes[bytes.length - 5] = Number(bytes[bytes.length - 5]) ^ 1;
  return toText(bytes);
}
