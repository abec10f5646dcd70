/**
 * The host's actions that send: in a sealed conversation they seal, in any other they are the host's own, with the
 * payload that they had. What fails gives the text back to the box; nothing is ever sent in another way.
 * What is sent goes to the encrypted conversation that was shown when Send was pressed, or nowhere.
 *
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {import("./host.js").Original} Original
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 */
import { fileName, fileProblem, sendProblem, textProblem } from "../kit.js";
import { Box } from "./box.js";
import { isConversation } from "./leaving.js";
import { refusal } from "./refusal.js";
import { flexWords } from "./words.js";

/** @typedef {{body?: unknown, plainTextBody?: unknown, htmlBody?: unknown, attachedFiles?: readonly File[], file?: File, media?: unknown, contentSid?: unknown, contentTemplateSid?: unknown, conversationSid?: string, channelSid?: string, conversation?: unknown}} Asked */

/**
 * @template {{close: () => unknown}} T
 * @param {object} parts
 * @param {import("./host.js").Actions} parts.Actions
 * @param {(sid: string) => SDKConversation|undefined} parts.find
 * @param {import("./guard.js").Guard} parts.guard
 * @param {import("./knowledge.js").Knowledge} parts.knowledge
 * @param {import("./sessions.js").Sessions<T>} parts.sessions
 * @param {(text: string, sid: string) => void} parts.tell  "": what was told before is over
 * @param {import("./box.js").Box} [parts.box]
 */
