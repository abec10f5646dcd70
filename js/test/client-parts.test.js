/** Options, content, events, and the border between page and worker. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_CONTENT, encodeTextContent, textOf } from "../client/content.js";
import { Reader, Writer, fromBase64url, toBase64url } from "../client/bytes.js";
import { Events } from "../client/events.js";
import { checkOptions } from "../client/options.js";
import { METHODS, localEnd, remoteEnd, serve } from "../client/remote.js";
import { End } from "../client/end.js";
import { SealwireError, codes } from "../errors.js";

const KEY = toBase64url(new Uint8Array(32).fill(5));
const good = { relay: "wss://relay.example/v1/connect", orgKey: KEY, identityToken: "a.b.c", WebSocket: class {} };

/** @param {unknown} options */
const check = (options) => checkOptions(/** @type {import("../client/types.js").ClientOptions} */ (options));

test("options have defaults", () => {
  const settings = check(good);
  assert.equal(settings.role, "customer");
  assert.equal(settings.queue, "default");
  assert.equal(settings.history, "none", "Node has no IndexedDB");
  assert.equal(settings.takeOver, false);
  assert.deepEqual(settings.roots, [new Uint8Array(32).fill(5)]);
});

const AUTHORITY = { url: "https://authority.example", login: () => "token" };
const AGENT = { role: "agent", identityToken: undefined };
const FOREIGN = { relay: undefined, WebSocket: undefined, transport: () => ({}) };

test("a supervisor's client, and one with an authority in the place of a credential", () => {
  const settings = check({ ...good, ...AGENT, role: "supervisor", authority: { ...AUTHORITY, url: "https://authority.example/desk/" } });
  assert.equal(settings.role, "supervisor");
  assert.equal(settings.authority?.url, "https://authority.example/desk", "without a slash at its end");
});

test("another transport in the place of a relay: a function, or an object that has one", async () => {
  const host = /** @type {import("../client/carrier.js").CarrierHost} */ ({});
  const carrier = /** @type {import("../client/carrier.js").Carrier} */ ({});
  const maker = (/** @type {object} */ given) => (assert.equal(given, host), carrier);
  assert.equal(check({ ...good, ...FOREIGN, transport: maker }).carrier(host), carrier);
  const transport = { own: carrier, carrier: (/** @type {object} */ given) => (assert.equal(given, host), transport.own) };
  assert.equal(check({ ...good, ...FOREIGN, transport }).carrier(host), carrier);
});

test("the manifest, where no relay shows it: by the page, at an address, or the authority's", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  /** @type {string[]} */
  const asked = [];
  /** @param {number} length @param {number} [status] */
  const answering = (length, status = 200) => async (/** @type {string} */ url) => (asked.push(url), new Response(new Uint8Array(length), { status }));
  const coded = (/** @type {string} */ code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;
  assert.deepEqual(await check({ ...good, ...FOREIGN, manifest: () => bytes }).manifest(), bytes);
  await assert.rejects(check({ ...good, ...FOREIGN, manifest: () => "AQID" }).manifest(), TypeError);
  await assert.rejects(check({ ...good, ...FOREIGN }).manifest(), coded("unavailable"));

  const at = (/** @type {object} */ fetch) => check({ ...good, ...FOREIGN, fetch, manifest: "https://a.example/m" }).manifest();
  assert.equal((await at(answering(16_384))).length, 16_384);
  await assert.rejects(at(answering(16_385)), coded("unavailable"), "more than a manifest can have");
  await assert.rejects(at(answering(3, 404)), coded("unavailable"));
  const desk = check({ ...good, ...FOREIGN, ...AGENT, authority: { ...AUTHORITY, url: `${AUTHORITY.url}/desk` }, fetch: answering(3) });
  assert.equal((await desk.manifest()).length, 3);
  assert.equal(asked.at(0), "https://a.example/m");
  assert.equal(asked.at(-1), "https://authority.example/desk/v1/authority/manifest");
});

