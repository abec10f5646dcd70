/**
 * A customer's page on the pattern of twilio-webchat-react-app: the site's own chat over a conversation of Twilio's, with
 * Sealwire as what it writes to. Only `connectTo`, `transportOf` and the calls of the conversation are Sealwire's.
 */
import { bannerOf } from "/js/agent/kit.js";
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

function draw() {
  const current = client.conversations.find(({ id }) => id === conversation.id) ?? conversation;
  const { title, detail } = bannerOf(client, current);
  by("lock").textContent = [title, detail].filter(Boolean).join(". ");
  by("log").replaceChildren(...current.messages.map((message) => {
    const one = Object.assign(document.createElement("div"), { className: message.self ? "one self" : "one" });
    one.textContent = message.file ? message.file.name : message.text;
    const facts = Object.assign(document.createElement("div"), { className: "facts", textContent: message.self ? message.status : message.from?.alias ?? "" });
    one.append(facts);
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
by("form").onsubmit = async (event) => {
  event.preventDefault();
  const text = by("box").value;
  by("box").value = "";
  if (text.trim()) await conversation.send(text);
};
by("file").onchange = async () => {
  const [file] = by("file").files;
  if (file) await conversation.sendFile(file, { name: file.name });
};
draw();
Object.assign(globalThis, { customer: { client, conversation, line }, ready: true });
