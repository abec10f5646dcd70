/** Records that anybody puts into the platform's conversation: they cost little, hide nobody, and push nothing out. */
import assert from "node:assert/strict";
import { after, mock, test } from "node:test";
import { Writer } from "../client/bytes.js";
import { End } from "../client/end.js";
import { over } from "../client/foreign.js";
import { CheckedPackages } from "../client/foreignchecked.js";
import { entryFrame, recordFrame, split } from "../client/foreignframes.js";
import { Link } from "../client/foreignlink.js";
import { NamedManifests, manifestName } from "../client/foreignnamed.js";
import { isOnce, packageName } from "../client/foreignpackages.js";
import { ROLE } from "../client/status.js";
import { memoryStore } from "../client/store.js";
import { fromText, toText } from "../client/transports/text.js";
import { twilio } from "../client/transports/twilio.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { decodeEntry, encodeCommit, encodeSeals } from "./independent/entries.js";
import { module } from "./helpers/core.js";
import { Backend } from "./transport-backend.js";
import { forged, nobody } from "./transport-forged.js";
import { again } from "./transport-suite.js";
import { twilioUser } from "./transport-twilio-fake.js";
import { World, errorsOf, noticesOf, seen, until } from "./transport-world.js";

/** @typedef {import("../client/carrier.js").CarrierHost} CarrierHost */

/** @param {Backend} backend @param {string} name @param {Uint8Array} value */
const put = (backend, name, value) => backend.inject(toText(recordFrame(name, value)), "anybody");

/** Key packages of one user that lie there. @param {Backend} backend @param {string} author */
function packages(backend, author) {
  return backend.messages.flatMap(({ author: by, body }) => {
    const bytes = fromText(body);
    return by === author && bytes?.[0] === 3 && Buffer.from(bytes.subarray(2, 14)).toString() === "key package/" ? [bytes.slice(2 + Number(bytes[1]))] : [];
  });
}

/**
 * Waits, from message to message of the platform, until something holds.
 * @param {Backend} backend @param {() => unknown} look
 */
function stored(backend, look) {
  return new Promise((/** @type {(v: void) => void} */ resolve) => {
    const view = { name: "", added: () => void (look() && (backend.views.delete(view), resolve())), updated: () => {}, turned: () => {} };
    backend.views.add(view);
    view.added();
  });
}

/**
 * A transport whose client's calls of the core are counted.
 * @param {import("../client/transports/transport.js").Transport} transport
 */
function counted(transport) {
  const desk = over(transport);
  const carrier = desk.carrier.bind(desk);
  const calls = { verify: 0, manifestHash: 0, inspect: 0 };
  desk.carrier = (host) =>
    carrier({
      ...host,
      verify: (...all) => (calls.verify++, host.verify(...all)),
      manifestHash: (...all) => (calls.manifestHash++, host.manifestHash(...all)),
      inspect: (...all) => (calls.inspect++, host.inspect(...all)),
    });
  return { desk, calls };
}

/** A customer who is nobody's. @param {World} world @param {string} name */
async function stranger(world, name) {
  const end = new End(() => instantiate(module));
  await end.openIn(memoryStore(name), { role: "customer", roots: [world.company.root.public], history: "none" });
  await end.manifest(world.manifest, true);
  return end;
}

