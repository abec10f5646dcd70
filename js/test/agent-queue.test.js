import assert from "node:assert/strict";
import test from "node:test";
import { ChoiceField } from "../agent/choicefield.js";
import { AgentKit } from "../agent/kit.js";
import { colleagueChoices, queueChoices } from "../agent/choices.js";
import { lines } from "../agent/list.js";
import { Moves } from "../agent/moves.js";
import { QueuePanel } from "../agent/queue.js";
import { queueView } from "../agent/queueview.js";
import { claimProblem, queuesText, waitingLines } from "../agent/waiting.js";
import { Question } from "../widget/question.js";
import { FakeClient, FakeConversation, colleague, member, message, waiting } from "./fake-client.js";
import { FakeElement, fakeDocument } from "./fake-document.js";

Object.assign(globalThis, { document: fakeDocument });

const now = new Date(2026, 2, 12, 15, 0).getTime();
const minute = 60_000;
const me = member({ self: true, alias: "Ben" });
const customer = member({ role: "customer", alias: "", verified: false });

/** @param {unknown} node @returns {FakeElement} */
const fake = (node) => /** @type {FakeElement} */ (node);
/** @param {FakeElement} place */
const host = (place) => /** @type {HTMLElement} */ (/** @type {unknown} */ (place));
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {Partial<import("../widget/facade.js").Queues>} [over] @returns {import("../widget/facade.js").Queues} */
const queues = (over = {}) => ({ state: "current", waiting: [], agents: [], counts: [], ...over });

/** @param {import("../widget/facade.js").Queues} of @param {string} [role] */
const shown = (of, role = "agent") => queueView(of, { now, role });

test("what waits is told by since when and how much, and by nothing that it says", () => {
  const [old, fresh] = waitingLines(queues({ waiting: [waiting({ since: now - 24 * minute, entries: 1200, parked: true }), waiting({ since: now, entries: 1 })] }), now);
  assert.deepEqual([old?.name, old?.facts, old?.queue], ["Parked conversation", "Waits since 14:36 (24 min), 1,200 entries", ""]);
  assert.deepEqual([fresh?.name, fresh?.facts], ["New conversation", "Waits since 15:00 (just now), 1 entry"]);
});

test("the queue is named only where there is more than one", () => {
  const named = waitingLines(queues({ waiting: [waiting({ queue: "sales" }), waiting()] }), now).map((line) => line.queue);
  assert.deepEqual(named, ["sales", "default"]);
  assert.equal(waitingLines(queues({ waiting: [waiting()], agents: [colleague({ queues: ["default", "sales"] })] }), now)[0]?.queue, "default");
});

test("an old list is never shown as the one of now", () => {
  assert.match(queuesText(queues({ state: "unreachable", waiting: [waiting()] })), /may be old/);
  assert.match(queuesText(queues({ state: "refused" })), /sign-in was not accepted/);
  assert.match(queuesText(queues()), /Nobody is waiting/);
  assert.equal(queuesText(queues({ waiting: [waiting()] })), "");
});

test("who was faster is named, where that is known", () => {
  assert.equal(claimProblem({ code: "bad commit", by: "Ben" }), "Ben was faster and has it now.");
  for (const by of [undefined, 7, {}]) assert.equal(claimProblem({ code: "bad commit", by }), "Somebody else was faster and has it now.");
  assert.match(claimProblem({ code: "unavailable" }), /could not be taken/);
  assert.doesNotMatch(claimProblem(new Error("canary")), /canary/);
});

test("a hostile name of a colleague stays within its line", () => {
  assert.doesNotMatch(claimProblem({ code: "bad commit", by: "\u202eBen\n" }), /[\u202e\n]/);
  const client = new FakeClient();
  const [choice] = colleagueChoices(client.add({ members: [me] }), queues({ agents: [colleague({ alias: "\u202eA\nna" })] }));
  assert.equal(choice?.name, "Ana");
});

