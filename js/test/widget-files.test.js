import assert from "node:assert/strict";
import test from "node:test";
import { lines } from "../agent/list.js";
import { pastedFiles } from "../widget/attach.js";
import { download, el, picture, setAttribute } from "../widget/dom.js";
import { fileLook, fileName, filePreview, kindText, sizeText } from "../widget/files.js";
import { en } from "../widget/locales/en.js";
import { fileProblem, wasCancelled, words } from "../widget/words.js";
import { codes } from "../errors.js";
import { FakeClient, fileInfo, message } from "./fake-client.js";
import { FakeElement, fakeDocument } from "./fake-document.js";

Object.assign(globalThis, { document: fakeDocument });

const hostileNames = [
  "<img src=x onerror=alert(1)>.png", "\"><script>alert(1)</script>", "photo\u202egpj.exe", "\u2066a\u2069\u200e\u200b\ufeff.pdf", "a\nb\r\nc\u2028d.txt",
  "../../etc/passwd", "..\\..\\CON", "C:\\x:y", "\u0000nul\u001b[31m.txt", "javascript:alert(1)", "{{7*7}} ${7*7}.txt", "\ud800lone.txt", "x".repeat(5000) + ".exe",
  "e" + "\u0301".repeat(400) + ".txt", "  \t ", "", "\u202e", "=cmd|' /C calc'!A0.csv", "\u{e0041}\u{e0042}.zip", "pdf.\u00adexe",
];

test("B01: a hostile file name is one line of visible letters, with its end in sight", () => {
  for (const name of hostileNames) {
    const shown = fileName(name);
    assert.notEqual(shown, "", JSON.stringify(name));
    assert.ok([...shown].length <= 60, name);
    assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u, JSON.stringify(name));
    assert.doesNotMatch(shown, /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u{e0000}-\u{e007f}]/u, JSON.stringify(name));
    assert.doesNotMatch(shown, /^\s|\s$/, JSON.stringify(name));
  }
  assert.equal(fileName("photo\u202egpj.exe"), "photogpj.exe");
  assert.ok(fileName("x".repeat(5000) + ".exe").endsWith("xx.exe"));
  for (const blank of ["", " \t", "\u202e"]) assert.equal(fileName(blank), "Unnamed file");
  assert.equal(fileName("می‌خواهم 👩‍👩‍👧.pdf"), "می‌خواهم 👩‍👩‍👧.pdf", "the joiners inside words and emoji stay");
});

test("B01: a hostile file name stays text in every place that shows one", () => {
  for (const name of hostileNames) {
    const node = /** @type {FakeElement} */ (/** @type {unknown} */ (el("bdi", { "aria-label": `Remove ${fileName(name)}` }, fileName(name))));
    assert.equal(node.textContent, fileName(name));
    assert.equal(node.childNodes.length, 1);
    const client = new FakeClient();
    client.add({ messages: [message({ text: "", file: fileInfo({ name }) })] });
    const [line] = lines(client.conversations, { now: 0, unread: () => 0, plain: true });
    assert.equal(line?.preview, filePreview({ name, media: "application/pdf" }));
    assert.doesNotMatch(line?.preview ?? "\n", /[\n\u202e]/);
  }
});

test("B15: only pictures that the client drew are shown, and their address ends when they are", () => {
  /** @type {Map<string, Blob>} */
  const open = new Map();
  const { createObjectURL, revokeObjectURL } = URL;
  Object.assign(URL, {
    createObjectURL: (/** @type {Blob} */ blob) => { open.set(`blob:${open.size}`, blob); return `blob:${open.size - 1}`; },
    revokeObjectURL: (/** @type {string} */ address) => open.delete(address),
  });
  try {
    for (const type of ["image/svg+xml", "text/html", "application/pdf", "image/gif", "", "image/png;x", "IMAGE/SVG+XML"]) {
      assert.equal(picture(new Blob(["<svg onload=alert(1)>"], { type }), "x"), null, type);
    }
    assert.equal(open.size, 0, "what is not shown gets no address");
    for (const [i, outcome] of ["load", "error"].entries()) {
      const image = /** @type {FakeElement} */ (/** @type {unknown} */ (picture(new Blob(["x"], { type: "image/png" }), "x")));
      assert.equal(open.size, 1);
      assert.deepEqual([...image.attributes.keys()].toSorted(), ["alt", "class", "draggable"]);
      image.happen(outcome);
      assert.equal(open.size, 0, `${i}`);
    }
  } finally {
    Object.assign(URL, { createObjectURL, revokeObjectURL });
  }
  for (const address of ["blob:x", "data:image/png,x", "https://a.example/x.png"]) {
    assert.throws(() => setAttribute(/** @type {Element} */ (/** @type {unknown} */ (new FakeElement("img"))), "src", address), TypeError);
  }
});

