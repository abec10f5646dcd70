/** Files and the device: reloads, what is kept at rest, and the shelf; IndexedDB as Node has it from a package. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { eraseShelves, openShelf } from "../client/shelf.js";
import { fromBase64url } from "../client/bytes.js";
import { End } from "../client/end.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { FileStore } from "./client-store-of-files.js";
import { Demo, closeAll, module, seen, sweep, until } from "./client-world.js";

const demo = new Demo();
const store = new FileStore();
before(async () => void (await Promise.all([demo.start(), store.start()])));
beforeEach(() => store.reset());
afterEach(async () => {
  await closeAll();
  for (const { name } of await indexedDB.databases()) {
    if (name) await new Promise((resolve) => (indexedDB.deleteDatabase(name).onsuccess = resolve));
  }
});
after(async () => {
  await Promise.all([demo.stop(), store.stop()]);
  await sweep();
});

const unavailable = (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === "unavailable";

/** @param {import("../client/client.js").Client} client @param {string} name @param {string} state */
const fileSeen = (client, name, state) =>
  until(client, `file ${name} ${state}`, () => client.conversations.flatMap((c) => c.messages).find((m) => m.file?.name === name && m.file.state === state));

test("a reload loses a file that was on its way up, says so, and can be told to forget it", async () => {
  let customer = await demo.customer({ fetch: store.fetch });
  const conversation = await customer.start();
  const { id } = await conversation.sendFile(new File(["x"], "lost.pdf", { type: "application/pdf" }));
  const cancelled = new AbortController();
  const other = await conversation.sendFile(new File(["x"], "cancelled.pdf"), { signal: cancelled.signal });
  cancelled.abort();
  await until(customer, "cancelled", () => conversation.messages.find((m) => m.id === other.id && m.file?.state === "cancelled"));
  await customer.close();

  customer = await demo.customer({ fetch: store.fetch });
  const again = await customer.start();
  assert.deepEqual(again.messages.map((m) => [m.id, m.status, m.file?.name, m.file?.state, m.file?.error]), [[id, "failed", "lost.pdf", "failed", "unavailable"]]);
  await assert.rejects(again.retry(id), unavailable);
  const agent = await demo.agent({ fetch: store.fetch });
  await again.send("goes on");
  await seen(agent, "goes on");
  assert.equal(agent.conversations[0]?.messages.length, 1, "what is lost is not sent");
  await again.discard(id);
  await customer.close();

  customer = await demo.customer({ fetch: store.fetch });
  assert.equal((await customer.start()).messages.some((m) => m.file), false);
});

/**
 * What the databases hold, of one table or all.
 * @param {string} [only]
 */
async function stored(only) {
  /** @type {Uint8Array[]} */
  const values = [];
  for (const { name } of await indexedDB.databases()) {
    const open = indexedDB.open(name ?? "");
    const db = await new Promise((/** @type {(db: IDBDatabase) => void} */ resolve) => (open.onsuccess = () => resolve(open.result)));
    for (const table of db.objectStoreNames) {
      if (only && table !== only) continue;
      const all = db.transaction(table).objectStore(table).getAll();
      await new Promise((resolve) => (all.onsuccess = resolve));
      values.push(...all.result.filter((v) => v instanceof Uint8Array));
    }
    db.close();
  }
  return values;
}