test("a conversation can go to colleagues of its queue who are not in it, those who are there first", () => {
  const client = new FakeClient();
  const inside = colleague({ alias: "Cleo" });
  const agents = [colleague({ alias: "Zoe" }), inside, colleague({ alias: "Ana", online: false }), colleague({ alias: "Bo" }), colleague({ alias: "Sales", queues: ["sales"] }),
    colleague({ alias: "Bot", role: "bot" }), colleague({ alias: "Sam", role: "supervisor" })];
  const conversation = client.add({ members: [me, customer, member({ id: inside.id })] });
  const choices = colleagueChoices(conversation, queues({ agents }));
  assert.deepEqual(choices.map((c) => [c.name, c.facts]), [["Bo", "online"], ["Sam", "supervisor, online"], ["Zoe", "online"], ["Ana", "away: reads it when they are back"]]);
  const counts = [{ queue: "billing", waiting: 0, agents: 1 }, { queue: "default", waiting: 3, agents: 2 }];
  assert.deepEqual(queueChoices(conversation, queues({ counts })).map((c) => [c.target, c.facts]),
    [[{ queue: "default" }, "whoever is free takes it, 3 conversations already wait"], [{ queue: "billing" }, "whoever is free takes it"]], "its own first");
  assert.deepEqual(queueChoices(conversation, undefined).map((c) => c.target), [{ queue: "default" }]);
  assert.deepEqual(queueChoices(client.add({ queue: "" }), queues({ counts })), []);
  assert.deepEqual(queueChoices(client.add({ moves: ["transfer", "invite"] }), queues({ counts })), [], "where nothing can wait");
  assert.equal(queueChoices(client.add({ moves: ["transfer", "park"] }), queues({ counts })).length, 2);
});

test("one press takes a conversation once, however often it is pressed", async () => {
  /** @type {string[]} */
  const taken = [];
  /** @type {(() => void)[]} */
  const settle = [];
  const panel = new QueuePanel((id) => new Promise((resolve) => {
    taken.push(id);
    settle.push(() => resolve(undefined));
  }));
  const one = waiting();
  panel.render(shown(queues({ waiting: [one, waiting()] })));
  const take = fake(panel.element).named("Take the new conversation");
  take?.click();
  take?.click();
  assert.deepEqual(taken, [one.id]);
  assert.equal(take?.getAttribute("aria-disabled"), "true");
  settle[0]?.();
  await settled();
  take?.click();
  assert.equal(taken.length, 2, "and again once it is known how it went");
});

test("who is about to take one that another took stays in the list", () => {
  const panel = new QueuePanel(async () => {});
  const [one, two] = [waiting(), waiting({ parked: true })];
  panel.render(shown(queues({ waiting: [one, two] })));
  const element = fake(panel.element);
  element.named("Take the new conversation")?.focus();
  panel.render(shown(queues({ waiting: [two] })));
  assert.equal(fakeDocument.activeElement, element.named("Take the parked conversation"));
  panel.render(shown(queues()));
  assert.equal(fakeDocument.activeElement, element, "and by it when there is none");
  fakeDocument.activeElement = null;
  panel.render(shown(queues({ waiting: [one] })));
  panel.render(shown(queues()));
  assert.equal(fakeDocument.activeElement, null, "who is elsewhere stays there");
});

test("a supervisor sees what waits, and is offered nothing that is refused", () => {
  const panel = new QueuePanel(async () => assert.fail("taken"));
  panel.render(shown(queues({ waiting: [waiting()] }), "supervisor"));
  const take = fake(panel.element).named("Take the new conversation");
  assert.equal(take?.hidden, true);
  assert.match(fake(panel.element).textContent, /Waits since.*Agents take these|Agents take these.*Waits since/);
});

test("where no authority is set there is no queue to see", () => {
  const panel = new QueuePanel(async () => {});
  panel.render(shown(queues({ state: "none" })));
  assert.equal(fake(panel.element).hidden, true);
  panel.render(shown(queues({ state: "asking" })));
  assert.equal(fake(panel.element).hidden, false);
});