test("each record is judged once, however often it comes and whatever commits follow; the page has its turn in between", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const { desk, calls } = counted(twilio(twilioUser(backend, "ana")));
  const ana = await world.agent("Ana", desk);
  await stored(backend, () => packages(backend, "ana").length >= 2);
  const customer = await world.customer(twilio(twilioUser(backend, "customer")));
  await until(customer, "somebody to begin with", () => customer.agents);
  const keyPackage = packages(backend, "ana").find((bytes) => !isOnce(bytes));
  assert.ok(keyPackage);
  const eve = await stranger(world, "eve");
  const { id } = await eve.conversations.genesis("default", keyPackage);
  const made = await eve.conversations.next(id);
  assert.ok("entry" in made);
  const commit = decodeEntry(Uint8Array.from(made.entry));
  const before = { ...calls };
  const COUNT = 300;
  const all = Array.from({ length: COUNT }, (_, n) => /** @type {const} */ ([packageName(nobody(n)), forged({ pad: 3_500 })]));
  for (const [name, value] of all) put(backend, name, value);
  // Seals are anybody's bytes: here those of the records, again and again. The tag makes each another commit.
  const box = new Uint8Array(30_000).map((_, at) => Number(all[0]?.[1][at % 3_700]));
  for (let n = 0; n < 5; n++) {
    const large = encodeCommit(commit.body, encodeSeals([0, 1, 2].map(() => ({ ct: new Uint8Array(1_088), box }))), new Uint8Array(32).fill(n), commit.signature);
    for (const part of await split(entryFrame(large), 20_000)) backend.inject(toText(part), "eve");
    for (const [name, value] of all.slice(0, 20)) put(backend, name, value);
  }
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  assert.ok(calls.verify - before.verify <= COUNT + 8, `${calls.verify - before.verify} key packages were judged`);
  assert.ok(calls.inspect - before.inspect < 20, `${calls.inspect - before.inspect} entries were looked at`);
  assert.ok(calls.manifestHash - before.manifestHash < 10, `${calls.manifestHash - before.manifestHash} manifests were hashed`);
  assert.deepEqual([errorsOf(ana), errorsOf(customer)], [[], []]);
});

test("what waits to be judged is bounded, nothing of it is dropped, and other work comes between two judgements", async () => {
  let [judged, turns, ended] = [0, 0, false];
  /** @type {Set<number>} */
  const at = new Set();
  const turn = () => void (turns++, ended || setImmediate(turn));
  turn();
  const there = new CheckedPackages({ verify: async ({ member, role, alias, queues }) => (judged++, at.add(turns), member.endsWith("0") ? { member, role, alias, queues } : null), onChange: () => {} });
  let noted = 0;
  /** @type {() => void} */
  let reached = () => {};
  const full = new Promise((/** @type {(v: void) => void} */ resolve) => (reached = resolve));
  /** @type {Uint8Array[]} */
  const last = [];
  const noting = (async () => {
    for (let n = 0; n < 400; n++) {
      const value = forged();
      if (n === 399) last.push(value);
      await there.note(packageName(nobody(n)), value);
      if (++noted === 128) reached();
    }
  })();
  // Nothing is judged before it is known under which manifest: who reads waits, and drops nothing.
  await full;
  for (let n = 0; n < 50; n++) await crypto.subtle.digest("SHA-256", forged());
  assert.deepEqual([judged, noted], [0, 128]);
  there.judge();
  await noting;
  await there.settled();
  assert.equal(judged, 400);
  assert.equal(there.good.length, 25);
  assert.ok(at.size > 100, `${at.size} turns for 400 judgements`);
  for (const value of last) await there.note(packageName(nobody(399)), value);
  await there.settled();
  assert.equal(judged, 400, "what was refused is not judged again");
  ended = true;
  there.stop();
});

test("where the core cannot tell, reading goes on; what is still there is judged later", async () => {
  let up = false;
  const there = new CheckedPackages({ verify: async ({ member, role, alias, queues }) => {
    if (!up) throw new SealwireError("unavailable", "down");
    return { member, role, alias, queues };
  }, onChange: () => {} });
  there.judge();
  for (let n = 0; n < 300; n++) await there.note(packageName(nobody(n)), forged());
  await there.settled();
  assert.equal(there.good.length, 0);
  up = true;
  there.judge();
  await there.settled();
  assert.equal(there.good.length, 128, "the newest");
  there.stop();
});

test("of one member those stay whose validity ends last; nobody else's come into it, and used ones do not come back", async () => {
  const there = new CheckedPackages({ verify: async ({ member, role, alias, queues }) => ({ member, role, alias, queues }), onChange: () => {} });
  there.judge();
  const of = (/** @type {number} */ until, once = true) => {
    const bytes = forged({ once });
    const tail = bytes.length - 73;
    bytes.set(new Writer().u64(until).take(), tail);
    return bytes;
  };
  const now = Math.floor(Date.now() / 1000) + 1_000;
  const [ana, ben] = [packageName(nobody(1)), packageName(nobody(2))];
  const first = of(now + 50);
  await there.note(ana, first);
  for (let n = 0; n < 20; n++) await there.note(ana, of(now + n));
  for (let n = 0; n < 20; n++) await there.note(ben, of(now + 900 + n, n % 2 === 0));
  await there.settled();
  const ends = (/** @type {number} */ n) => there.good.filter(({ member }) => member === nobody(n)).map(({ until }) => until - now + 59).sort((a, b) => a - b);
  assert.deepEqual(ends(1), [17, 18, 19, 50]);
  assert.equal(ends(2).length, 8, "for one use, and of last resort");
  const { hash } = /** @type {import("../client/foreignchecked.js").Checked} */ (there.good.find(({ until }) => until - now + 59 === 50));
  there.use([hash]);
  await there.note(ana, first);
  await there.settled();
  assert.deepEqual([ends(1), there.spent(nobody(1)), there.spent(nobody(2))], [[17, 18, 19], true, false]);
  there.stop();
});

