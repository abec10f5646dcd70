/** Which of the encrypted conversations in one chat is answered: others never take its place unseen. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Choices, decide } from "../agent/flex/choice.js";
import { listed } from "../agent/flex/others.js";
import { Sessions } from "../agent/flex/sessions.js";
import { shownOf } from "../agent/flex/shown.js";
import { flexWords } from "../agent/flex/words.js";
import { over } from "../client/foreign.js";
import { twilio } from "../client/transports/twilio.js";
import { FakeClient, member, message, stay } from "./fake-client.js";
import { Backend } from "./transport-backend.js";
import { twilioUser } from "./transport-twilio-fake.js";
import { World, seen, texts, until } from "./transport-world.js";

/** @typedef {import("./fake-client.js").FakeConversation} FakeConversation */
/** @typedef {import("../agent/flex/choice.js").Chosen} Chosen */

const ana = member({ self: true });
const customer = (/** @type {string} */ id, verified = false) => member({ id, role: "customer", alias: "", verified });

/** A chat in which conversations begin, and what is chosen there after each look. */
function chat() {
  const client = new FakeClient();
  /** @type {Map<string, string>} */
  const store = new Map();
  const memory = { getItem: (/** @type {string} */ k) => store.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => void store.set(k, v) };
  let choices = new Choices(memory);
  const begin = (/** @type {import("../widget/facade.js").Member} */ who, /** @type {Partial<FakeConversation>} */ more = {}) => client.add({ state: "secured", members: [ana, who], ...more });
  const look = ({ settled = true } = {}) => {
    const choice = decide({ ids: client.conversations.map(({ id }) => id), find: (id) => client.conversations.find((one) => one.id === id), chosen: choices.get("CH1"), settled });
    if (choice.chosen) choices.keep("CH1", choice.chosen);
    return choice;
  };
  const reload = () => { choices = new Choices(memory); };
  return { client, begin, look, reload, store, get choices() { return choices; } };
}

const spoken = () => [message({ self: true, text: "the answer" })];

test("the one that is there is it, and another that somebody begins does not take its place, after a reload neither", () => {
  const { begin, look, reload, client } = chat();
  const first = begin(customer("c1"), { messages: spoken() });
  assert.equal(look().conversation, first);
  const second = begin(customer("c2"));
  for (const _ of [1, 2]) {
    assert.deepEqual([look().conversation, look().others, look().asks, [...look().reads]], [first, [second], false, [first.id]]);
    reload();
    // The platform shows its own in front.
    client.conversations.reverse();
  }
});

test("what was read so far decides nothing: another may lie behind it", () => {
  const { begin, look } = chat();
  begin(customer("c1"));
  assert.deepEqual([look({ settled: false }).conversation, look({ settled: false }).asks], [undefined, false]);
  begin(customer("c2"));
  assert.deepEqual([look().conversation, look().asks, look().others.length, look().reads.size], [undefined, true, 2, 0]);
});

test("before the agent has written, whoever was first is not taken for the customer where another comes", () => {
  const { begin, look } = chat();
  const platform = begin(customer("c1"));
  assert.equal(look().conversation, platform);
  const victim = begin(customer("c2", true));
  assert.deepEqual([look().conversation, look().asks, look().others], [undefined, true, [platform, victim]]);
});

test("the same customer's goes on where it names the one before it, or that one is over; anybody else's does not", () => {
  for (const state of /** @type {const} */ (["closed", "left", "forked", "lost"])) {
    const { begin, look } = chat();
    const first = begin(customer("c1"), { messages: spoken() });
    look();
    const second = begin(customer("c1"));
    assert.equal(look().conversation, first, "both go on");
    first.state = state;
    const stranger = begin(customer("c2"), { previous: first.id });
    assert.deepEqual([look().conversation, look().others], [second, [stranger]], state);
    assert.deepEqual([...look().reads].sort(), [first.id, second.id].sort(), "its words stay");
  }
  const { begin, look } = chat();
  const first = begin(customer("c1"), { messages: spoken() });
  look();
  const next = begin(customer("c1"), { previous: first.id });
  assert.deepEqual([look().conversation, [...look().reads].sort()], [next, [first.id, next.id].sort()]);
});

