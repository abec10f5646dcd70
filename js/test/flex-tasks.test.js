/** What the host's actions on tasks do around sealed conversations, and that they are the host's own around others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Guard } from "../agent/flex/guard.js";
import { Knowledge } from "../agent/flex/knowledge.js";
import { Sessions } from "../agent/flex/sessions.js";
import { replaceTasks, sidOfTask } from "../agent/flex/tasks.js";
import { flexWords } from "../agent/flex/words.js";
import { FakeClient, member } from "./fake-client.js";
import { message as posted, sdk } from "./flex-sdk.js";

/** @typedef {import("../widget/facade.js").Member} Member */

const customer = () => member({ role: "customer", alias: "", verified: false });
const ana = (over = {}) => member({ alias: "Ana", self: true, ...over });

/** @param {{sealed?: boolean, members?: Member[], client?: () => Promise<FakeClient>, wait?: number, known?: boolean}} [how] */
function host({ sealed = true, members = [ana(), customer()], client, wait = 1_000, known = true } = {}) {
  const fake = new FakeClient();
  const conversation = fake.add({ state: "secured", members, moves: ["transfer", "invite", "leave", "close"] });
  const { conversation: source } = sdk("CH1", sealed ? [posted("sealwire:1:AQECAA")] : [posted("hello")]);
  if (!known) source.getMessages = async () => { throw new Error("not now"); };
  const knowledge = new Knowledge();
  const guard = new Guard(knowledge);
  /** @type {Map<string, (payload: unknown, original: (payload?: unknown) => Promise<unknown>) => Promise<unknown>>} */
  const replaced = new Map();
  /** @type {Map<string, (payload: unknown, cancel: () => void) => unknown>} */
  const listening = new Map();
  /** @type {string[]} */
  const told = [];
  /** What happened, in order. @type {unknown[]} */
  const course = [];
  const place = { add: () => {}, delete: () => {}, conversations: () => [conversation.id], place: () => undefined, live: () => true };
  const sessions = new Sessions({ client: client ?? (async () => fake), over: place, transport: () => ({ close: () => {} }), own: (c) => guard.own(c), kit: { tick: 0 } });
  if (sealed) sessions.open(source);
  const Actions = {
    /** @template P @param {string} name @param {(payload: P, original: (payload?: unknown) => Promise<unknown>) => Promise<unknown>} act */
    replaceAction: (name, act) => void replaced.set(name, (payload, original) => act(/** @type {P} */ (payload), original)),
    invokeAction: async () => undefined,
    /** @template P @param {string} event @param {(payload: P, cancel: () => void) => unknown} listen */
    addListener: (event, listen) => void listening.set(event, (payload, cancel) => listen(/** @type {P} */ (payload), cancel)),
  };
  const task = { sid: "WR1", status: "accepted", attributes: { conversationSid: "CH1", flexInteractionChannelSid: "UO1" } };
  replaceTasks({ Actions, tasks: () => [task], find: (sid) => (sid === "CH1" ? source : undefined), knowledge, sessions, tell: (words) => told.push(words), wait });
  /**
   * As the host does it: who listens is asked first and waited for, then what took the action's place is called, the
   * newest first, unless a listener threw meanwhile; and it is told as rejected where a listener cancelled it.
   * @param {string} name
   * @param {object} [payload]
   * @param {{deaf?: boolean, later?: (payload: unknown, original: (payload?: unknown) => Promise<unknown>) => Promise<unknown>}} [others]
   */
  const act = async (name, payload = { task, sid: "WR1" }, { deaf = false, later } = {}) => {
    const before = conversation.asked.length;
    let cancelled = false;
    if (!deaf) await listening.get(`before${name}`)?.(payload, () => { cancelled = true; });
    if (cancelled) throw new Error(`Action ${name} cancelled by before event`);
    const own = async (/** @type {unknown} */ given) => {
      course.push(...conversation.asked.slice(before), [name, given]);
      return "the host's";
    };
    const ours = (/** @type {unknown} */ given) => /** @type {Promise<unknown>} */ (replaced.get(name)?.(given, own));
    return { answer: await (later ? later(payload, ours) : ours(payload)), given: payload };
  };
  return { act, conversation, told, course, task, fake };
}

test("a task's conversation is found as the host finds it", () => {
  assert.equal(sidOfTask({ attributes: { conversationSid: " CH1 ", channelSid: "CH2" } }), "CH1");
  assert.equal(sidOfTask({ attributes: { channelSid: "CH2" } }), "CH2");
  for (const task of [undefined, null, {}, { attributes: null }, { attributes: { conversationSid: 7 } }, { attributes: {} }]) assert.equal(sidOfTask(task), "");
});

for (const name of ["TransferTask", "StartChannelTransfer", "LeaveChannel"]) {
  const payload = (/** @type {object} */ task) => ({
    TransferTask: { task, targetSid: "WK2", options: { mode: "COLD" } },
    StartChannelTransfer: { conversationSid: "CH1", toSid: "WK2" },
    LeaveChannel: { channelSid: "UO1" },
  })[name];

  test(`${name} is refused while nobody else of the company's people could go on reading`, async () => {
    for (const others of [[], [member({ role: "supervisor" })], [member({ role: "bot" })], [member({ role: "inbox" })]]) {
      const { act, course, told, task, conversation } = host({ members: [ana(), customer(), ...others] });
      await assert.rejects(act(name, payload(task)), /cancelled/);
      assert.deepEqual([course, told, conversation.asked], [[], [flexWords.handOverFirst], []]);
    }
  });

  test(`${name} is refused however other plugins do it`, async () => {
    const { act, course, told, task } = host();
    await assert.rejects(act(name, payload(task), { deaf: true }), { code: "bad argument" }, "a listener of another plugin threw");
    let done = 0;
    await assert.rejects(act(name, payload(task), { later: async () => ++done }), /cancelled/, "another plugin does it by itself");
    assert.deepEqual([course, told, done], [[], [flexWords.handOverFirst, flexWords.handOverFirst], 0]);
  });

  test(`${name} passes when another agent is in, and where this end holds nothing`, async () => {
    for (const [over, members] of /** @type {const} */ ([[{}, [ana(), customer(), member({ alias: "Ben" })]], [{ state: "left" }, [customer()]], [{ state: "closed" }, [ana(), customer()]], [{ state: "lost" }, [customer()]], [{ state: "rejoining" }, [ana(), customer()]]])) {
      const { act, told, task, conversation, course } = host({ members: [...members] });
      Object.assign(conversation, over);
      const given = payload(task);
      assert.equal((await act(name, given)).answer, "the host's");
      assert.deepEqual(course.at(-1), [name, given]);
      assert.deepEqual(told, []);
    }
  });
}

