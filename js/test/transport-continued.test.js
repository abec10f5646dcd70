/** A conversation that goes on from one whose agent was taken away: with whom, and what of the old one goes along. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../client/bytes.js";
import { encodeTextContent } from "../client/content.js";
import { End } from "../client/end.js";
import { Offers } from "../client/foreignoffers.js";
import { CheckedPackages } from "../client/foreignchecked.js";
import { packageName } from "../client/foreignpackages.js";
import { memoryStore } from "../client/store.js";
import { instantiate } from "../core/instance.js";
import { Company } from "./independent/company.js";
import { utf8 } from "./independent/codec.js";
import { module } from "./helpers/core.js";

const company = new Company();
const manifest = company.manifest().encoded;

/** @param {"customer" | "agent"} role @param {string} alias */
async function end(role, alias) {
  const made = new End(() => instantiate(module));
  const { identity, member } = await made.openIn(memoryStore(alias), { role, roots: [company.root.public], history: "none" });
  await made.manifest(manifest, true);
  const now = BigInt(Math.floor(Date.now() / 1000));
  if (role === "agent") await made.credential(company.credential(identity, { alias: utf8(alias), notBefore: now - 60n, notAfter: now + 3_600n }));
  return { end: made, member };
}

test("whoever is in the conversation that is continued is asked last, however new what lies there of him is", async () => {
  const [customer, ana, ben] = await Promise.all([end("customer", "c"), end("agent", "Ana"), end("agent", "Ben")]);
  const [anas, bens, bensLast] = [await ana.end.keyPackage(), await ben.end.keyPackage(), await ben.end.lastResort()];
  const wanted = { queue: "default", member: "", company: false };
  /** @param {[string, Uint8Array][]} lying  the newest first @param {string[]} last */
  async function taken(lying, last) {
    const packages = new CheckedPackages({ verify: ({ bytes, member }) => customer.end.verify(bytes, member, "default"), onChange: () => {} });
    packages.judge();
    for (const [member, value] of lying.toReversed()) await packages.note(packageName(member), value);
    const link = /** @type {import("../client/foreignlink.js").Link} */ (/** @type {unknown} */ ({ packages, looked: async () => {} }));
    return toHex(/** @type {Uint8Array} */ (await new Offers(customer.member, async () => {}).take([link], { ...wanted, last })));
  }
  assert.equal(await taken([[ana.member, anas], [ben.member, bens]], []), toHex(anas));
  assert.equal(await taken([[ana.member, anas], [ben.member, bens]], [ana.member]), toHex(bens));
  assert.equal(await taken([[ana.member, anas], [ben.member, bensLast]], [ana.member]), toHex(bensLast), "for whichever use");
  assert.equal(await taken([[ana.member, anas]], [ana.member]), toHex(anas), "rather than nobody");
});

test("what was sealed may be with others: it stays where it was written; what was not goes along, once", async () => {
  const [customer, ana] = await Promise.all([end("customer", "c"), end("agent", "Ana")]);
  const { conversations } = customer.end;
  const { id } = await conversations.genesis("default", await ana.end.keyPackage());
  const genesis = await conversations.next(id);
  assert.ok("entry" in genesis);
  await conversations.receive(id, 1, genesis.entry);
  const [first, second, third] = [await customer.end.queue(id, encodeTextContent("sealed")), await customer.end.queue(id, encodeTextContent("not yet")), await customer.end.queue(id, encodeTextContent("nor this"))];
  const sealed = await conversations.next(id);
  assert.deepEqual([sealed.kind, "message" in sealed && sealed.message], ["message", first?.id]);
  assert.deepEqual(await conversations.continues(id, false), []);
  const along = await conversations.continues(id, true);
  assert.deepEqual(along.map((item) => [item.id, item.conversation]), [[second?.id, ""], [third?.id, ""]]);
  assert.equal(await conversations.continued(), id);
  assert.deepEqual(await conversations.continues(id, true), []);
  const again = await conversations.next(id);
  assert.ok("message" in again && again.message === first?.id, "it is still to be sent where it was");
});
