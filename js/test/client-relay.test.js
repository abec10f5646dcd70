/** The relay connection alone, on a socket that the test plays. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { T, decodeFrame, encodeFrame } from "../client/frames.js";
import { RelayConnection } from "../client/relay.js";
import { SealwireError } from "../errors.js";

/** @typedef {import("../client/frames.js").Frame} Frame */

const ID = new Uint8Array(16).fill(7);

/** A connection, the sockets it dials, and what it tells. */
function play(/** @type {Partial<import("../client/relay.js").RelayOptions>} */ options = {}) {
  /** @type {Socket[]} */
  const sockets = [];
  /** @type {(() => void)[]} */
  const waits = [];
  class Socket {
    /** @type {Frame[]} */
    sent = [];
    readyState = 1;
    bufferedAmount = 0;
    binaryType = "";
    closed = false;
    /** @type {((event: { data: unknown }) => void) | null} */
    onmessage = null;
    /** @type {((event: { code: number, reason: string }) => void) | null} */
    onclose = null;
    /** @type {((event: unknown) => void) | null} */
    onopen = null;
    /** @type {((event: unknown) => void) | null} */
    onerror = null;
    /** @param {string} url */
    constructor(url) {
      this.url = url;
      sockets.push(this);
      look();
    }
    /** @param {Uint8Array} data */
    send(data) {
      this.sent.push(decodeFrame(data));
      look();
    }
    close() {
      this.closed = true;
      look();
    }
    /** @param {Omit<Frame, "request"> & { request?: number }} frame */
    give(frame) {
      this.onmessage?.({ data: Uint8Array.from(encodeFrame({ request: 0, ...frame })).buffer });
    }
  }
  /** @type {string[]} */
  const states = [];
  /** @type {Error[]} */
  const failures = [];
  function look() {
    for (const wait of waits.splice(0)) wait();
  }
  /**
   * @template T
   * @param {() => T} found
   * @returns {Promise<NonNullable<T>>}
   */
  async function until(found) {
    for (;;) {
      const value = found();
      if (value) return /** @type {NonNullable<T>} */ (value);
      await new Promise((/** @type {(v: void) => void} */ resolve) => waits.push(resolve));
    }
  }
  const relay = new RelayConnection({
    url: "ws://relay.test:8787/v1/connect",
    WebSocket: Socket,
    prepare: async () => {},
    hello: async (nonce, host) => new Uint8Array([1, 1, ...new Uint8Array(48), 0, host.length, ...Buffer.from(host), 0, 0, ...nonce, ...nonce]),
    onWelcome: async () => {},
    onEntry: () => {},
    onPassing: () => {},
    onList: () => {},
    onWaiting: () => {},
    onState: (state) => {
      states.push(state);
      look();
    },
    onFailure: (error) => {
      failures.push(error);
      look();
    },
    ...options,
    times: { attempt: 5_000, answer: 5_000, silence: 5_000, pause: 1, maxPause: 4, ...options.times },
  });
  /** Lets the newest socket's handshake through. */
  const welcome = async () => {
    const count = sockets.length;
    const socket = await until(() => sockets.find((s) => !s.closed && s.sent.length === 0 && sockets.indexOf(s) >= count - 1));
    socket.give({ type: T.challenge, nonce: new Uint8Array(32) });
    await until(() => socket.sent.find((f) => f.type === T.hello));
    socket.give({ type: T.welcome, bytes: new Uint8Array([1]) });
    await until(() => relay.state === "online");
    return socket;
  };
  relay.start();
  return { relay, sockets, states, failures, until, welcome };
}

