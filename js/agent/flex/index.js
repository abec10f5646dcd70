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
 * The caller's duties: call it before other plugins keep methods of the SDK; give `isSealed` where the company knows
 * which of its channels are encrypted, for that is what a platform cannot talk away.
 *
 * @typedef {import("./host.js").Manager} Manager
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 */
import { Choices } from "./choice.js";
import { components } from "./components.js";
import { saysSealed } from "./envelope.js";
import { Following } from "./following.js";
import { Guard } from "./guard.js";
import { Knowledge } from "./knowledge.js";
import { inBox, replaceSending } from "./sending.js";
import { Sessions } from "./sessions.js";
import { isCarriage } from "./shown.js";
import { coverStrings, hides } from "./strings.js";
import { replaceTasks, sidOfTask } from "./tasks.js";
import { flexWords } from "./words.js";

const notSent = "SealwireNotSent";

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
  /** What was told last, until something is sent. @type {Map<string, string>} */
  const problems = new Map();
  const tell = (/** @type {string} */ text, /** @type {string} */ sid) => {
    if (text === "") {
      problems.delete(sid);
      asked.delete(sid);
    } else problems.set(sid, text);
    if (text !== "") flex.Notifications.showNotification(notSent, { text });
    sessions.changed();
  };
  /** What was last to be sent from the box: where the guard holds it back, whoever tried, it goes there again. @type {Map<string, string>} */
  const asked = new Map();
  flex.Actions.addListener("beforeSendMessage", (/** @type {{body?: unknown, conversationSid?: string, conversation?: {source?: {sid?: string}}}|undefined} */ payload) => {
    const sid = payload?.conversation?.source?.sid ?? payload?.conversationSid;
    if (sid && typeof payload?.body === "string") asked.set(sid, payload.body);
  });
  const typed = (/** @type {string} */ sid) => manager.store.getState()?.flex?.chat?.conversationInput?.[sid]?.inputText;
  const guard = new Guard(knowledge, (sid) => {
    tell(flexWords.heldBack, sid);
    const body = asked.get(sid);
    asked.delete(sid);
    // The host empties the box when it is done with the attempt, or puts there what whoever tried made of the text.
    if (body) setTimeout(() => {
      const now = typed(sid);
      void flex.Actions.invokeAction("SetInputText", { conversationSid: sid, body: now?.includes(body) ? body : inBox(body, body, now) }).catch(() => {});
    });
  });
  const sessions = new Sessions({ client, over, transport, own: (conversation) => guard.own(conversation), kit: { name: "Agent", download }, choices: new Choices(memory) });
  /** @returns {import("./following.js").Shown} */
  const store = () => {
    const { chat, worker } = manager.store.getState()?.flex ?? {};
    return { conversations: /** @type {Record<string, import("./following.js").HostConversation>} */ (chat?.conversations ?? {}), tasks: worker?.tasks?.values() ?? [] };
  };
  const following = new Following({ guard, knowledge, sessions, store, forgotten: (sid) => void (problems.delete(sid), asked.delete(sid)) });
  const find = (/** @type {string} */ sid) => following.find(sid);

  flex.Notifications.registerNotification({ id: notSent, type: flex.NotificationType.error, content: flexWords.notSent, timeout: 0 });
  replaceSending({ Actions: flex.Actions, find, guard, knowledge, sessions, tell, typed });
  replaceTasks({ Actions: flex.Actions, tasks: () => store().tasks, find, knowledge, sessions, tell });
  const sealed = (/** @type {string} */ sid) => knowledge.of(sid) === "sealed";
  coverStrings(/** @type {Record<string, unknown>} */ (manager.strings), { handlebars: /** @type {{Handlebars?: import("./strings.js").Handlebars}} */ (globalThis).Handlebars, sealed });
  flex.Notifications.addListener(flex.NotificationEvent.beforeAddNotification, (notification, cancel) => {
    const { lastMessage, conversationSid } = /** @type {{lastMessage?: {source?: {index: number}}, conversationSid?: string}} */ (notification?.context ?? {});
    // Who came and went is no message.
    if (lastMessage?.source && hides(lastMessage, sealed) && sessions.find(conversationSid ?? "", lastMessage.source.index).kind !== "message") cancel();
  });

  const { Bubble, Banner, Tab } = components({ React, Actions: flex.Actions, sessions, knowledge, problem: (sid) => problems.get(sid) ?? "" });
  const h = React.createElement;
  flex.MessageBubble.Content.replace(h(Bubble, { key: "body" }), {
    if: (/** @type {{conversationSid?: string, message?: {source?: {body?: unknown}}}} */ { conversationSid, message }) =>
      saysSealed(message?.source?.body) || sealed(conversationSid ?? ""),
  });
  flex.MessageListItem.Content.replace(h("span", { key: "content", className: "sealwire-carriage", hidden: true }), {
    if: (/** @type {{conversationSid?: string, message?: {source?: {body?: unknown}}}} */ { conversationSid, message }) =>
      message?.source !== undefined && (saysSealed(message.source.body) || sealed(conversationSid ?? "")) && isCarriage(message.source),
  });
  flex.MessagingCanvas.Content.add(h(Banner, { key: "sealwire-banner" }), { sortOrder: -1 });
  for (const place of [flex.TaskCanvasTabs, flex.Supervisor.TaskCanvasTabs]) {
    place.Content.add(h(Tab, { key: "sealwire-tab", uniqueName: "sealwire", label: flexWords.tab }), { if: (/** @type {{task?: unknown}} */ { task }) => sealed(sidOfTask(task)) });
  }

  const look = () => {
    guard.watchClient(manager.conversationsClient);
    following.look();
  };
  manager.store.subscribe(look);
  look();
  return Object.freeze({ guard, knowledge, sessions, Tab });
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

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
