/** The real Flex UI over the fake cloud: one agent, and the conversations that the address names. */
import { sealFlex } from "/js/agent/flex/index.js";
import { connectTo, credentialOf, over, transportOf } from "./company.js";
import { Line } from "./sdk.js";

const { Flex, React, ReactDOM, Redux, ReactRedux } = globalThis;
const h = React.createElement;
const options = new URLSearchParams(location.search);

/** Flex with its real reducers, connected as far as it can know. */
function startFlex(identity) {
  const combined = Redux.combineReducers({ flex: Flex.FlexReducer });
  const first = Redux.createStore(combined).getState();
  const session = { ...first.flex.chat.session, isInitialized: true, connectionState: "connected", client: { user: { identity } } };
  const store = Redux.createStore(combined, { flex: { ...first.flex, chat: { ...first.flex.chat, session } } }, Flex.flexStoreEnhancer);
  const config = { accountSid: `AC${"0".repeat(32)}`, flexServiceInstanceSid: `GO${"0".repeat(32)}`, sdkOptions: {}, logLevel: "error", language: "default", theme: {} };
  return { store, manager: new Flex.Manager(config, store) };
}

/** What Flex's own orchestration does when a conversation comes: into the store, with its messages, and followed. */
async function follow(store, conversation, identity) {
  const meta = () => ({ conversationSid: conversation.sid, chatState: store.getState().flex.chat });
  store.dispatch({ type: Flex.ConversationState.ACTION_INIT_CONVERSATION ?? "CONVERSATION_INIT", payload: { conversation, identity, listener: {} }, meta: meta() });
  const added = (message) => store.dispatch({ type: Flex.ConversationState.ACTION_ADDED_MESSAGE, payload: message, meta: meta() });
  for (const message of (await conversation.getMessages(1000)).items) added(message);
  conversation.on("messageAdded", added);
}

function show({ store, manager }, sid) {
  const tab = options.get("tab") && sealed ? h("aside", { style: { width: 300, overflowY: "auto", height: "100vh", borderLeft: "1px solid #cacdd8", font: "14px/1.5 system-ui" } }, h(sealed.Tab, { conversationSid: sid })) : null;
  const talk = h("div", { style: { flex: 1, display: "flex", flexDirection: "column", height: "100vh" } }, h(Flex.MessagingCanvas, { sid, key: sid }));
  const canvas = h("div", { style: { flex: 1, display: "flex" } }, talk, tab);
  ReactDOM.render(h(ReactRedux.Provider, { store }, h(Flex.ContextProvider, { manager }, h(Flex.ThemeProvider ?? React.Fragment, null, canvas))), document.getElementById("root"));
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
for (const sid of (options.get("sids") ?? "CHplain").split(",")) {
  conversations[sid] = await line.conversation(sid);
  await follow(flex.store, conversations[sid], line.identity);
}
globalThis.desk = { ...flex, line, conversations, sealed, show: (sid) => show(flex, sid) };
show(flex, Object.keys(conversations)[0]);
globalThis.ready = true;