test("a manifest has the hash of its name; what commits name stays, whatever comes; each is hashed once", async () => {
  let hashed = 0;
  const hash = async (/** @type {Uint8Array} */ bytes) => (hashed++, new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))));
  const nameOf = async (/** @type {Uint8Array} */ bytes) => Buffer.from(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))).toString("hex");
  const there = new NamedManifests(hash);
  const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)];
  const [name, later] = [await nameOf(first), await nameOf(second)];
  for (let n = 0; n < 20; n++) await there.note(manifestName(name), Uint8Array.of(9, n));
  assert.equal(there.get(name), undefined);
  await there.note(manifestName(name), first);
  for (let n = 0; n < 20; n++) await there.note(manifestName(name), Uint8Array.of(9, n));
  assert.equal(hashed, 21);
  there.name(name);
  there.name(later);
  for (let n = 0; n < 2_000; n++) {
    const other = Uint8Array.of(7, n >> 8, n);
    await there.note(manifestName(await nameOf(other)), other);
  }
  assert.deepEqual(there.get(name), first);
  await there.note(manifestName(later), second);
  for (let n = 0; n < 300; n++) {
    const other = Uint8Array.of(8, n >> 8, n);
    await there.note(manifestName(await nameOf(other)), other);
  }
  assert.deepEqual(there.get(later), second, "it came after the commit that names it");
  await there.note("manifest/x", first);
  await there.note(manifestName("0".repeat(64)), new Uint8Array(20_000));
  assert.equal(hashed, 2_322, "too long, or of another name: not even looked at");
});

test("forged key packages of an inbox, and of agents, hide nobody", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const ana = await world.agent("Ana", twilio(twilioUser(backend, "ana")));
  await stored(backend, () => packages(backend, "ana").length >= 2);
  put(backend, packageName(nobody(0)), forged({ role: ROLE.inbox, alias: "default", queues: [] }));
  for (let n = 1; n < 20; n++) put(backend, packageName(nobody(n)), forged());
  const customer = await world.customer(twilio(twilioUser(backend, "customer")));
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  assert.deepEqual([errorsOf(customer), noticesOf(customer)], [[], []], "theirs were not even tried");
});

test("thousands of records push out neither an agent's key packages nor the manifest that a log was begun under", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const ana = await world.agent("Ana", twilio(twilioUser(backend, "ana")));
  await stored(backend, () => packages(backend, "ana").length >= 2);
  const core = await instantiate(module);
  let n = 0;
  const flood = () => {
    for (const end = n + 1_100; n < end; n++) put(backend, "x", Uint8Array.of(n >> 8, n));
    for (const end = n + 200; n < end; n++) put(backend, packageName(n % 2 ? ana.member : nobody(n)), forged());
    // Nobody's, but of the right name.
    for (const end = n + 300; n < end; n++) {
      const value = Uint8Array.of(n >> 8, n);
      put(backend, manifestName(Buffer.from(core.callBytes("manifest_hash", value)).toString("hex")), value);
    }
  };
  flood();
  const customer = await world.customer(twilio(twilioUser(backend, "customer")));
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  world.renew();
  const ben = await world.agent("Ben", twilio(twilioUser(backend, "ben")));
  const side = await until(ana, "Ben", () => (ana.conversations[0]?.reachable.some(({ alias }) => alias === "Ben") ? ana.conversations[0] : undefined));
  await again(() => side.invite({ to: ben.member }));
  await until(ben, "the conversation", () => ben.conversations[0]?.state === "secured");
  await ben.conversations[0]?.send("I am Ben");
  await seen(customer, "I am Ben", "received");
  flood();
  // Carl reads all from its beginning, under manifests that lie before all that.
  const carl = await world.agent("Carl", twilio(twilioUser(backend, "carl")));
  await until(ben, "Carl", () => ben.conversations[0]?.reachable.some(({ alias }) => alias === "Carl"));
  await again(() => /** @type {import("../client/types.js").Conversation} */ (ben.conversations[0]).invite({ to: carl.member }));
  await until(carl, "the conversation", () => carl.conversations[0]?.state === "secured");
  assert.deepEqual([errorsOf(ana), errorsOf(ben), errorsOf(carl), errorsOf(customer)], [[], [], [], []]);
});

