/** Files of any size go through buffers that are there already: streams, parts, and the border of the worker. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PART } from "../client/padding.js";
import { Parts } from "../client/parts.js";
import { RelayFiles } from "../client/relayfiles.js";
import { remoteEnd, serve } from "../client/remote.js";
import { Tap } from "../client/tap.js";

/** @param {Tap} tap @param {number} [most] */
async function drain(tap, most = 1_000_000) {
  /** @type {number[]} */
  const all = [];
  for (;;) {
    const piece = await tap.read(most);
    if (piece.length === 0) return all;
    assert.ok(piece.length <= most);
    all.push(...piece);
  }
}

const content = Uint8Array.from({ length: 1_000 }, (_, i) => i * 7);

test("a byte stream fills one buffer again and again, and the next tap goes on with it", async () => {
  let made = 0;
  const filling = () => {
    let at = 0;
    return new ReadableStream({
      type: "bytes",
      pull(controller) {
        const view = /** @type {Uint8Array<ArrayBuffer> | undefined} */ (controller.byobRequest?.view);
        if (!view) return void made++;
        const piece = content.subarray(at, at + Math.min(300, view.length));
        at += piece.length;
        view.set(piece);
        if (piece.length === 0) controller.close();
        controller.byobRequest?.respond(piece.length);
      },
    });
  };
  const small = new ArrayBuffer(128);
  const tap = new Tap(filling(), small);
  const first = await tap.read(1_000);
  assert.deepEqual([first.length, first.buffer.byteLength], [128, 128], "never more than the buffer takes");
  assert.deepEqual([...first, ...(await drain(tap, 100))], [...content]);
  const { buffer } = tap;
  assert.equal(buffer.byteLength, 128);
  const next = new Tap(filling(), buffer);
  assert.deepEqual(await drain(next), [...content]);
  assert.equal(made, 0, "the stream was never asked to make one");
});

test("a stream that makes its pieces gives them in no larger ones than asked for", async () => {
  const pieces = [content.subarray(0, 500), new Uint8Array(), content.subarray(500)];
  const making = new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
  assert.deepEqual(await drain(new Tap(making), 99), [...content]);
});

test("what a stream fails with is told, and a tap after it has a buffer all the same", async () => {
  const failing = new ReadableStream({ type: "bytes", pull: (controller) => controller.error(new Error("cut")) });
  const tap = new Tap(failing);
  await assert.rejects(tap.read(10), /cut/);
  assert.deepEqual(await drain(new Tap(new Blob([content]).stream(), tap.buffer)), [...content]);
});

test("a tap that is let go of ends its stream", async () => {
  let cancelled = false;
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(content), cancel: () => void (cancelled = true) });
  const tap = new Tap(endless);
  await tap.read(10);
  tap.end();
  assert.ok(cancelled);
});

/**
 * Parts of so many bytes each, which say their number, and a shelf whose slots are recorded.
 * @param {number} length
 * @param {{ room?: number }} [options]  slots that can be had
 */
function parts(length, { room = 10 } = {}) {
  /** @type {{ held: number | null, removed: boolean }[]} */
  const slots = [];
  let number = 0;
  let ended = false;
  const buffer = new Uint8Array(4);
  const sealing = {
    length,
    part: async (/** @type {(bytes: Uint8Array) => Promise<Blob>} */ take) => {
      buffer.fill(number++);
      const blob = await take(buffer);
      buffer.fill(255);
      return blob;
    },
    close: () => void (ended = true),
  };
  const shelf = {
    slot: async () => {
      if (slots.length === room) throw new Error("no room");
      const slot = { held: /** @type {number | null} */ (null), removed: false };
      slots.push(slot);
      return {
        put: async (/** @type {Uint8Array} */ bytes) => {
          slot.held = bytes[0] ?? null;
          return new Blob([bytes.slice()], { type: "from/shelf" });
        },
        remove: async () => void (slot.removed = true),
      };
    },
  };
  const made = new Parts(/** @type {never} */ (/** @type {unknown} */ (sealing)), /** @type {never} */ (/** @type {unknown} */ (shelf)));
  return { parts: made, slots, ended: () => ended };
}

