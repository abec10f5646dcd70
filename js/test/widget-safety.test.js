import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { AgentKit } from "../agent/kit.js";
import { Comparing } from "../widget/comparing.js";
import { readers } from "../widget/ledger.js";
import { setLocale } from "../widget/locale.js";
import { SafetyNumbers, groups } from "../widget/safety.js";
import { FakeClient, member } from "./fake-client.js";
import { FakeElement, fakeDocument } from "./fake-document.js";

Object.assign(globalThis, { document: fakeDocument });

const settled = () => new Promise((resolve) => setImmediate(resolve));
const me = member({ self: true, role: "customer" });
const ana = member({ alias: "Ana" });

afterEach(() => setLocale());

/** @param {Partial<import("./fake-client.js").FakeConversation>} [over] */
function stage(over = {}) {
  const conversation = new FakeClient().add({ state: "secured", members: [me, ana], epoch: 3, ...over });
  let changed = 0;
  const numbers = new SafetyNumbers(() => { changed++; });
  return { conversation, numbers, changes: () => changed, look: (id = ana.id) => numbers.look(conversation, id) };
}

test("sixty digits are shown as twelve groups of five, the history's thirty as six with their step", async () => {
  const { conversation, look } = stage();
  assert.equal(look().state, "loading");
  assert.deepEqual(look().number, []);
  await settled();
  const view = look();
  const { number, transcript } = await conversation.safetyNumber(ana.id);
  assert.equal(view.state, "ready");
  assert.equal(view.number.join(""), number);
  assert.equal(view.history.join(""), transcript);
  assert.deepEqual([view.number.length, view.history.length, view.epoch], [12, 6, 3]);
  assert.ok([...view.number, ...view.history].every((group) => /^\d{5}$/.test(group)));
  assert.equal(view.title, "Safety number with Ana");
  assert.equal(view.historyTitle, "Shared history, step 3");
});

test("it is worked out once for each epoch, and what stood there stays until then", async () => {
  const { conversation, look, changes } = stage();
  look();
  await settled();
  const first = look();
  assert.equal(look(), first, "the same object until something changes");
  assert.equal(conversation.asked.length, 1);
  conversation.epoch = 4;
  assert.deepEqual(look(), first);
  await settled();
  assert.equal(conversation.asked.length, 2);
  assert.equal(changes(), 2);
  assert.equal(look().epoch, 4);
  assert.deepEqual(look().number, first.number);
  assert.notDeepEqual(look().history, first.history);
});

test("the digits of a key that this device no longer has are not shown for a moment longer", async () => {
  const { conversation, look } = stage();
  look();
  await settled();
  const before = look();
  conversation.members = [{ ...me, id: "f".repeat(32) }, ana];
  assert.equal(look().state, "loading");
  assert.deepEqual(look().number, []);
  await settled();
  assert.notDeepEqual(look().number, before.number);
});

test("of two answers the later asked for stands, whichever comes first", async () => {
  const { conversation, look } = stage();
  /** @type {((epoch: number) => void)[]} */
  const answers = [];
  conversation.safetyNumber = () => new Promise((resolve) => answers.push((epoch) => resolve({ number: "12345".repeat(12), transcript: "54321".repeat(6), epoch })));
  look();
  conversation.epoch = 4;
  look();
  answers[1]?.(4);
  await settled();
  answers[0]?.(3);
  await settled();
  assert.equal(look().epoch, 4);
});

test("a failure is told in words, and tried again when asked or when the epoch changes", async () => {
  const { conversation, numbers, look } = stage({ failWith: Object.assign(new Error("x"), { code: "internal" }) });
  look();
  await settled();
  assert.equal(look().state, "failed");
  assert.match(look().text, /could not be worked out/);
  assert.equal(conversation.asked.length, 1, "not by itself, over and over");
  conversation.failWith = undefined;
  numbers.again(conversation, ana.id);
  assert.equal(look().state, "loading");
  await settled();
  assert.equal(look().state, "ready");
  numbers.again(conversation, ana.id);
  look();
  assert.equal(conversation.asked.length, 2, "what is there is not asked for again");
});

