/**
 * One page for both ends of a conversation over another platform: who is in it, what was written, a box, files, and
 * what can be done: an agent hands it over to whom the kit offers, a customer goes on with whom the platform put there.
 */
import { AgentKit } from "/js/agent/kit.js";
import { connectTo, credentialOf, over, transportOf } from "/company.js";
import { Line } from "/sdk.js";

const options = new URLSearchParams(location.search);
const [identity, role, sid] = ["identity", "role", "sid"].map((name) => String(options.get(name)));
const by = (id) => document.getElementById(id);

const line = await new Line(identity).open();
const carried = over(transportOf(line, await line.conversation(sid)));
const client = await connectTo(carried, role === "customer" ? {} : { role, credential: credentialOf(identity, role) });
const kit = role === "customer" ? null : new AgentKit();
kit?.attach(client);

/** What came of the files that were saved, by message. */
const saved = new Map();

/** The newest; a customer begins one. */
let current = role === "customer" ? await client.start() : undefined;

function button(name, press) {
  const one = Object.assign(document.createElement("button"), { type: "button", textContent: name });
  one.onclick = () => Promise.resolve(press()).catch((error) => console.error(`${name}: ${error}`));
  return one;
}

function row(conversation, message) {
  const one = Object.assign(document.createElement("p"), { textContent: `${message.self ? "me" : message.from?.alias || "customer"}: ${message.file ? message.file.name : message.text} ` });
  if (message.self) one.append(`(${message.status})`);
  if (message.file && !message.self) {
    one.append(button(`Save ${message.file.name}`, async () => {
      const { blob, release } = await conversation.saveFile(message.id);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
      await release();
      saved.set(message.id, Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
      draw();
    }));
  }
  if (saved.has(message.id)) one.append(` saved: ${saved.get(message.id)}`);
  return one;
}

function moves() {
  if (!current) return [];
  if (kit) return kit.targets(current.id).map(({ name, target }) => button(`Hand over to ${name}`, () => kit.move(current.id, { move: "transfer", target })));
  return current.reachable.map(({ alias }) => button(`Go on with ${alias}`, async () => {
    current = await client.start({ continues: current });
    draw();
  }));
}

function draw() {
  current = client.conversations.find(({ id, previous }) => previous !== null && previous === current?.id && id !== "") ?? current ?? client.conversations[0];
  by("state").textContent = client.state;
  by("who").textContent = current ? `${current.state}: ${current.members.map(({ alias, role: is }) => alias || is).sort().join(", ")}` : "no conversation";
  by("log").replaceChildren(...client.conversations.flatMap((one) => one.messages.map((message) => row(one, message))));
  by("moves").replaceChildren(...moves());
}

for (const event of ["state", "conversation", "members", "message", "agents"]) client.on(event, draw);
by("form").onsubmit = async (event) => {
  event.preventDefault();
  const text = by("box").value;
  by("box").value = "";
  if (current && text.trim()) await current.send(text);
};
by("attach").onclick = () => by("file").click();
by("file").onchange = async () => {
  const [file] = by("file").files;
  if (current && file) await current.sendFile(file, { name: file.name });
};
client.on("error", ({ error }) => console.error(`error: ${error}`));
draw();
