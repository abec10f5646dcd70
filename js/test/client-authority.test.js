/** The company's authority as its people's clients use it: credentials in time, queues, claims, and what is told when it fails. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Authority, NO_QUEUES } from "../client/authority.js";
import { pauseOf } from "../client/authoritycalls.js";
import { fromBase64url, toBase64url } from "../client/bytes.js";
import { Events } from "../client/events.js";
import { Proof } from "../client/proof.js";
import { Proving } from "../client/proving.js";
import { SealwireError, codes } from "../errors.js";
import { Demo, available, closeAll, cut, errorsOf, noticesOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
before(() => demo.start());
afterEach(closeAll);
after(async () => {
  await demo.stop();
  await sweep();
});

const SELF = "0a".repeat(16);
const OTHER = "0b".repeat(16);
const NONCE = toBase64url(new Uint8Array(32).fill(3));
const TICKET = toBase64url(new Uint8Array(32).fill(4));
const TIMES = { answer: 500, poll: 500, pause: 2, longest: 8, least: 1 };

/** @param {import("../errors.js").Code} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;

/**
 * @typedef {{ path: string, body: Record<string, string>, ticket: string | null, init: RequestInit }} Asked
 * @typedef {Response | Promise<Response>} Answer
 */

/** @param {unknown} value @param {number} [status] */
const json = (value, status = 200) => new Response(JSON.stringify(value), { status });

/** @param {import("../errors.js").Code} code @param {number} status @param {object} [more] */
const refused = (code, status, more = {}) => json({ code: codes.indexOf(code) + 1, error: code, ...more }, status);

/**
 * An authority that answers as a test says; what it does not say it answers well.
 * @param {(asked: Asked) => Answer | undefined} answer
 * @param {Partial<import("../client/authority.js").AuthorityHost>} [host]
 */