test("a warm transfer passes: this agent is there while the other comes", async () => {
  const { act, task, told } = host();
  assert.equal((await act("TransferTask", { task, targetSid: "WK2", options: { mode: "WARM" } })).answer, "the host's");
  assert.deepEqual(told, []);
});

test("a transfer without a mode is a cold one", async () => {
  const { act, task } = host();
  await assert.rejects(act("TransferTask", { task, targetSid: "WK2" }), /cancelled/);
});

test("a transfer is refused while it is not known who can read", async () => {
  const failing = host({ client: async () => { throw new Error("no module"); } });
  const unknown = host({ known: false });
  for (const { act, course, told, task } of [failing, unknown]) {
    await assert.rejects(act("TransferTask", { task, targetSid: "WK2", options: { mode: "COLD" } }), /cancelled/);
    assert.deepEqual([course, told.at(-1)], [[], flexWords.transferUnknown]);
  }
});

for (const name of ["WrapupTask", "CompleteTask"]) {
  test(`${name} closes the sealed conversation first, where nobody answers it then`, async () => {
    for (const others of [[], [member({ role: "supervisor" })]]) {
      const { act, course, told } = host({ members: [ana(), customer(), ...others] });
      const { answer, given } = await act(name);
      assert.equal(answer, "the host's");
      assert.deepEqual(course, ["close", [name, given]]);
      assert.deepEqual(told, []);
    }
  });

  test(`${name} says goodbye however other plugins do it`, async () => {
    const { act, conversation } = host();
    await act(name, undefined, { later: async () => "by itself" });
    assert.deepEqual(conversation.asked, ["close"]);
    const second = host();
    await second.act(name, undefined, { deaf: true });
    assert.equal(second.course[0], "close");
  });

  test(`${name} only leaves it where another goes on answering`, async () => {
    for (const role of ["agent", "bot"]) {
      const { act, course } = host({ members: [ana(), customer(), member({ role })] });
      const { given } = await act(name);
      assert.deepEqual(course, ["leave", [name, given]]);
    }
  });

  test(`${name} holds nobody up: what could not be said is told, and the task ends`, async () => {
    const refused = host();
    refused.conversation.failWith = Object.assign(new Error(), { code: "unavailable" });
    const slow = host({ wait: 10 });
    slow.conversation.close = () => new Promise(() => {});
    const without = host({ client: async () => { throw new Error("no module"); } });
    for (const { act, told, course } of [refused, slow, without]) {
      const { answer, given } = await act(name);
      assert.equal(answer, "the host's");
      assert.deepEqual(course, [[name, given]]);
      assert.ok(told.at(-1)?.startsWith(flexWords.noGoodbye), told.at(-1));
    }
  });

  test(`${name} says nothing where this end is not in it any more`, async () => {
    for (const over of [{ state: /** @type {const} */ ("left"), members: [] }, { state: /** @type {const} */ ("closed") }, { members: [customer()] }]) {
      const { act, course, told, conversation } = host();
      Object.assign(conversation, over);
      const { given } = await act(name);
      assert.deepEqual([course, told], [[[name, given]], []]);
    }
  });

  test(`${name} that the host will refuse ends nothing`, async () => {
    const { act, task, conversation } = host();
    task.status = name === "WrapupTask" ? "wrapping" : "completed";
    await act(name);
    assert.deepEqual(conversation.asked, []);
  });
}

test("after a goodbye at wrap-up nothing more is said at completion", async () => {
  const { act, task, course } = host();
  await act("WrapupTask");
  task.status = "wrapping";
  await act("CompleteTask");
  assert.deepEqual(course.filter((one) => typeof one === "string"), ["close"]);
});

test("tasks of conversations that are not sealed, and tasks without one, are the host's own, as they came", async () => {
  for (const name of ["TransferTask", "StartChannelTransfer", "LeaveChannel", "WrapupTask", "CompleteTask"]) {
    const { act, course, told, task, conversation } = host({ sealed: false });
    for (const payload of [{ task, targetSid: "WK2", options: { mode: "COLD" }, conversationSid: "CH1" }, { task: { sid: "WR2", status: "accepted", attributes: { call_sid: "CA1" } } }, { sid: "WR9" }, {}]) {
      const { answer } = await act(name, payload);
      assert.equal(answer, "the host's");
      assert.equal(/** @type {unknown[]} */ (course.at(-1))[1], payload);
    }
    assert.deepEqual([told, conversation.asked], [[], []]);
  }
});

test("a sid alone is enough, as the host takes it", async () => {
  const { act, told } = host();
  await assert.rejects(act("TransferTask", { sid: "WR1", targetSid: "WK2" }), /cancelled/);
  assert.deepEqual(told, [flexWords.handOverFirst]);
});
