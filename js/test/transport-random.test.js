/**
 * Random records and frames, in any order and between honest ones: the honest
 * conversation goes on, the work is bounded by what came, and nothing throws.
 * A failure names its seed; SEALWIRE_SEED runs that one.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { over } from "../client/foreign.js";
import { entryFrame, recordFrame, split } from "../client/foreignframes.js";
import { manifestName } from "../client/foreignnamed.js";
import { packageName } from "../client/foreignpackages.js";
import { fromText, toText } from "../client/transports/text.js";
import { twilio } from "../client/transports/twilio.js";
import { repeatable } from "./helpers/core.js";
import { Backend } from "./transport-backend.js";
import { forged, nobody } from "./transport-forged.js";
import { twilioUser } from "./transport-twilio-fake.js";
import { World, errorsOf, seen, texts, until } from "./transport-world.js";

const SEEDS = process.env.SEALWIRE_SEED ? [Number(process.env.SEALWIRE_SEED)] : [1, 2, 3];
const ROUNDS = 8;
/** Of each round. */
const HOSTILE = 60;
const COMMIT = 1;

for (const seed of SEEDS) {
  test(`an honest conversation goes on through random records and frames, seed ${seed}`, async () => {
    const world = new World();
    after(() => world.close());
    const { below, bytes: noise } = repeatable(seed);
    const backend = new Backend();
    const calls = { verify: 0, manifestHash: 0, inspect: 0 };
    const counted = (/** @type {string} */ name) => {
      const desk = over(twilio(twilioUser(backend, name)));
      const carrier = desk.carrier.bind(desk);
      desk.carrier = (host) => carrier({
        ...host,
        verify: (...all) => (calls.verify++, host.verify(...all)),
        manifestHash: (...all) => (calls.manifestHash++, host.manifestHash(...all)),
        inspect: (...all) => (calls.inspect++, host.inspect(...all)),
      });
      return desk;
    };
    /** @type {unknown[]} */
    const thrown = [];
    const caught = (/** @type {unknown} */ error) => void thrown.push(error);
    process.on("unhandledRejection", caught);
    after(() => process.off("unhandledRejection", caught));

    const ana = await world.agent("Ana", counted("ana"));
    const customer = await world.customer(counted("customer"));
    const talk = await customer.start();
    await talk.send("hello");
    await seen(ana, "hello", "received");
    const side = await until(ana, "the conversation", () => ana.conversations[0]);

    /** Something that was there, with some of its bytes changed. Not of messages or commits in its course: those are the hostile suite's. */
    const changed = () => {
      const bytes = Uint8Array.from(fromText(backend.messages[below(backend.messages.length)]?.body ?? "") ?? noise(40));
      for (let n = below(4); n >= 0; n--) bytes[below(bytes.length)] = below(256);
      return bytes;
    };
    const names = [
      () => packageName(ana.member), () => packageName(nobody(below(50))), () => manifestName(nobody(below(50)) + nobody(7)),
      () => "key package/", () => "__proto__", () => "manifest/" + "g".repeat(64), () => String.fromCharCode(below(0xd800)).repeat(below(60)),
    ];
    const name = () => /** @type {() => string} */ (names[below(names.length)])();
    const kinds = [
      () => noise(1 + below(300)),
      () => Uint8Array.of(below(5), ...noise(below(200))),
      () => recordFrame(name(), noise(below(3_000))),
      () => recordFrame(packageName(nobody(below(50))), Uint8Array.of(1, 1, ...noise(80 + below(300)))),
      () => recordFrame(name(), forged({ role: below(256), alias: "Ana", pad: below(2_000), once: below(2) === 0 })),
      () => recordFrame(manifestName(nobody(below(50)) + nobody(7)), world.manifest),
      () => entryFrame(Uint8Array.of(1, COMMIT, ...noise(below(2_000)))),
      () => entryFrame(Uint8Array.of(1, 2, ...noise(below(500)))),
      changed,
    ];
    let came = 0;
    const hostile = async () => {
      for (let n = 0; n < HOSTILE; n++) {
        const bytes = /** @type {() => Uint8Array} */ (kinds[below(kinds.length)])();
        const parts = below(4) === 0 ? await split(bytes, 40 + below(400) + Math.ceil(bytes.length / 200)) : [bytes];
        for (const part of parts.sort(() => below(3) - 1)) {
          if (below(10) === 0) continue;
          came++;
          backend.inject(toText(part), "eve");
        }
      }
    };
    for (let round = 0; round < ROUNDS; round++) {
      await hostile();
      await talk.send(`question ${round}`);
      await seen(ana, `question ${round}`, "received");
      await hostile();
      await side.send(`answer ${round}`);
      await seen(customer, `answer ${round}`, "received");
    }
    const ben = await world.agent("Ben", counted("ben"));
    await until(ana, "Ben", () => side.reachable.some(({ alias }) => alias === "Ben"));
    assert.deepEqual(side.reachable.map(({ alias }) => alias), ["Ben"], "nobody else");
    await side.invite({ to: ben.member });
    await until(ben, "the conversation", () => ben.conversations[0]?.state === "secured");
    await talk.send("to both");
    await Promise.all([seen(ana, "to both", "received"), seen(ben, "to both", "received")]);
    assert.deepEqual([talk.state, side.state, errorsOf(ana), errorsOf(ben), errorsOf(customer), thrown], ["secured", "secured", [], [], [], []]);
    assert.equal(texts(ana).length, 2 + 2 * ROUNDS);
    // Three ends read it; an end looks at each of its own once more, and at what lies there again under each manifest.
    const most = 3 * (came + 60);
    for (const [what, count] of Object.entries(calls)) assert.ok(count <= most, `${what}: ${count} for ${came} messages`);
  });
}