test("options of a wrong kind or size are refused in words", async (t) => {
  /** @type {[string, object, new () => Error, RegExp][]} */
  const rows = [
    ["no relay", { relay: undefined }, TypeError, /relay: .*transport/],
    ["a relay that is none", { relay: 7 }, TypeError, /address/],
    ["a relay and another transport", { transport: () => ({}) }, TypeError, /one of the two/],
    ["a transport that is none", { ...FOREIGN, transport: "twilio" }, TypeError, /"carrier"/],
    ["a transport that makes nothing", { ...FOREIGN, transport: { append: () => 1 } }, TypeError, /"carrier"/],
    ["a WebSocket for another transport", { ...FOREIGN, WebSocket: class {} }, TypeError, /relay only/],
    ["a manifest beside a relay", { manifest: () => new Uint8Array() }, TypeError, /transport only/],
    ["a manifest at no address", { ...FOREIGN, manifest: "/manifest" }, TypeError, /absolute/],
    ["a ticket in the address of the manifest", { ...FOREIGN, manifest: "https://x.example/?t=x" }, TypeError, /query/],
    ["a relative relay", { relay: "/v1/connect" }, TypeError, /absolute/],
    ["an http relay", { relay: "https://relay.example/" }, TypeError, /wss:/],
    ["a token in the address", { relay: "wss://relay.example/?token=x" }, TypeError, /query/],
    ["a user in the address", { relay: "wss://a:b@relay.example/" }, TypeError, /user/],
    ["no orgKey", { orgKey: undefined }, TypeError, /orgKey/],
    ["an empty list of keys", { orgKey: [] }, RangeError, /orgKey/],
    ["a short orgKey", { orgKey: KEY.slice(1) }, RangeError, /43/],
    ["an orgKey that is no base64url", { orgKey: "*".repeat(43) }, TypeError, /base64url/],
    ["an orgKey with loose bits", { orgKey: "A".repeat(42) + "B" }, TypeError, /canonical/],
    ["the same key twice", { orgKey: [KEY, KEY] }, TypeError, /twice/],
    ["an unknown role", { role: "inbox" }, TypeError, /role/],
    ["a customer with an authority", { authority: AUTHORITY }, TypeError, /authority/],
    ["an authority and a credential", { ...AGENT, authority: AUTHORITY, credential: () => "" }, TypeError, /one of the two/],
    ["an authority that is a string", { ...AGENT, authority: AUTHORITY.url }, TypeError, /authority/],
    ["an authority at no address", { ...AGENT, authority: { ...AUTHORITY, url: "/v1" } }, TypeError, /absolute/],
    ["an authority at a relay's address", { ...AGENT, authority: { ...AUTHORITY, url: "wss://a.example" } }, TypeError, /https/],
    ["a ticket in the authority's address", { ...AGENT, authority: { ...AUTHORITY, url: "https://a.example/?t=x" } }, TypeError, /query/],
    ["an authority without a login", { ...AGENT, authority: { url: AUTHORITY.url } }, TypeError, /login/],
    ["no identityToken", { identityToken: undefined }, TypeError, /identityToken/],
    ["a customer with a credential", { credential: () => "" }, TypeError, /credential/],
    ["an agent with an identityToken", { role: "agent", credential: () => "" }, TypeError, /identityToken/],
    ["an agent without a credential", { role: "agent", identityToken: undefined }, TypeError, /credential/],
    ["an empty queue", { queue: "" }, RangeError, /queue/],
    ["a long queue", { queue: "q".repeat(65) }, RangeError, /64/],
    ["a person that is none", { person: 7 }, TypeError, /person/],
    ["a long person", { person: "é".repeat(33) }, RangeError, /64/],
    ["an unknown history", { history: "forever" }, TypeError, /history/],
    ["device history without IndexedDB", { history: "device" }, TypeError, /IndexedDB/],
    ["a WebSocket that is none", { WebSocket: 7 }, TypeError, /WebSocket/],
    ["a takeOver that is none", { takeOver: "yes" }, TypeError, /takeOver/],
    ["a misspelt option", { orgkey: KEY }, TypeError, /unknown option "orgkey"/],
  ];
  for (const [name, change, kind, words] of rows) {
    await t.test(name, () => {
      assert.throws(
        () => check({ ...good, ...change }),
        (error) => error instanceof kind && words.test(error.message),
      );
    });
  }
  for (const odd of [undefined, null, 7, "x"]) assert.throws(() => check(odd), TypeError);
});

