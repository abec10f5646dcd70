/** The manifests that commits name, where others find them: under a manifest's hash lies that manifest, whatever came between. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { End } from "../client/end.js";
import { over } from "../client/foreign.js";
import { memoryStore } from "../client/store.js";
import { Room } from "../client/transports/pair.js";
import { instantiate } from "../core/instance.js";
import { SealwireError } from "../errors.js";
import { H } from "./independent/crypto.js";
import { module } from "./helpers/core.js";
import { again } from "./transport-suite.js";
import { World, errorsOf, seen, until } from "./transport-world.js";

test("a manifest's hash is the specification's, whatever its length", async () => {
  const core = await instantiate(module);
  for (const n of [0, 1, 90, 91, 92, 107, 108, 109, 236, 16_384]) {
    const manifest = new Uint8Array(n).map((_, at) => at * 7);
    assert.deepEqual(Buffer.from(core.callBytes("manifest_hash", manifest)), Buffer.from(H("manifest", manifest)));
  }
});

/** A genesis is made and cannot be appended; the company has another manifest when the page is opened again. @param {boolean} kept  this device still has the old one */
async function renewedMeanwhile(kept) {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const ana = await world.agent("Ana", room.join("ana"));
  const mine = room.join("customer");
  const { records } = mine;
  assert.ok(records);
  let down = true;
  /** @type {() => void} */
  let made = () => {};
  const genesis = new Promise((/** @type {(v: void) => void} */ resolve) => (made = resolve));
  mine.records = {
    ...records,
    put: async (name, value) => {
      if (!down) return records.put(name, value);
      made();
      throw new SealwireError("unavailable", "down");
    },
  };
  const device = /** @type {const} */ ({ history: "device", person: `renewed ${kept}` });
  const before = await world.customer(over(mine), device);
  await until(before, "the key packages", () => before.agents);
  await (await before.start()).send("one");
  await genesis;
  const first = before.conversations[0]?.id;
  await before.close();
  world.renew();
  down = false;
  const desk = over(mine);
  const carrier = desk.carrier.bind(desk);
  if (!kept) desk.carrier = (host) => carrier({ ...host, manifests: async () => (await host.manifests()).slice(0, 1) });
  const customer = await world.customer(desk, device);
  await seen(customer, "one", "sent");
  await seen(ana, "one", "received");
  // Somebody puts others under the same names: they hold nobody up.
  const named = [...new Set(records.list("manifest/").map(({ name }) => name))];
  for (const name of named) for (let n = 0; n < 60; n++) await records.put(name, Uint8Array.of(n));
  // Ben is new here, and has nothing but what lies there.
  const ben = await world.agent("Ben", room.join("ben"));
  await until(ben, "being there", () => ben.state === "online");
  const side = await until(ana, "the conversation", () => ana.conversations[0]);
  await again(() => side.invite({ to: ben.member, history: true }));
  await seen(ben, "one", "received");
  const names = records.list("manifest/").filter(({ value }) => value.length > 1).map(({ name, value }) => [name, `manifest/${Buffer.from(H("manifest", value)).toString("hex")}`]);
  assert.ok(names.length >= 1);
  for (const [name, is] of names) assert.equal(name, is);
  return { first, now: customer.conversations[0]?.id };
}

test("a genesis that was saved before the manifest was renewed is appended with the one that it names", async () => {
  const { first, now } = await renewedMeanwhile(true);
  assert.ok(first);
  assert.equal(now, first);
});

test("a genesis whose manifest is not to be had any more is made anew, and none is put in its place", async () => {
  const { first, now } = await renewedMeanwhile(false);
  assert.ok(first);
  assert.notEqual(now, first);
});

test("old manifests that a log names do not displace those that commits are made under", async () => {
  const world = new World();
  const old = [1, 2, 3, 4, 5].map(() => (world.renew(), world.manifest));
  world.renew();
  const end = new End(() => instantiate(module));
  await end.openIn(memoryStore("kept"), { role: "customer", roots: [world.company.root.public], history: "none" });
  await end.manifest(world.manifest, true);
  for (const manifest of old) await end.manifest(manifest, false);
  assert.deepEqual(await end.manifests(), [world.manifest]);
  const before = world.manifest;
  world.renew();
  await end.manifest(world.manifest, true);
  assert.deepEqual(await end.manifests(), [world.manifest, before]);
});

test("a commit that was made and not appended goes out as it is, however many manifests came meanwhile", async () => {
  const world = new World();
  after(() => world.close());
  const room = new Room();
  const ana = await world.agent("Ana", room.join("ana"));
  const mine = room.join("customer");
  const { records, append } = mine;
  assert.ok(records);
  let down = false;
  /** @type {() => void} */
  let made = () => {};
  const named = new Promise((/** @type {(v: void) => void} */ resolve) => (made = resolve));
  const failing = () => {
    made();
    throw new SealwireError("unavailable", "down");
  };
  mine.records = { ...records, put: async (name, value) => (down ? failing() : records.put(name, value)) };
  mine.append = async (bytes, note) => (down ? failing() : append(bytes, note));
  const device = /** @type {const} */ ({ history: "device", person: "late commit" });
  let customer = await world.customer(over(mine), device);
  await (await customer.start()).send("hello");
  await seen(ana, "hello", "received");
  await seen(customer, "hello", "sent");
  await customer.close();
  // The manifest that the commit is to name lies nowhere.
  world.renew();
  customer = await world.customer(over(mine), device);
  await until(customer, "being there", () => customer.state === "online" && customer.conversations[0]?.moves.includes("close"));
  down = true;
  const closing = assert.rejects(Promise.resolve(customer.conversations[0]?.close()));
  await named;
  await customer.close();
  await closing;
  for (let n = 0; n < 6; n++) {
    world.renew();
    customer = await world.customer(over(mine), device);
    await until(customer, "being there", () => customer.state === "online");
    await customer.close();
  }
  down = false;
  customer = await world.customer(over(mine), device);
  await until(customer, "its end", () => customer.conversations[0]?.state === "closed");
  await until(ana, "its end", () => ana.conversations[0]?.state === "closed");
  // What was read back is kept for no longer than others.
  await customer.close();
  world.renew();
  const desk = over(mine);
  const carrier = desk.carrier.bind(desk);
  /** @type {Promise<Uint8Array[]> | undefined} */
  let kept;
  desk.carrier = (host) => carrier({ ...host, onWelcome: async (manifest) => {
    const before = await host.manifests();
    await host.onWelcome(manifest);
    kept = host.manifests();
    assert.equal(before.length, 5);
  } });
  customer = await world.customer(desk, device);
  await until(customer, "being there", () => customer.state === "online");
  assert.equal((await kept)?.length, 4);
  assert.deepEqual(errorsOf(customer), []);
});
