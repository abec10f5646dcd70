/** Who could be brought in on somebody else's platform: told by name only when the core has verified the key package that lies there. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AgentKit } from "../agent/kit.js";
import { End } from "../client/end.js";
import { over } from "../client/foreign.js";
import { recordFrame } from "../client/foreignframes.js";
import { packageName } from "../client/foreignpackages.js";
import { memoryStore } from "../client/store.js";
import { Room } from "../client/transports/pair.js";
import { twilio } from "../client/transports/twilio.js";
import { instantiate } from "../core/instance.js";
import { Company } from "./independent/company.js";
import { utf8 } from "./independent/codec.js";
import { ROLE } from "./independent/statements.js";
import { module } from "./helpers/core.js";
import { Backend } from "./transport-backend.js";
import { again, coded } from "./transport-suite.js";
import { twilioUser } from "./transport-twilio-fake.js";
import { World, errorsOf, seen, until } from "./transport-world.js";

/** @typedef {import("../client/transports/transport.js").Transport} Transport */
/** @typedef {import("../client/client.js").Client} Client */

/** @type {[string, () => (name: string) => Transport][]} */
const platforms = [
  ["pair", () => { const room = new Room(); return (name) => room.join(name); }],
  ["twilio", () => { const backend = new Backend(); return (name) => twilio(twilioUser(backend, name)); }],
];

/** @param {Client} client */
const named = (client) => (client.conversations[0]?.reachable ?? []).map(({ alias, role }) => `${role} ${alias}`).sort();

/**
 * Puts a record there, as anybody can.
 * @param {Transport} transport
 * @param {string} name
 * @param {Uint8Array} value
 */
let stored = 0;
async function put(transport, name, value) {
  if (transport.records) return transport.records.put(name, value);
  await transport.append(recordFrame(name, value), { id: `r${++stored}` });
}

/**
 * Somebody with a credential, who puts key packages by hand.
 * @param {Company} company
 * @param {Uint8Array} manifest
 * @param {Partial<import("./independent/statements.js").CredentialFields>} [fields]
 */
async function somebody(company, manifest, fields = {}) {
  const role = fields.role ?? ROLE.agent;
  const name = /** @type {import("../client/types.js").RoleName} */ (Object.entries(ROLE).find(([, number]) => number === role)?.[0]);
  const end = new End(() => instantiate(module));
  const { identity, member } = await end.openIn(memoryStore("somebody"), { role: name, roots: [company.root.public], history: "none" });
  await end.manifest(manifest, true);
  const now = BigInt(Math.floor(Date.now() / 1000));
  await end.credential(company.credential(identity, { alias: utf8("Eve"), notBefore: now - 60n, notAfter: now + 36_000n, ...fields, role }));
  return { end, member };
}