/** @param {Blob} blob */
const numberIn = async (blob) => new Uint8Array(await blob.arrayBuffer())[0];

test("the parts of a large file lie in as many slots as are in use, and are gone in the end", async () => {
  const { parts: large, slots, ended } = parts(8 * PART);
  for (const [number, slot] of [0, 1, 1, 0, 1].entries()) {
    const blob = await large.next(slot);
    assert.deepEqual([await numberIn(blob), blob.type], [number, "from/shelf"]);
  }
  assert.deepEqual(slots.map(({ held }) => held), [3, 4]);
  await large.close();
  assert.ok(ended() && slots.every(({ removed }) => removed));
  await assert.rejects(large.next(2));
  assert.equal(slots.length, 2, "nothing is laid there after the end");
});

test("where there is no room, and of a small file, parts are in memory, each its own bytes", async () => {
  const full = parts(8 * PART, { room: 1 });
  const blobs = [await full.parts.next(0), await full.parts.next(1), await full.parts.next(1)];
  assert.deepEqual(blobs.map(({ type }) => type), ["from/shelf", "", ""]);
  assert.deepEqual(await Promise.all(blobs.map(numberIn)), [0, 1, 2]);
  const small = parts(4 * PART);
  assert.equal((await small.parts.next(0)).type, "");
  assert.equal(small.slots.length, 0);
});

test("the buffer of a piece goes over the border of the worker and comes back", async () => {
  /** @type {Uint8Array[]} */
  const pieces = [];
  const service = /** @type {import("../client/remote.js").EndService} */ (
    /** @type {unknown} */ ({
      openPart: async (/** @type {number} */ _, /** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
        assert.deepEqual([...bytes], [3, 3, 3, 3, 3]);
        pieces.push(bytes);
        return { content: new Uint8Array(), buffer: bytes.buffer };
      },
    })
  );
  const answer = serve(service, (reply, moved) => border.onReply(structuredClone(reply, { transfer: moved })));
  const worker = { postMessage: (/** @type {import("../client/remote.js").Call} */ call, /** @type {ArrayBuffer[]} */ moved) => void answer(structuredClone(call, { transfer: moved })), terminate: () => {} };
  const border = remoteEnd(worker, () => {});
  const buffer = new ArrayBuffer(100);
  new Uint8Array(buffer).fill(3);
  const opened = border.service.openPart(1, new Uint8Array(buffer, 0, 5));
  assert.equal(buffer.byteLength, 0, "it is not copied");
  const { buffer: back } = await opened;
  assert.equal(back.byteLength, 100);
  assert.deepEqual(pieces.map((there) => there.length), [0], "nor on the way back");
});

test("of what is cut off all that came is given, in the buffer that was given back", async () => {
  const size = 600_000;
  const sealed = Uint8Array.from({ length: size }, (_, i) => i * 31);
  const cut = 300_000;
  let at = 0;
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (at === cut) return controller.error(new Error("cut"));
      const piece = sealed.slice(at, Math.min(cut, at + 50_000));
      at += piece.length;
      controller.enqueue(piece);
    },
  });
  const files = new RelayFiles({
    relay: "wss://relay.example/v1/connect",
    fetch: async () => new Response(body, { headers: { "Content-Length": String(size) } }),
    ticket: async () => new Uint8Array(32),
  });
  const stream = files.read("c", "f", 0, size, new AbortController().signal);
  const first = (await stream.next()).value;
  assert.ok(first);
  assert.deepEqual([first.length, first[100]], [262_144, sealed[100]]);
  const buffer = /** @type {ArrayBuffer} */ (first.buffer);
  const second = (await stream.next(buffer)).value;
  assert.ok(second && second.buffer === buffer);
  assert.deepEqual([second.length, second[0]], [cut - 262_144, sealed[262_144]]);
  await assert.rejects(stream.next(buffer), { code: "unavailable" });
});