export function replaceSending({ Actions, find, guard, knowledge, sessions, tell, box = new Box({ Actions }) }) {
  /** Which conversation was shown when an action was asked for. @type {WeakMap<object, string>} */
  const shown = new WeakMap();

  /** @param {Asked|undefined} payload */
  const sourceOf = (payload) => {
    const given = /** @type {{source?: unknown}|undefined} */ (payload?.conversation)?.source;
    if (isConversation(given)) return given;
    return find(payload?.conversationSid ?? payload?.channelSid ?? "");
  };

  /**
   * @param {string} name
   * @param {(payload: Asked, source: SDKConversation, to: string) => Promise<unknown>} seal  to: id of the conversation that was shown
   */
  const replace = (name, seal) => Actions.replaceAction(name, async (/** @type {Asked} */ payload, /** @type {Original} */ original) => {
    const source = sourceOf(payload);
    const to = (payload && shown.get(payload)) ?? sessions.shown(source?.sid ?? "");
    // Without a conversation the host has nowhere to send to, and says so.
    if (!source) return original(payload);
    guard.watch(source);
    const standing = await knowledge.learn(source).catch(async (error) => {
      tell(flexWords.unknown, source.sid);
      await giveBack(name, payload, source);
      throw error;
    });
    if (standing === "plain") return original(payload);
    try {
      return await seal(payload, source, to);
    } finally {
      box.over(source.sid);
    }
  });

  /** All of it, as it came. @param {string} name @param {Asked} payload @param {SDKConversation} source */
  const giveBack = async (name, { body, attachedFiles = [], file }, { sid }) => {
    if (name === "SendMediaMessage" && file) await box.attach(sid, [file]);
    if (name !== "SendMessage") return;
    await box.attach(sid, attachedFiles);
    if (typeof body === "string" && body !== "") await box.back(sid, body, body);
  };

  // Others listen before the action, and may take their time.
  for (const name of ["SendMessage", "SendMediaMessage"]) {
    Actions.addListener(`before${name}`, (/** @type {Asked|undefined} */ payload) => {
      const source = sourceOf(payload);
      if (payload && source && !shown.has(payload)) shown.set(payload, sessions.shown(source.sid));
    });
  }

  /** @param {SDKConversation} source @param {string} to */
  const ready = async (source, to) => {
    if (!guard.holds(source)) throw refusal("unavailable", flexWords.unguarded);
    sessions.open(source);
    await sessions.start();
    if (sessions.blocked) throw refusal("unavailable", sessions.blocked);
    const { conversation, asks } = sessions.choice(source.sid);
    if (asks) throw refusal("unavailable", flexWords.chooseFirst);
    if (!conversation && !sessions.begun(source.sid)) throw refusal("unavailable", sessions.live(source.sid) ? flexWords.notBegun : flexWords.starting);
    if (!conversation) throw refusal("not a member", flexWords.noKey);
    if (conversation.id !== to) throw refusal("unavailable", flexWords.becameAnother);
    const { blocked = "" } = sessions.kit.conversation(conversation.id)?.draft ?? {};
    if (blocked) throw refusal("unavailable", blocked);
    return conversation;
  };

  /**
   * Each has a message then, or is in the box.
   * @param {SDKConversation} source
   * @param {string} id  of the encrypted conversation
   * @param {readonly File[]} files
   */
  const sendFiles = async ({ sid }, id, files) => {
    const { done } = await sessions.kit.sendFiles(id, files);
    const refused = await done;
    for (const file of files) {
      if (!refused.some((one) => one.file === file)) await Actions.invokeAction("DetachFile", { conversationSid: sid, file }).catch(() => {});
    }
    const [first] = refused;
    if (!first) return;
    await box.attach(sid, refused.map(({ file }) => file));
    throw Object.assign(new FileRefused(first.error), { problem: `${fileName(first.file.name)}: ${isOurs(first.error) ? problemOf(first.error) : fileProblem(first.error, "up")}` });
  };

  replace("SendMessage", async ({ body, plainTextBody, htmlBody, attachedFiles = [], contentSid, contentTemplateSid }, source, to) => {
    const { sid } = source;
    const text = typeof body === "string" ? body : "";
    const empty = text.trim() === "";
    const other = [plainTextBody, htmlBody].some((one) => typeof one === "string" && one.trim() !== "");
    if (empty && (other || contentSid || contentTemplateSid)) {
      const why = other ? flexWords.otherField : flexWords.noTemplates;
      tell(why, sid);
      throw refusal("bad argument", why);
    }
    if (empty && attachedFiles.length === 0) return undefined;
    // What belongs in the box when something fails: not what is kept already, or it would be sent twice.
    let left = text;
    let files = attachedFiles;
    try {
      const long = textProblem(text);
      if (long) throw refusal("too long", long);
      const conversation = await ready(source, to);
      if (!empty) await sessions.kit.send(conversation.id, text);
      left = "";
      files = [];
      if (attachedFiles.length > 0) await sendFiles(source, conversation.id, attachedFiles);
      tell("", sid);
      await box.back(sid, "", text);
      return undefined;
    } catch (error) {
      tell(problemOf(error), sid);
      await box.attach(sid, files);
      await box.back(sid, left, text);
      throw causeOf(error);
    }
  });

  replace("SendMediaMessage", async ({ file }, source, to) => {
    if (!file) return undefined;
    try {
      const conversation = await ready(source, to).catch(async (error) => {
        await box.attach(source.sid, [file]);
        throw error;
      });
      await sendFiles(source, conversation.id, [file]);
      return undefined;
    } catch (error) {
      tell(problemOf(error), source.sid);
      throw causeOf(error);
    }
  });

  replace("SendRichContentMessage", async (_, { sid }) => {
    tell(flexWords.noTemplates, sid);
    throw refusal("bad argument", flexWords.noTemplates);
  });

  replace("DownloadMedia", async ({ media }, { sid }) => {
    const { sealwire } = /** @type {{sealwire?: {conversation: string, message: string}}} */ (media ?? {});
    // What lies on the platform is sealed; only from a message can it be opened.
    const fail = (/** @type {string} */ problem, /** @type {import("../../index.js").Code} */ code = "unavailable") => {
      tell(problem, sid);
      throw refusal(code, problem);
    };
    if (!sealwire) return fail(flexWords.lost, "bad argument");
    const { kit } = sessions;
    const file = () => kit.find(sealwire.conversation)?.messages.find(({ id }) => id === sealwire.message)?.file;
    const label = `${fileName(file()?.name ?? "")}: `;
    if (!(await kit.act(sealwire.conversation, "save", sealwire.message))) return fail(flexWords.lost);
    // The kit tells by itself what failed, which here nobody would see.
    const { notice } = kit.view;
    if (notice.startsWith(label)) {
      kit.dismiss();
      return fail(notice);
    }
    const { state, error } = file() ?? {};
    if (state === "failed") return fail(label + fileProblem({ code: error }, "down"));
    return undefined;
  });
}

/** A file of which there is no message. */
class FileRefused extends Error {
  problem = "";

  /** @param {unknown} cause */
  constructor(cause) {
    super("a file was not sent", { cause });
  }
}

/** @param {unknown} error */
function causeOf(error) {
  return error instanceof FileRefused ? error.cause : error;
}

/** @param {unknown} error */
function isOurs(error) {
  return error instanceof Error && error.message.startsWith("sealwire: ");
}

/** @param {unknown} error */
export function problemOf(error) {
  if (error instanceof FileRefused) return error.problem;
  return isOurs(error) ? /** @type {Error} */ (error).message.slice("sealwire: ".length) : sendProblem(error);
}
