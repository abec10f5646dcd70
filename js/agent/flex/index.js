/**
 * Sealwire in Twilio Flex 2, in one call:
 *
 *   const carried = over();
 *   sealFlex(Flex, manager, {
 *     over: carried,
 *     transport: (conversation) => twilio({ client: manager.conversationsClient, conversation }),
 *     client: () => core.connect({ transport: carried, orgKey, role: "agent", authority: { url, login } }),
 *   });
 *
 * Conversations that are sealed (knowledge.js says how that is known) are opened and answered with the host's own box,
 * bubbles and buttons; in all others nothing changes. Beneath it the egress guard (guard.js) holds back whatever is not
 * sealed, whoever sends it. The plugin has no React of its own: it takes `React` from the options or from the page.
 *
 * It speaks the language of the kit's setLocale; what the host keeps (the tab's name, its own templates) that of the time
 * of this call.
 *
 * The caller's duties: call it before other plugins keep methods of the SDK; give `isSealed` where the company knows
 * which of its channels are encrypted, for that is what a platform cannot talk away.
 *
 * @typedef {import("./host.js").Manager} Manager
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 */
import { download } from "../../widget/dom.js";
import { onLocale } from "../../widget/locale.js";
import { Box } from "./box.js";
import { Choices } from "./choice.js";
import { components } from "./components.js";
import { saysSealed } from "./envelope.js";
import { Following } from "./following.js";
import { Guard } from "./guard.js";
import { Knowledge } from "./knowledge.js";
import { Problems } from "./problems.js";
import { replaceSending } from "./sending.js";
import { Sessions } from "./sessions.js";
import { isCarriage } from "./shown.js";
import { Strings, hides } from "./strings.js";
import { replaceTasks, sidOfTask } from "./tasks.js";
import { flexWords } from "./words.js";

/** What is called with the text of a message. */
const sends = new Set(["sendMessage", "setBody", "send", "sendV2"]);

/**
 * @template E
 * @typedef {import("./host.js").React<E>} React
 */

/**
 * @template T, E
 * @typedef {object} FlexOptions
 * @property {() => import("../../widget/facade.js").Client|Promise<import("../../widget/facade.js").Client>} client  asked
 *   for when the first sealed conversation is met; where it rejects, nothing is sent, and it is asked again
 * @property {import("./sessions.js").Carried<T>} over  what `client` was connected with as its transport
 * @property {(conversation: import("./sessions.js").OwnConversation) => T} transport
 * @property {import("./knowledge.js").IsSealed} [isSealed]
 * @property {import("./knowledge.js").Memory} [memory]  default the page's localStorage
 * @property {React<E>} [React]  default the page's
 */

/**
 * @template {{close: () => unknown}} T
 * @template E, N, V
 * @param {import("./host.js").Flex<E, N, V>} flex
 * @param {Manager} manager
 * @param {FlexOptions<T, E>} options
 * @returns what stands behind it, and the tab's component, for places of the host that are one's own
 */