test("a file that is at the relay, its message not sent yet, is sent after a reload, and received ones can be saved after one", async () => {
  let agent = await demo.agent({ fetch: store.fetch });
  let customer = await demo.customer({ fetch: store.fetch });
  let conversation = await customer.start();
  await conversation.send("hello");
  await seen(customer, "hello", "sent");
  const content = randomBytes(100_000);
  store.fault = async ({ what }) => {
    if (what === "complete") await demo.stop();
  };
  const { id } = await conversation.sendFile(new File([content], "kept.bin"));
  const held = String(await stored("outbox"));
  await store.until(() => [...store.files.values()].every((f) => f.complete));
  await until(customer, "offline", () => customer.state !== "online");
  while (String(await stored("outbox")) === held) await new Promise(setImmediate);
  await customer.close();
  const values = await stored();
  assert.ok(values.length > 5 && values.every((v) => !Buffer.from(v).includes("kept.bin")), "nothing of it is stored unsealed");

  store.reset = () => {}; // the files stay
  await demo.start();
  customer = await demo.customer({ fetch: store.fetch });
  conversation = await customer.start();
  assert.equal((await fileSeen(customer, "kept.bin", "sent")).id, id);
  const message = await fileSeen(agent, "kept.bin", "available");
  await agent.close();
  agent = await demo.agent({ fetch: store.fetch });
  const saved = await agent.conversations[0]?.saveFile(message.id);
  assert.ok(Buffer.from(await (saved?.blob ?? new Blob()).arrayBuffer()).equals(content));
});

/** An origin-private file system, as far as the shelf uses one, and its locks. */
function platform() {
  class Directory {
    /** @type {Map<string, Directory | { bytes: number[], open: boolean }>} */
    entries = new Map();
    /** @param {string} name @param {{ create?: boolean }} [options] */
    async getDirectoryHandle(name, { create = false } = {}) {
      if (!create && !this.entries.has(name)) throw new DOMException("none", "NotFoundError");
      const found = this.entries.get(name) ?? new Directory();
      this.entries.set(name, found);
      return found;
    }
    /** @param {string} name */
    async getFileHandle(name) {
      const file = { bytes: /** @type {number[]} */ ([]), open: false };
      this.entries.set(name, file);
      return {
        createSyncAccessHandle: async () => {
          file.open = true;
          return {
            write: (/** @type {Uint8Array} */ bytes, /** @type {{ at: number }} */ { at }) => {
              if (at + bytes.length > system.room) throw new DOMException("full", "QuotaExceededError");
              file.bytes.splice(at, bytes.length, ...bytes);
              return bytes.length;
            },
            truncate: (/** @type {number} */ size) => void (file.bytes.length = size),
            flush: () => {},
            close: () => void (file.open = false),
          };
        },
        getFile: async () => new File([Uint8Array.from(file.bytes)], name, { type: "text/html" }),
      };
    }
    /** @param {string} name */
    async removeEntry(name) {
      const entry = this.entries.get(name);
      if (entry && "open" in entry && entry.open) throw new DOMException("in use", "NoModificationAllowedError");
      this.entries.delete(name);
    }
    async *keys() {
      yield* [...this.entries.keys()];
    }
    /** @returns {string[]} */
    get files() {
      return [...this.entries].flatMap(([name, entry]) => (entry instanceof Directory ? entry.files.map((f) => `${name}/${f}`) : [name]));
    }
  }
  const root = new Directory();
  /** @type {Set<string>} */
  const held = new Set();
  const locks = {
    request: async (/** @type {string} */ name, /** @type {object | Function} */ options, /** @type {Function} */ act = /** @type {Function} */ (options)) => {
      if (held.has(name)) return act(null);
      held.add(name);
      try {
        return await act({});
      } finally {
        held.delete(name);
      }
    },
  };
  const system = { storage: { getDirectory: async () => root }, locks, root, held, room: 1_000 };
  return system;
}

