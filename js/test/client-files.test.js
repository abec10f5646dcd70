/** Files between real clients: conversations over the real relay, bytes over a store that fails and lies. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { MAX_IN_MEMORY } from "../client/download.js";
import { T } from "../client/frames.js";
import { SealwireError } from "../errors.js";
import { FileStore } from "./client-store-of-files.js";
import { Demo, available, closeAll, errorsOf, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
const store = new FileStore();
before(async () => void (await Promise.all([demo.start(), store.start()])));
beforeEach(() => store.reset());
afterEach(closeAll);
after(async () => {
  await Promise.all([demo.stop(), store.stop()]);
  await sweep();
});

const CHUNK = 65_536;
const PART = 1024 * 1024;
const WIDTH = CHUNK + 16;

/** @param {import("../errors.js").Code} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;
/** @param {unknown} error */
const aborted = (error) => error instanceof DOMException && error.name === "AbortError";

/** A customer and an agent who have spoken. */
async function pair() {
  let asked = 0;
  const agent = await demo.agent({ fetch: store.fetch });
  const customer = await demo.customer({ wire: { fromEnd: (frame) => frame.type === T.ticket && asked++ }, fetch: store.fetch });
  const mine = await customer.start();
  await mine.send("hello");
  await seen(agent, "hello", "received");
  await seen(customer, "hello", "sent");
  const [theirs] = agent.conversations;
  assert.ok(theirs);
  return { agent, customer, mine, theirs, tickets: () => asked };
}

/** @param {import("../client/client.js").Client} client @param {string} name @param {string} state */
const fileSeen = (client, name, state) =>
  until(client, `file ${name} ${state}`, () => client.conversations.flatMap((c) => c.messages).find((m) => m.file?.name === name && m.file.state === state));

/**
 * A row of a table. (The hooks that close clients run after subtests too.)
 * @param {string} name
 * @param {() => Promise<void>} act
 */
async function row(name, act) {
  try {
    await act();
  } catch (cause) {
    throw new Error(`${name}: ${cause}`, { cause });
  }
}

/** @param {Blob} blob */
const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());

for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, PART - 1, PART, PART + 1, 3 * PART]) {
  test(`a file of ${size} bytes comes as it was`, async () => {
    const { agent, customer, mine, theirs } = await pair();
    const content = randomBytes(size);
    /** @type {number[]} */
    const up = [];
    const sent = await mine.sendFile(new File([content], "bild.bin", { type: "application/x-test" }), { onProgress: (done) => up.push(done) });
    assert.equal(sent.text, "");
    assert.deepEqual([sent.status, sent.file?.state, sent.file?.size], ["queued", "uploading", size]);
    const message = await fileSeen(agent, "bild.bin", "available");
    assert.deepEqual([message.status, message.self, message.file?.media, message.file?.size, message.text], ["received", false, "application/x-test", size, ""]);
    const own = await fileSeen(customer, "bild.bin", "sent");
    assert.deepEqual([own.id, own.status], [sent.id, "sent"]);
    /** @type {number[]} */
    const down = [];
    const saved = await theirs.saveFile(message.id, { onProgress: (done, total) => (assert.equal(total, size), down.push(done)) });
    assert.ok((await bytesOf(saved.blob)).equals(content));
    assert.deepEqual([saved.name, saved.blob.type], ["bild.bin", "application/octet-stream"]);
    assert.equal(theirs.messages.find((m) => m.id === message.id)?.file?.state, "saved");
    await saved.release();
    await saved.release();
    assert.equal(theirs.messages.find((m) => m.id === message.id)?.file?.state, "available");
    for (const steps of [up, down]) {
      assert.equal(steps.at(-1), size, "progress ends with the whole");
      assert.ok(steps.every((v, i) => i === 0 || v >= /** @type {number} */ (steps[i - 1])), "and never goes back");
    }
    assert.ok((await bytesOf((await mine.saveFile(own.id)).blob)).equals(content), "one's own can be saved too");
    assert.deepEqual([...errorsOf(customer), ...errorsOf(agent)], []);
    const [stored] = store.files.values();
    assert.ok(stored && !readFileSync(stored.path).includes(content.subarray(0, 16)) || size < 16, "the store has ciphertext only");
  });
}

