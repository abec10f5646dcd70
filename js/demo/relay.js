/** What the relay has stored, live, from an endpoint that only the demo has. */
import { button, el, setText, show } from "../widget/dom.js";
import { dumpLines, entryOf, kindText } from "./entries.js";

/** @typedef {import("./entries.js").Entry} Entry */

/** So many entries stay on the page; the relay keeps all. */
const kept = 200;
/** So many lines of bytes are shown before somebody asks for all. */
const shortLines = 4;

const log = /** @type {HTMLElement} */ (document.querySelector("#log"));
const rows = /** @type {HTMLElement} */ (document.querySelector("#rows"));
const state = /** @type {HTMLElement} */ (document.querySelector("#state"));
const empty = /** @type {HTMLElement} */ (document.querySelector("#empty"));
const cut = /** @type {HTMLElement} */ (document.querySelector("#cut"));

/** @type {Set<string>} the stream begins anew after each break */
const seen = new Set();
let online = false;

const source = new EventSource("/demo/entries");
source.addEventListener("open", () => { online = true; tell(); });
source.addEventListener("error", () => { online = false; tell(); });
source.addEventListener("message", (event) => {
  const entry = entryOf(String(event.data));
  if (!entry) return;
  const key = `${entry.conversation} ${entry.sequence}`;
  if (seen.has(key)) return;
  seen.add(key);
  const follow = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  rows.append(row(entry));
  while (rows.childElementCount > kept) rows.firstElementChild?.remove();
  if (follow) log.scrollTop = log.scrollHeight;
  tell();
});

function tell() {
  const count = seen.size === 1 ? "1 entry" : `${seen.size.toLocaleString("en")} entries`;
  setText(state, online ? `Live, ${count} stored` : seen.size ? `Reconnecting… ${count} so far` : "Connecting…");
  state.dataset.state = online ? "online" : "offline";
  show(empty, seen.size === 0);
  setText(cut, `The newest ${kept} of ${count} are shown.`);
  show(cut, seen.size > kept);
}

/** @param {Entry} entry */
function row(entry) {
  const kind = kindText(entry.kind);
  const hex = el("pre", { class: "bytes", tabindex: "0", "aria-label": `Bytes of entry ${entry.sequence}` });
  const all = dumpLines(entry.bytes);
  const write = (/** @type {boolean} */ whole) => {
    const shown = whole ? all : all.slice(0, shortLines);
    hex.replaceChildren(...shown.flatMap((line) => [
      el("span", { class: "at" }, line.at), `  ${line.hex}  `, el("span", { class: "as-text" }, line.text), "\n",
    ].map((part) => (typeof part === "string" ? document.createTextNode(part) : part))));
  };
  write(false);
  let whole = false;
  const more = button("more", () => {
    whole = !whole;
    write(whole);
    setText(more, whole ? "Show less" : moreText);
    more.setAttribute("aria-expanded", String(whole));
  });
  const moreText = entry.bytes.length < entry.size
    ? `Show the first ${entry.bytes.length.toLocaleString("en")} bytes`
    : `Show all ${entry.size.toLocaleString("en")} bytes`;
  more.append(moreText);
  more.setAttribute("aria-expanded", "false");
  show(more, all.length > shortLines);
  return el("article", { class: "entry", "data-kind": kind.name },
    el("p", { class: "line" },
      el("span", { class: "sequence" }, `#${entry.sequence}`),
      el("strong", { class: "kind" }, kind.name),
      el("span", { class: "what" }, kind.what),
      el("span", { class: "size" }, `${entry.size.toLocaleString("en")} bytes`),
      el("time", { datetime: new Date(entry.at).toISOString() }, new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }).format(entry.at)),
      el("span", { class: "conversation" }, "conversation ", el("code", {}, entry.conversation.slice(0, 8)))),
    hex, more);
}
