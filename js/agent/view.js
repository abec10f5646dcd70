/**
 * A conversation as an agent desktop shows it: plain data, computed anew from what the client says. Nothing in it is
 * markup, and every text stands as it is to be shown. Pure, no document, no clock but the caller's.
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/facade.js").Message} Message
 *
 * @typedef {object} ConversationView
 * @property {string} id
 * @property {import("../widget/facade.js").ConversationState} state
 * @property {string} title       whom it is with: "Customer 3F9A"
 * @property {boolean} verified   the company's key vouches for whom it is with
 * @property {import("./trust.js").Trust} trust
 * @property {import("./trust.js").Banner} banner
 * @property {readonly import("../widget/rows.js").Row[]} rows  oldest first: dates, messages, gaps, what happened between
 * @property {number} hidden      older messages that are not among the rows
 * @property {string} continues   a sentence, where it continues an earlier one that this end cannot show above it; else ""
 * @property {readonly import("../widget/ledger.js").Reader[]} readers  who is in it, and what they can read; then who was
 * @property {readonly import("../widget/facade.js").Move[]} moves      that can be made now
 * @property {string} moving      the move that is under way, in words; ""
 * @property {number} unsent      messages of this end that are not sent yet: worth a warning before leaving
 * @property {Draft} draft
 *
 * @typedef {object} Draft        the rules of the box
 * @property {boolean} shown      there is a box: to write in, or to copy from what could not be sent
 * @property {string} blocked     why nothing can be sent now, or ""
 * @property {string} placeholder what stands in the empty box while it is blocked; ""
 */
import { fileLook } from "../widget/files.js";
import { readers } from "../widget/ledger.js";
import { earlierOf } from "../widget/model.js";
import { movingText } from "../widget/movewords.js";
import { chained, page } from "../widget/rows.js";
import { blocked, hasBox, isPaused, readsAlong } from "../widget/standing.js";
import { words } from "../widget/words.js";
import { customerOf, titleOf } from "./customer.js";
import { bannerOf, trustOf } from "./trust.js";
import { deskWords } from "./words.js";

/**
 * @param {Conversation} conversation
 * @param {object} place
 * @param {Client|undefined} place.client
 * @param {number} place.now
 * @param {number} [place.limit]    only so many of the newest messages; default 200
 * @param {string} [place.failure]  what stops all of this page, or ""
 * @param {(message: Message) => {here?: boolean, saved?: boolean}} [place.file]  what this page did with a file
 * @returns {ConversationView}
 */
export function conversationView(conversation, { client, now, limit = page, failure = "", file = () => ({}) }) {
  const online = client?.state === "online" && failure === "";
  const parts = partsOf(client, conversation);
  const { rows, hidden } = chained(parts, { now, limit, look: (message, { state }) => fileLook(message, { state, online, ...file(message) }) });
  const why = failure || blocked(client, conversation);
  return Object.freeze({
    id: conversation.id,
    state: conversation.state,
    title: titleOf(conversation),
    verified: customerOf(conversation)?.verified ?? true,
    trust: trustOf(client, conversation),
    banner: bannerOf(client, conversation),
    rows,
    hidden,
    continues: conversation.previous !== null && parts.length === 1 ? deskWords.continues : "",
    readers: readers(conversation.members, conversation.ledger, now),
    moves: online && !conversation.moving ? conversation.moves : [],
    moving: conversation.moving ? movingText(conversation.moving) : "",
    unsent: conversation.messages.filter((m) => m.self && (m.status === "queued" || m.status === "sending")).length,
    draft: {
      shown: hasBox(conversation),
      blocked: why,
      placeholder: why === "" ? "" : isPaused(conversation) ? words.paused : readsAlong(conversation) ? words.readsAlong : words.shut,
    },
  });
}

/**
 * It, under those that it continues and of which this end can read something.
 * @param {Client|undefined} client
 * @param {Conversation} conversation
 */
export function partsOf(client, conversation) {
  return [...earlierOf(client, conversation).filter((c) => c.messages.length > 0), conversation];
}