test("erasing a namespace removes every shelf of it, whoever left it, and no other's; without history there is none", async (t) => {
  const scope = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis));
  const system = platform();
  const asked = /** @type {import("../client/shelf.js").ShelfSystem} */ (/** @type {unknown} */ (system));
  scope["FileSystemFileHandle"] = class {
    createSyncAccessHandle() {}
  };
  const navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: asked });
  t.after(() => {
    delete scope["FileSystemFileHandle"];
    if (navigator) Object.defineProperty(globalThis, "navigator", navigator);
    else delete scope["navigator"];
  });
  for (const namespace of ["sealwire:a:customer", "sealwire:a:customer", "sealwire:b:customer"]) {
    const shelf = await openShelf(namespace, asked);
    await (await shelf?.file())?.take();
  }
  await eraseShelves("sealwire:a:customer", asked);
  assert.deepEqual([...new Set(system.root.files.map((name) => name.split("/")[1]))], ["sealwire-b-customer"]);
  await eraseShelves("sealwire:never:customer", asked);

  // The end services themselves.
  const before = system.held.size;
  const end = new End(() => instantiate(module));
  await end.open({ role: "customer", roots: [fromBase64url(demo.config.orgKey)], history: "none", name: "sealwire:c:customer" });
  await end.erase();
  assert.equal(system.held.size, before);
  assert.ok(!system.root.files.some((name) => name.includes("sealwire-c")));
  const left = await openShelf("sealwire:d:customer", asked);
  await (await left?.file())?.take();
  const other = new End(() => instantiate(module));
  await other.open({ role: "customer", roots: [fromBase64url(demo.config.orgKey)], history: "device", name: "sealwire:d:customer" });
  await other.erase();
  assert.ok(!system.root.files.some((name) => name.includes("sealwire-d")), "what a page that was taken over left");
});

test("the shelf: files of this page, of no type, gone on release and when it closes; what pages left is swept, what they hold is not", async (t) => {
  const scope = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis));
  const system = platform();
  const asked = /** @type {import("../client/shelf.js").ShelfSystem} */ (/** @type {unknown} */ (system));
  assert.equal(await openShelf("sealwire:a:customer", asked), null, "no writing at once, no shelf");
  scope["FileSystemFileHandle"] = class {
    createSyncAccessHandle() {}
  };
  t.after(() => delete scope["FileSystemFileHandle"]);
  const one = await openShelf("sealwire:a:customer", asked);
  const two = await openShelf("sealwire:a:customer", asked);
  assert.ok(one && two);
  const file = await one.file();
  file.write(Uint8Array.of(1, 2));
  file.write(Uint8Array.of(3));
  const blob = await file.take();
  assert.deepEqual([blob.type, [...new Uint8Array(await blob.arrayBuffer())]], ["application/octet-stream", [1, 2, 3]]);
  const kept = await two.file();
  kept.write(Uint8Array.of(9));
  await file.remove();
  assert.equal(system.root.files.length, 1);
  assert.ok(!system.root.files.some((name) => name.includes(":")), "names that any file system takes");
  const slot = await one.slot();
  assert.deepEqual([...new Uint8Array(await (await slot.put(Uint8Array.of(4, 5, 6))).arrayBuffer())], [4, 5, 6]);
  assert.deepEqual([...new Uint8Array(await (await slot.put(Uint8Array.of(7))).arrayBuffer())], [7], "one in the place of another");
  assert.equal(system.root.files.length, 2);
  await assert.rejects(slot.put(new Uint8Array(2_000)), unavailable, "no room left");
  const last = slot.put(Uint8Array.of(8));
  await slot.remove();
  await last;
  assert.equal(system.root.files.length, 1, "removed also while something is put there");
  await assert.rejects(slot.put(Uint8Array.of(8)), unavailable);
  const half = await one.file();
  assert.throws(() => half.write(new Uint8Array(2_000)), unavailable, "no room left");
  await half.remove();
  await (await one.file()).take();
  // The page of `one` is gone without a word: its lock with it. That of `two` lives.
  const [first] = system.held;
  system.held.delete(/** @type {string} */ (first));
  const three = await openShelf("sealwire:a:customer", asked);
  assert.equal(system.root.files.length, 1, "what was left is swept, what is held stays");
  await kept.remove();
  await two.close();
  await three?.close();
  assert.deepEqual(system.root.files, []);
  const broken = { locks: system.locks, storage: { getDirectory: async () => Promise.reject(new DOMException("private", "SecurityError")) } };
  assert.equal(await openShelf("x", /** @type {import("../client/shelf.js").ShelfSystem} */ (/** @type {unknown} */ (broken))), null);
  assert.equal(await openShelf("x", {}), null);
});
