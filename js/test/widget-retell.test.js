import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { AgentKit } from "../agent/kit.js";
import { LedgerDialog } from "../agent/ledger.js";
import { el, retell, setAttribute } from "../widget/dom.js";
import { onLocale, setLocale } from "../widget/locale.js";
import { customerMoves } from "../widget/moves.js";
import { Notices } from "../widget/notices.js";
import { Question } from "../widget/question.js";
import { words } from "../widget/words.js";
import { FakeClient, member, stay } from "./fake-client.js";
import { FakeElement, fakeDocument } from "./fake-document.js";

Object.assign(globalThis, { document: fakeDocument });

afterEach(() => setLocale());

/** @param {unknown} node */
const fake = (node) => (node instanceof FakeElement ? node : assert.fail());

test("what was given as a function is said anew, as deep as it stands; what was given as a text stays", () => {
  const inner = el("span", { title: () => words.more }, () => words.send, "Ana");
  const root = el("div", {}, el("p", {}, inner));
  const [text] = inner.childNodes;
  setLocale("de");
  assert.equal(root.textContent, "SendAna");
  retell(root);
  assert.equal(root.textContent, "SendenAna");
  assert.equal(inner.getAttribute("title"), "Mehr");
  assert.equal(inner.childNodes[0], text, "in place");
});

test("an attribute that was set since is not said over", () => {
  const box = el("textarea", { placeholder: () => words.writeMessage });
  setAttribute(box, "placeholder", "paused");
  setLocale("de");
  retell(box);
  assert.equal(box.getAttribute("placeholder"), "paused");
});

test("an attribute that is a function is held to the same rules", () => {
  assert.throws(() => el("a", { href: () => "javascript:alert(1)" }), TypeError);
  assert.throws(() => el("a", { onclick: () => "x" }), TypeError);
});

test("followers are told when another language is chosen, and only then, until they stop", () => {
  let told = 0;
  const stop = onLocale(() => told++);
  setLocale("en-GB");
  assert.equal(told, 0);
  setLocale("de");
  setLocale("de-AT");
  assert.equal(told, 1);
  stop();
  setLocale("en");
  assert.equal(told, 1);
});

test("a notice is told in the language of now", () => {
  const client = new FakeClient();
  const notices = new Notices(() => {});
  notices.attach(client);
  for (const [type, detail, english, german] of /** @type {const} */ ([
    ["notice", { code: "login refused" }, /company's login/, /Anmeldung beim Unternehmen/],
    ["error", { error: Object.assign(new Error("x"), { code: "rate limited" }) }, /too much at once/i, /zu viel auf einmal/],
  ])) {
    setLocale("en");
    client.say(type, detail);
    assert.match(notices.text, english);
    setLocale("de");
    assert.match(notices.text, german);
  }
});

test("a question that is open follows, and what went wrong with it too", async () => {
  const conversation = new FakeClient().add({ state: "secured", moves: ["close"], members: [member({ self: true, role: "customer" })] });
  const asked = () => customerMoves(conversation)[0]?.question ?? assert.fail();
  const question = new Question(() => {});
  conversation.failWith = Object.assign(new Error("x"), { code: "not a member" });
  question.ask(asked());
  fake(question.element).named("End it")?.click();
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(question.element.textContent ?? "", /nothing was changed/);
  setLocale("de");
  question.follow(asked());
  assert.match(question.element.textContent ?? "", /Dieses Gespräch beenden\?.*nichts geändert.*Beenden/s);
  question.close();
  question.follow(asked());
  assert.equal(question.isOpen, false, "what is closed stays closed");
});

test("an open ledger follows the language, and who comes and goes; what stays is not drawn over", async () => {
  const client = new FakeClient();
  const [self, kim, ana] = [member({ self: true }), member({ alias: "Kim", role: "customer" }), member({ alias: "Ana" })];
  const conversation = client.add({ state: "secured", members: [self, kim], ledger: [stay({ member: kim }), stay({ member: self })] });
  const kit = new AgentKit({ tick: 0 });
  kit.attach(client);
  await new Promise((resolve) => setImmediate(resolve));
  const place = el("div");
  const ledger = new LedgerDialog(kit, place);
  const rows = () => fake(place).within.filter((e) => e.tagName === "tr").map((e) => e.textContent);
  ledger.open(conversation.id);
  const [, customer] = rows();
  assert.match(customer ?? "", /Kim.*Customer.*is in it.*from the beginning/);
  const [before] = fake(place).within.filter((e) => e.tagName === "tbody")[0]?.childNodes ?? [];
  ledger.follow();
  assert.equal(fake(place).within.filter((e) => e.tagName === "tbody")[0]?.childNodes[0], before);
  setLocale("de");
  retell(place);
  ledger.follow();
  assert.match(rows()[1] ?? "", /Kim.*Kunde/);
  assert.doesNotMatch(rows().join(), /Customer|can read|beginning/);
  conversation.members = [self, kim, ana];
  client.say("members");
  ledger.follow();
  assert.match(rows().join(), /Ana/);
  fake(place).within.find((e) => e.tagName === "dialog")?.close();
  conversation.members = [self, kim];
  client.say("members");
  ledger.follow();
  ledger.open(conversation.id);
  assert.doesNotMatch(rows().slice(-3).join(), /Ana/, "opened again it is as it is then");
  kit.close();
});

test("the kit's views are anew in another language, until it is closed", async () => {
  const client = new FakeClient();
  const { id } = client.add({ state: "secured", members: [member({ self: true }), member({ alias: "Kim", role: "customer" })] });
  const kit = new AgentKit({ tick: 0 });
  kit.attach(client);
  await new Promise((resolve) => setImmediate(resolve));
  let told = 0;
  kit.subscribe(() => told++);
  assert.match(kit.conversation(id)?.banner.title ?? "", /^End-to-end/);
  setLocale("de");
  assert.match(kit.conversation(id)?.banner.title ?? "", /^Ende-zu-Ende/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, 1);
  kit.close();
  setLocale("en");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, 1);
});
