/**
 * The real Flex UI over the fake cloud: one agent, and the conversations that the address names. `view` says which part
 * of Flex is on the screen: the canvas of one conversation alone; "desk", the agent's whole desktop with the list of tasks
 * and a task for each conversation; "supervisor", what opens beside the teams for a task of somebody else's. What agents
 * write in is the box that Flex has by default; `input=1` is the one before it, which a company can still have.
 */
import { sealFlex } from "/js/agent/flex/index.js";
import { connectTo, credentialOf, over, transportOf } from "./company.js";
import { Line } from "./sdk.js";
import { Reservation, changes, comes, goes } from "./taskrouter.js";

const { Flex, React, ReactDOM, Redux, ReactRedux, ReactRouterDOM } = globalThis;
const h = React.createElement;
const options = new URLSearchParams(location.search);

/** Flex with its real reducers, connected as far as it can know. */
function startFlex(identity) {
  const combined = Redux.combineReducers({ flex: Flex.FlexReducer });
  const first = Redux.createStore(combined).getState();
  const session = { ...first.flex.chat.session, isInitialized: true, connectionState: "connected", client: { user: { identity } } };
  // Whom a login would say it is, and what they may see.
  const supervises = options.get("view") === "supervisor";
  const ssoTokenPayload = { identity, roles: [supervises ? "supervisor" : "agent"], token: "", expiration: "2100-01-01", permissions: supervises ? { monitorChat: true, seeTaskInfo: true } : {} };
  const known = { ...first.flex.session, ssoTokenPayload };
  const store = Redux.createStore(combined, { flex: { ...first.flex, session: known, chat: { ...first.flex.chat, session } } }, Flex.flexStoreEnhancer);
  const config = { accountSid: `AC${"0".repeat(32)}`, flexServiceInstanceSid: `GO${"0".repeat(32)}`, sdkOptions: {}, logLevel: "error", language: "default", theme: {} };
  const manager = new Flex.Manager(config, store);
  // Flex does so at its login, which is not here.
  if (options.get("input") !== "1") Flex.Manager.updateChatManager();
  return { store, manager };
}

/** What Flex's own orchestration does when a conversation comes: into the store, with its messages, and followed. */
async function follow(store, conversation, identity) {
  const meta = () => ({ conversationSid: conversation.sid, chatState: store.getState().flex.chat });
  store.dispatch({ type: Flex.ConversationState.ACTION_INIT_CONVERSATION ?? "CONVERSATION_INIT", payload: { conversation, identity, listener: {} }, meta: meta() });
  const added = (message) => store.dispatch({ type: Flex.ConversationState.ACTION_ADDED_MESSAGE, payload: message, meta: meta() });
  for (const message of (await conversation.getMessages(1000)).items) added(message);
  conversation.on("messageAdded", added);
}

/** Inside all that Flex puts around its own views. */
function draw({ store, manager }, ...views) {
  const inside = h("div", { style: { flex: 1, display: "flex", height: "100vh", minWidth: 0 } }, ...views);
  ReactDOM.render(h(ReactRedux.Provider, { store }, h(Flex.ContextProvider, { manager }, h(Flex.ThemeProvider ?? React.Fragment, null, inside))), document.getElementById("root"));
}

/** The canvas of one conversation, and beside it the tab where `tab` is asked for. */
function show(flex, sid) {
  const tab = options.get("tab") && sealed ? h("aside", { style: { width: 340, overflowY: "auto", height: "100vh", borderLeft: "1px solid #cacdd8", font: "14px/1.5 system-ui" } }, h(sealed.Tab, { conversationSid: sid })) : null;
  draw(flex, h("div", { style: { flex: 1, display: "flex", flexDirection: "column", minWidth: 0 } }, h(Flex.MessagingCanvas, { sid, key: sid })), tab);
}

/** The agent's desktop, without the company's own panel beside it: at the task of a conversation. */
function showDesk(flex, sid) {
  const { sid: task } = reservations[sid];
  const { MemoryRouter, Route } = ReactRouterDOM;
  draw(flex, h(MemoryRouter, { key: task, initialEntries: [`/agent-desktop/${task}`] }, h(Route, { path: "/agent-desktop", children: (route) => h(Flex.AgentDesktopView, { route, showPanel2: false }) })));
}

/**
 * What the teams' view opens for a task: the supervisor's canvas, with the context that Flex's own source of it gives.
 * The teams' view itself asks Twilio Sync who works, so it cannot stand around it.
 */
function showSupervisor(flex, sid) {
  const { task, sid: reservation, status } = reservations[sid];
  const told = { sid: reservation, taskSid: task.sid, status, attributes: task.attributes, channelType: "web", taskChannelUniqueName: "chat", queueName: "default", age: 0, dateCreated: new Date(), dateUpdated: new Date(), source: {} };
  const Source = ReactRedux.connect(({ flex: { chat } }) => ({ conversation: chat.conversations[sid] }))(({ conversation }) =>
    h(Flex.TaskContext.Provider, { value: { task: told, conversation, channelDefinition: Flex.TaskChannels.getForTask(told) } }, h(Flex.Supervisor.TaskCanvas)));
  draw(flex, h(Source));
}

const line = await new Line(options.get("identity") ?? "agent").open();
const flex = startFlex(line.identity);
/** The plugin. Which conversations are encrypted, the company knows by their channel; here by their sid. */
function plugin({ manager }) {
  const carried = over();
  const name = options.get("name") ?? "Ana";
  return sealFlex(Flex, manager, {
    over: carried,
    transport: (conversation) => transportOf(line, conversation),
    client: () => connectTo(carried, { role: options.get("role") ?? "agent", credential: credentialOf(name, options.get("role") ?? "agent"), history: options.get("history") ?? "device" }, { module: options.get("module") ?? "" }),
    isSealed: ({ sid }) => sid.startsWith("CHsealed") || undefined,
  });
}

// Other plugins: loaded before, and after.
globalThis.pluginsBefore?.(flex);
const sealed = options.get("plugin") === "none" ? undefined : plugin(flex);
globalThis.pluginsAfter?.(flex);

const conversations = {};
const reservations = {};
const view = options.get("view") ?? "canvas";
for (const sid of (options.get("sids") ?? "CHplain").split(",")) {
  conversations[sid] = await line.conversation(sid);
  await follow(flex.store, conversations[sid], line.identity);
  reservations[sid] = new Reservation(sid);
  if (view === "desk") flex.store.dispatch({ type: comes, payload: reservations[sid] });
}
/** What TaskRouter would say of a task. */
function says(sid, status) {
  reservations[sid].status = status;
  flex.store.dispatch({ type: status === "completed" ? goes : changes, payload: reservations[sid] });
}
const shows = { canvas: show, desk: showDesk, supervisor: showSupervisor }[view];
const taskOf = (sid) => flex.store.getState().flex.worker.tasks.get(reservations[sid].sid);
globalThis.desk = { ...flex, line, conversations, reservations, sealed, says, taskOf, show: (sid) => shows(flex, sid) };
desk.show(Object.keys(conversations)[0]);
globalThis.ready = true;