test("services, this device and whoever is gone have nothing to compare, and are not asked about", async () => {
  const others = /** @type {const} */ (["inbox", "bot", "archive"]).map((role) => member({ role }));
  const { conversation, look } = stage({ members: [me, ana, ...others] });
  for (const { id } of [me, ...others]) {
    assert.equal(look(id).state, "none");
    assert.match(look(id).text, /a service and not a person/);
  }
  look();
  await settled();
  conversation.members = [me];
  assert.equal(look().state, "none");
  assert.match(look().text, /No longer in this conversation/);
  assert.equal(look().title, "Safety number with Ana");
  assert.deepEqual(conversation.asked, [`safety ${ana.id}`]);
});

test("of a conversation that this device is not in there is nothing to compare; of one that is in doubt or was split there is", async () => {
  for (const state of /** @type {const} */ (["left", "closed", "lost", "rejoining", "doubtful", "unreadable", "forked"])) {
    const { look } = stage({ state });
    look();
    await settled();
    assert.equal(look().state, ["doubtful", "unreadable", "forked"].includes(state) ? "ready" : "none", state);
  }
});

test("who can be compared with is told among the readers", () => {
  const all = [me, ana, member({ role: "customer" }), member({ role: "guest" }), member({ role: "supervisor" }), member({ role: "inbox" }), member({ role: "bot" }), member({ role: "archive" })];
  assert.deepEqual(readers(all, [], 0).map(({ comparable }) => comparable), [false, true, true, true, true, false, false, false]);
});

test("what equal digits prove is said of these two only, and that each of the others is compared for itself", async () => {
  const { look } = stage();
  look();
  await settled();
  assert.match(look().why, /between the two of you\. It tells nothing of anyone else who can read here: compare with each of them\./);
  setLocale("de");
  assert.match(look().why, /zwischen Ihnen beiden\. Über andere, die hier lesen können, sagt das nichts: Vergleichen Sie mit jeder Person eigens\./);
});

test("that messages came while the number stands in the place of the log is said beside it, politely and without their words", () => {
  const { conversation } = stage();
  const comparing = new Comparing({ changed() {}, back() {} });
  const said = () => /** @type {FakeElement} */ (/** @type {unknown} */ (comparing.element)).within.filter((e) => e.getAttribute("role") === "status" && /unread|ungelesene/.test(e.textContent)).map((e) => e.textContent);
  comparing.open(conversation, ana.id);
  comparing.follow(conversation, 0);
  assert.deepEqual(said(), []);
  comparing.follow(conversation, 2);
  assert.deepEqual(said(), ["2 unread messages"]);
  setLocale("de");
  comparing.follow(conversation, 1);
  assert.deepEqual(said(), ["1 ungelesene Nachricht"]);
});

test("digits fall into groups of five, and nothing else is a group", () => {
  assert.deepEqual(groups("1234567890"), ["12345", "67890"]);
  assert.deepEqual(groups(""), []);
});

test("the kit tells it as plain data, to its listeners and in the language of now", async () => {
  const client = new FakeClient();
  const { id } = client.add({ state: "secured", members: [{ ...me, role: "agent" }, ana], epoch: 1 });
  const kit = new AgentKit({ tick: 0 });
  kit.attach(client);
  await settled();
  let told = 0;
  kit.subscribe(() => told++);
  assert.equal(kit.safety("nowhere", ana.id), undefined);
  assert.equal(kit.safety(id, ana.id)?.state, "loading");
  await settled();
  assert.equal(told, 1);
  const view = kit.safety(id, ana.id);
  assert.equal(view?.state, "ready");
  assert.ok(Object.isFrozen(view) && Object.isFrozen(view?.number));
  assert.deepEqual(structuredClone(view), { ...view });
  setLocale("de");
  assert.equal(kit.safety(id, ana.id)?.title, "Sicherheitsnummer mit Ana");
  kit.close();
});
