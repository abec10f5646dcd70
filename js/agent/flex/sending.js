/**
 * The host's actions that send: in a sealed conversation they seal, in any other they are the host's own, with the
 * payload that they had. What fails gives the text back to the box; nothing is ever sent in another way.
 *
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {import("./host.js").Original} Original
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 */
import { fileProblem, sendProblem, textProblem } from "../kit.js";
import { isConversation } from "./leaving.js";
import { refusal } from "./refusal.js";
import { flexWords } from "./words.js";

/** @typedef {{body?: unknown, attachedFiles?: readonly File[], file?: File, media?: unknown, conversationSid?: string, channelSid?: string, conversation?: unknown}} Asked */

/**
 * @template {{close: () => unknown}} T
 * @param {object} parts
 * @param {import("./host.js").Actions} parts.Actions
 * @param {(sid: string) => SDKConversation|undefined} parts.find
 * @param {import("./guard.js").Guard} parts.guard
 * @param {import("./knowledge.js").Knowledge} parts.knowledge
 * @param {import("./sessions.js").Sessions<T>} parts.sessions
 * @param {(text: string, sid: string) => void} parts.tell  "": what was told before is over
 */
export function replaceSending({ Actions, find, guard, knowledge, sessions, tell }) {
  /** @param {Asked|undefined} payload */
  const sourceOf = (payload) => {
    const given = /** @type {{source?: unknown}|undefined} */ (payload?.conversation)?.source;
    if (isConversation(given)) return given;
    return find(payload?.conversationSid ?? payload?.channelSid ?? "");
  };

  /**
   * @param {string} name
   * @param {(payload: Asked, source: SDKConversation) => Promise<unknown>} seal
   */
  const replace = (name, seal) => Actions.replaceAction(name, async (/** @type {Asked} */ payload, /** @type {Original} */ original) => {
    const source = sourceOf(payload);
    // Without a conversation the host has nowhere to send to, and says so.
    if (!source) return original(payload);
    guard.watch(source);
    const standing = await knowledge.learn(source).catch((error) => {
      tell(flexWords.unknown, source.sid);
      throw error;
    });
    if (standing === "plain") return original(payload);
    return seal(payload, source);
  });

  /** @param {SDKConversation} source */
  const ready = async (source) => {
    if (!guard.holds(source)) throw refusal("unavailable", flexWords.unguarded);
    sessions.open(source);
    await sessions.start();
    const conversation = sessions.conversation(source.sid);
    if (!conversation) throw refusal("not a member", flexWords.noKey);
    const { blocked = "" } = sessions.kit.conversation(conversation.id)?.draft ?? {};
    if (blocked) throw refusal("unavailable", blocked);
    return conversation;
  };

  /** @param {SDKConversation} source @param {string} body */
  const putBack = (source, body) => Actions.invokeAction("SetInputText", { conversationSid: source.sid, body }).catch(() => {});

  replace("SendMessage", async ({ body, attachedFiles = [], conversationSid }, source) => {
    const text = typeof body === "string" ? body : "";
    const sid = conversationSid ?? source.sid;
    // What belongs in the box when something fails: not what is kept already, or it would be sent twice.
    let left = text;
    try {
      const long = textProblem(text);
      if (long) throw refusal("too long", long);
      const conversation = await ready(source);
      if (text.trim() !== "") await conversation.send(text);
      left = "";
      for (const file of attachedFiles) {
        await conversation.sendFile(file, { name: file.name });
        await Actions.invokeAction("DetachFile", { conversationSid: sid, file }).catch(() => {});
      }
      tell("", source.sid);
      await putBack(source, "");
      return undefined;
    } catch (error) {
      tell(problemOf(error), source.sid);
      await putBack(source, left);
      throw error;
    }
  });

  replace("SendMediaMessage", async ({ file }, source) => {
    if (!file) return undefined;
    try {
      await (await ready(source)).sendFile(file, { name: file.name });
      return undefined;
    } catch (error) {
      tell(isOurs(error) ? problemOf(error) : fileProblem(error, "up"), source.sid);
      throw error;
    }
  });

  replace("DownloadMedia", async ({ media }, source) => {
    const { sealwire } = /** @type {{sealwire?: {conversation: string, message: string}}} */ (media ?? {});
    // What lies on the platform is sealed; only from a message can it be opened.
    if (!sealwire) {
      tell(flexWords.lost, source.sid);
      throw refusal("bad argument", flexWords.lost);
    }
    await sessions.kit.act(sealwire.conversation, "save", sealwire.message);
    return undefined;
  });
}

/** @param {unknown} error */
function isOurs(error) {
  return error instanceof Error && error.message.startsWith("sealwire: ");
}

/** @param {unknown} error */
export function problemOf(error) {
  return isOurs(error) ? /** @type {Error} */ (error).message.slice("sealwire: ".length) : sendProblem(error);
}
