/**
 * Where the page itself stands, before and beside what a client says. Pure.
 * @typedef {import("./facade.js").Client} Client
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {{kind: "loading"}
 *   | {kind: "unset"}
 *   | {kind: "wrong"}
 *   | {kind: "missing"}
 *   | {kind: "broken"}
 *   | {kind: "refused", code: string}
 *   | {kind: "failed", code: string}
 *   | {kind: "running"}} Stage
 */
import { nameOf, peopleOf } from "./model.js";
import { blocked, brokenText, connectionOf, isPaused, lockOf } from "./standing.js";
import { listText, sentence, words } from "./words.js";

/** Nothing is encrypted here, and nothing is sent. @param {Stage} stage */
export function isStopped({ kind }) {
  return kind !== "running" && kind !== "loading";
}

/**
 * What a person must be told, and told aloud; "" for nothing.
 * @param {Stage} stage
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 */
export function troubleOf(stage, client, conversation) {
  if (stage.kind === "unset") return words.unset;
  if (stage.kind === "wrong") return words.wrong;
  if (stage.kind === "missing") return `${words.cannotEncrypt} ${words.missing}`;
  if (stage.kind === "broken") return `${words.cannotEncrypt} ${words.broken}`;
  if (stage.kind === "refused" || client?.state === "refused") return words.refused;
  if (stage.kind === "failed") return sentence(stage.code);
  if (client?.state === "closed") return words.stopped;
  return brokenText(conversation);
}

/**
 * Why nothing can be written now, or "".
 * @param {Stage} stage
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 */
export function blockedBy(stage, client, conversation) {
  return isStopped(stage) ? troubleOf(stage, client, conversation) : blocked(client, conversation);
}

/**
 * @param {Stage} stage
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 * @returns {import("./standing.js").Lock}
 */
export function lockBeside(stage, client, conversation) {
  return isStopped(stage) ? { tone: "danger", title: words.unencrypted, detail: "" } : lockOf(client, conversation);
}

/**
 * What the lock says besides; what is broken is said over the whole width.
 * @param {import("./standing.js").Lock} lock
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 */
export function lockText({ tone, detail }, client, conversation) {
  if (tone === "danger") return "";
  return client?.state === "offline" && !isPaused(conversation) ? words.reconnecting : detail;
}

/**
 * The top of the panel: whom one talks with, and the connection.
 * @param {Stage} stage
 * @param {Client|undefined} client
 * @param {Conversation|undefined} conversation
 * @param {string} heading  the title while nobody is there
 */
export function headOf(stage, client, conversation, heading) {
  const names = peopleOf(conversation).map(nameOf);
  const stopped = isStopped(stage);
  return {
    title: listText(names) || heading,
    face: names[0] ?? heading,
    connection: stopped ? words.stoppedShort : connectionOf(client, conversation),
    state: stopped ? "refused" : client?.state ?? "connecting",
    who: Boolean(conversation?.members.length) && client?.state !== "elsewhere",
  };
}