test("a file that is sent before anybody is there waits in the page, and goes up when there is a conversation", async () => {
  const customer = await demo.customer({ fetch: store.fetch });
  const conversation = await customer.start();
  const message = await conversation.sendFile(new Blob(["early"]), { name: "early.txt" });
  assert.deepEqual([message.status, message.file?.state, message.file?.progress], ["queued", "uploading", 0]);
  await until(customer, "online", () => customer.state === "online");
  assert.deepEqual(store.asked, []);
  const agent = await demo.agent({ fetch: store.fetch });
  const there = await fileSeen(agent, "early.txt", "available");
  assert.equal((await bytesOf((await agent.conversations[0]?.saveFile(there.id))?.blob ?? new Blob())).toString(), "early");
  await fileSeen(customer, "early.txt", "sent");
});

test("what is no file, a name that is none, and an aborted signal are refused at once; a pre:send handler may refuse", async () => {
  const customer = await demo.customer({ fetch: store.fetch });
  const conversation = await customer.start();
  const send = /** @type {(file: unknown, options?: unknown) => Promise<unknown>} */ (conversation.sendFile.bind(conversation));
  await assert.rejects(send("text"), TypeError);
  await assert.rejects(send(new Uint8Array(3)), TypeError);
  await assert.rejects(send(new Blob([]), { name: 7 }), TypeError);
  await assert.rejects(send(new Blob([]), { onProgress: 7 }), TypeError);
  await assert.rejects(send(new Blob([]), { signal: {} }), TypeError);
  await assert.rejects(send(new Blob([]), { signal: AbortSignal.abort() }), aborted);
  customer.on("pre:send", async ({ file }) => {
    if (file?.name === "no.exe") throw new Error("the page said no");
  });
  await assert.rejects(send(new File(["x"], "no.exe")), /the page said no/);
  await assert.rejects(conversation.saveFile("0".repeat(32)), coded("bad argument"));
  assert.deepEqual(conversation.messages, []);
});

test("parts that fail, answers that are lost and tickets that end: the same bytes again, once each, and the file is whole", async () => {
  const { agent, mine, theirs, tickets: asked } = await pair();
  const content = randomBytes(4 * PART);
  store.fault = ({ what, part, count }) => {
    if (what === "create" && count === 0) return 503;
    if (what === "put" && part === 0 && count === 0) return "cut";
    if (what === "put" && part === 1 && count === 0) return "late";
    if (what === "put" && part === 2 && count === 0) return 401;
    if (what === "put" && part === 3 && count === 0) return 429;
    if (what === "complete" && count === 0) return "late";
    return undefined;
  };
  await mine.sendFile(new File([content], "a.bin"));
  const message = await fileSeen(agent, "a.bin", "available");
  assert.equal(store.files.size, 1);
  assert.equal(store.times("put 1"), 1, "what had arrived is not sent again");
  assert.equal(store.times("put 0"), 2);
  assert.ok(asked() >= 2, "a new ticket after 401");
  assert.ok((await bytesOf((await theirs.saveFile(message.id)).blob)).equals(content));
  assert.equal(theirs.messages.filter((m) => m.file).length, 1);
});

test("a relay that lost what it had acknowledged gets the whole file again, under another key", async () => {
  const { agent, mine, theirs } = await pair();
  const content = randomBytes(3 * PART);
  /** @type {Buffer[]} */
  const firsts = [];
  store.fault = ({ what, count }) => {
    if (what !== "complete") return;
    const [file] = store.files.values();
    if (file) firsts.push(readFileSync(file.path).subarray(0, 1_000));
    if (count === 0) store.files.clear();
  };
  await mine.sendFile(new File([content], "a.bin"));
  const message = await fileSeen(agent, "a.bin", "available");
  assert.equal(firsts.length, 2);
  assert.ok(!firsts[0]?.equals(/** @type {Buffer} */ (firsts[1])));
  assert.ok((await bytesOf((await theirs.saveFile(message.id)).blob)).equals(content));
});

