/** The whole protocol over Twilio Conversations, as its SDK has it: a fake of that in memory. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { toText } from "../client/transports/text.js";
import { twilio } from "../client/transports/twilio.js";
import { Backend } from "./transport-backend.js";
import { withstands } from "./transport-hostile.js";
import { coded, conforms } from "./transport-suite.js";
import { FakeMessage, twilioUser } from "./transport-twilio-fake.js";
import { World, seen, texts, until } from "./transport-world.js";

conforms("twilio", () => {
  const backend = new Backend();
  return { left: () => backend.left, join: (name) => twilio(twilioUser(backend, name)) };
});

withstands("twilio", (backend) => (name) => twilio(twilioUser(backend, name)));

/** @param {import("../client/transports/transport.js").Transport} transport */
async function there(transport) {
  /** @type {number[]} */
  const given = [];
  for await (const { sequence, bytes } of transport.entries(0)) {
    if (!bytes) return given;
    given.push(sequence);
  }
  return given;
}

test("twilio: old messages are paged, in the order of their index, whatever is missing or is somebody's", async () => {
  const backend = new Backend();
  for (let n = 0; n < 350; n++) backend.inject(n % 5 === 0 ? "somebody's" : toText(Uint8Array.of(1, n % 256, n >> 8)));
  const deleted = [3, 4, 101, 102, 103, 349];
  backend.hides = ({ index }) => deleted.includes(index);
  const transport = twilio(twilioUser(backend, "ana"));
  assert.deepEqual(await there(transport), Array.from({ length: 350 }, (_, n) => n + 1).filter((n) => (n - 1) % 5 !== 0 && !deleted.includes(n - 1)));
  transport.close();
});

test("twilio: events that come out of order, or are lost, change nothing about the order", async () => {
  const backend = new Backend();
  const user = twilioUser(backend, "ana");
  /** @type {(() => void)[]} */
  const held = [];
  const emit = user.conversation.emit.bind(user.conversation);
  user.conversation.emit = (event, ...args) => (held.push(() => emit(event, ...args)), true);
  const transport = twilio(user);
  await there(transport);
  for (let n = 1; n <= 6; n++) backend.inject(toText(Uint8Array.of(1, n)));
  await new Promise((resolve) => setImmediate(resolve));
  /** @type {number[]} */
  const given = [];
  const all = (async () => {
    for await (const { sequence, bytes } of transport.entries(0)) if (bytes && given.push(sequence) === 6) return;
  })();
  held[4]?.();
  held[1]?.();
  held[5]?.();
  held[4]?.();
  await all;
  assert.deepEqual(given, [1, 2, 3, 4, 5, 6]);
  transport.close();
});

test("twilio: an entry that comes to stand before others that were given out is a fork", async () => {
  const backend = new Backend();
  for (let n = 1; n <= 3; n++) backend.inject(toText(Uint8Array.of(1, n)));
  backend.hides = ({ index }) => index === 1;
  const user = twilioUser(backend, "ana");
  const transport = twilio(user);
  assert.deepEqual(await there(transport), [1, 3]);
  backend.hides = () => false;
  user.conversation.emit("messageAdded", new FakeMessage(/** @type {import("./transport-backend.js").Stored} */ (backend.messages[1])));
  await assert.rejects(there(transport), coded("forked log"));
  transport.close();
});

test("twilio: one that is logged in while there is no connection begins when there is", async () => {
  const backend = new Backend();
  backend.inject(toText(Uint8Array.of(1, 1)));
  const user = twilioUser(backend, "ana");
  backend.cut("ana");
  const transport = twilio(user);
  assert.equal(transport.state, "offline");
  await assert.rejects(transport.append(Uint8Array.of(1), { id: "a" }), coded("unavailable"));
  backend.mend("ana");
  assert.deepEqual(await there(transport), [1]);
  assert.equal(transport.state, "online");
  transport.close();
  assert.equal(transport.state, "closed");
});

test("twilio: what is too large is refused with a code, before anything of it is sent", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const ana = await world.agent("Ana", twilio(twilioUser(backend, "ana")));
  const user = twilioUser(backend, "customer");
  user.conversation.limits.mediaAttachmentSizeLimitInMb = 1;
  const customer = await world.customer(twilio(user));
  const talk = await customer.start();
  await talk.send("hello");
  await seen(ana, "hello", "received");
  const stored = backend.left.length;
  await talk.sendFile(new Blob([new Uint8Array(1_200_000)]), { name: "large.bin" });
  const failed = await until(customer, "the refusal", () => texts(customer).find((m) => m.file?.state === "failed"));
  assert.equal(failed.file?.error, "too large");
  assert.equal(backend.left.length, stored);
  assert.ok(transportMax(user) <= 32 * 1024, "a body is within Twilio's limit");
});

