/** Shows every message as the platform has it, live. */
import { Line } from "./sdk.js";

const line = await new Line("platform").open();
const list = document.getElementById("seen");
for (const sid of ["CHsealed", "CHplain"]) {
  const conversation = await line.conversation(sid);
  const show = ({ index, author, body, media }) => {
    const told = body.length > 160 ? `${body.slice(0, 160)}… (${body.length} characters)` : body || `a file: ${media?.filename}, ${media?.contentType}`;
    list.prepend(Object.assign(document.createElement("li"), { textContent: `${sid} ${index}, ${author}: ${told}` }));
  };
  for (const message of (await conversation.getMessages(1000)).items) show(message);
  conversation.on("messageAdded", show);
}
globalThis.ready = true;