test("what the relay refuses for good fails with its reason; retry sends the same message, discard removes it", async () => {
  const { agent, customer, mine } = await pair();
  for (const [status, code] of /** @type {const} */ ([[413, "too large"], [507, "unavailable"], [403, "not a member"]])) {
    store.fault = () => status;
    const { id } = await mine.sendFile(new File(["x"], `${status}.bin`));
    const failed = await fileSeen(customer, `${status}.bin`, "failed");
    assert.deepEqual([failed.id, failed.status, failed.file?.error], [id, "failed", code]);
  }
  const [, first, second, third] = mine.messages;
  assert.ok(first && second && third);
  await mine.discard(first.id);
  await mine.discard(second.id);
  assert.deepEqual(mine.messages.map((m) => m.id), [mine.messages[0]?.id, third.id]);
  await assert.rejects(mine.retry(first.id), coded("bad argument"));
  await mine.send("goes on");
  await seen(agent, "goes on", "received");
  assert.equal(mine.messages.find((m) => m.id === third.id)?.status, "failed", "a file that failed does not go by itself");
  store.fault = () => {};
  await mine.retry(third.id);
  await fileSeen(agent, "403.bin", "available");
  assert.equal((await fileSeen(customer, "403.bin", "sent")).id, third.id);
  await assert.rejects(mine.retry(third.id), coded("bad argument"), "what is sent is not sent again");
  await assert.rejects(mine.discard(third.id), coded("bad argument"));
});

test("cancelled at any point, nothing is left at the relay, and it can be sent again", async () => {
  const { agent, customer, mine } = await pair();
  const content = randomBytes(4 * PART);
  let round = 0;
  for (const point of ["create", "put 0", "put 1", "put 3", "parts", "complete"]) {
    await row(`at ${point}`, async () => {
      store.reset();
      const name = `${round++}.bin`;
      const controller = new AbortController();
      let shown = 0;
      store.fault = ({ what, part, count }) => {
        shown = mine.messages.find((m) => m.file?.name === name)?.file?.progress ?? 0;
        if (point === "parts" && what === "put" && part === 1 && count === 0) return "cut";
        if ((what === "put" ? `put ${part}` : what) === point) controller.abort();
        return undefined;
      };
      const { id } = await mine.sendFile(new File([content], name), { signal: controller.signal });
      const cancelled = await until(customer, "cancelled", () => mine.messages.find((m) => m.id === id && m.file?.state === "cancelled"));
      assert.deepEqual([cancelled.status, cancelled.file?.error], ["failed", undefined]);
      assert.ok(shown < 1, "as long as it can be cancelled, it does not seem to be all there");
      store.fault = () => {};
      // What came last may be the completion: then there is nothing unfinished left either.
      await store.until(() => [...store.files.values()].every((f) => f.complete));
      await mine.retry(id);
      assert.equal((await fileSeen(customer, name, "sent")).id, id);
    });
  }
  await fileSeen(agent, `${round - 1}.bin`, "available");
  assert.equal(agent.conversations[0]?.messages.filter((m) => m.file).length, round, "each came once");
});

test("two parts are on their way at once, never more", async () => {
  const { agent, mine, theirs } = await pair();
  const content = randomBytes(6 * PART);
  let [now, most] = [0, 0];
  /** @type {() => void} */
  let second = () => {};
  const both = new Promise((/** @type {(v: void) => void} */ resolve) => (second = resolve));
  store.fault = async ({ what }) => {
    if (what !== "put") return;
    most = Math.max(most, ++now);
    if (now === 2) second();
    await both;
    await new Promise(setImmediate);
    now--;
  };
  await mine.sendFile(new File([content], "a.bin"));
  const { id } = await fileSeen(agent, "a.bin", "available");
  assert.equal(most, 2);
  assert.ok((await bytesOf((await theirs.saveFile(id)).blob)).equals(content));
});

test("a file that is discarded on its way up is gone, here and there", async () => {
  const { customer, mine } = await pair();
  let hold = () => {};
  store.fault = ({ what, part }) => (what === "put" && part === 1 ? new Promise((resolve) => (hold = () => resolve())) : undefined);
  const { id } = await mine.sendFile(new File([randomBytes(3 * PART)], "a.bin"));
  await until(customer, "a part to be there", () => mine.messages.some((m) => (m.file?.progress ?? 0) > 0));
  await mine.discard(id);
  hold();
  assert.equal(mine.messages.some((m) => m.file), false);
  await store.until(() => store.files.size === 0);
});