test("naming the one before proves nothing: another customer, one beside the customer, one less vouched for", () => {
  const strangers = [[customer("c2")], [customer("c1", true), customer("c2")], [customer("c1", true), member({ role: "guest", id: "g" })], [customer("c1", false)], []];
  for (const people of strangers) {
    for (const state of /** @type {const} */ (["secured", "closed"])) {
      const { begin, look } = chat();
      const first = begin(customer("c1", true), { messages: spoken() });
      look();
      first.state = state;
      const forged = begin(customer("x"), { members: [ana, ...people], previous: first.id });
      assert.equal(look().conversation, first);
      assert.ok(!look().reads.has(forged.id));
    }
  }
  // One who was in it and went is not the customer's either.
  const { begin, look } = chat();
  const first = begin(customer("c1"), { messages: spoken(), state: "closed" });
  look();
  begin(customer("c1"), { previous: first.id, ledger: [stay({ member: customer("c2"), to: 1 })] });
  assert.equal(look().conversation, first);
});

test("a guest of the customer's is not the customer", () => {
  const { begin, look } = chat();
  const first = begin(customer("c1"), { messages: spoken(), members: [ana, customer("c1"), member({ role: "guest", id: "g", verified: false })] });
  look();
  first.state = "closed";
  const guests = begin(customer("g"), { previous: first.id });
  assert.deepEqual([look().conversation, look().others], [first, [guests]]);
});

test("who was vouched for once is not the same without it, however it came", () => {
  const { begin, look } = chat();
  const first = begin(customer("c1", true), { messages: spoken() });
  look();
  first.members = [ana, customer("c1", false)];
  look();
  first.state = "closed";
  begin(customer("c1", false), { previous: first.id });
  assert.equal(look().conversation, first);
});

test("what the chosen one continues is shown only as the same customer's", () => {
  const { begin, look } = chat();
  const lie = begin(customer("c2"), { state: "closed" });
  const real = begin(customer("c1"), { state: "closed", previous: lie.id });
  const now = begin(customer("c1"), { previous: real.id, messages: spoken() });
  const { choices } = chat();
  choices.keep("CH1", { id: now.id, before: [], customers: { c1: false }, own: true });
  const choice = decide({ ids: [lie.id, real.id, now.id], find: (id) => [lie, real, now].find((one) => one.id === id), chosen: choices.get("CH1"), settled: true });
  assert.deepEqual([[...choice.reads], choice.others], [[now.id, real.id], [lie]]);
  assert.equal(look().asks, true);
});

test("where the chosen one cannot be opened any more, only the same customer's goes on by itself", () => {
  const { begin, look, client } = chat();
  const first = begin(customer("c1"), { messages: spoken() });
  look();
  client.conversations = [];
  const stranger = begin(customer("c2"));
  assert.deepEqual([look({ settled: false }).asks, look({ settled: false }).conversation], [false, undefined]);
  assert.deepEqual([look().asks, look().conversation, look().others], [true, undefined, [stranger]]);
  const same = begin(customer("c1"));
  assert.equal(look().conversation, same);
  assert.deepEqual([[...look().reads], look().others, first.id !== same.id], [[same.id], [stranger], true]);
});

test("what is kept is bounded, and what was put there by others is not believed", () => {
  const { choices, store } = chat();
  for (let n = 0; n < 1_010; n++) choices.keep(`CH${n}`, { id: "a", before: [], customers: { c: true }, own: false });
  assert.equal(JSON.parse(store.get("sealwire flex chosen") ?? "").length, 1_000);
  for (const text of ["{", "7", "[7]", '[["CH1"]]', '[["CH1",{"id":7}]]', '[["CH1",{"id":"a","before":[7],"customers":{},"own":true}]]']) {
    assert.equal(new Choices({ getItem: () => text, setItem: () => {} }).get("CH1"), undefined, text);
  }
  const throws = new Choices({ getItem: () => { throw new Error("no store"); }, setItem: () => { throw new Error("full"); } });
  throws.keep("CH1", { id: "a", before: [], customers: { c: true }, own: true });
  assert.equal(throws.get("CH1")?.id, "a");
});

test("what another tab chose meanwhile is what goes on here when this one takes over", () => {
  const { choices, store } = chat();
  const memory = { getItem: (/** @type {string} */ key) => store.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ text) => void store.set(key, text) };
  const chosen = (/** @type {string} */ id) => ({ id, before: [], customers: { c: true }, own: true });
  choices.keep("CH1", chosen("a"));
  choices.keep("CH2", chosen("b"));
  const here = new Choices(memory);
  choices.keep("CH1", chosen("z"));
  here.again();
  assert.deepEqual([here.get("CH1")?.id, here.get("CH2")?.id], ["z", "b"]);
  const none = new Choices();
  none.keep("CH1", chosen("a"));
  none.again();
  assert.equal(none.get("CH1")?.id, "a");
});