export function sealFlex(flex, manager, { client, over, transport, isSealed, memory = storage(), React = pageReact() }) {
  const knowledge = new Knowledge({ ...(isSealed ? { isSealed } : {}), memory });
  const { Actions, Notifications } = flex;
  const problems = new Problems(Notifications, flex.NotificationType.error, flexWords.notSent, () => sessions.changed());
  const tell = (/** @type {string} */ text, /** @type {string} */ sid) => problems.tell(text, sid);
  const box = new Box({ Actions, input: (sid) => manager.store.getState()?.flex?.chat?.conversationInput?.[sid], mayBeSealed: (sid) => knowledge.of(sid) !== "plain" });
  box.follow();
  const guard = new Guard(knowledge, (sid, what) => {
    tell(flexWords.heldBack, sid);
    const text = sends.has(what) ? box.take(sid) : undefined;
    // The host empties the box when it is done with the attempt, or puts there what whoever tried made of the text.
    if (text) setTimeout(() => void box.backWhole(sid, text));
  });
  const sessions = new Sessions({
    client,
    over,
    transport,
    own: (conversation) => guard.own(conversation),
    // A file that has no message goes back by whoever sent it.
    kit: { name: "Agent", download, back: ({ id, text }) => void (text && box.add(sessions.sidOf(id), text)) },
    choices: new Choices(memory),
  });
  /** @returns {import("./following.js").Shown} */
  const store = () => {
    const { chat, worker } = manager.store.getState()?.flex ?? {};
    return { conversations: /** @type {Record<string, import("./following.js").HostConversation>} */ (chat?.conversations ?? {}), tasks: worker?.tasks?.values() ?? [] };
  };
  const following = new Following({ guard, knowledge, sessions, store, forgotten: (sid) => void (problems.forget(sid), box.over(sid)) });
  const find = (/** @type {string} */ sid) => following.find(sid);

  replaceSending({ Actions, find, guard, knowledge, sessions, tell, box });
  replaceTasks({ Actions, tasks: () => store().tasks, find, knowledge, sessions, tell });
  const sealed = (/** @type {string} */ sid) => knowledge.of(sid) === "sealed";
  const strings = new Strings(() => /** @type {Record<string, unknown>} */ (manager.strings), { handlebars: /** @type {{Handlebars?: import("./strings.js").Handlebars}} */ (globalThis).Handlebars, sealed });
  /** @param {{context?: unknown}} notification @param {() => void} cancel */
  const announced = (notification, cancel) => {
    const { lastMessage } = /** @type {{lastMessage?: {source?: {body?: unknown}}}} */ (notification?.context ?? {});
    // Who came and went is no message. By its outside alone: opening it takes longer than the host waits.
    if (lastMessage?.source && hides(lastMessage, sealed) && isCarriage(lastMessage.source)) cancel();
  };
  Notifications.addListener(flex.NotificationEvent.beforeAddNotification, announced);

  const { Bubble, Banner, Tab, Above, Below } = components({ React, Actions, sessions, knowledge, problem: (sid) => problems.of(sid), dismiss: (sid) => problems.forget(sid) });
  const h = React.createElement;
  flex.MessageBubble.Content.replace(h(Bubble, { key: "body" }), {
    if: (/** @type {{conversationSid?: string, message?: {source?: {body?: unknown}}}} */ { conversationSid, message }) =>
      saysSealed(message?.source?.body) || sealed(conversationSid ?? ""),
  });
  flex.MessageListItem.Content.replace(h("span", { key: "content", className: "sealwire-carriage", hidden: true }), {
    if: (/** @type {{conversationSid?: string, message?: {source?: {body?: unknown}}}} */ { conversationSid, message }) =>
      message?.source !== undefined && (saysSealed(message.source.body) || sealed(conversationSid ?? "")) && isCarriage(message.source),
  });
  flex.MessageListItem.Content.add(h(Above, { key: "sealwire-above" }), { sortOrder: -1 });
  flex.MessageListItem.Content.add(h(Below, { key: "sealwire-below" }), { sortOrder: 1_000 });
  flex.MessagingCanvas.Content.add(h(Banner, { key: "sealwire-banner" }), { sortOrder: -1 });
  for (const place of [flex.TaskCanvasTabs, flex.Supervisor.TaskCanvasTabs]) {
    place.Content.add(h(Tab, { key: "sealwire-tab", uniqueName: "sealwire", label: flexWords.tab }), { if: (/** @type {{task?: unknown}} */ { task }) => sealed(sidOfTask(task)) });
  }

  const look = () => {
    guard.watchClient(manager.conversationsClient);
    strings.cover();
    following.look();
  };
  const ends = [manager.store.subscribe(look), onLocale(() => sessions.changed())];
  look();
  /**
   * Nothing is followed, asked for or listened to any more, for a plugin that is taken away. What holds back stays, and
   * the host's actions do: in sealed conversations nothing is sent from then on. The client is its maker's to close.
   */
  const end = () => {
    for (const one of ends.splice(0)) if (typeof one === "function") one();
    Notifications.removeListener?.(flex.NotificationEvent.beforeAddNotification, announced);
    following.end();
    sessions.end();
    box.end();
  };
  return Object.freeze({ guard, knowledge, sessions, Tab, end });
}

/**
 * @template E
 * @returns {React<E>}
 */
function pageReact() {
  const { React } = /** @type {{React?: React<E>}} */ (globalThis);
  if (!React) throw new TypeError("sealFlex: expected the host's React, on the page or as an option");
  return React;
}

/** @returns {import("./knowledge.js").Memory|undefined} */
function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