test("handed over while files are on their way up: the customer's is for who came, the leaver's is said not to be sent", async () => {
  const { agent, customer, mine, theirs } = await pair();
  const ben = await demo.colleague("Ben", { fetch: store.fetch });
  const to = await available(ben);
  await until(agent, "claimed", () => theirs.moves.length > 0);
  const content = randomBytes(3 * PART);
  /** @type {(() => void)[]} */
  const held = [];
  let holding = true;
  /** @type {() => void} */
  let both = () => {};
  const started = new Promise((/** @type {(v: void) => void} */ resolve) => (both = resolve));
  store.fault = ({ what }) => {
    if (what !== "put" || !holding) return undefined;
    return new Promise((resolve) => {
      if (held.push(() => resolve()) >= 3) both();
    });
  };
  await mine.sendFile(new File([content], "mine.bin"));
  await theirs.sendFile(new File([randomBytes(3 * PART)], "anas.bin"));
  await started; // two parts are on their way at once, so the third is the other file's
  await theirs.transfer({ to });
  const own = theirs.messages.find((m) => m.file?.name === "anas.bin");
  assert.deepEqual([theirs.state, own?.status, own?.reason], ["left", "failed", "left"]);
  holding = false;
  for (const go of held) go();
  await fileSeen(customer, "mine.bin", "sent");
  const there = await fileSeen(ben, "mine.bin", "available");
  const [bens] = ben.conversations;
  assert.ok((await bytesOf((await bens?.saveFile(there.id))?.blob ?? new Blob())).equals(content));
  assert.equal(theirs.messages.some((m) => m.file?.name === "mine.bin"), false, "who left is told of nothing");
  for (const client of [customer, ben]) assert.equal(client.conversations.flatMap((c) => c.messages).some((m) => m.file?.name === "anas.bin"), false);
});

test("a download that is cut goes on where it was, and comes whole", async () => {
  const { agent, mine, theirs } = await pair();
  const content = randomBytes(2 * PART);
  await mine.sendFile(new File([content], "a.bin"));
  const message = await fileSeen(agent, "a.bin", "available");
  /** @type {number[]} */
  const from = [];
  store.lie = (answer, file, at) => {
    from.push(at);
    if (from.length > 2) return false;
    const bytes = readFileSync(file.path).subarray(at, at + 700_000);
    answer.writeHead(at ? 206 : 200, { "Content-Length": file.length - at });
    answer.write(bytes, () => answer.destroy());
    return true;
  };
  /** @type {number[]} */
  const steps = [];
  const saved = await theirs.saveFile(message.id, { onProgress: (done) => steps.push(done) });
  assert.ok((await bytesOf(saved.blob)).equals(content));
  assert.equal(from.length, 3);
  assert.ok(from[0] === 0 && /** @type {number} */ (from[1]) > 0 && /** @type {number} */ (from[2]) > /** @type {number} */ (from[1]), `went on at ${from}`);
  assert.ok(steps.every((v, i) => i === 0 || v >= /** @type {number} */ (steps[i - 1])));
});

test("a relay that knows no ranges sends it all again, and what is there is skipped", async () => {
  const { agent, mine, theirs } = await pair();
  const content = randomBytes(2 * PART);
  await mine.sendFile(new File([content], "a.bin"));
  const message = await fileSeen(agent, "a.bin", "available");
  let count = 0;
  store.lie = (answer, file) => {
    const bytes = readFileSync(file.path);
    answer.writeHead(200, { "Content-Length": file.length });
    if (count++ === 0) answer.write(bytes.subarray(0, 700_000), () => answer.destroy());
    else answer.end(bytes);
    return true;
  };
  assert.ok((await bytesOf((await theirs.saveFile(message.id)).blob)).equals(content));
});

