/** End services on their own: two of them in one process, the log between them in the test's hands, stores that can fail or go back. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { fromBase64url } from "../client/bytes.js";
import { textOf } from "../client/content.js";
import { End } from "../client/end.js";
import { T } from "../client/frames.js";
import { memoryStore } from "../client/store.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { Demo, closeAll, module, sweep } from "./client-world.js";

/** @typedef {import("../client/store.js").Store} Store */
/** @typedef {{ end: End, opened: import("../client/end.js").Opened, store: Store, read: number }} Person */

/** @param {import("../errors.js").Code} code */
export const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;

/** A store whose next writes can be made to fail. */
export function fragileStore() {
  const store = memoryStore("test");
  const real = store.write;
  const fragile = {
    ...store,
    failures: 0,
    /** @param {import("../client/store.js").Write[]} writes */
    write: async (writes) => {
      if (fragile.failures > 0) {
        fragile.failures--;
        throw new SealwireError("unavailable", "device storage: QuotaExceededError");
      }
      await real(writes);
    },
    close: () => {},
  };
  return fragile;
}

const TABLES = /** @type {const} */ (["meta", "state", "outbox", "history"]);

/**
 * What a store holds now, in another one: a profile that is restored later.
 * @param {Store} store
 */
export async function copyOf(store) {
  const copy = fragileStore();
  for (const table of TABLES) await copy.write((await store.list(table, "")).map(([key, value]) => ({ table, key, value })));
  return copy;
}

/** End services of a demo's company, from the file's first test to its last. */
export function endsOfDemo() {
  const demo = new Demo();
  const world = /** @type {Awaited<ReturnType<typeof ends>>} */ ({});
  before(async () => {
    await demo.start();
    Object.assign(world, await ends(demo));
  });
  after(async () => {
    await demo.stop();
    await sweep();
  });
  return world;
}

/** @param {Demo} demo  running */
async function ends(demo) {
  const roots = [fromBase64url(demo.config.orgKey)];
  /** @type {Uint8Array} */
  const manifest = await new Promise((resolve) => {
    void demo.customer({ wire: { toEnd: (frame) => (frame.type === T.welcome && frame.bytes && resolve(frame.bytes), [frame]) } });
  });
  await closeAll();

  /**
   * @param {Store} store
   * @param {import("../client/types.js").RoleName} role
   * @param {{ renew?: boolean }} [options]  false: an agent keeps the credential that it has
   */
  async function open(store, role, { renew = true } = {}) {
    const end = new End(() => instantiate(module));
    const opened = await end.openIn(store, { role, roots, history: "none" });
    await end.manifest(manifest, true);
    if (role === "agent" && renew) await end.credential(fromBase64url(await demo.credential(opened.identity)));
    return { end, opened, store };
  }

  /** A customer and an agent in one conversation, whose log the test holds. */
  async function pair() {
    const customer = { ...(await open(fragileStore(), "customer")), read: 0 };
    const agent = { ...(await open(fragileStore(), "agent")), read: 0 };
    const { id } = await customer.end.conversations.genesis("default", await agent.end.keyPackage());
    await agent.end.conversations.join(id);
    /** @type {Uint8Array[]} */
    const log = [];
    /** @param {{ end: End, read: number }} who */
    const read = async (who) => {
      /** @type {import("../client/reading.js").Received[]} */
      const received = [];
      while (who.read < log.length) {
        const got = await who.end.conversations.receive(id, who.read + 1, /** @type {Uint8Array} */ (log[who.read]));
        assert.ok(!("need" in got));
        who.read++;
        received.push(got);
      }
      return received;
    };
    /**
     * Appends all that it has to.
     * @param {{ end: End, read: number }} who
     * @param {boolean} [unasked]
     */
    const flush = async (who, unasked = false) => {
      for (let rounds = 0; ; rounds++) {
        assert.ok(rounds < 32, "it comes to an end");
        const step = await who.end.conversations.next(id, unasked);
        if (step.kind === "none") return;
        assert.ok(step.kind !== "settled");
        log.push(step.entry);
        await read(who);
      }
    };
    return { id, log, read, flush, customer, agent };
  }

  return { roots, manifest, open, pair };
}

/** @param {import("../client/reading.js").Received[]} received */
export const texts = (received) => received.flatMap(({ item }) => (item ? [textOf(item.content)] : []));
