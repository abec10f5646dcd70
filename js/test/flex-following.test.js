/** Which of the host's conversations are followed, and that nothing is held of those that are not any more. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Following } from "../agent/flex/following.js";
import { Guard } from "../agent/flex/guard.js";
import { Knowledge } from "../agent/flex/knowledge.js";
import { Sessions } from "../agent/flex/sessions.js";
import { over } from "../client/foreign.js";
import { Room } from "../client/transports/pair.js";
import { FakeClient } from "./fake-client.js";
import { message as posted, sdk } from "./flex-sdk.js";
import { World, seen } from "./transport-world.js";

/** @typedef {import("../client/transports/transport.js").Transport} Transport */

const world = new World();
after(() => world.close());

/**
 * The host's store, and what follows it.
 * @param {{client?: () => Promise<import("../widget/facade.js").Client>, carried?: ReturnType<typeof over>, transport?: (sid: string) => Transport}} [how]
 */
function host({ client = async () => new FakeClient(), carried = over(), transport = () => new Room().join("agent") } = {}) {
  /** @type {Record<string, {source: ReturnType<typeof sdk>["conversation"]}>} */
  const conversations = {};
  /** @type {Map<string, {attributes: {conversationSid: string}}>} */
  const tasks = new Map();
  const knowledge = new Knowledge();
  const guard = new Guard(knowledge);
  /** @type {Transport[]} */
  const made = [];
  const sessions = new Sessions({
    client,
    over: carried,
    own: (conversation) => guard.own(conversation),
    transport: ({ sid }) => {
      const one = transport(sid);
      made.push(one);
      return one;
    },
    kit: { tick: 0 },
  });
  const following = new Following({ guard, knowledge, sessions, store: () => ({ conversations, tasks: tasks.values() }) });
  const turn = async () => {
    following.look();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const show = async (/** @type {string} */ sid, { sealed = true } = {}) => {
    const { conversation } = sdk(sid, [posted(sealed ? "sealwire:1:AQECAA" : "hello")]);
    conversations[sid] = { source: conversation };
    await turn();
    return conversation;
  };
  const give = (/** @type {string} */ task, /** @type {string} */ sid) => {
    tasks.set(task, { attributes: { conversationSid: sid } });
    return turn();
  };
  const end = (/** @type {string} */ task) => {
    tasks.delete(task);
    return turn();
  };
  const hide = (/** @type {string} */ sid) => {
    delete conversations[sid];
    return turn();
  };
  return { show, hide, give, end, turn, made, sessions, conversations, knowledge };
}

test("a sealed conversation is followed while it lies in the host's store, a plain one never", async () => {
  const { show, hide, made, sessions } = host();
  const plain = await show("CHplain", { sealed: false });
  const sealed = await show("CHsealed");
  assert.deepEqual([made.length, sessions.opened, made[0]?.state], [1, ["CHsealed"], "online"]);
  await hide("CHsealed");
  await hide("CHplain");
  assert.deepEqual([sessions.opened, made[0]?.state], [[], "closed"]);
  assert.deepEqual([plain.listeners.size, sealed.listeners.size], [0, 0]);
});

test("it is let go of when its task ends, though the host still shows it, and comes back with the next task", async () => {
  const { show, give, end, turn, made, sessions } = host();
  await show("CHsealed");
  await give("WR1", "CHsealed");
  await end("WR1");
  assert.deepEqual([sessions.opened, made.map(({ state }) => state)], [[], ["closed"]]);
  await turn();
  assert.deepEqual(sessions.opened, [], "nothing opens it again by itself");
  await give("WR2", "CHsealed");
  assert.deepEqual([sessions.opened, made.map(({ state }) => state)], [["CHsealed"], ["closed", "online"]]);
});

test("what turns out to be sealed after its task has ended is not opened for it", async () => {
  const { show, give, end, made, sessions, knowledge } = host();
  await show("CH1", { sealed: false });
  await give("WR1", "CH1");
  await end("WR1");
  knowledge.saw("CH1", "sealwire:1:AQECAA");
  assert.deepEqual([sessions.opened, made], [[], []]);
  await give("WR2", "CH1");
  assert.deepEqual(sessions.opened, ["CH1"]);
});

test("one that is not sealed is not opened, however often its tasks come and go", async () => {
  const { show, give, end, made, sessions } = host();
  await show("CHplain", { sealed: false });
  for (const task of ["WR1", "WR2"]) {
    await give(task, "CHplain");
    await end(task);
  }
  await give("WR3", "CHplain");
  assert.deepEqual([sessions.opened, made], [[], []]);
});

test("one that is shown without a task, as to a supervisor, is not let go of for other people's", async () => {
  const { show, give, end, made, sessions } = host();
  await show("CHwatched");
  await show("CHsealed");
  await give("WR1", "CHsealed");
  await end("WR1");
  assert.deepEqual([sessions.opened, made.map(({ state }) => state)], [["CHwatched"], ["online", "closed"]]);
});

test("another object of the SDK for the same conversation is opened anew, and the old one is let go of", async () => {
  const { show, made, sessions } = host();
  const before = await show("CHsealed");
  const now = await show("CHsealed");
  assert.deepEqual([sessions.opened, made.map(({ state }) => state)], [["CHsealed"], ["closed", "online"]]);
  assert.deepEqual([before.listeners.size, now.listeners.size > 0], [0, true]);
});

test("a day of tasks leaves nothing behind", async () => {
  /** What the client still follows. @type {Set<Transport>} */
  const carried = new Set();
  const real = over();
  const [add, remove] = [real.add.bind(real), real.delete.bind(real)];
  real.add = (transport) => void (carried.add(transport), add(transport));
  real.delete = (transport) => void (carried.delete(transport), remove(transport));
  const { show, give, end, hide, made, sessions, conversations } = host({ carried: real });
  /** @type {ReturnType<typeof sdk>["conversation"][]} */
  const met = [];
  for (let n = 0; n < 200; n++) {
    met.push(await show(`CH${n}`));
    await give(`WR${n}`, `CH${n}`);
    await end(`WR${n}`);
    await hide(`CH${n}`);
  }
  assert.equal(made.length, 200);
  assert.ok(made.every(({ state }) => state === "closed"));
  assert.deepEqual([carried.size, sessions.opened, Object.keys(conversations)], [0, [], []]);
  assert.ok(met.every(({ listeners }) => listeners.size === 0));
});

test("with the real client: let go of with its task, it is read on and answered with the next", async () => {
  const room = new Room();
  const carried = over();
  const agent = await world.agent("Ana", carried);
  const { show, give, end, sessions } = host({ carried, client: async () => agent, transport: () => room.join("agent") });
  await show("CHsealed");
  await give("WR1", "CHsealed");
  const customer = await world.customer(room.join("customer"));
  const talk = await customer.start();
  await talk.send("the first");
  await seen(agent, "the first");
  await end("WR1");
  await talk.send("meanwhile");
  assert.equal(sessions.conversation("CHsealed"), undefined);
  await give("WR2", "CHsealed");
  await seen(agent, "meanwhile");
  await (await sessions.read("CHsealed"))?.send("the answer");
  await seen(customer, "the answer");
});

test("a list of messages is walked once for each change of it, not at each turn of the store", () => {
  const knowledge = new Knowledge();
  const guard = new Guard(knowledge);
  const sessions = new Sessions({ client: async () => new FakeClient(), over: over(), own: (conversation) => guard.own(conversation), transport: () => new Room().join("agent"), kit: { tick: 0 } });
  let walked = 0;
  const one = (/** @type {string} */ body) => ({ get source() { walked++; return { body }; } });
  const conversations = { CH1: { messages: [one("hello"), one("there")] } };
  const following = new Following({ guard, knowledge, sessions, store: () => ({ conversations, tasks: [] }) });
  for (let i = 0; i < 5; i++) following.look();
  assert.equal(walked, 2);
  conversations.CH1 = { messages: [...conversations.CH1.messages, one("sealwire:1:AQECAA")] };
  following.look();
  conversations.CH1.messages.push(one("in place"));
  following.look();
  assert.deepEqual([walked, knowledge.of("CH1")], [9, "sealed"]);
  sessions.end();
});
