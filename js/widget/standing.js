/**
 * How a conversation and the connection stand, in words: pure.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 */
import { locale } from "./locale.js";
import { nameOf, others } from "./model.js";
import { doubtfulText, forkedText, listText, words } from "./words.js";

/**
 * Whose course of the conversation is in doubt.
 * @param {Conversation} conversation
 */
function differing({ differs }) {
  return differs ? nameOf(differs) : words.otherSide;
}

/**
 * How the two ends stand, in words. The tone picks a colour and an icon; the title says the same without them.
 * @typedef {object} Lock
 * @property {"secure"|"pending"|"open"|"danger"} tone
 * @property {string} title
 * @property {string} detail  empty if the title says it all
 */

/**
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 * @returns {Lock}
 */
export function lockOf(client, conversation) {
  if (client?.state === "refused") return { tone: "danger", title: words.stoppedShort, detail: words.refused };
  if (client?.state === "closed") return { tone: "danger", title: words.stoppedShort, detail: words.stopped };
  switch (conversation?.state) {
    case "secured":
      if (isWaiting(conversation)) {
        const customer = conversation.members.some((m) => m.self && m.role === "customer");
        return customer ? { tone: "secure", title: words.sealed, detail: words.waits } : { tone: "pending", title: words.waitingForAgent, detail: words.waitsHere };
      }
      return { tone: "secure", title: locale().say.encryptedWith(listText(others(conversation).map(nameOf)) || words.noOneElse), detail: "" };
    case "rejoining":
      return { tone: "pending", title: words.rejoiningTitle, detail: words.rejoining };
    case "doubtful":
      return { tone: "pending", title: locale().say.pausedUntil(differing(conversation)), detail: doubtfulText(differing(conversation)) };
    case "unreadable":
      return { tone: "pending", title: words.unreadableTitle, detail: words.unreadable };
    case "left":
      return { tone: "open", title: words.leftTitle, detail: words.left };
    case "lost":
      return { tone: "danger", title: words.lostTitle, detail: words.lost };
    case "forked":
      return { tone: "danger", title: words.forkedTitle, detail: forkedText(conversation.differs && nameOf(conversation.differs)) };
    case "closed":
      return { tone: "open", title: words.closedTitle, detail: words.closed };
  }
  if (!client) return { tone: "open", title: words.notYet, detail: "" };
  if (client.state === "online") {
    const queued = conversation?.messages.some((m) => m.self && (m.status === "queued" || m.status === "sending"));
    if (!client.agents) return { tone: "pending", title: words.waitingForAgent, detail: words.noOne };
    if (queued) return { tone: "pending", title: words.settingUp, detail: "" };
  }
  return { tone: "open", title: words.notYet, detail: words.notYetText };
}

/**
 * The connection, in words.
 * @param {Client|undefined} client
 * @param {Conversation|undefined} [conversation]
 * @returns {string}
 */
export function connectionOf(client, conversation) {
  switch (client?.state) {
    case "online":
      if (conversation?.state === "secured" && conversation.attended && !client.agents) return words.connectedAlone;
      return words.connected;
    case "offline":
      return words.reconnectingShort;
    case "elsewhere":
      return words.elsewhereTitle;
    case "refused":
      return words.stoppedShort;
    case "closed":
      return words.disconnected;
    default:
      return words.connecting;
  }
}

/**
 * Why nothing can be written now, or "" if it can.
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 */
export function blocked(client, conversation) {
  if (client?.state === "refused") return words.refused;
  if (client?.state === "closed") return words.stopped;
  if (client?.state === "elsewhere") return words.elsewhere;
  if (readsAlong(conversation)) return words.readsAlong;
  return conversation && (isPaused(conversation) || isOver(conversation)) ? lockOf(client, conversation).detail : "";
}

/**
 * Sealed for the company, and nobody of it answers yet.
 * @param {Conversation|undefined} conversation
 */
export function isWaiting(conversation) {
  return conversation?.state === "secured" && !conversation.attended;
}

/**
 * This end reads and does not write.
 * @param {Conversation|undefined} conversation
 */
export function readsAlong(conversation) {
  return conversation?.state === "secured" && conversation.members.some((m) => m.self && m.role === "supervisor");
}

/**
 * Nothing is sent for now, and that heals by itself.
 * @param {Conversation|undefined} conversation
 */
export function isPaused(conversation) {
  return conversation?.state === "rejoining" || conversation?.state === "doubtful" || conversation?.state === "unreadable";
}

/**
 * Nothing can be sent any more, for good.
 * @param {Conversation|undefined} conversation
 */
export function isOver(conversation) {
  return conversation?.state === "left" || conversation?.state === "lost" || conversation?.state === "forked" || conversation?.state === "closed";
}

/**
 * There is a box: to write in, or to copy from what could not be sent.
 * @param {Conversation|undefined} conversation
 */
export function hasBox(conversation) {
  return conversation?.state !== "closed" && conversation?.state !== "left";
}

/**
 * What a person must be told aloud of the conversation itself, or "".
 * @param {Conversation|undefined} conversation
 */
export function brokenText(conversation) {
  return conversation?.state === "lost" || conversation?.state === "forked" ? lockOf(undefined, conversation).detail : "";
}
