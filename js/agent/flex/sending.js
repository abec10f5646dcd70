/**
 * The host's actions that send: in a sealed conversation they seal, in any other they are the host's own, with the
 * payload that they had. What fails gives the text back to the box; nothing is ever sent in another way.
 * What is sent goes to the encrypted conversation that was shown when Send was pressed, or nowhere.
 *
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {import("./host.js").Original} Original
 * @typedef {import("../../widget/facade.js").Conversation} Conversation
 */
import { fileProblem, sendProblem, textProblem } from "../kit.js";
import { isConversation } from "./leaving.js";
import { refusal } from "./refusal.js";
import { flexWords } from "./words.js";

/** @typedef {{body?: unknown, plainTextBody?: unknown, htmlBody?: unknown, attachedFiles?: readonly File[], file?: File, media?: unknown, conversationSid?: string, channelSid?: string, conversation?: unknown}} Asked */

/**
 * @template {{close: () => unknown}} T
 * @param {object} parts
 * @param {import("./host.js").Actions} parts.Actions
 * @param {(sid: string) => SDKConversation|undefined} parts.find
 * @param {import("./guard.js").Guard} parts.guard
 * @param {import("./knowledge.js").Knowledge} parts.knowledge
 * @param {import("./sessions.js").Sessions<T>} parts.sessions
 * @param {(text: string, sid: string) => void} parts.tell  "": what was told before is over
 * @param {(sid: string) => string|undefined} [parts.typed]  what stands in the box now
 */
export function replaceSending({ Actions, find, guard, knowledge, sessions, tell, typed = () => undefined }) {
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
    const standing = await knowledge.learn(source).catch((error) => {
      tell(flexWords.unknown, source.sid);
      throw error;
    });
    if (standing === "plain") return original(payload);
    return seal(payload, source, to);
  });

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
    const { conversation, asks } = sessions.choice(source.sid);
    if (asks) throw refusal("unavailable", flexWords.chooseFirst);
    if (!conversation) throw refusal("not a member", flexWords.noKey);
    if (conversation.id !== to) throw refusal("unavailable", flexWords.becameAnother);
    const { blocked = "" } = sessions.kit.conversation(conversation.id)?.draft ?? {};
    if (blocked) throw refusal("unavailable", blocked);
    return conversation;
  };

  /**
   * What is left of a text goes back into the box, before what was typed there since.
   * @param {SDKConversation} source
   * @param {string} left
   * @param {string} text  as it was
   */
  const putBack = async (source, left, text) => {
    const body = inBox(left, text, typed(source.sid));
    if (body !== undefined) await Actions.invokeAction("SetInputText", { conversationSid: source.sid, body }).catch(() => {});
  };

  replace("SendMessage", async ({ body, plainTextBody, htmlBody, attachedFiles = [], conversationSid }, source, to) => {
    const text = typeof body === "string" ? body : "";
    if (text.trim() === "" && [plainTextBody, htmlBody].some((one) => typeof one === "string" && one.trim() !== "")) {
      tell(flexWords.otherField, source.sid);
      throw refusal("bad argument", flexWords.otherField);
    }
    const sid = conversationSid ?? source.sid;
    // What belongs in the box when something fails: not what is kept already, or it would be sent twice.
    let left = text;
    try {
      const long = textProblem(text);
      if (long) throw refusal("too long", long);
      const conversation = await ready(source, to);
      if (text.trim() !== "") await conversation.send(text);
      left = "";
      for (const file of attachedFiles) {
        await conversation.sendFile(file, { name: file.name });
        await Actions.invokeAction("DetachFile", { conversationSid: sid, file }).catch(() => {});
      }
      tell("", source.sid);
      await putBack(source, "", text);
      return undefined;
    } catch (error) {
      tell(problemOf(error), source.sid);
      await putBack(source, left, text);
      throw error;
    }
  });

  replace("SendMediaMessage", async ({ file }, source, to) => {
    if (!file) return undefined;
    try {
      await (await ready(source, to)).sendFile(file, { name: file.name });
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

/**
 * What belongs in the box after an attempt; undefined: it stays as it is.
 * @param {string} left  of the text
 * @param {string} text  as it was
 * @param {string|undefined} now  what stands there, if that is known
 */
export function inBox(left, text, now = text) {
  const since = now === text ? "" : now;
  return left === "" && since !== "" ? undefined : [left, since].filter(Boolean).join("\n");
}

/** @param {unknown} error */
function isOurs(error) {
  return error instanceof Error && error.message.startsWith("sealwire: ");
}

/** @param {unknown} error */
export function problemOf(error) {
  return isOurs(error) ? /** @type {Error} */ (error).message.slice("sealwire: ".length) : sendProblem(error);
}