test("C06 P19 P20 what a lying relay sends in a file's place is refused, and not a byte of it is given out", async () => {
  const { agent, mine, theirs } = await pair();
  const content = randomBytes(5 * CHUNK);
  await mine.sendFile(new File([content], "a.bin"));
  const { id } = await fileSeen(agent, "a.bin", "available");
  await mine.sendFile(new File([randomBytes(5 * CHUNK)], "b.bin"));
  await fileSeen(agent, "b.bin", "available");
  const [real, other] = [...store.files.values()].map((file) => readFileSync(file.path));
  assert.ok(real && other);
  /** @param {number} i */
  const chunk = (i) => real.subarray(i * WIDTH, (i + 1) * WIDTH);
  const chunks = Array.from({ length: Math.ceil(real.length / WIDTH) }, (_, i) => chunk(i));
  /** @param {import("./client-store-of-files.js").Answer} answer @param {Buffer[]} pieces @param {Record<string, string>} [headers] */
  const say = (answer, pieces, headers = {}) => {
    const body = Buffer.concat(pieces);
    answer.writeHead(200, { "Content-Length": body.length, ...headers }).end(body);
    return true;
  };
  /** @param {import("./client-store-of-files.js").Answer} answer */
  const endless = (answer) => {
    const more = () => {
      while (answer.writable && answer.write(Buffer.alloc(CHUNK))) endlessBytes += CHUNK;
    };
    answer.on("drain", more);
    answer.on("close", () => answer.off("drain", more));
    more();
    return true;
  };
  let endlessBytes = 0;
  /** @type {[string, (answer: import("./client-store-of-files.js").Answer) => boolean, import("../errors.js").Code][]} */
  const rows = [
    ["another file", (a) => say(a, [other]), "open failed"],
    ["its first chunk dropped, another appended", (a) => say(a, [...chunks.slice(1), chunk(0)]), "open failed"],
    ["two chunks swapped", (a) => say(a, [chunk(0), chunk(2), chunk(1), ...chunks.slice(3)]), "open failed"],
    ["a chunk repeated", (a) => say(a, [chunk(0), chunk(0), ...chunks.slice(2)]), "open failed"],
    ["a chunk of another file", (a) => say(a, [chunk(0), other.subarray(WIDTH, 2 * WIDTH), ...chunks.slice(2)]), "open failed"],
    ["one bit flipped in the last byte", (a) => say(a, [real.subarray(0, -1), Buffer.from([(real.at(-1) ?? 0) ^ 1])]), "open failed"],
    ["cut at a chunk", (a) => say(a, chunks.slice(0, -1)), "truncated file"],
    ["nothing", (a) => say(a, []), "truncated file"],
    ["a byte more", (a) => say(a, [real, Buffer.alloc(1)]), "too large"],
    ["a gigabyte, as it says", (a) => (a.writeHead(200, { "Content-Length": 2 ** 30 }), endless(a)), "too large"],
    ["an endless body", (a) => (a.writeHead(200), endless(a)), "open failed"],
    ["an endless body after the file", (a) => (a.writeHead(200), a.write(real), endless(a)), "too large"],
    ["a gzip bomb", (a) => say(a, [gzipSync(Buffer.alloc(200 * PART))], { "Content-Encoding": "gzip" }), "too large"],
    ["a range that was not asked for", (a) => (a.writeHead(206, { "Content-Range": "bytes 0-9/10" }).end("0123456789"), true), "unavailable"],
    ["not there any more", (a) => (a.writeHead(404).end("{}"), true), "unavailable"],
  ];
  for (const [name, lie, code] of rows) {
    await row(name, async () => {
      store.lie = lie;
      await assert.rejects(theirs.saveFile(id), coded(code));
      const { file } = theirs.messages.find((m) => m.id === id) ?? {};
      assert.deepEqual([file?.state, file?.error, file?.progress], ["failed", code, 0]);
      /** @type {Buffer[]} */
      const given = [];
      const into = new WritableStream({ write: (/** @type {Uint8Array} */ piece) => void given.push(Buffer.from(piece)) });
      await assert.rejects(theirs.saveFile(id, { into }), coded(code));
      const out = Buffer.concat(given);
      assert.ok(out.equals(content.subarray(0, out.length)), "what went out before was the file's");
    });
  }
  assert.ok(endlessBytes < 64 * PART, `${endlessBytes} bytes were taken`);
  store.lie = () => {};
  assert.ok((await bytesOf((await theirs.saveFile(id)).blob)).equals(content), "and it can still be had");
});

