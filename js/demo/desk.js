/** The page of an agent or a supervisor: a client with that role, drawn by the desk. Whose it is stands in the address. */
import { DeskView } from "../agent/desk.js";
import { init } from "../index.js";
import { missing } from "../widget/capabilities.js";
import { partsSheet } from "../widget/style.js";
import { codeOf, isRefusal, sentence, words } from "../widget/words.js";
import { config, note } from "./config.js";
import { choosePerson, login, personOf } from "./login.js";

/** @typedef {import("../widget/facade.js").Client} Client */

document.adoptedStyleSheets = [partsSheet(), ...document.adoptedStyleSheets];

await run();

async function run() {
  /** @type {import("./config.js").Settings} */
  let settings;
  try {
    settings = await config();
  } catch {
    note("The demo server does not answer. Reload the page once it runs.");
    return;
  }
  const person = personOf(settings.people, location.hash) ?? await choosePerson(settings.people);
  // Another name in the address is another person with other keys: the page begins anew.
  addEventListener("hashchange", () => location.reload());
  await open(settings, person);
}

/**
 * @param {import("./config.js").Settings} settings
 * @param {import("./config.js").Person} person
 */
async function open(settings, person) {
  /** @type {Client|undefined} */
  let client;
  const desk = new DeskView({
    name: person.name,
    // The conversation itself stands beside the list.
    previews: "plain",
    store: storage(),
    storeKey: `sealwire-desk read ${person.name}`,
    useHere: () => void takeOver(),
    change: () => { location.hash = ""; },
    onUnread: (count) => { document.title = `${count ? `(${count}) ` : ""}Desk of ${person.name}`; },
  });
  const takeOver = async () => {
    try {
      await client?.takeOver();
    } catch (error) {
      desk.tell(sentence(codeOf(error)));
    }
  };
  document.body.append(desk.element);
  document.addEventListener("visibilitychange", () => desk.draw());
  if (missing()) {
    desk.fail(`This desk cannot encrypt here. ${words.missing}`);
    return;
  }
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
      role: person.role,
      person: person.name,
      authority: { url: settings.authority, login: () => login(person) },
    });
    client = connected;
    desk.attach(connected);
  } catch (error) {
    const code = codeOf(error);
    desk.fail(isRefusal(code) ? words.refused : sentence(code));
  }
}

function storage() {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