/** Characters of the longest body. @param {ReturnType<typeof twilioUser>} user */
function transportMax(user) {
  const { maxBody } = twilio(user);
  return toText(new Uint8Array(maxBody)).length;
}

test("twilio: an append whose answer is lost resolves by its own message in the log, which is there once", async () => {
  const backend = new Backend();
  const transport = twilio(twilioUser(backend, "ana"));
  await there(transport);
  backend.lost = 1;
  assert.equal(await transport.append(Uint8Array.of(1, 2, 3), { id: "a" }), 1);
  assert.equal(backend.messages.length, 1);
  backend.tamper = () => [];
  backend.lost = 1;
  await assert.rejects(transport.append(Uint8Array.of(1, 2, 3, 4), { id: "b" }), coded("unavailable"));
  transport.close();
});

test("twilio: whoever is not let in asks ever less often and is told; let in again, it goes on by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const backend = new Backend();
  backend.inject(toText(Uint8Array.of(1, 1)));
  const user = twilioUser(backend, "ana");
  const read = user.conversation.getMessages.bind(user.conversation);
  let denied = true;
  let second = 0;
  /** In which second. @type {number[]} */
  let asked = [];
  user.conversation.getMessages = async (...args) => {
    asked.push(second);
    if (denied) throw Object.assign(new Error("Forbidden"), { status: 403 });
    return read(...args);
  };
  const passes = async (/** @type {number} */ seconds) => {
    for (const end = second + seconds; second < end;) {
      await new Promise((resolve) => setImmediate(resolve));
      second++;
      t.mock.timers.tick(1000);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  const transport = twilio(user);
  const told = assert.rejects(there(transport), coded("unavailable"));
  await passes(6);
  assert.deepEqual(asked, [0, 1, 3]);
  await passes(120);
  await told;
  assert.deepEqual(asked, [0, 1, 3, 7, 15, 31, 61, 91, 121]);
  await assert.rejects(there(transport), coded("unavailable"), "whoever comes later is told, too");

  denied = false;
  await passes(30);
  assert.deepEqual(await there(transport), [1]);
  asked = [];
  await passes(120);
  assert.deepEqual(asked, [], "what comes is told by events");

  denied = true;
  backend.cut("ana");
  backend.mend("ana");
  const began = second;
  await passes(6);
  assert.deepEqual(asked, [began, began + 1, began + 3], "a new trouble begins with short pauses");
  assert.deepEqual(await there(transport), [1], "and is none at the first failure");
  transport.close();
  await passes(60);
  assert.equal(asked.length, 3);
});

test("twilio: a file that the platform changed, cut or made longer is not saved; the one that was sent is", async () => {
  const world = new World();
  after(() => world.close());
  const backend = new Backend();
  const user = twilioUser(backend, "ana");
  /** What becomes of a file on its way down. @type {(file: Uint8Array) => Uint8Array} */
  let tamper = (file) => file;
  let asked = 0;
  /** @type {typeof globalThis.fetch} */
  const fetch = async (...args) => {
    asked++;
    return new Response(Uint8Array.from(tamper(new Uint8Array(await (await user.fetch(...args)).arrayBuffer()))));
  };
  const ana = await world.agent("Ana", twilio({ ...user, fetch }));
  const customer = await world.customer(twilio(twilioUser(backend, "customer")));
  await (await customer.start()).sendFile(new Blob([new Uint8Array(200_000).fill(7)]), { name: "a.bin" });
  const { id } = await until(ana, "the file", () => texts(ana).find((m) => m.file));
  const side = await until(ana, "the conversation", () => ana.conversations[0]);
  tamper = (file) => file.map((byte, at) => (at === 100_000 ? byte ^ 1 : byte));
  await assert.rejects(side.saveFile(id), coded("open failed"));
  tamper = (file) => {
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    return longer;
  };
  await assert.rejects(side.saveFile(id), coded("too large"));
  // What ends early is asked for again, as a cut connection is.
  const before = asked;
  tamper = (file) => (asked === before + 1 ? file.subarray(0, 150_000) : file);
  const { blob } = await side.saveFile(id);
  assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), new Uint8Array(200_000).fill(7));
  assert.equal(asked, before + 2);
});