test("C26 no refused option repeats a secret", () => {
  for (const change of [{ relay: "wss://user:CANARY@x/" }, { relay: "wss://x/?t=CANARY" }, { orgKey: "CANARY" }, { role: "agent", identityToken: "CANARY" }, { history: "CANARY-CANARY-CANARY-CANARY" }]) {
    assert.throws(
      () => check({ ...good, ...change }),
      (error) => error instanceof Error && !String(error.stack).includes("CANARY"),
    );
  }
});

test("C20 texts: exact round trip or refused", async (t) => {
  for (const text of ["a", "\u0000", "\ufeffbom", "é\u0301", "😀", '"\\\n', "\u2028", "x".repeat(MAX_CONTENT - 25)]) {
    await t.test(JSON.stringify(text.slice(0, 10)), () => assert.equal(textOf(encodeTextContent(text)), text));
  }
  assert.equal(encodeTextContent("x".repeat(MAX_CONTENT - 25)).length, MAX_CONTENT);
  assert.throws(() => encodeTextContent("x".repeat(MAX_CONTENT - 24)), (error) => error instanceof SealwireError && error.code === "too long");
  for (const lone of ["\ud800", "a\udc00b", "\udc00\ud800"]) assert.throws(() => encodeTextContent(lone), RangeError);
});

test("P11 only a text is shown as one", async (t) => {
  const utf8 = new TextEncoder();
  /** @type {[string, Uint8Array | string][]} */
  const rows = [
    ["bare words", "hello"],
    ["a string", '"hello"'],
    ["a list", '[{"type":"text","text":"x"}]'],
    ["null", "null"],
    ["no type", '{"text":"x"}'],
    ["another type", '{"type":"system","text":"x"}'],
    ["a type in a list", '{"type":["text"],"text":"x"}'],
    ["no text", '{"type":"text"}'],
    ["a text of another kind", '{"type":"text","text":{"toString":"x"}}'],
    ["a text by the prototype", '{"type":"text","__proto__":{"text":"x"}}'],
    ["a lone surrogate", '{"type":"text","text":"\\ud800"}'],
    ["a byte order mark", '\ufeff{"type":"text","text":"x"}'],
    ["trailing words", '{"type":"text","text":"x"} x'],
    ["bytes that are no UTF-8", new Uint8Array([...utf8.encode('{"type":"text","text":"'), 0xff, ...utf8.encode('"}')])],
    ["nothing", ""],
  ];
  for (const [name, content] of rows) {
    await t.test(name, () => assert.equal(textOf(typeof content === "string" ? utf8.encode(content) : content), null));
  }
});

test("handlers are awaited in order, one event after another; one that throws is told as an error", async () => {
  const events = new Events();
  /** @type {string[]} */
  const order = [];
  /** @type {(v?: unknown) => void} */
  let open = () => {};
  const gate = new Promise((resolve) => (open = resolve));
  events.on("state", async ({ state }) => {
    if (state === "online") await gate;
    order.push(`a ${state}`);
  });
  events.on("state", ({ state }) => {
    order.push(`b ${state}`);
    if (state === "closed") throw new Error("thrown by a handler");
  });
  const failed = new Promise((/** @type {(v: string) => void} */ resolve) => events.on("error", ({ error }) => resolve(error.message)));
  events.emit("state", { state: "online" });
  events.emit("state", { state: "closed" });
  open();
  assert.equal(await failed, "thrown by a handler");
  assert.deepEqual(order, ["a online", "b online", "a closed", "b closed"]);
});

test("a notice that came before its handler is kept for it; a state is not", async () => {
  const events = new Events();
  events.emit("notice", { code: "refused", text: "x" });
  events.emit("state", { state: "online" });
  await new Promise((resolve) => setImmediate(resolve));
  /** @type {string[]} */
  const got = [];
  events.on("state", ({ state }) => void got.push(state));
  await new Promise((/** @type {(v: void) => void} */ resolve) =>
    events.on("notice", ({ code }) => {
      got.push(code);
      resolve();
    }),
  );
  assert.deepEqual(got, ["refused"]);
});

test("a notice that is over before anybody was told of it is not told", async () => {
  const events = new Events();
  for (const code of ["refused", "login refused"]) events.emit("notice", { code, text: "x" });
  events.emit("notice:over", { code: "refused" });
  assert.equal(await new Promise((resolve) => events.on("notice", ({ code }) => resolve(code))), "login refused");
});