test("P20 answers and refusals without end are left", async () => {
  const { customer, mine } = await pair();
  const bodies = new FileStore();
  await bodies.start();
  try {
    const { createServer } = await import("node:http");
    const server = createServer((request, answer) => {
      request.resume();
      answer.writeHead(request.method === "POST" ? 413 : 200, { "Content-Type": "application/json" });
      const more = () => {
        while (answer.writable && answer.write(Buffer.alloc(CHUNK, 32)));
      };
      answer.on("drain", more);
      more();
    });
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const url = store.url;
    store.url = `http://127.0.0.1:${port}`;
    await mine.sendFile(new File(["x"], "a.bin"));
    const failed = await fileSeen(customer, "a.bin", "failed");
    assert.equal(failed.file?.error, "unavailable", "a refusal that does not end has no code");
    store.url = url;
    server.closeAllConnections();
    server.close();
  } finally {
    await bodies.stop();
  }
});

test("saving can be aborted, and begun again", async () => {
  const { agent, mine, theirs } = await pair();
  const content = randomBytes(3 * PART);
  await mine.sendFile(new File([content], "a.bin"));
  const { id } = await fileSeen(agent, "a.bin", "available");
  const controller = new AbortController();
  const saving = theirs.saveFile(id, { signal: controller.signal, onProgress: () => controller.abort() });
  await assert.rejects(theirs.saveFile(id), coded("bad argument"), "one at a time");
  await assert.rejects(saving, aborted);
  assert.deepEqual([theirs.messages.at(-1)?.file?.state, theirs.messages.at(-1)?.file?.progress], ["available", 0]);
  assert.ok((await bytesOf((await theirs.saveFile(id)).blob)).equals(content));
});

/** As many bytes as it is asked to have, made when they are read. */
class Made extends Blob {
  #size;
  #from;
  /** @param {number} size @param {number} [from] */
  constructor(size, from = 0) {
    super([]);
    this.#size = size;
    this.#from = from;
  }
  /** @override */
  get size() {
    return this.#size;
  }
  /** @override @param {number} [start] @param {number} [end] */
  slice(start = 0, end = this.#size) {
    return new Made(Math.min(end, this.#size) - start, this.#from + start);
  }
  /** @override */
  stream() {
    const [from, size] = [this.#from, this.#size];
    return new ReadableStream({
      start: (controller) => {
        controller.enqueue(made(from, size));
        controller.close();
      },
    });
  }
}

/** @param {number} from @param {number} size */
function made(from, size) {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = ((from + i) * 2654435761) >>> 24;
  return bytes;
}

test("100 MB go up and come down in bounded memory, byte for byte; without a place to put it, it is too large", async () => {
  const { agent, mine, theirs } = await pair();
  const size = 100_000_000;
  const wanted = createHash("sha256");
  for (let at = 0; at < size; at += PART) wanted.update(made(at, Math.min(PART, size - at)));
  const before = process.memoryUsage().rss;
  let most = 0;
  const look = () => (most = Math.max(most, process.memoryUsage().rss - before));
  // On a busy machine it takes longer than what the other tests wait for.
  await new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
    const onProgress = (/** @type {number} */ done, /** @type {number} */ total) => (look(), done === total && resolve());
    mine.sendFile(new Made(size), { name: "large.bin", onProgress }).catch(reject);
  });
  const { id } = await until(agent, "the file", () => theirs.messages.find((m) => m.file?.name === "large.bin"));
  assert.ok(size > MAX_IN_MEMORY);
  await assert.rejects(theirs.saveFile(id), coded("too large"));
  assert.equal(store.times("get"), 0, "nothing was fetched for it");
  const got = createHash("sha256");
  const into = new WritableStream({ write: (/** @type {Uint8Array} */ piece) => void got.update(piece) });
  const { blob, name } = await theirs.saveFile(id, { into, onProgress: look });
  assert.deepEqual([blob.size, name], [0, "large.bin"]);
  assert.equal(got.digest("hex"), wanted.digest("hex"));
  // Both ends, the store and what waits for the collector, in one process.
  assert.ok(most < 128 * 1024 * 1024, `${Math.round(most / 1024 / 1024)} MB more were resident`);
});