/**
 * A dialog of a move, opened.
 * @param {FakeConversation} conversation
 * @param {(moves: Moves, view: import("../agent/view.js").ConversationView) => void} open
 */
function dialog(conversation, open) {
  const place = new FakeElement("section");
  let done = 0;
  const kit = new AgentKit({ tick: 0 });
  kit.attach(conversation.client);
  const view = kit.conversation(conversation.id);
  assert.ok(view);
  const moves = new Moves(kit, host(place), () => done++);
  open(moves, view);
  const shown = () => place.within.find((e) => e.tagName === "dialog");
  return {
    moves, place, shown, view,
    /** Who is there now. @param {import("../widget/facade.js").Queues} now */
    change: (now) => {
      conversation.client.queues = now;
      conversation.client.say("queues");
      moves.follow();
    },
    done: () => done,
    /** @param {string} kind @param {number} [n] */
    input: (kind, n = 0) => /** @type {FakeElement} */ (shown()?.within.filter((e) => e.getAttribute("type") === kind)[n]),
    note: () => /** @type {FakeElement} */ (shown()?.within.find((e) => e.tagName === "textarea")),
    problem: () => shown()?.within.find((e) => e.className === "sw-problem")?.textContent ?? "",
    submit: async () => {
      void shown()?.within.find((e) => e.tagName === "form")?.happen("submit");
      await settled();
    },
  };
}

test("handing over goes to the one who was chosen, with the note, and asks for nobody by itself", async () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  const to = colleague({ alias: "Ana" });
  client.queues = queues({ agents: [to] });
  const page = dialog(conversation, (moves, view) => moves.handOver(view));
  await page.submit();
  assert.deepEqual([page.problem(), conversation.asked], ["Choose who it goes to.", []]);
  page.input("radio").checked = true;
  page.note().value = "Low ferritin";
  await page.submit();
  assert.deepEqual(conversation.asked, [`transfer ${to.id} "Low ferritin"`]);
  assert.deepEqual([page.shown(), page.done()], [undefined, 1]);
});

test("handing over to the queue names the queue; an empty note is none", async () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  client.queues = queues({ agents: [colleague()] });
  const page = dialog(conversation, (moves, view) => moves.handOver(view));
  page.input("radio", 1).checked = true;
  page.note().value = "  ";
  await page.submit();
  assert.deepEqual(conversation.asked, [`transfer queue default ""`]);
});

test("the note says that the customer can read it, in every dialog that has one", () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  for (const page of [dialog(conversation, (moves, view) => moves.handOver(view)), dialog(conversation, (moves, view) => moves.park(view))]) {
    const hint = page.note().getAttribute("aria-describedby");
    assert.ok(hint);
    assert.match(page.shown()?.within.find((e) => e.getAttribute("id") === hint)?.textContent ?? "", /can read the note, the customer too/);
  }
});

test("what fails is told in the dialog, and the note is kept: there, and for the next time", async () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer], failWith: { code: "unavailable" } });
  const page = dialog(conversation, (moves, view) => moves.park(view));
  page.note().value = "Low ferritin";
  void page.note().happen("input");
  await page.submit();
  assert.match(page.problem(), /Nothing was changed/);
  assert.equal(page.note().value, "Low ferritin");
  page.shown()?.close();
  page.moves.park(page.view);
  assert.equal(page.note().textContent, "Low ferritin");
  conversation.failWith = undefined;
  page.note().value = "Low ferritin";
  await page.submit();
  assert.deepEqual(conversation.asked, [`park "Low ferritin"`]);
  page.moves.park(page.view);
  assert.equal(page.note().textContent, "", "once it is sent it is no draft any more");
});