test("of many others a few are shown, those first whom the company vouches for", () => {
  const { begin } = chat();
  const crowd = Array.from({ length: 300 }, (_, n) => begin(customer(`c${n}`)));
  const vouched = begin(customer("v", true));
  assert.deepEqual(listed([...crowd, vouched]), { shown: [vouched, ...crowd.slice(0, 3)], more: 297 });
});

/** An agent's plugin, over a platform in memory. @param {World} world @param {Backend} backend */
function desk(world, backend) {
  const carried = over();
  const user = twilioUser(backend, "ana");
  const conversation = /** @type {import("../agent/flex/host.js").SDKConversation} */ (/** @type {unknown} */ (Object.assign(user.conversation, { sid: "CH1" })));
  const sessions = new Sessions({
    client: () => world.agent("Ana", carried), over: carried, own: (one) => one,
    transport: () => twilio({ client: user.client, conversation: user.conversation, fetch: user.fetch }), kit: { tick: 0 },
  });
  sessions.open(conversation);
  const bubbles = () => backend.messages.map(({ body, index }) => shownOf({ body }, sessions.find("CH1", index))).filter((shown) => shown?.kind === "text").map((shown) => shown?.text);
  const notes = () => backend.messages.map(({ body, index }) => shownOf({ body }, sessions.find("CH1", index))?.text);
  // First what asks for another client when its own has ended.
  after(() => {
    sessions.end();
    return world.close();
  });
  return { sessions, bubbles, notes };
}

test("what an agent writes goes to whom it went before, not to whom the platform began with since", async () => {
  const world = new World();
  const backend = new Backend();
  const { sessions, bubbles, notes } = desk(world, backend);
  const agent = await sessions.start();
  const victim = await world.customer(twilio(twilioUser(backend, "victim")));
  await (await victim.start()).send("hello");
  await until(/** @type {typeof victim} */ (agent), "the first", () => texts(/** @type {typeof victim} */ (agent)).length > 0);
  assert.equal((await sessions.read("CH1"))?.id, victim.conversations[0]?.id);
  await sessions.conversation("CH1")?.send("good morning");
  await seen(victim, "good morning");
  // An identity of its own, the company's public key, and the key package that lies there: no more is needed.
  const platform = await world.customer(twilio(twilioUser(backend, "platform")));
  await (await platform.start()).send("please pay to DE00 1234");
  await until(/** @type {typeof platform} */ (agent), "the other", () => texts(platform).length > 0 && agent.conversations.length === 2 && agent.conversations.every((one) => one.messages.length > 0));
  assert.equal(sessions.conversation("CH1")?.id, victim.conversations[0]?.id);
  await sessions.conversation("CH1")?.send("your PIN is 4711");
  await seen(victim, "your PIN is 4711");
  assert.deepEqual(texts(platform).filter(({ self }) => !self), []);
  sessions.changed();
  assert.deepEqual(bubbles(), ["hello", "good morning", "your PIN is 4711"]);
  assert.ok(notes().includes(flexWords.otherMessage));
  // The agent says so, and then it is the other.
  const [other] = sessions.choice("CH1").others;
  sessions.choose("CH1", other?.id ?? "");
  assert.deepEqual([sessions.conversation("CH1")?.id, bubbles()], [platform.conversations[0]?.id, ["please pay to DE00 1234"]]);
});

test("words of one that was begun first and kept silent do not stand as the customer's", async () => {
  const world = new World();
  const backend = new Backend();
  const { sessions, bubbles } = desk(world, backend);
  const agent = await sessions.start();
  const platform = await world.customer(twilio(twilioUser(backend, "platform")));
  const lie = await platform.start();
  await lie.send(".");
  const both = (/** @type {string} */ text) => until(/** @type {typeof platform} */ (agent), text, () => agent.conversations.some((one) => one.messages.some((m) => m.text === text)));
  await both(".");
  const victim = await world.customer(twilio(twilioUser(backend, "victim")));
  await (await victim.start()).send("hello");
  await both("hello");
  await lie.send("please pay to DE00 1234");
  await both("please pay to DE00 1234");
  sessions.changed();
  assert.deepEqual([sessions.choice("CH1").asks, sessions.conversation("CH1"), bubbles()], [true, undefined, []]);
  sessions.choose("CH1", victim.conversations[0]?.id ?? "");
  assert.deepEqual(bubbles(), ["hello"]);
});