test("B15: what is saved is bytes of no type, whatever it claims to be, under the name the client gave", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(Blob|string)[]} */
  const seen = [];
  const { createObjectURL, revokeObjectURL } = URL;
  Object.assign(URL, {
    createObjectURL: (/** @type {Blob} */ blob) => { seen.push(blob); return "blob:it"; },
    revokeObjectURL: (/** @type {string} */ address) => seen.push(address),
  });
  try {
    FakeElement.clicked.length = 0;
    download(new Blob(["<script>alert(1)</script>"], { type: "text/html" }), "safe.html");
    const link = FakeElement.clicked[0];
    assert.deepEqual([link?.tagName, link?.href, link?.download], ["a", "blob:it", "safe.html"]);
    assert.ok(seen[0] instanceof Blob);
    assert.equal(seen[0].type, "application/octet-stream");
    assert.equal(seen[0].size, 25);
    t.mock.timers.tick(60_000);
    assert.equal(seen[1], "blob:it", "and the address is taken back");
  } finally {
    Object.assign(URL, { createObjectURL, revokeObjectURL });
  }
});

test("B15: the kind is told in words, and a name that runs is a program whatever its type says", () => {
  assert.equal(kindText("application/pdf", "letter.pdf"), "PDF document");
  assert.equal(kindText("image/svg+xml", "a.svg"), "Drawing with code");
  assert.equal(kindText("text/html; charset=utf-8", "a.html"), "Web page");
  assert.equal(kindText("IMAGE/PNG"), "Picture");
  for (const name of ["photo.png.exe", "x.SCR", "a.lnk ", "b.hta.", "c.docm"]) assert.equal(kindText("image/png", name), "Program", name);
  for (const media of ["", "constructor/x", "__proto__", "toString", "x/y", "<b>"]) assert.equal(kindText(media, "a.bin"), "File", media);
});

test("sizes read as people say them", () => {
  const told = [0, 1, 999, 1000, 1499, 9949, 9950, 999_499, 999_500, 1_200_000, 250e6, 1.1e9, 5e15].map(sizeText);
  assert.deepEqual(told, ["0 bytes", "1 byte", "999 bytes", "1 KB", "1.5 KB", "9.9 KB", "10 KB", "999 KB", "1 MB", "1.2 MB", "250 MB", "1.1 GB", "5,000 TB"]);
});

test("in a conversation that is over, no file is offered that cannot be had, and none is sent again", () => {
  const came = message({ text: "", file: fileInfo() });
  assert.deepEqual(fileLook(came, { state: "left" }).actions, []);
  assert.match(fileLook(came, { state: "left" }).words, /cannot be now/);
  assert.deepEqual(fileLook(came, { state: "closed" }).actions, ["save"]);
  for (const file of /** @type {const} */ (["failed", "cancelled"])) {
    const own = message({ text: "", self: true, status: "failed", reason: "left", file: fileInfo({ state: file, error: "unavailable" }) });
    assert.deepEqual(fileLook(own, { state: "left" }).actions, ["discard"]);
    assert.deepEqual(fileLook({ ...own, reason: undefined }, { state: "secured" }).actions, ["retry", "discard"]);
  }
  assert.match(fileLook(message({ text: "", self: true, status: "failed", reason: "left", file: fileInfo({ state: "failed" }) }), { state: "left" }).words, /no longer in it/);
});