test("what others put in an agent's name keeps it from nothing: its next key package for one use is put there", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const ana = await world.agent("Ana", twilio(twilioUser(backend, "ana")));
  await stored(backend, () => packages(backend, "ana").length >= 2);
  const customer = await world.customer(twilio(twilioUser(backend, "customer")));
  await until(customer, "somebody to begin with", () => customer.agents);
  for (let n = 0; n < 5; n++) put(backend, packageName(ana.member), forged());
  const before = packages(backend, "ana").filter(isOnce).length;
  const another = stored(backend, () => packages(backend, "ana").filter(isOnce).length > before);
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  await another;
});

test("its own that lies there is enough: an agent whose page is loaded again puts no other there", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  for (let n = 0; n < 3; n++) {
    const desk = over(twilio(twilioUser(backend, "ana")));
    const carrier = desk.carrier.bind(desk);
    /** @type {(ready: number) => void} */
    let told = () => {};
    const ready = new Promise((/** @type {(ready: number) => void} */ resolve) => (told = resolve));
    desk.carrier = (host) => {
      const made = carrier(host);
      const publish = made.connection.publish.bind(made.connection);
      made.connection.publish = async (keyPackage) => {
        const count = await publish(keyPackage);
        if (isOnce(keyPackage) || n > 0) told(count);
        return count;
      };
      return made;
    };
    const ana = await world.agent("Ana", desk, { history: "device", person: "the same again" });
    assert.equal(await ready, 10, `none is wanted, load ${n}`);
    await ana.close();
  }
  assert.equal(packages(backend, "ana").filter(isOnce).length, 1);
});

test("manifests under a wrong name that were put first do not have the right one put again with each commit", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const name = manifestName(Buffer.from((await instantiate(module)).callBytes("manifest_hash", world.manifest)).toString("hex"));
  for (let n = 0; n < 20; n++) put(backend, name, Uint8Array.of(n));
  const ana = await world.agent("Ana", twilio(twilioUser(backend, "ana")));
  const customer = await world.customer(twilio(twilioUser(backend, "customer")));
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  const ben = await world.agent("Ben", twilio(twilioUser(backend, "ben")));
  const side = await until(ana, "Ben", () => (ana.conversations[0]?.reachable.length ? ana.conversations[0] : undefined));
  await again(() => side.invite({ to: ben.member }));
  await until(ben, "the conversation", () => ben.conversations[0]?.state === "secured");
  const right = backend.messages.filter(({ body }) => body === toText(recordFrame(name, world.manifest)));
  assert.equal(right.length, 1);
});

test("a conversation that cannot be followed is read from its beginning less and less often", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  after(() => mock.timers.reset());
  let times = 0;
  const transport = /** @type {import("../client/transports/transport.js").Transport} */ (/** @type {unknown} */ ({
    maxBody: 24_000,
    state: "online",
    onState: () => () => {},
    async *entries() {
      times++;
      for (let n = 1; n <= 100; n++) yield { sequence: n, bytes: Uint8Array.of(9) };
      throw new SealwireError("too large", "the conversation is too long to be followed here");
    },
  }));
  const link = new Link(transport, { inspect: async () => null, verify: async () => null, manifestHash: async () => new Uint8Array(), onRead: () => {}, onTurned: () => {}, onPackages: () => {}, onForked: () => {}, onFailure: () => {} });
  link.start();
  for (let ms = 0; ms < 60_000; ms += 50) {
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(50);
  }
  link.stop();
  // 0.5, 1, 2, 4 … 30 seconds, and half of that at least.
  assert.ok(times >= 6 && times <= 10, `${times} times in a minute`);
});
