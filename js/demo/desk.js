/** The agent's page: a client with the role of an agent, drawn by the desk. */
import { DeskView } from "../agent/desk.js";
import { init } from "../index.js";
import { missing } from "../widget/capabilities.js";
import { partsSheet } from "../widget/style.js";
import { codeOf, isRefusal, sentence, words } from "../widget/words.js";
import { config, note, post } from "./config.js";

document.adoptedStyleSheets = [partsSheet(), ...document.adoptedStyleSheets];

/** @type {import("../widget/facade.js").Client|undefined} */
let client;
const desk = new DeskView({
  store: storage(),
  useHere: () => void takeOver(),
  onUnread: (count) => { document.title = count ? `(${count}) Desk` : "Desk"; },
});
document.body.append(desk.element);
document.addEventListener("visibilitychange", () => desk.draw());

await run();

async function run() {
  if (missing()) {
    desk.fail(`This desk cannot encrypt here. ${words.missing}`);
    return;
  }
  /** @type {import("./config.js").Settings} */
  let settings;
  try {
    settings = await config();
  } catch {
    note("The demo server does not answer. Reload the page once it runs.");
    return;
  }
  if (settings.agent) desk.introduce(settings.agent);
  let core;
  try {
    core = await init();
  } catch {
    desk.fail(`This desk cannot encrypt here. ${words.broken}`);
    return;
  }
  try {
    const connected = await core.connect({
      relay: settings.relay,
      orgKey: settings.orgKey,
      role: "agent",
      queue: settings.queue,
      credential: async ({ identity }) => String((await post("/demo/credential", { identity: base64url(identity) })).credential),
    });
    client = connected;
    desk.attach(connected);
  } catch (error) {
    const code = codeOf(error);
    desk.fail(isRefusal(code) ? words.refused : sentence(code));
  }
}

async function takeOver() {
  try {
    await client?.takeOver();
  } catch (error) {
    desk.tell(sentence(codeOf(error)));
  }
}

function storage() {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