function staged(answer, host = {}) {
  /** @type {Asked[]} */
  const asked = [];
  /** @type {import("../client/types.js").Queues[]} */
  const told = [];
  let doubts = 0;
  const authority = new Authority({
    url: "https://company.example/desk",
    login: () => "login",
    member: SELF,
    hello: async (nonce, name, proof) => new TextEncoder().encode(`${toBase64url(nonce)} ${name} ${new TextDecoder().decode(proof)}`),
    credential: async () => new TextEncoder().encode("credential"),
    doubt: () => void doubts++,
    onQueues: (queues) => void told.push(queues),
    times: TIMES,
    fetch: async (input, init = {}) => {
      const headers = new Headers(init.headers);
      const one = { path: String(input), body: init.body ? JSON.parse(String(init.body)) : {}, ticket: headers.get("Authorization"), init };
      asked.push(one);
      const said = answer(one);
      if (said) return said;
      if (one.path.endsWith("/nonce")) return json({ nonce: NONCE });
      if (one.path.endsWith("/credential")) return json({ credential: toBase64url(new TextEncoder().encode("issued")) });
      if (one.path.endsWith("/session")) return json({ ticket: TICKET, expires: 600 });
      if (one.path.endsWith("/claim")) return json({});
      return new Promise((resolve) => setTimeout(() => resolve(json({ version: 1, waiting: [], agents: [] })), 20));
    },
    ...host,
  });
  return { authority, asked, told, doubts: () => doubts, paths: () => asked.map(({ path }) => path.replace(/^.*authority\//, "")) };
}

/** @param {() => unknown} look */
async function holds(look) {
  for (let i = 0; i < 500; i++) {
    if (look()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(String(look));
}

test("a credential: for the authority's own host, over its nonce, with the login of now", async () => {
  let logins = 0;
  const { authority, asked } = staged(() => undefined, { login: async () => `login ${++logins}` });
  assert.equal(new TextDecoder().decode(await authority.credential()), "issued");
  await authority.credential();
  const [nonce, first, , second] = asked;
  assert.equal(nonce?.path, "https://company.example/desk/v1/authority/nonce");
  assert.equal(first?.body.nonce, NONCE);
  const hello = (/** @type {Asked | undefined} */ a) => new TextDecoder().decode(fromBase64url(a?.body.hello ?? ""));
  assert.equal(hello(first), `${NONCE} authority:company.example login 1`);
  assert.equal(hello(second), `${NONCE} authority:company.example login 2`);
  for (const { init } of asked) assert.deepEqual([init.credentials, init.redirect, init.cache, init.referrerPolicy], ["omit", "error", "no-store", "no-referrer"]);
  for (const bad of ["", 7, "x".repeat(8193)]) await assert.rejects(staged(() => undefined, { login: () => /** @type {string} */ (bad) }).authority.credential(), TypeError);
});

test("what is refused has the authority's code; what is no answer of its kind is unavailable", async () => {
  for (const code of /** @type {const} */ (["bad credential", "expired", "replayed", "open failed", "rate limited", "not a member", "internal"])) {
    await assert.rejects(staged(({ path }) => (path.endsWith("/credential") ? refused(code, 401) : undefined)).authority.credential(), coded(code));
  }
  /** @type {[string, () => Answer][]} */
  const rows = [
    ["no JSON", () => new Response("<html>")],
    ["no object", () => json([1])],
    ["nothing", () => new Response(null)],
    ["no credential", () => json({})],
    ["no base64url", () => json({ credential: "***" })],
    ["a refusal without a code", () => json({}, 500)],
    ["the network", () => Promise.reject(new TypeError("fetch failed"))],
    ["too much", () => new Response("[" + "1,".repeat(3 * 1024 * 1024))],
  ];
  for (const [name, answer] of rows) await assert.rejects(staged(({ path }) => (path.endsWith("/credential") ? answer() : undefined)).authority.credential(), coded("unavailable"), name);
  await assert.rejects(staged(({ path }) => (path.endsWith("/nonce") ? json({ nonce: toBase64url(new Uint8Array(31)) }) : undefined)).authority.credential(), coded("unavailable"), "a short nonce");
});

test("who is let in only later asks no sooner than the authority says, and then again", async () => {
  const real = performance.now;
  let now = 0;
  performance.now = () => now;
  try {
    for (const [named, after] of /** @type {const} */ ([["7", 7_000], ["600", 600_000], ["999999", 3_600_000]])) {
      now = 1;
      let logins = 0;
      const { authority, asked } = staged(({ path }) => (path.endsWith("/credential") && now < after ? new Response(refused("rate limited", 429).body, { status: 429, headers: { "Retry-After": named } }) : undefined), { login: () => `login ${++logins}` });
      await assert.rejects(authority.credential(), coded("rate limited"));
      now += after - 1;
      for (let i = 0; i < 3; i++) await assert.rejects(authority.credential(), (error) => coded("rate limited")(error) && pauseOf(error) === 1);
      assert.deepEqual([asked.length, logins], [2, 1], "nobody was asked meanwhile, the page neither");
      now += 1;
      assert.equal(new TextDecoder().decode(await authority.credential()), "issued");
    }
  } finally {
    performance.now = real;
  }
  for (const named of ["soon", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", ""]) {
    const { authority, asked } = staged(({ path }) => (path.endsWith("/nonce") ? new Response(refused("rate limited", 429).body, { status: 429, headers: { "Retry-After": named } }) : undefined));
    for (let i = 0; i < 2; i++) await assert.rejects(authority.credential(), coded("rate limited"));
    assert.equal(asked.length, 2, `no pause is named by "${named}"`);
  }
});

test("queues that are asked for too often: not again before the named pause is over", async () => {
  /** @type {number[]} */
  const waits = [];
  const real = globalThis.setTimeout;
  const { authority, told } = staged(({ path }) => (path.includes("/queues") ? new Response(refused("rate limited", 429).body, { status: 429, headers: { "Retry-After": "30" } }) : undefined));
  globalThis.setTimeout = /** @type {typeof setTimeout} */ (/** @type {unknown} */ ((/** @type {() => void} */ act, /** @type {number} */ ms) => (ms > 10 && ms < 100_000 && waits.push(ms), real(act, ms))));
  try {
    authority.follow();
    await holds(() => waits.includes(30_000));
  } finally {
    globalThis.setTimeout = real;
    authority.stop();
  }
  assert.deepEqual([told.at(-1)?.state, told.at(-1)?.reason], ["unreachable", "rate limited"]);
});

test("the queues: one session, asked on from the version that was seen; sorted, without this end; nobody told twice", async () => {
  let version = 0;
  const waiting = [
    { conversation: "01".repeat(16), queue: "q", since: 9, entries: 3, parked: false },
    { conversation: "02".repeat(16), queue: "q", since: 5, entries: 2, parked: true },
  ];
  const agents = [SELF, OTHER].map((member) => ({ member, alias: member.slice(0, 2), role: "agent", queues: ["q"], online: true }));
  const { authority, told, asked, paths } = staged(({ path }) => (path.includes("/queues") && version < 3 ? json({ version: ++version, waiting, agents, counts: { q: { waiting: 2, agents: 300 }, b: { waiting: 0, agents: 1 } } }) : undefined));
  assert.equal(authority.queues.state, "asking");
  authority.follow();
  await holds(() => paths().filter((p) => p === "queues?after=3").length > 0);
  authority.stop();
  assert.deepEqual(paths().slice(0, 5), ["nonce", "session", "queues?after=0", "queues?after=1", "queues?after=2"]);
  assert.equal(asked[2]?.ticket, `Bearer ${TICKET}`);
  assert.deepEqual(authority.queues.waiting.map(({ id }) => id), ["02".repeat(16), "01".repeat(16)], "the longest waiting first");
  assert.deepEqual(authority.queues.agents.map(({ id }) => id), [OTHER]);
  assert.deepEqual(authority.queues.counts, [{ queue: "b", waiting: 0, agents: 1 }, { queue: "q", waiting: 2, agents: 300 }]);
  assert.equal(told.filter(({ state, waiting: w }) => state === "current" && w.length === 2).length, 1);
});

test("a ticket that has ended is another one, at once; a credential that will not do is doubted, and asked again slowly", async () => {
  let first = true;
  const one = staged(({ path }) => {
    if (!path.includes("/queues") || !first) return undefined;
    first = false;
    return refused("bad credential", 401);
  });
  one.authority.follow();
  await holds(() => one.authority.queues.state === "current");
  one.authority.stop();
  assert.deepEqual(one.told.map(({ state }) => state), ["current"], "a person is not bothered");
  assert.equal(one.paths().filter((p) => p === "session").length, 2);

  let ended = true;
  const two = staged(({ path }) => (ended && path.endsWith("/session") ? refused("expired", 401) : undefined));
  two.authority.follow();
  await holds(() => two.doubts() >= 3);
  assert.deepEqual([two.authority.queues.state, two.authority.queues.reason], ["refused", "expired"]);
  ended = false;
  await holds(() => two.authority.queues.state === "current");
  two.authority.stop();
});

test("an authority that is away: what is shown stays and is said to be old; then it is asked from the beginning", async () => {
  let away = false;
  const { authority, told, paths } = staged(({ path }) => {
    if (away) return Promise.reject(new TypeError("fetch failed"));
    if (!path.includes("/queues")) return undefined;
    const answer = () => json({ version: 7, waiting: [{ conversation: OTHER, queue: "q", since: 1, entries: 1, parked: false }], agents: [] });
    return new Promise((resolve) => setTimeout(() => resolve(answer()), path.includes("after=0") ? 0 : 20));
  });
  authority.follow();
  await holds(() => authority.queues.waiting.length === 1);
  away = true;
  await holds(() => authority.queues.state === "unreachable");
  assert.equal(authority.queues.waiting.length, 1);
  assert.equal(authority.queues.reason, "unavailable");
  const before = paths().length;
  away = false;
  await holds(() => authority.queues.state === "current");
  assert.ok(paths().slice(before).includes("queues?after=0"));
  authority.stop();
  const asked = paths().length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(paths().length, asked, "nothing is asked after it was stopped");
  assert.deepEqual([...new Set(told.map(({ state }) => state))], ["current", "unreachable"]);
});

test("a claim: who was faster is named; what is not known to be done is asked again with the same key package, and not for ever", async () => {
  const kp = new Uint8Array(40).fill(5);
  const lost = staged(({ path }) => (path.endsWith("/claim") ? refused("bad commit", 409, { by: "Ben" }) : undefined));
  await assert.rejects(lost.authority.claim(OTHER, kp), (error) => coded("bad commit")(error) && Reflect.get(Object(error), "by") === "Ben");
  const gone = staged(({ path }) => (path.endsWith("/claim") ? refused("unavailable", 404) : undefined));
  await assert.rejects(gone.authority.claim(OTHER, kp), coded("unavailable"));
  assert.equal(gone.paths().filter((p) => p === "claim").length, 1, "that nothing waits is an answer");
  let failures = 3;
  const flaky = staged(({ path }) => (path.endsWith("/claim") && failures-- > 0 ? (failures === 1 ? refused("unavailable", 503) : Promise.reject(new TypeError("fetch failed"))) : undefined));
  await flaky.authority.claim(OTHER, kp);
  const sent = flaky.asked.filter(({ path }) => path.endsWith("/claim"));
  assert.equal(sent.length, 4);
  assert.equal(new Set(sent.map(({ body }) => JSON.stringify(body))).size, 1, "the same each time");
  assert.deepEqual(sent[0]?.body, { conversation: OTHER, keyPackage: toBase64url(kp) });
  const dead = staged(({ path }) => (path.endsWith("/claim") ? Promise.reject(new TypeError("fetch failed")) : undefined));
  await assert.rejects(dead.authority.claim(OTHER, kp), coded("unavailable"));
});

/** A credential as SPEC 3.3 writes it, of nobody. @param {number} from seconds @param {number} to */
function credential(from, to) {
  const bytes = new Uint8Array(1 + 1 + 32 + 1 + 1 + 1 + 16 + 96);
  bytes[0] = 1;
  bytes[1] = 3;
  new DataView(bytes.buffer).setBigUint64(37, BigInt(from));
  new DataView(bytes.buffer).setBigUint64(45, BigInt(to));
  return bytes;
}

test("a credential is asked for again before half of its life is over, and while the old one stands a failure stops nothing", async () => {
  let now = 1_000_000_000_000;
  let fails = false;
  let asked = 0;
  /** @type {unknown[]} */
  const failures = [];
  /** @type {Uint8Array[]} */
  const renewed = [];
  const proof = new Proof({
    ask: async () => {
      asked++;
      if (fails) throw new SealwireError("unavailable");
      return credential(now / 1000, now / 1000 + 36_000);
    },
    onRenewed: async (c) => void renewed.push(c),
    onFailure: (error) => void failures.push(error),
    age: null,
    now: () => now,
  });
  const first = await proof.get();
  now += 17_000_000;
  assert.equal(await proof.get(), first);
  now += 1_100_000; // half is over
  fails = true;
  assert.equal(await proof.get(), first, "the old one still stands");
  assert.equal(asked, 2);
  now += 17_900_000; // it has ended, by this clock
  await assert.rejects(proof.get(), coded("unavailable"));
  fails = false;
  const second = await proof.get();
  assert.notEqual(second, first);
  proof.doubt();
  fails = true;
  await assert.rejects(proof.get(), coded("unavailable"), "one that was refused is not shown again");
  fails = false;
  await proof.get();
  now += 18_100_000;
  fails = true;
  proof.watch(); // looks at once
  await holds(() => failures.length === 1);
  fails = false;
  await holds(() => renewed.length === 1);
  proof.stop();
});

test("the page's own source is asked on connecting when the last one is no longer fresh, and never in between", async () => {
  let now = 0;
  let asked = 0;
  const proof = new Proof({ ask: async () => Uint8Array.of(++asked), onRenewed: async () => assert.fail("renewed"), onFailure: () => {}, age: 900_000, now: () => now });
  proof.watch();
  await proof.get();
  now = 899_999;
  await proof.get();
  assert.equal(asked, 1);
  now = 900_000;
  assert.deepEqual(await proof.get(), Uint8Array.of(2));
  proof.stop();
});

test("a credential that is given once more is the one there was: nothing is renewed for it", async () => {
  const given = Uint8Array.of(1, 2, 3);
  const proof = new Proof({ ask: async () => given.slice(), onRenewed: async () => assert.fail("renewed"), onFailure: () => {}, age: 900_000 });
  const first = await proof.get();
  proof.doubt();
  assert.equal(await proof.get(), first);
  given[0] = 9;
  proof.doubt();
  assert.deepEqual(await proof.get(), given);
});

test("without an authority there are no queues and nothing to claim; a customer has none either", async () => {
  const agent = await demo.colleague("Ana", { credential: ({ identity }) => demo.credential(identity) });
  assert.deepEqual(agent.queues, NO_QUEUES);
  await assert.rejects(agent.claim(OTHER), coded("unavailable"));
  const customer = await demo.customer();
  assert.deepEqual(customer.queues, NO_QUEUES);
  await assert.rejects(agent.claim("x"), TypeError);
});

test("what stands against the authority is told once, and told to be over when all of it is", async () => {
  const away = new Set(["/credential"]);
  let online = false;
  const events = new Events();
  /** @type {string[]} */
  const told = [];
  events.on("notice", ({ code }) => void told.push(code));
  events.on("notice:over", ({ code }) => void told.push(`${code}: over`));
  /** @type {(v: Response) => void} */
  let poll = () => {};
  const ends = Math.floor(Date.now() / 1000) + 36_000;
  const proving = new Proving(/** @type {import("../client/proving.js").ProvingHost} */ (/** @type {unknown} */ ({
    settings: {
      role: "agent",
      authority: { url: "https://company.example", login: () => "login" },
      fetch: async (/** @type {string} */ path) => {
        if ([...away].some((end) => path.includes(end))) throw new TypeError("fetch failed");
        if (path.endsWith("/nonce")) return json({ nonce: NONCE });
        if (path.endsWith("/credential")) return json({ credential: toBase64url(credential(ends - 36_000, ends)) });
        if (path.endsWith("/session")) return json({ ticket: TICKET, expires: 600 });
        if (path.endsWith("after=0")) return json({ version: 1, waiting: [], agents: [] });
        return new Promise((resolve) => (poll = resolve));
      },
    },
    end: { hello: async () => new Uint8Array(8) },
    opened: { member: SELF },
    events,
    online: () => online,
    onRenewed: async () => {},
  })));
  const heard = (/** @type {string[]} */ ...all) => holds(() => JSON.stringify(told) === JSON.stringify(all));
  const gone = "authority unreachable";
  await assert.rejects(proving.prepare(), coded("unavailable"));
  await assert.rejects(proving.prepare(), coded("unavailable"));
  await heard(gone);
  away.clear();
  await proving.prepare();
  await heard(gone, `${gone}: over`);

  proving.start();
  await holds(() => proving.queues.state === "current");
  // Nothing becomes of the queues, which are still as they were: what was told is over all the same.
  away.add("/credential");
  proving.doubt(new SealwireError("expired"));
  await assert.rejects(proving.prepare(), coded("unavailable"));
  away.clear();
  await proving.prepare();
  await heard(gone, `${gone}: over`, gone, `${gone}: over`);

  // Without a connection nothing is said of it, until there is one.
  await holds(() => (poll(new Response("no object", { status: 500 })), proving.queues.state === "unreachable"));
  assert.equal(told.length, 4);
  online = true;
  proving.connected();
  await heard(gone, `${gone}: over`, gone, `${gone}: over`, gone);
  // A credential is no answer to who waits.
  proving.doubt(new SealwireError("expired"));
  await proving.prepare();
  await holds(() => proving.queues.state === "current");
  await heard(gone, `${gone}: over`, gone, `${gone}: over`, gone, `${gone}: over`);
  proving.stop();
});

test("an authority that lets nobody in yet is not told of as one that is away: said once in words, until it is over", async (t) => {
  let busy = "/credential";
  const events = new Events();
  /** @type {string[]} */
  const told = [];
  events.on("notice", ({ code, text }) => void told.push(code, text.includes("does not answer") ? "away" : "later"));
  events.on("notice:over", ({ code }) => void told.push(`${code}: over`));
  const ends = Math.floor(Date.now() / 1000) + 36_000;
  const proving = new Proving(/** @type {import("../client/proving.js").ProvingHost} */ (/** @type {unknown} */ ({
    settings: {
      role: "agent",
      authority: { url: "https://company.example", login: () => "login", times: TIMES },
      fetch: async (/** @type {string} */ path) => {
        if (busy !== "" && path.includes(busy)) return refused("rate limited", 429);
        if (path.endsWith("/nonce")) return json({ nonce: NONCE });
        if (path.endsWith("/credential")) return json({ credential: toBase64url(credential(ends - 36_000, ends)) });
        if (path.endsWith("/session")) return json({ ticket: TICKET, expires: 600 });
        return new Promise((resolve) => setTimeout(() => resolve(json({ version: 1, waiting: [], agents: [] })), 5));
      },
    },
    end: { hello: async () => new Uint8Array(8) },
    opened: { member: SELF },
    events,
    online: () => true,
    onRenewed: async () => {},
  })));
  t.after(() => proving.stop());
  for (let i = 0; i < 2; i++) await assert.rejects(proving.prepare(), coded("unavailable"));
  busy = "";
  await proving.prepare();
  await holds(() => told.length === 3);
  busy = "/session";
  proving.start();
  await holds(() => proving.queues.state === "unreachable");
  busy = "";
  await holds(() => proving.queues.state === "current");
  const once = ["authority busy", "later", "authority busy: over"];
  await holds(() => told.length === 6);
  assert.deepEqual(told, [...once, ...once]);
});

test("a login that the company refuses: said once in words, tried again, and work begins when it is good", async () => {
  let good = false;
  let logins = 0;
  const ana = await demo.colleague("Ana", {
    authority: {
      url: demo.config.authority,
      login: async () => {
        logins++;
        return good ? String((await demo.post("/demo/login", { name: "Ana" })).token) : "nobody.1.x";
      },
    },
  });
  await until(ana, "told", () => noticesOf(ana).includes("login refused"));
  await until(ana, "refused", () => ana.queues.state === "refused");
  await holds(() => logins >= 3);
  assert.deepEqual(noticesOf(ana), ["login refused"], "once, however often it is tried");
  assert.notEqual(ana.state, "online");
  good = true;
  await until(ana, "online", () => ana.state === "online" && ana.queues.state === "current");
  await until(ana, "told", () => noticesOf(ana).length > 1);
  assert.deepEqual(noticesOf(ana), ["login refused", "login refused: over"]);
  assert.deepEqual(errorsOf(ana), []);
});

test("an authority that goes away and comes back: conversations go on meanwhile, and who waits is known again", async () => {
  const ana = await demo.agent();
  const customer = await demo.customer();
  const theirs = await customer.start();
  await theirs.send("hello");
  await seen(ana, "hello");
  const [anas] = ana.conversations;
  assert.ok(anas);
  await until(ana, "settled", () => anas.moves.length > 0);
  demo.authorityAway = true;
  try {
    await theirs.send("and on");
    await seen(ana, "and on");
    await anas.send("it goes on");
    await seen(customer, "it goes on");
    await assert.rejects(ana.claim(OTHER), coded("unavailable"));
    const late = await demo.colleague("Ben");
    await until(late, "told", () => noticesOf(late).includes("authority unreachable"));
    assert.equal(late.queues.state, "unreachable");
    assert.equal(late.queues.reason, "unavailable");
    demo.authorityAway = false;
    await until(late, "current", () => late.queues.state === "current" && late.state === "online");
    await until(late, "told", () => noticesOf(late).length > 1);
    assert.deepEqual(noticesOf(late), ["authority unreachable", "authority unreachable: over"]);
  } finally {
    demo.authorityAway = false;
  }
  assert.deepEqual(errorsOf(ana), []);
});

test("offline until more than half of the credential is over: another is asked for, and enters each conversation", async () => {
  /** @type {import("./client-world.js").Wire} */
  const wire = {};
  const ana = await demo.colleague("Ana", { wire });
  const customer = await demo.customer();
  const theirs = await customer.start();
  await theirs.send("hello");
  await until(ana, "it waits", () => ana.queues.waiting.some((w) => w.id === theirs.id));
  const anas = await ana.claim(theirs.id);
  await seen(ana, "hello");
  await until(ana, "settled", () => anas.moves.length > 0);
  await until(customer, "the inbox gone", () => theirs.members.length === 2);
  // Each is looked at when it has heard something itself.
  await until(ana, "as far as the customer", () => anas.epoch >= theirs.epoch);
  await until(customer, "as far as Ana", () => theirs.epoch >= anas.epoch);
  await available(ana);
  const epoch = anas.epoch;
  const real = Date.now;
  cut(wire);
  await until(ana, "offline", () => ana.state !== "online");
  try {
    // Seven hours later, of twelve.
    Date.now = () => real() + 7 * 3_600_000;
    wire.cut = false;
    await until(ana, "online", () => ana.state === "online");
    await until(ana, "it stands in the conversation", () => anas.epoch > epoch);
  } finally {
    Date.now = real;
  }
  await until(customer, "the commit", () => theirs.epoch > epoch);
  assert.deepEqual(theirs.notes.map(({ kind }) => kind), ["claimed"], "nobody else came or went");
  await theirs.send("still there?");
  await seen(ana, "still there?");
  assert.deepEqual(errorsOf(customer), []);
});
