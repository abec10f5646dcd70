/**
 * A customer's page on the pattern of twilio-webchat-react-app: the site's own chat over a conversation of Twilio's, with
 * Sealwire as what it writes to. Only `connectTo`, `transportOf` and the calls of the conversation are Sealwire's.
 */
import { connectTo, over, transportOf } from "./company.js";
import { Line } from "./sdk.js";

const options = new URLSearchParams(location.search);
const by = (id) => document.getElementById(id);

const line = await new Line(options.get("identity") ?? "customer").open();
const carried = over(transportOf(line, await line.conversation(options.get("sid") ?? "CHsealed")));
const client = await connectTo(carried, { history: options.get("history") ?? "device" });
const conversation = await client.start();

/** How the files that were opened begin. */
const opened = new Map();

/** How the conversation stands; any other state means that nothing can be written now. */
const states = {
  waiting: "Encryption is being set up",
  left: "You are not in this conversation any more",
  closed: "This conversation has ended",
};

function lockOf({ state, members }) {
  const others = members.filter(({ self }) => !self).map(({ alias, verified }) => (verified ? alias : `${alias} (nobody has vouched for this name)`));
  if (state !== "secured") return states[state] ?? "Paused. Nothing can be sent now";
  return others.length > 0 ? `End-to-end encrypted with ${others.join(" and ")}` : "End-to-end encrypted. Nobody else is here yet";
}

function draw() {
  const current = client.conversations.find(({ id }) => id === conversation.id) ?? conversation;
  by("lock").textContent = lockOf(current);
  by("lock").classList.toggle("secure", current.state === "secured");
  by("log").replaceChildren(...current.messages.map((message) => {
    const one = Object.assign(document.createElement("div"), { className: message.self ? "one self" : "one" });
    one.textContent = message.file ? message.file.name : message.text;
    const facts = Object.assign(document.createElement("div"), { className: "facts", textContent: message.self ? message.status : message.from?.alias ?? "" });
    one.append(facts);
    if (message.status === "failed") one.append(Object.assign(document.createElement("button"), { type: "button", textContent: "Try again", onclick: () => attempt(() => current.retry(message.id)) }));
    if (message.file && !message.self) {
      const save = Object.assign(document.createElement("button"), { type: "button", textContent: "Save" });
      save.setAttribute("aria-label", `Save ${message.file.name}`);
      save.onclick = async () => {
        const { blob } = await current.saveFile(message.id, {});
        opened.set(message.id, (await blob.text()).slice(0, 200));
        draw();
      };
      one.append(save);
      if (opened.has(message.id)) one.append(Object.assign(document.createElement("pre"), { textContent: opened.get(message.id) }));
    }
    return one;
  }));
}

for (const event of ["state", "conversation", "members", "message", "agents"]) client.on(event, draw);

/** What was not sent stays where it was written, and is told of there. */
async function attempt(send) {
  by("problem").textContent = "";
  by("send").disabled = true;
  try {
    await send();
    return true;
  } catch ({ code }) {
    by("problem").textContent = `This was not sent (${code ?? "unknown error"}). It is still here: try again.`;
    return false;
  } finally {
    by("send").disabled = false;
  }
}

by("form").onsubmit = async (event) => {
  event.preventDefault();
  const text = by("box").value;
  const [file] = by("file").files;
  if (text.trim()) {
    if (!await attempt(() => conversation.send(text))) return;
    if (by("box").value === text) by("box").value = "";
  }
  if (file && await attempt(() => conversation.sendFile(file, { name: file.name }))) by("file").value = "";
};
draw();
Object.assign(globalThis, { customer: { client, conversation, line }, ready: true });