test("pre:send asks at once, beside the line of events, and its refusal is thrown on", async () => {
  const events = new Events();
  events.on("state", () => new Promise(() => {}));
  events.emit("state", { state: "online" });
  events.on("pre:send", async ({ text }) => {
    if (text === "no") throw new RangeError("no");
  });
  const conversation = /** @type {import("../client/conversation.js").Conversation} */ (/** @type {unknown} */ ({}));
  await events.ask("pre:send", { conversation, text: "yes" });
  await assert.rejects(events.ask("pre:send", { conversation, text: "no" }), RangeError);
});

/** A worker played by two function calls, with structured cloning between. */
function acrossTheBorder(/** @type {Partial<import("../client/remote.js").EndService>} */ service) {
  const state = { terminated: false, died: false };
  const answer = serve(/** @type {import("../client/remote.js").EndService} */ (service), (reply) => border.onReply(structuredClone(reply)));
  const border = remoteEnd(
    {
      postMessage: (call) => void answer(structuredClone(call)),
      terminate: () => (state.terminated = true),
    },
    () => (state.died = true),
  );
  return { ...border, state };
}

test("across the worker's border values arrive whole, and errors as what they were", async () => {
  let next = /** @type {() => Promise<Uint8Array>} */ (async () => new Uint8Array([1, 2]));
  const { service } = acrossTheBorder({ entryId: () => next() });
  assert.deepEqual(await service.entryId(new Uint8Array()), new Uint8Array([1, 2]));
  for (const code of codes) {
    next = async () => {
      throw new SealwireError(code, "why");
    };
    await assert.rejects(service.entryId(new Uint8Array()), (error) => error instanceof SealwireError && error.code === code && error.message === `${code}: why`);
  }
  next = async () => {
    throw new TypeError("kind");
  };
  await assert.rejects(service.entryId(new Uint8Array()), TypeError);
  next = async () => {
    throw new Error("CANARY of an unforeseen failure");
  };
  await assert.rejects(service.entryId(new Uint8Array()), (error) => error instanceof SealwireError && error.code === "internal" && !error.message.includes("CANARY"));
});

test("only the end service's calls cross the border", async () => {
  const answers = /** @type {import("../client/remote.js").Reply[]} */ ([]);
  const service = localEnd(new End(() => Promise.reject(new Error("no core here"))));
  const answer = serve(service, (reply) => void answers.push(reply));
  for (const method of ["constructor", "terminate", "__proto__", "toString"]) {
    await answer(/** @type {import("../client/remote.js").Call} */ ({ id: 1, method, args: [] }));
  }
  assert.ok(answers.length === 4 && answers.every((a) => a.error?.code === "bad argument"));
  assert.deepEqual([...METHODS, "terminate"].sort(), Object.keys(service).sort());
});

test("a worker that crashes fails every call, now and later", async () => {
  const { service, onError, state } = acrossTheBorder({ owned: () => new Promise(() => {}) });
  const open = service.owned();
  onError();
  await assert.rejects(open, (error) => error instanceof SealwireError && error.code === "unavailable");
  await assert.rejects(service.owned(), (error) => error instanceof SealwireError && error.code === "unavailable");
  assert.deepEqual(state, { terminated: true, died: true });
});

test("C11 numbers beyond 2^53 are refused, never rounded", () => {
  for (const big of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    assert.throws(() => new Reader(new Writer().u64(big).take()).u64(), RangeError);
  }
  assert.equal(new Reader(new Writer().u64(Number.MAX_SAFE_INTEGER).take()).u64(), Number.MAX_SAFE_INTEGER);
  assert.throws(() => new Writer().u64(-1), RangeError);
  assert.throws(() => new Writer().u32(2 ** 32), RangeError);
  assert.throws(() => new Writer().u8(1.5), RangeError);
});

test("base64url has one form", () => {
  for (const text of ["A", "AB", "A=", "A+B/", "AAA=", "AB\n"]) assert.throws(() => fromBase64url(text), TypeError);
  assert.deepEqual(fromBase64url("-_8"), new Uint8Array([0xfb, 0xff]));
});