test("who leaves is told of what they wrote that is not sent yet", () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer], messages: [message({ self: true, status: "sending" }), message({ self: true, status: "sent" }), message()] });
  for (const open of /** @type {Parameters<typeof dialog>[1][]} */ ([(m, view) => m.handOver(view), (m, view) => m.park(view), (m, view) => m.leave(view)])) {
    assert.match(dialog(conversation, open).shown()?.textContent ?? "", /A message that you wrote is not sent yet/);
  }
  conversation.messages = [];
  assert.doesNotMatch(dialog(conversation, (m, view) => m.leave(view)).shown()?.textContent ?? "", /not sent yet/);
});

test("nobody is given what was written before unless that is asked for; a supervisor comes to read along", async () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  const agents = [colleague({ alias: "Ana" }), colleague({ alias: "Sam", role: "supervisor" })];
  client.queues = queues({ agents });
  const first = dialog(conversation, (moves, view) => moves.invite(view));
  first.input("radio", 0).checked = true;
  void first.input("radio", 0).happen("change");
  await first.submit();
  const second = dialog(conversation, (moves, view) => moves.invite(view));
  second.input("radio", 1).checked = true;
  void second.input("radio", 1).happen("change");
  second.input("checkbox", 1).checked = true;
  await second.submit();
  assert.deepEqual(conversation.asked, [`invite ${agents[0]?.id} agent false`, `invite ${agents[1]?.id} supervisor true`]);
});

test("the desk offers what the client says can be done, and nothing while a move is under way", () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer], moves: ["transfer", "park", "leave"] });
  const kit = new AgentKit({ tick: 0 });
  kit.attach(client);
  const moves = new Moves(kit, host(new FakeElement("section")), () => {});
  const keys = () => {
    client.say("conversation");
    const view = kit.conversation(conversation.id);
    assert.ok(view);
    return moves.items(view).map((item) => item.key);
  };
  assert.deepEqual(keys(), ["park", "leave"]);
  conversation.moving = "park";
  assert.deepEqual(keys(), []);
});

/** The names of what an open dialog offers, each with what is told of it. @param {FakeElement|undefined} shown */
const offered = (shown) => (shown?.within ?? []).filter((e) => e.className === "desk-choice" && e.getAttribute("data-key"))
  .map((e) => e.within.filter((part) => /desk-choice-(name|facts)/.test(part.className)).map((part) => part.textContent));

test("who comes online while a dialog is open is offered in it; choice, note and focus stay", async () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  const zoe = colleague({ alias: "Zoe" });
  const ben = colleague({ alias: "Ben" });
  client.queues = queues({ agents: [zoe] });
  const page = dialog(conversation, (moves, view) => moves.handOver(view));
  page.input("radio").checked = true;
  page.input("radio").focus();
  page.note().value = "Low ferritin";
  const status = () => page.shown()?.within.find((e) => e.getAttribute("role") === "status")?.textContent;
  page.moves.follow();
  assert.equal(status(), "", "nothing has changed");

  page.change(queues({ agents: [ben, zoe] }));
  assert.deepEqual(offered(page.shown()), [["Zoe", "online"], ["Ben", "online"], ["The queue \u201cdefault\u201d", "whoever is free takes it"]], "in their places, the new one behind");
  assert.equal(status(), "Ben is online now.");
  assert.equal(fakeDocument.activeElement, page.input("radio"));

  page.change(queues({ agents: [ben, { ...zoe, online: false }] }));
  assert.deepEqual(offered(page.shown())[0], ["Zoe", "away: reads it when they are back"]);
  assert.equal(status(), "Zoe is away now.");

  page.change(queues({ agents: [ben] }));
  assert.equal(offered(page.shown())[0]?.[0], "Zoe", "the chosen one is not taken away");
  assert.match(offered(page.shown())[0]?.[1] ?? "", /away now/);
  assert.equal(page.note().value, "Low ferritin");
  await page.submit();
  assert.deepEqual(conversation.asked, [`transfer ${zoe.id} "Low ferritin"`]);
});