/** @param {import("../errors.js").Code} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;

test("challenge, hello for the host as dialled, welcome, online; answers find their requests in any order", async () => {
  const { relay, states, until, welcome } = play();
  const socket = await welcome();
  const hello = socket.sent[0]?.body ?? new Uint8Array();
  assert.ok(Buffer.from(hello).includes("relay.test:8787"));
  const first = relay.append(ID, new Uint8Array([1]));
  const second = relay.take("default");
  await until(() => socket.sent.length === 3);
  const [, take, append] = socket.sent[1]?.type === T.take ? socket.sent : [socket.sent[0], socket.sent[2], socket.sent[1]];
  socket.give({ type: T.record, request: take?.request ?? 0, bytes: new Uint8Array([9]) });
  socket.give({ type: T.ack, request: append?.request ?? 0, sequence: 5, dup: false });
  assert.equal(await first, 5);
  assert.deepEqual(await second, new Uint8Array([9]));
  assert.deepEqual(states, ["connecting", "online"]);
  relay.close();
  assert.deepEqual(states, ["connecting", "online", "closed"]);
});

test("a refused request rejects with the relay's code; an answer of another kind is no answer", async () => {
  const { relay, until, welcome } = play();
  const socket = await welcome();
  const refused = relay.subscribe(ID, 0);
  await until(() => socket.sent.length === 2);
  socket.give({ type: T.error, request: socket.sent[1]?.request ?? 0, code: 6 });
  await assert.rejects(refused, coded("not a member"));
  const odd = relay.subscribe(ID, 0);
  await until(() => socket.sent.length === 3);
  socket.give({ type: T.record, request: socket.sent[2]?.request ?? 0, bytes: new Uint8Array() });
  await assert.rejects(odd, coded("unavailable"));
  relay.close();
});

test("when the connection ends, open requests fail as unavailable and another attempt follows", async () => {
  const { relay, sockets, failures, until, welcome } = play();
  const socket = await welcome();
  const open = relay.conversations();
  socket.onclose?.({ code: 4000 + 17, reason: "" });
  await assert.rejects(open, coded("unavailable"));
  assert.ok(failures.some(coded("rate limited")));
  await until(() => sockets.length === 2);
  await welcome();
  assert.equal(relay.state, "online");
  relay.close();
});

test("a silent connection is asked something, and left when there is no answer", async () => {
  const { relay, sockets, until, welcome } = play({ times: { silence: 5, answer: 5 } });
  const socket = await welcome();
  await until(() => socket.sent.some((f) => f.type === T.conversations));
  await until(() => sockets.length === 2);
  assert.equal(socket.closed, true);
  relay.close();
});

test("an attempt that leads nowhere is given up", async () => {
  const { relay, sockets, until } = play({ times: { attempt: 5 } });
  await until(() => sockets.length === 2);
  assert.equal(sockets[0]?.closed, true);
  relay.close();
});

test("the page's token is awaited before the socket opens, and its failure is told and tried again", async () => {
  let asked = 0;
  const { relay, sockets, failures, until, welcome } = play({
    prepare: async () => {
      if (++asked === 1) throw new Error("the page's backend is down");
    },
  });
  await until(() => failures.length > 0);
  assert.equal(sockets.length, 0);
  await until(() => sockets.length === 1);
  await welcome();
  assert.equal(asked, 2);
  relay.close();
});

test("what is no frame, a text message, a frame of ends, or a second welcome ends the connection", async (t) => {
  /** @type {[string, (socket: { onmessage: ((event: { data: unknown }) => void) | null, give: (frame: { type: number, bytes?: Uint8Array }) => void }) => void][]} */
  const rows = [
    ["text", (s) => s.onmessage?.({ data: "hello" })],
    ["garbage", (s) => s.onmessage?.({ data: new Uint8Array([200, 1, 2]).buffer })],
    ["too large", (s) => s.onmessage?.({ data: new Uint8Array(200_000).buffer })],
    ["a frame of ends", (s) => s.give({ type: T.conversations })],
    ["a second welcome", (s) => s.give({ type: T.welcome, bytes: new Uint8Array() })],
  ];
  for (const [name, give] of rows) {
    await t.test(name, async () => {
      const { relay, sockets, failures, until, welcome } = play();
      const socket = await welcome();
      give(socket);
      await until(() => sockets.length === 2);
      assert.equal(socket.closed, true);
      assert.ok(failures.some(coded("bad argument")));
      relay.close();
    });
  }
});

test("a challenge or a welcome too many, or before its time, ends the connection: one hello and one look at a manifest for each", async (t) => {
  const challenge = { type: T.challenge, nonce: new Uint8Array(32) };
  const welcome = { type: T.welcome, bytes: new Uint8Array([1]) };
  const rows = /** @type {const} */ ([
    ["two challenges at once", [challenge, challenge], 1, 0],
    ["a welcome before the challenge", [welcome], 0, 0],
    ["a welcome before the hello", [challenge, welcome], 1, 0],
    ["two welcomes at once", [challenge, "hello", welcome, welcome], 1, 1],
    ["a challenge when welcomed", [challenge, "hello", welcome, challenge], 1, 1],
  ]);
  for (const [name, steps, hellos, welcomes] of rows) {
    await t.test(name, async () => {
      let signed = 0;
      let looked = 0;
      const { relay, sockets, failures, until } = play({
        hello: async () => {
          signed++;
          return new Uint8Array([1, 1, ...new Uint8Array(48), 0, 1, 97, 0, 0, ...new Uint8Array(64)]);
        },
        onWelcome: async () => {
          looked++;
          await new Promise(() => {});
        },
        times: { pause: 60_000, maxPause: 60_000 },
      });
      const socket = await until(() => sockets[0]);
      for (const step of steps) {
        if (step === "hello") await until(() => socket.sent.find((f) => f.type === T.hello));
        else socket.give(step);
      }
      await until(() => failures.length > 0);
      assert.ok(failures.some(coded("bad argument")));
      assert.equal(socket.closed, true);
      assert.deepEqual([signed, looked], [hellos, welcomes]);
      relay.close();
    });
  }
});

test("sent away to come back (1012: a newer manifest, a restart), it does, is welcomed anew, and tells of no failure", async () => {
  /** @type {Uint8Array[]} */
  const welcomes = [];
  const { relay, states, sockets, failures, until, welcome } = play({ onWelcome: async (manifest) => void welcomes.push(manifest) });
  const socket = await welcome();
  socket.onclose?.({ code: 1012, reason: "say hello again" });
  await until(() => sockets.length === 2);
  await welcome();
  assert.deepEqual([failures, welcomes.length], [[], 2]);
  assert.deepEqual(states, ["connecting", "online", "offline", "connecting", "online"]);
  relay.close();
});

test("more requests than may be open are refused at once, and none is sent while offline", async () => {
  const { relay, welcome } = play();
  await assert.rejects(relay.conversations(), coded("unavailable"));
  await welcome();
  const many = Array.from({ length: 300 }, () => relay.conversations());
  const results = Promise.allSettled(many);
  relay.close();
  assert.ok((await results).every((r) => r.status === "rejected" && coded("unavailable")(r.reason)));
});

test("a closed connection stays closed", async () => {
  const { relay, sockets, welcome } = play();
  const socket = await welcome();
  relay.close();
  relay.start();
  relay.reset();
  socket.onclose?.({ code: 1006, reason: "" });
  assert.equal(relay.state, "closed");
  assert.equal(sockets.length, 1);
  await assert.rejects(relay.conversations(), coded("unavailable"));
});
