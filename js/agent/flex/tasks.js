/**
 * The host's tasks around sealed conversations. A task and the keys are two things: handing over a task hands over no key,
 * and who ends a task has not said goodbye to the others. So:
 *
 * StartChannelTransfer, which the UI calls for chats, and a cold TransferTask, which plugins do, are refused while nobody but this agent could go on reading: the keys are
 * handed over in the tab first. A warm transfer passes: whoever comes is brought in while this agent is there. So does
 * every other one. LeaveChannel is refused in the same case.
 *
 * WrapupTask and CompleteTask first say goodbye in the sealed conversation, whichever is first: afterwards the host says
 * in the conversation that it is over (at wrap-up, before the reservation changes) or takes the agent out of it (at
 * completion), and the platform may close it, which lets no commit in. Where another agent or a bot is in, this one
 * leaves; else the conversation is closed. Nobody is held up by it: what cannot be said in time is told, and the task
 * ends all the same.
 *
 * Tasks without a conversation, and those of conversations that are not sealed, go to the host's own action as they came.
 *
 * @typedef {import("./host.js").Original} Original
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 * @typedef {{task?: unknown, sid?: string, options?: unknown, conversationSid?: unknown, channelSid?: unknown}} Asked
 */
import { moveProblem } from "../kit.js";
import { refusal } from "./refusal.js";
import { flexWords } from "./words.js";

/** How long a task waits for the goodbye (ms). */
const patience = 10_000;

/**
 * The conversation of a task, as the host's own helper finds it; "" for a task that has none.
 * @param {unknown} task
 */
export function sidOfTask(task) {
  const { conversationSid, channelSid } = attributesOf(task);
  const sid = typeof conversationSid === "string" && conversationSid ? conversationSid : channelSid;
  return typeof sid === "string" ? sid.trim() : "";
}

/** @param {unknown} task @returns {Record<string, unknown>} */
function attributesOf(task) {
  const { attributes } = /** @type {{attributes?: Record<string, unknown>|null}} */ (task ?? {});
  return attributes ?? {};
}

/** @param {unknown} task */
function statusOf(task) {
  return /** @type {{status?: unknown}} */ (task ?? {}).status;
}

/**
 * @template {{close: () => unknown}} T
 * @param {object} parts
 * @param {import("./host.js").Actions} parts.Actions
 * @param {() => Iterable<unknown>} parts.tasks  those of the host
 * @param {(sid: string) => import("./host.js").SDKConversation|undefined} parts.find
 * @param {import("./knowledge.js").Knowledge} parts.knowledge
 * @param {import("./sessions.js").Sessions<T>} parts.sessions
 * @param {(text: string, sid: string) => void} parts.tell
 * @param {number} [parts.wait]  ms
 */
export function replaceTasks({ Actions, tasks, find, knowledge, sessions, tell, wait = patience }) {
  /** @param {Asked|undefined} payload @returns {unknown} */
  const taskOf = (payload) => payload?.task ?? [...tasks()].find((task) => {
    const { sid } = /** @type {{sid?: unknown}} */ (task ?? {});
    return payload?.sid !== undefined && sid === payload.sid;
  }) ?? [...tasks()].find((task) => payload?.channelSid !== undefined && attributesOf(task)["flexInteractionChannelSid"] === payload.channelSid);

  /**
   * Twice: before every plugin's own way of doing it, which the host asks for; and in its place, where another plugin's
   * listener has thrown and the host went on without asking any more.
   * @param {string} name
   * @param {(sid: string, payload: Asked) => Promise<unknown>|undefined} before  rejects: it is not done
   */
  const precede = (name, before) => {
    /** @type {WeakSet<object>} */
    const passed = new WeakSet();
    const pass = async (/** @type {Asked|undefined} */ payload) => {
      if (!payload || passed.has(payload)) return;
      const sid = typeof payload.conversationSid === "string" ? payload.conversationSid : sidOfTask(taskOf(payload));
      if (sid !== "") await before(sid, payload);
      passed.add(payload);
    };
    Actions.addListener(`before${name}`, (/** @type {Asked|undefined} */ payload, cancel) => pass(payload).catch(cancel));
    Actions.replaceAction(name, async (/** @type {Asked|undefined} */ payload, /** @type {Original} */ original) => {
      await pass(payload);
      return original(payload);
    });
  };

  /** @param {string} sid */
  const standing = async (sid) => {
    const source = find(sid);
    return source ? knowledge.learn(source) : knowledge.of(sid);
  };

  /** @param {string} sid @param {string} why @param {import("../../index.js").Code} [code] @returns {never} */
  const refuse = (sid, why, code = "bad argument") => {
    tell(why, sid);
    throw refusal(code, why);
  };

  /** @param {string} sid */
  const mayGo = async (sid) => {
    const known = await standing(sid).catch(() => refuse(sid, flexWords.transferUnknown, "unavailable"));
    if (known !== "sealed") return;
    const conversation = await sessions.read(sid).catch(() => refuse(sid, flexWords.transferUnknown, "unavailable"));
    if (!conversation && sessions.choice(sid).asks) refuse(sid, flexWords.chooseFirst);
    if (conversation && holds(conversation) && !conversation.members.some((m) => !m.self && m.role === "agent")) refuse(sid, flexWords.handOverFirst);
  };

  /** @param {string} sid */
  const goodbye = async (sid) => {
    const known = await standing(sid).catch(() => "unknown");
    if (known !== "sealed") return;
    const conversation = await sessions.read(sid);
    if (!conversation || !holds(conversation)) return;
    const answered = conversation.members.some((m) => !m.self && (m.role === "agent" || m.role === "bot"));
    await sessions.kit.move(conversation.id, { move: answered ? "leave" : "close" });
  };

  /** @param {string} sid */
  const end = async (sid) => {
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error(), { code: "unavailable" })), wait);
    });
    await Promise.race([goodbye(sid), late]).catch((error) => tell(`${flexWords.noGoodbye} ${moveProblem(error)}`, sid));
    clearTimeout(timer);
  };

  precede("TransferTask", (sid, { options }) => /** @type {{mode?: unknown}} */ (options ?? {}).mode === "WARM" ? undefined : mayGo(sid));
  precede("StartChannelTransfer", mayGo);
  precede("LeaveChannel", async (sid) => {
    await mayGo(sid);
    await end(sid);
  });
  // As the host will not go on either, nothing is said.
  precede("WrapupTask", (sid, payload) => statusOf(taskOf(payload)) === "accepted" ? end(sid) : undefined);
  precede("CompleteTask", (sid, payload) => statusOf(taskOf(payload)) === "completed" ? undefined : end(sid));
}

/** This end could still answer or let somebody in. @param {Conversation} conversation */
function holds({ state, members }) {
  const over = state === "left" || state === "closed" || state === "lost" || state === "rejoining" || state === "forked";
  return !over && members.some((m) => m.self && m.role !== "customer");
}