test("a choice that nobody made goes when it is gone, and the focus stays in the dialog", () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  const ana = colleague({ alias: "Ana" });
  client.queues = queues({ agents: [ana, colleague({ alias: "Zoe" })] });
  const page = dialog(conversation, (moves, view) => moves.invite(view));
  page.input("radio", 1).focus();
  page.change(queues({ agents: [ana] }));
  assert.deepEqual(offered(page.shown()).map(([name]) => name), ["Ana"]);
  assert.equal(fakeDocument.activeElement, page.input("radio"));
  page.change(queues());
  assert.match(page.shown()?.textContent ?? "", /Nobody else of your queues is known yet/);
});

test("who was chosen and comes in by the move is not told to be away", async () => {
  const client = new FakeClient();
  const conversation = client.add({ state: "secured", members: [me, customer] });
  const ben = colleague();
  client.queues = queues({ agents: [ben] });
  const page = dialog(conversation, (moves, view) => moves.invite(view));
  page.input("radio").checked = true;
  /** @type {(string|undefined)[]} */
  const told = [];
  client.on("conversation", () => {
    conversation.members.push(member({ id: ben.id }));
    page.moves.follow();
    told.push(page.shown()?.within.find((e) => e.getAttribute("role") === "status")?.textContent);
  });
  await page.submit();
  assert.deepEqual(told, [""]);
});

test("a dialog that is closed is not followed", () => {
  const conversation = new FakeClient().add({ state: "secured", members: [me, customer] });
  const page = dialog(conversation, (moves, view) => moves.handOver(view));
  const shown = page.shown();
  shown?.close();
  page.change(queues({ agents: [colleague()] }));
  assert.deepEqual(offered(shown).length, 1, "the queue alone");
});

test("a choice nobody made is none", () => {
  const field = new ChoiceField("To", [{ key: "a", name: "a", facts: "", state: /** @type {const} */ ("online"), role: "agent", target: { to: "a" } }]);
  assert.equal(field.value(), undefined);
});

test("a question stays, with what went wrong, until it is done or taken back", async () => {
  let done = 0;
  const question = new Question(() => done++);
  /** @type {unknown} */
  let fails = { code: "unavailable" };
  const ask = () => question.ask({ title: "End it?", text: "", yes: "End it", problem: () => "Not done.", act: async () => { if (fails) throw fails; } });
  const element = fake(question.element);
  ask();
  element.named("End it")?.click();
  await settled();
  assert.deepEqual([question.isOpen, done], [true, 0]);
  assert.match(element.textContent, /Not done\./);
  fails = undefined;
  element.named("End it")?.click();
  await settled();
  assert.deepEqual([question.isOpen, done], [false, 1]);
  ask();
  element.named("Cancel")?.click();
  assert.deepEqual([question.isOpen, done], [false, 2]);
});

test("those that are over stand under those that go on, and say so", () => {
  const client = new FakeClient();
  const at = (/** @type {import("../widget/facade.js").ConversationState} */ state, /** @type {number} */ time) => client.add({ state, members: [me, customer], messages: [message({ time })] }).id;
  const left = at("left", now);
  const closed = at("closed", now - minute);
  const open = at("secured", now - 5 * minute);
  assert.deepEqual(lines(client.conversations, { now, unread: () => 0 }).map((l) => [l.id, l.over, l.mark]), [[open, false, ""], [left, true, "No longer in it"], [closed, true, "Ended"]]);
});

test("a line says when no agent is in it, when one only reads along, and that a note is one", () => {
  const client = new FakeClient();
  client.add({ state: "secured", members: [customer], messages: [message({ text: "Low", note: true, time: now })] });
  client.add({ state: "secured", members: [member({ self: true, role: "supervisor" }), member(), customer], messages: [message({ time: now - 1 })] });
  assert.deepEqual(lines(client.conversations, { now, unread: () => 0, plain: true }).map((l) => [l.mark, l.preview]), [["No agent is in it", "Note: Low"], ["You read along", "Hello"]]);
});
