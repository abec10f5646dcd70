/** The whole of what a client is in, as plain data. Pure, no clock but the caller's. */
import { plainName } from "../widget/model.js";
import { connectionOf } from "../widget/standing.js";
import { words } from "../widget/words.js";
import { lines } from "./list.js";
import { queueView } from "./queueview.js";
import { deskWords } from "./words.js";

/**
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("./types.js").KitView} KitView
 */

/**
 * @param {Client|undefined} client
 * @param {object} place
 * @param {number} place.now
 * @param {string} place.name     who works here, until a conversation says it; ""
 * @param {string} place.failure  what stops all of this page, or ""
 * @param {string} place.notice
 * @param {boolean} place.plain   previews show what was written
 * @param {(conversation: import("../widget/facade.js").Conversation) => number} place.unread
 * @returns {KitView}
 */
export function kitView(client, { now, name, failure, notice, plain, unread }) {
  const all = client?.conversations ?? [];
  const elsewhere = client?.state === "elsewhere";
  const self = all.flatMap((c) => c.members).find((m) => m.self);
  const conversations = elsewhere ? [] : lines(all, { now, unread, plain });
  return Object.freeze({
    state: failure ? "refused" : client?.state ?? "connecting",
    connection: failure ? words.stoppedShort : connectionOf(client),
    name: plainName(self?.alias ?? "") || name || deskWords.agentDesk,
    trouble: failure || troubleOf(client),
    notice,
    queue: queueView(elsewhere ? undefined : client?.queues, { now, role: client?.role ?? "agent" }),
    conversations,
    unread: conversations.reduce((sum, line) => sum + line.unread, 0),
  });
}

/** What stops all conversations; what stops one stands in its own view. @param {Client|undefined} client */
function troubleOf(client) {
  if (client?.state === "refused") return words.refused;
  return client?.state === "closed" ? `${words.stopped} ${deskWords.reload}` : "";
}
