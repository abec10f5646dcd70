/** The company's page: what a site does to have the chat, and nothing else. */
import { SealwireChat } from "../widget/element.js";
import { config, note, post } from "./config.js";

const chat = new SealwireChat();
chat.setAttribute("heading", "Linden House reception");
chat.identityToken = async ({ thumbprint }) => String((await post("/demo/token", { thumbprint })).token);
document.querySelector("#write")?.addEventListener("click", () => chat.open());

chat.addEventListener("notice", (event) => {
  // A browser that knew another company key has begun afresh: the page says so, whether or not the chat is open.
  if (!(event instanceof CustomEvent) || event.detail.code !== "new organisation") return;
  event.preventDefault();
  note(String(event.detail.text));
});

try {
  const settings = await config();
  chat.setAttribute("relay", settings.relay);
  chat.setAttribute("org-key", [settings.orgKey].flat().join(" "));
  chat.setAttribute("queue", settings.queue);
} catch {
  note("The demo server does not answer, so the chat is not available. Reload the page once it runs.");
}
document.body.append(chat);
// The page of frames asks for the chat to be open at once.
if (location.hash === "#chat") chat.open({ focus: false });
