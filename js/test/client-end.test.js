/** The end service on its own: two of them in one process, a log between them, a store that can fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../client/bytes.js";
import { encodeTextContent, textOf } from "../client/content.js";
import { End } from "../client/end.js";
import { CLOSE } from "../client/status.js";
import { memoryStore } from "../client/store.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { coded, endsOfDemo, fragileStore, texts } from "./client-pair.js";
import { module } from "./client-world.js";

const world = endsOfDemo();
/** @type {typeof world.open} */
const open = (store, role) => world.open(store, role);
const pair = () => world.pair();

test("what was written before the conversation existed moves to it, and all of it survives a new start", async () => {
  const { end, store } = await open(fragileStore(), "customer");
  await end.queue("", encodeTextContent("early"));
  const agent = await open(memoryStore("agent"), "agent");
  const { id } = await end.conversations.genesis("default", await agent.end.keyPackage());
  const again = await open(store, "customer");
  assert.equal(again.opened.fresh, false);
  assert.deepEqual(again.opened.outbox.map((item) => [item.conversation, textOf(item.content)]), [[id, "early"]]);
  assert.deepEqual(again.opened.conversations.map((c) => [c.status.id, c.status.state, c.begun]), [[id, "empty", true]]);
});

test("the same entry is given out until it is read back; a retry is the same bytes", async () => {
  const { id, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  await customer.end.queue(id, encodeTextContent("x"));
  const first = await customer.end.conversations.next(id);
  const second = await customer.end.conversations.next(id);
  assert.equal(first.kind, "message");
  assert.deepEqual(second, first);
});

test("safety numbers are the same at both ends, after a new start too, and nothing is saved for them", async () => {
  const { id, flush, read, customer, agent } = await pair();
  const [us, them] = [customer.opened.member, agent.opened.member];
  await assert.rejects(customer.end.conversations.safetyNumber(id, them), coded("unavailable"), "the genesis is not read back");
  await flush(customer);
  await read(agent);
  const safety = await customer.end.conversations.safetyNumber(id, them);
  assert.match(safety.number + safety.transcript, /^[0-9]{90}$/);
  assert.equal(safety.number.length, 60);
  assert.deepEqual(await agent.end.conversations.safetyNumber(id, us), safety);
  await assert.rejects(customer.end.conversations.safetyNumber(id, us), coded("bad argument"));
  await assert.rejects(customer.end.conversations.safetyNumber(id, "0".repeat(32)), coded("not a member"));
  await assert.rejects(customer.end.conversations.safetyNumber("0".repeat(32), them), coded("bad argument"), "another conversation");
  const store = /** @type {ReturnType<typeof fragileStore>} */ (customer.store);
  const again = await open(store, "customer");
  store.failures = 1;
  assert.deepEqual(await again.end.conversations.safetyNumber(id, them), safety);
  assert.equal(store.failures, 1, "nothing was written");
});

test("a message that cannot be saved is not shown, and is shown once it can", async () => {
  const { id, log, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  await customer.end.queue(id, encodeTextContent("hello"));
  await flush(customer);
  const store = /** @type {ReturnType<typeof fragileStore>} */ (agent.store);
  while (agent.read < log.length - 1) {
    await agent.end.conversations.receive(id, agent.read + 1, /** @type {Uint8Array} */ (log[agent.read]));
    agent.read++;
  }
  const before = (await store.list("history", "")).length;
  store.failures = 1;
  await assert.rejects(read(agent), coded("unavailable"));
  assert.equal((await store.list("history", "")).length, before);
  assert.deepEqual(texts(await read(agent)), ["hello"]);
  assert.equal((await store.list("history", "")).length, before + 1);
  assert.equal(agent.read, log.length);
});

test("a message whose state could not be saved leaves in no form; the next one uses no counter twice", async () => {
  const { id, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  const store = /** @type {ReturnType<typeof fragileStore>} */ (customer.store);
  for (const text of ["one", "two", "three"]) {
    await customer.end.queue(id, encodeTextContent(text));
    store.failures = 1;
    await assert.rejects(customer.end.conversations.next(id), coded("unavailable"));
    await flush(customer);
  }
  const received = await read(agent);
  assert.deepEqual(texts(received), ["one", "two", "three"]);
  assert.ok(received.every(({ event }) => event.type !== "ignored"));
  assert.ok(received.every(({ item }) => !item || item.gap === 0));
});

test("a message sealed before somebody else's commit is sealed again and counts once, even if the relay stored both", async () => {
  const { id, log, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  await customer.end.queue(id, encodeTextContent("mine"));
  const early = await customer.end.conversations.next(id);
  assert.equal(early.kind, "message");
  await agent.end.queue(id, encodeTextContent("theirs"));
  await flush(agent);
  if (early.kind === "message") log.push(early.entry);
  const own = await read(customer);
  assert.ok(own.some(({ event }) => event.type === "ignored" && event.own && event.code === 9));
  await flush(customer);
  assert.deepEqual(texts(await read(agent)), ["mine"]);
  assert.deepEqual(await customer.end.conversations.next(id), { kind: "none" });
});

test("a save that fails in one conversation leaves a task of another to go on", async () => {
  const { id, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  const store = /** @type {ReturnType<typeof fragileStore>} */ (agent.store);
  const first = agent.end.conversations.next(id); // the agent's conversation is open
  await first;
  await agent.end.queue(id, encodeTextContent("fails"));
  const other = await open(fragileStore(), "customer");
  const { id: second } = await other.end.conversations.genesis("default", await agent.end.keyPackage());
  await agent.end.conversations.join(second);
  const genesis = await other.end.conversations.next(second);
  assert.ok(genesis.kind === "commit");
  await agent.end.conversations.receive(second, 1, genesis.entry);
  await other.end.conversations.receive(second, 1, genesis.entry);
  await other.end.queue(second, encodeTextContent("one"));
  const step = await other.end.conversations.next(second);
  assert.ok(step.kind === "message");
  const get = store.get;
  /** @type {() => void} */
  let go = () => {};
  const held = new Promise((/** @type {(v: void) => void} */ resolve) => (go = resolve));
  store.get = async (table, key) => {
    if (key === `cursor/${second}`) await held;
    return get(table, key);
  };
  // Between the state of the core and its call of it, the core is taken away.
  const receiving = agent.end.conversations.receive(second, 2, step.entry);
  store.failures = 1;
  await assert.rejects(agent.end.conversations.next(id), coded("unavailable"));
  go();
  const received = await receiving;
  assert.ok(!("need" in received) && received.status.state === "active");
});

test("the secret of a key package is gone from the disk with the own commit that spends it", async () => {
  const { id, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  const written = /** @type {string[][]} */ ([]);
  const write = agent.store.write;
  agent.store.write = async (writes) => {
    await write(writes);
    written.push(writes.map(({ table, key }) => `${table}/${key}`));
  };
  const before = /** @type {Uint8Array} */ (await agent.store.get("state", "end"));
  await agent.end.queue(id, encodeTextContent("an own commit comes first"));
  await flush(agent);
  const own = written.filter((keys) => keys.includes("state/end"));
  assert.equal(own.length, 1);
  assert.ok(own[0]?.includes(`state/conversation/${id}`), "in one transaction");
  const after = /** @type {Uint8Array} */ (await agent.store.get("state", "end"));
  assert.ok(after.length < before.length, "one secret less");
});

test("so it is with the commit after which it is of no use: this end was removed, or the conversation ended", async (t) => {
  /** @type {[string, (agent: string) => import("../client/writing.js").Moves][]} */
  const rows = [
    ["not a member", (agent) => ({ removes: [agent] })],
    ["closed", () => ({ marks: CLOSE })],
  ];
  for (const [state, moves] of rows) {
    await t.test(state, async () => {
      const { id, flush, read, customer, agent } = await pair();
      await flush(customer);
      await read(agent);
      const before = /** @type {Uint8Array} */ (await agent.store.get("state", "end"));
      await customer.end.conversations.move(id, moves(agent.opened.member));
      await flush(customer, true);
      agent.store.failures = 1;
      await assert.rejects(read(agent), coded("unavailable"));
      assert.deepEqual(await agent.store.get("state", "end"), before, "nothing of it was written");
      assert.equal((await read(agent)).at(-1)?.status.state, state);
      const after = /** @type {Uint8Array} */ (await agent.store.get("state", "end"));
      assert.ok(after.length < before.length, "one secret less");
      const again = await open(agent.store, "agent");
      assert.equal(again.opened.conversations[0]?.status.state, state);
    });
  }
});

test("what was joined and does not hold this end reaches no disk, and is let go", async () => {
  const stranger = await open(fragileStore(), "agent");
  const { id, flush, log, customer } = await pair();
  await flush(customer);
  const before = (await stranger.store.list("state", "")).length;
  await stranger.end.conversations.join(id);
  const got = await stranger.end.conversations.receive(id, 1, /** @type {Uint8Array} */ (log[0]));
  assert.ok(!("need" in got) && got.status.state === "not a member");
  await stranger.end.conversations.leave(id);
  assert.equal((await stranger.store.list("state", "")).length, before);
  await assert.rejects(stranger.end.conversations.receive(id, 2, /** @type {Uint8Array} */ (log[0])), coded("bad argument"));
});

test("a core that died is rebuilt from the store by the next call", async () => {
  const { id, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  await customer.end.queue(id, encodeTextContent("through"));
  const real = globalThis.crypto.getRandomValues;
  globalThis.crypto.getRandomValues = () => {
    throw new Error("gone");
  };
  try {
    await assert.rejects(customer.end.conversations.next(id), coded("no randomness"));
  } finally {
    globalThis.crypto.getRandomValues = real;
  }
  await flush(customer);
  assert.deepEqual(texts(await read(agent)), ["through"]);
});

test("an incomplete or damaged namespace is an error, never a new one", async (t) => {
  const rows = /** @type {const} */ ([
    ["the end's state is gone", "state", "end", null],
    ["the data key is gone", "meta", "data key", null],
    ["the wrapping key is gone", "meta", "wrapping key", null],
    ["the end's state is damaged", "state", "end", new Uint8Array(200).fill(1)],
    ["the data key is damaged", "meta", "data key", new Uint8Array(60)],
    ["the end's state is of another kind", "state", "end", /** @type {CryptoKey} */ (/** @type {unknown} */ ("text"))],
  ]);
  for (const [name, table, key, value] of rows) {
    await t.test(name, async () => {
      const store = memoryStore("test");
      await open(store, "customer");
      await store.write([{ table, key, value }]);
      await assert.rejects(open(store, "customer"), coded("open failed"));
    });
  }
});

test("one conversation that does not open leaves the others to go on, and what lies of it on the disk stays as it is", async (t) => {
  /** @typedef {{ id: string, other: string, entry: string, store: import("../client/store.js").Store }} Kept */
  const noise = new Uint8Array(200).fill(1);
  const rows = /** @type {readonly (readonly [string, string, (kept: Kept) => Promise<import("../client/store.js").Write[]>])[]} */ ([
    ["its state is damaged", "open failed", async ({ id }) => [{ table: "state", key: `conversation/${id}`, value: noise }]],
    ["its state is another's", "open failed", async ({ id, other, store }) => [{ table: "state", key: `conversation/${id}`, value: await store.get("state", `conversation/${other}`) }]],
    ["its state is of another kind", "open failed", async ({ id }) => [{ table: "state", key: `conversation/${id}`, value: "text" }]],
    ["its cursor is gone", "open failed", async ({ id }) => [{ table: "state", key: `cursor/${id}`, value: null }]],
    ["its cursor is damaged", "open failed", async ({ id }) => [{ table: "state", key: `cursor/${id}`, value: noise }]],
    ["something of its history is damaged", "open failed", async ({ entry }) => [{ table: "history", key: entry, value: noise }]],
    ["its state is of another version", "unsupported version", async () => []],
  ]);
  for (const [name, code, damage] of rows) {
    await t.test(name, async () => {
      const { id, log, flush, customer } = await pair();
      const { store } = customer;
      await customer.end.queue(id, encodeTextContent("one"));
      await flush(customer);
      await customer.end.queue(id, encodeTextContent("waits"));
      const agent = await open(memoryStore("another"), "agent");
      const { id: other } = await customer.end.conversations.genesis("default", await agent.end.keyPackage());
      const [[entry]] = /** @type {[[string, Uint8Array]]} */ (await store.list("history", `${id}/`));
      await store.write(await damage({ id, other, entry, store }));
      const all = async () => [...(await store.list("state", "")), ...(await store.list("history", ""))].filter(([key]) => key.includes(id)).concat(await store.list("outbox", ""));
      const before = await all();

      const again = code === "unsupported version" ? await ofAnotherVersion(store, id) : await open(store, "customer");
      // How far its log was read says the cursor alone.
      assert.deepEqual(again.opened.failed, [{ id, code, anew: code === "open failed" && !name.includes("cursor") }]);
      assert.deepEqual(again.opened.conversations.map(({ status }) => status.id), [other]);
      // Whatever is asked of it, nothing is done.
      const { conversations } = again.end;
      const last = /** @type {Uint8Array} */ (log.at(-1));
      const refused = coded(/** @type {import("../errors.js").Code} */ (code));
      for (const act of [() => conversations.join(id), () => conversations.next(id), () => conversations.receive(id, log.length + 1, last), () => conversations.ungenesis(id)]) {
        await assert.rejects(act, refused);
        await conversations.leave(id);
      }
      // The other one goes on.
      const step = await again.end.conversations.next(other);
      assert.ok(step.kind === "commit");
      assert.ok(!("need" in (await again.end.conversations.receive(other, 1, step.entry))));
      assert.deepEqual(await all(), before);
    });
  }
});

/**
 * A new start with a core for which the state of this conversation is of another version.
 * @param {import("../client/store.js").Store} store
 * @param {string} id
 */
async function ofAnotherVersion(store, id) {
  const end = new End(async () => {
    const core = await instantiate(module);
    const call = core.call.bind(core);
    core.call = (name, ...args) => {
      if (name === "conversation_load" && toHex(/** @type {Uint8Array} */ (args[2])) === id) throw new SealwireError("unsupported version");
      return call(name, ...args);
    };
    return core;
  });
  const opened = await end.openIn(store, { role: "customer", roots: world.roots, history: "none" });
  return { end, opened, store };
}

test("what cannot be read now is no damage: nothing opens, and the next start may", async () => {
  const { id, flush, customer } = await pair();
  await flush(customer);
  const { store } = customer;
  const away = { ...store, get: async (/** @type {import("../client/store.js").Table} */ table, /** @type {string} */ key) => {
    if (key === `cursor/${id}`) throw new SealwireError("unavailable", "device storage: UnknownError");
    return store.get(table, key);
  } };
  await assert.rejects(open(away, "customer"), coded("unavailable"));
  assert.equal((await open(store, "customer")).opened.conversations.length, 1);
});

test("sealed values do not open in each other's place", async () => {
  const { end, store } = await open(memoryStore("test"), "customer");
  await end.queue("", encodeTextContent("one"));
  await end.queue("", encodeTextContent("two"));
  const [[a, first], [b, second]] = /** @type {[[string, Uint8Array], [string, Uint8Array]]} */ (await store.list("outbox", ""));
  await store.write([
    { table: "outbox", key: a, value: second },
    { table: "outbox", key: b, value: first },
  ]);
  await assert.rejects(open(store, "customer"), coded("open failed"));
});

test("nothing readable lies in the store", async () => {
  const { id, flush, read, customer, agent } = await pair();
  await flush(customer);
  await read(agent);
  await customer.end.queue(id, encodeTextContent("CANARY-text"));
  await flush(customer);
  await read(agent);
  await agent.end.queue(id, encodeTextContent("CANARY-waiting"));
  for (const { store } of [customer, agent]) {
    let values = 0;
    for (const table of /** @type {const} */ (["meta", "state", "outbox", "history"])) {
      for (const [key, value] of await store.list(table, "")) {
        values++;
        assert.equal(key.includes("CANARY"), false);
        if (value instanceof Uint8Array) assert.equal(Buffer.from(value).includes("CANARY"), false);
        else assert.equal(value.extractable, false);
      }
    }
    assert.ok(values > 5);
  }
});

test("the last-resort key package stays the same for a while, a one-time one never", async () => {
  const { end, store } = await open(memoryStore("test"), "agent");
  const last = await end.lastResort();
  assert.deepEqual(await end.lastResort(), last);
  const again = await open(store, "agent");
  assert.deepEqual(await again.end.lastResort(), last);
  assert.notDeepEqual(await again.end.lastResort(true), last);
  assert.notDeepEqual(await end.keyPackage(), await end.keyPackage());
});

test("a closed end service answers unavailable, and an erased one leaves nothing", async () => {
  const { end, store } = await open(memoryStore("test"), "customer");
  await end.erase();
  await assert.rejects(end.queue("", encodeTextContent("late")), coded("unavailable"));
  assert.deepEqual(await store.list("state", ""), []);
  assert.deepEqual(await store.list("meta", ""), []);
});