for (const [name, make] of platforms) {
  async function talking() {
    const world = new World();
    after(() => world.close());
    const join = make();
    const desk = over(join("ana"));
    const ana = await world.agent("Ana", desk);
    const customer = await world.customer(join("customer"));
    await (await customer.start()).send("hello");
    await seen(ana, "hello", "received");
    const side = await until(ana, "the conversation", () => ana.conversations[0]);
    return { world, join, desk, ana, customer, side };
  }

  test(`${name}: whoever of the company is there can be chosen, by the kit too; not who is in it, nor oneself`, async () => {
    const { world, join, ana, side, customer } = await talking();
    const kit = new AgentKit({ tick: 0 });
    after(() => kit.close());
    kit.attach(ana);
    assert.deepEqual([kit.targets(side.id), kit.invitees(side.id)], [[], []]);
    const ben = await world.agent("Ben", join("ben"));
    await world.agent("Sam", join("sam"), { role: "supervisor" });
    await until(ana, "both", () => named(ana).length === 2);
    assert.deepEqual(named(ana), ["agent Ben", "supervisor Sam"]);
    const bot = await somebody(world.company, world.manifest, { role: ROLE.bot, alias: utf8("Bo") });
    await put(join("bo"), packageName(bot.member), await bot.end.keyPackage());
    await until(ana, "all three", () => named(ana).length === 3);
    assert.deepEqual(kit.targets(side.id).map((one) => [one.name, one.role, one.state, one.facts]), [["Ben", "agent", "unknown", ""], ["Bo", "bot", "unknown", ""], ["Sam", "supervisor", "unknown", "supervisor"]]);
    assert.deepEqual(kit.invitees(side.id).map((one) => one.name), ["Ben", "Sam"]);
    const [choice] = kit.invitees(side.id);
    assert.equal(choice?.target.to, ben.member);
    await again(() => kit.move(side.id, { move: "invite", to: ben.member }));
    assert.deepEqual(kit.invitees(side.id).map((one) => one.name), ["Sam"]);
    await until(customer, "the roster", () => customer.conversations[0]?.members.some(({ alias }) => alias === "Ben"));
    await until(ben, "the conversation", () => ben.conversations[0]?.state === "secured");
    await until(ben, "Sam", () => named(ben).length === 2);
    assert.deepEqual(named(ben), ["bot Bo", "supervisor Sam"]);
    await side.remove(ben.member);
    await until(ana, "Ben again", () => named(ana).includes("agent Ben"));
    // Bots are handed over to, too.
    await side.transfer({ to: bot.member });
    assert.equal(side.state, "left");
    assert.deepEqual(errorsOf(ana), []);
  });

  test(`${name}: of what anybody puts there nothing is told but what the core has verified`, async () => {
    const { world, join, ana } = await talking();
    const { company, manifest } = world;
    const evil = join("evil");
    const other = new Company();
    const theirs = other.manifest().encoded;
    const [ben, cleo, foreign, elsewhere, client, ended, boss] = await Promise.all([
      somebody(company, manifest, { alias: utf8("Ben") }),
      somebody(company, manifest, { alias: utf8("Cleo") }),
      somebody(other, theirs, { alias: utf8("Foreign") }),
      somebody(company, manifest, { alias: utf8("Elsewhere"), queues: [utf8("other")] }),
      somebody(company, manifest, { alias: utf8("Client"), role: ROLE.customer, queues: [] }),
      somebody(company, manifest, { alias: utf8("Ended") }),
      somebody(company, manifest, { alias: utf8("Boss"), role: ROLE.inbox }),
    ]);
    const bens = await ben.end.keyPackage();
    // Another name in Ben's, each byte of which is signed.
    const renamed = Uint8Array.from(bens);
    const at = Buffer.from(renamed).indexOf("Ben");
    assert.ok(at > 0);
    renamed.set(utf8("Bob"), at);
    await put(evil, packageName(ben.member), renamed);
    // Another's under her name, one cut short, and noise.
    await put(evil, packageName(cleo.member), bens);
    await put(evil, packageName(cleo.member), bens.subarray(0, bens.length - 1));
    await put(evil, packageName(cleo.member), crypto.getRandomValues(new Uint8Array(1_500)));
    // Another company's; another queue's; a customer's; one that ended; the inbox, who is no person.
    await put(evil, packageName(foreign.member), await foreign.end.keyPackage());
    await put(evil, packageName(elsewhere.member), await elsewhere.end.keyPackage());
    await put(evil, packageName(client.member), await client.end.keyPackage());
    await put(evil, packageName(ended.member), await ended.end.keyPackage(30));
    await put(evil, packageName(boss.member), await boss.end.keyPackage());
    // They are told of together with the last, and are not.
    const dora = await world.agent("Dora", join("dora"));
    await until(ana, "Dora", () => named(ana).length > 0);
    assert.deepEqual(named(ana), ["agent Dora"]);
    await put(evil, packageName(ben.member), bens);
    await until(ana, "Ben", () => named(ana).length > 1);
    assert.deepEqual(named(ana), ["agent Ben", "agent Dora"], "his own is told of, whatever else lies under his name");
    assert.deepEqual([errorsOf(ana), errorsOf(dora)], [[], []]);
  });

  test(`${name}: who has gone is told no more: a key package that ends, a conversation of the platform that is left`, async () => {
    const { world, join, desk, ana, side } = await talking();
    const brief = await somebody(world.company, world.manifest, { alias: utf8("Brief") });
    // Taken until a minute before it ends.
    await put(join("brief"), packageName(brief.member), await brief.end.keyPackage(62));
    await until(ana, "her", () => named(ana).length === 1);
    await until(ana, "her end", () => named(ana).length === 0);
    await assert.rejects(side.invite({ to: brief.member }), coded("unavailable"));
    await world.agent("Ben", join("ben"));
    await until(ana, "Ben", () => named(ana).length === 1);
    const transport = desk.transport(side.id);
    assert.ok(transport);
    desk.delete(transport);
    assert.deepEqual(named(ana), []);
  });

  test(`${name}: an issuer that is gone from the newest manifest vouches for nobody`, async () => {
    const { world, join, ana } = await talking();
    await world.agent("Ben", join("ben"));
    await until(ana, "Ben", () => named(ana).length === 1);
    // Only the log tells Ana of it: by a commit of one who is new.
    world.company.issuer = new Company().issuer;
    world.renew();
    const cleo = await world.agent("Cleo", join("cleo"));
    await until(cleo, "being there", () => cleo.state === "online");
    assert.deepEqual(named(ana), ["agent Ben"], "Cleo's is not known yet");
    const late = await world.customer(join("late"));
    await (await late.start()).send("under the new one");
    await until(ana, "Cleo alone", () => named(ana).join() === "agent Cleo");
  });

  test(`${name}: agents are there only when a conversation could be begun with what lies there`, async () => {
    const world = new World();
    after(() => world.close());
    const join = make();
    const other = new Company();
    const desk = over(join("customer"));
    const carrier = desk.carrier.bind(desk);
    /** @type {Map<string, () => void>} */
    const awaited = new Map();
    desk.carrier = (host) => carrier({ ...host, verify: (keyPackage, member) => host.verify(keyPackage, member).finally(() => setImmediate(() => awaited.get(member)?.())) });
    const judged = (/** @type {string} */ member) => new Promise((/** @type {(v: void) => void} */ resolve) => awaited.set(member, resolve));
    const customer = await world.customer(desk);
    await until(customer, "being there", () => customer.state === "online");
    const stranger = await somebody(other, other.manifest().encoded);
    const elsewhere = await somebody(world.company, world.manifest, { queues: [utf8("other")] });
    const bot = await somebody(world.company, world.manifest, { role: ROLE.bot });
    const evil = join("evil");
    let told = 0;
    customer.on("agents", () => void told++);
    const talk = await customer.start();
    await talk.send("anybody?");
    const supervisor = await somebody(world.company, world.manifest, { role: ROLE.supervisor });
    for (const { end, member } of [stranger, elsewhere, bot, supervisor]) {
      const looked = judged(member);
      await put(evil, packageName(member), await end.keyPackage());
      await looked;
    }
    assert.deepEqual([customer.agents, talk.state, told], [false, "waiting", 0]);
    const ana = await world.agent("Ana", join("ana"));
    await seen(ana, "anybody?", "received");
    assert.equal(customer.agents, true);
    assert.deepEqual(errorsOf(customer), []);
  });
}