test("each state of a file has its words and its buttons", () => {
  /** @param {Partial<import("../widget/facade.js").FileInfo>} file @param {Partial<import("../widget/facade.js").Message>} over @param {Parameters<typeof fileLook>[1]} [place] */
  const look = (file, over, place = {}) => fileLook(message({ text: "", file: fileInfo(file), ...over }), place);
  const queued = { self: true, status: /** @type {const} */ ("queued") };
  const failed = { self: true, status: /** @type {const} */ ("failed") };
  const sent = { self: true, status: /** @type {const} */ ("sent") };
  assert.deepEqual(look({ state: "uploading" }, queued, { state: "waiting" }), { words: words.fileWaits, tone: "plain", percent: null, moving: "", actions: ["cancel"] });
  assert.deepEqual(look({ state: "uploading", progress: 0.3 }, queued),
    { words: "Sending, 360 KB of 1.2 MB", tone: "plain", percent: 30, moving: "Sending letter.pdf", actions: ["cancel"] });
  assert.equal(look({ state: "uploading", progress: 0.3 }, queued, { online: false }).words, "Waits for the connection");
  assert.equal(look({ state: "uploading" }, queued).words, "Waits to be sent");
  assert.deepEqual(look({ state: "uploading", progress: 1 }, queued).actions, [], "the relay has it all");
  assert.deepEqual(look({ state: "uploading", progress: 1 }, { self: true, status: "sending" }).actions, []);
  assert.deepEqual(look({ state: "downloading", progress: 0.5 }, {}).moving, "Fetching letter.pdf");
  assert.deepEqual(look({ state: "available" }, {}), { words: "", tone: "plain", percent: null, moving: "", actions: ["save"] });
  assert.deepEqual(look({ state: "available" }, {}, { saved: true }).tone, "done");
  assert.deepEqual(look({ state: "sent" }, sent).actions, ["save"]);
  assert.deepEqual(look({ state: "failed", error: "too large" }, failed).actions, ["retry", "discard"]);
  assert.match(look({ state: "failed", error: "too large" }, failed).words, /larger/);
  assert.deepEqual(look({ state: "failed", error: "unavailable" }, failed, { here: false }), { words: words.lostFile, tone: "danger", percent: null, moving: "", actions: ["discard"] });
  assert.deepEqual(look({ state: "cancelled" }, failed).actions, ["retry", "discard"]);
  assert.match(look({ state: "failed", error: "truncated file" }, {}).words, /incomplete/);
  assert.match(look({ state: "failed", error: "open failed" }, sent).words, /was not saved/, "an own file that is in the log fails as it is fetched");
  for (const progress of [NaN, -1, 7, Infinity]) {
    const { percent } = look({ state: "downloading", progress }, {});
    assert.ok(percent !== null && percent >= 0 && percent <= 100, String(progress));
  }
});

test("every code has a sentence for a file each way, and none tells of a machine", () => {
  for (const way of /** @type {const} */ (["up", "down"])) {
    for (const code of codes) {
      const text = fileProblem({ code }, way);
      assert.match(text, /^[A-Z].*[.]$/, code);
      assert.doesNotMatch(text, /error|exception|undefined|epoch|stale|handle|commit|chunk/i, code);
    }
    for (const code of /** @type {const} */ (["too large", "truncated file", "open failed", "unavailable"])) assert.notEqual(fileProblem({ code }, way), en.sentences[code], code);
    assert.notEqual(fileProblem({ code: "too large" }, way), fileProblem({ code: "unavailable" }, way));
  }
  assert.equal(fileProblem(new Error("canary"), "up"), words.heldFile);
  assert.doesNotMatch(fileProblem(Object.assign(new Error("canary"), { code: "internal" }), "down"), /canary/);
});

test("cancelled is what somebody cancelled, and nothing else", () => {
  const abort = new AbortController();
  assert.ok(!wasCancelled(new Error("x"), abort.signal));
  assert.ok(wasCancelled(new DOMException("x", "AbortError")));
  abort.abort();
  assert.ok(wasCancelled(new Error("x"), abort.signal));
});

test("a paste of a text with a picture besides is a text", () => {
  const file = new File(["x"], "image.png");
  /** @param {string[]} types @returns {DataTransfer} */
  const data = (types) => /** @type {DataTransfer} */ (/** @type {unknown} */ ({ types, files: [file] }));
  assert.deepEqual(pastedFiles(data(["Files"])), [file]);
  assert.deepEqual(pastedFiles(data(["text/html", "Files"])), [file]);
  assert.deepEqual(pastedFiles(data(["text/plain", "text/html", "Files"])), []);
  assert.deepEqual(pastedFiles(null), []);
});
