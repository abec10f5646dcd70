/** Whose a key package is that lies in a foreign conversation: what is said of it is said of it alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { End } from "../client/end.js";
import { CheckedPackages } from "../client/foreignchecked.js";
import { packageName } from "../client/foreignpackages.js";
import { VerifiedPackages } from "../client/foreignverified.js";
import { memoryStore } from "../client/store.js";
import { SealwireError } from "../errors.js";
import { instantiate } from "../core/instance.js";
import { Company } from "./independent/company.js";
import { utf8 } from "./independent/codec.js";
import { ROLE } from "./independent/statements.js";
import { module } from "./helpers/core.js";
import { forged, nobody } from "./transport-forged.js";

const company = new Company();
const manifest = company.manifest().encoded;
/** How long the customer's credential is good, and a pause that is longer (s). */
const [SHORT, PAUSE] = [600, 700];
/** More than wait to be judged. */
const MANY = 200;

/** @param {"customer" | "agent"} role @param {number} life  s */
async function somebody(role, life) {
  const end = new End(() => instantiate(module));
  const store = memoryStore(role);
  const { identity, member } = await end.openIn(store, { role, roots: [company.root.public], history: "none" });
  await end.manifest(manifest, true);
  const now = BigInt(Math.floor(Date.now() / 1000));
  await end.credential(company.credential(identity, { role: ROLE[role], alias: utf8(role), notBefore: now - 60n, notAfter: now + BigInt(life), ...(role === "customer" ? { queues: [] } : {}) }));
  return { end, member, store };
}

test("a customer whose own credential has ended sees whose it is as before, and leaves nothing behind", async (t) => {
  const [agent, customer] = [await somebody("agent", 36_000), await somebody("customer", SHORT)];
  const bytes = await agent.end.keyPackage();
  const known = new VerifiedPackages((keyPackage, member) => customer.end.verify(keyPackage, member, "default"));
  const before = await customer.store.list("state", "");
  const later = Date.now() + PAUSE * 1_000;
  t.mock.method(Date, "now", () => later);
  assert.equal((await known.of({ member: agent.member, bytes }, "hash"))?.member, agent.member);
  assert.deepEqual(await customer.store.list("state", ""), before);
});

test("before a manifest is known it cannot be told", async () => {
  const agent = await somebody("agent", 36_000);
  const end = new End(() => instantiate(module));
  await end.openIn(memoryStore("new"), { role: "customer", roots: [company.root.public], history: "none" });
  await assert.rejects(end.verify(await agent.end.keyPackage(), agent.member, "default"), { code: "unavailable" });
});

test("what was good is judged anew under another manifest, however much comes while the core tells nothing", async () => {
  let answer = /** @type {() => Promise<import("../client/foreignverify.js").Verified | null>} */ (async () => ({ member: "", role: ROLE.agent, alias: "Ana", queues: [] }));
  const packages = new CheckedPackages({ verify: () => answer(), onChange: () => {} });
  packages.judge();
  const good = nobody(0);
  await packages.note(packageName(good), forged({}));
  await packages.settled();
  assert.deepEqual(packages.good.map(({ member }) => member), [good]);
  answer = () => Promise.reject(new SealwireError("unavailable"));
  packages.judge();
  for (let n = 1; n <= MANY; n++) await packages.note(packageName(nobody(n)), forged({ pad: n }));
  answer = async () => null;
  await packages.note(packageName(nobody(MANY + 1)), forged({}));
  await packages.settled();
  assert.deepEqual(packages.good, []);
  packages.stop();
});
