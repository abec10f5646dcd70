import assert from "node:assert/strict";
import test from "node:test";
import { missing } from "../widget/capabilities.js";
import { standingOf } from "../widget/ledger.js";
import { contentBytes, currentOf, linkRuns, maxContentBytes, nameOf, plainName, textProblem } from "../widget/model.js";
import { ordered, timeline } from "../widget/rows.js";
import { blocked, brokenText, connectionOf, lockOf } from "../widget/standing.js";
import { dayText } from "../widget/times.js";
import { words } from "../widget/words.js";
import { FakeClient, member, message, note } from "./fake-client.js";

const now = new Date(2026, 2, 12, 15, 0).getTime();
const minute = 60_000;
const ana = member();
const bo = member({ alias: "Bo" });

/** @param {import("../widget/facade.js").Message[]} messages */
const rows = (messages) => timeline(messages, { now }).rows;
/** @param {import("../widget/facade.js").Message[]} messages */
const shape = (messages) => rows(messages).map((r) => (r.kind === "message" ? r.message.text : r.text));

test("log order is kept even when receipt times say otherwise", () => {
  const texts = shape([
    message({ text: "first", time: now - minute }),
    message({ text: "second", time: now - 3 * minute }),
    message({ text: "third", time: now - 2 * minute }),
  ]);
  assert.deepEqual(texts, ["Today", "first", "second", "third"]);
});

test("what is not in the log yet stands after all that is, in its own order", () => {
  const all = [
    message({ text: "q1", self: true, status: "queued" }),
    message({ text: "old", status: "received" }),
    message({ text: "s", self: true, status: "sending" }),
    message({ text: "done", self: true, status: "sent" }),
    message({ text: "f", self: true, status: "failed" }),
  ];
  assert.deepEqual(ordered(all).map((m) => m.text), ["old", "done", "q1", "s", "f"]);
  assert.equal(all[0]?.text, "q1", "the caller's list is left alone");
});

test("messages of one sender within five minutes are one group", () => {
  const list = rows([
    message({ from: ana, time: now - 20 * minute }),
    message({ from: ana, time: now - 19 * minute }),
    message({ from: bo, time: now - 18 * minute }),
    message({ from: bo, time: now - 10 * minute }),
    message({ self: true, time: now - 9 * minute, status: "sent" }),
  ]).flatMap((r) => (r.kind === "message" ? [[r.name, r.first, r.last]] : []));
  assert.deepEqual(list, [
    ["Ana", true, false], ["Ana", false, true], ["Bo", true, true], ["Bo", true, true], ["You", true, true],
  ]);
});

test("a new day gets its date, once, and ends a group", () => {
  const list = rows([
    message({ from: ana, time: new Date(2026, 2, 11, 23, 59).getTime() }),
    message({ from: ana, time: new Date(2026, 2, 12, 0, 1).getTime() }),
    message({ from: ana, time: new Date(2026, 2, 12, 0, 2).getTime() }),
  ]);
  assert.deepEqual(list.map((r) => r.kind), ["date", "message", "date", "message", "message"]);
  assert.deepEqual(list.flatMap((r) => (r.kind === "date" ? [r.text] : [])), ["Yesterday", "Today"]);
  assert.ok(list[1]?.kind === "message" && list[1].last);
  assert.ok(list[3]?.kind === "message" && list[3].first);
});

test("days are told by the calendar, with a year only if it is another", () => {
  assert.equal(dayText(new Date(2026, 2, 9).getTime(), now), "Monday 9 March");
  assert.match(dayText(new Date(2025, 11, 31).getTime(), now), /Wednesday,? 31 December 2025/);
});

test("a gap is told right before the message that shows it", () => {
  const list = [message({ text: "a", time: now }), message({ text: "b", time: now, gap: 1 }), message({ text: "c", time: now, gap: 3 })];
  assert.deepEqual(shape(list), ["Today", "a", "1 message is missing", "b", "3 messages are missing", "c"]);
});

test("only the newest sent one says so; what is not sent always does", () => {
  const list = rows([
    message({ text: "1", self: true, status: "sent" }),
    message({ text: "2", self: true, status: "sent" }),
    message({ text: "in" }),
    message({ text: "3", self: true, status: "queued" }),
    message({ text: "4", self: true, status: "failed" }),
  ]).flatMap((r) => (r.kind === "message" && r.showStatus ? [r.message.text] : []));
  assert.deepEqual(list, ["2", "3", "4"]);
});

test("keys of rows are unique and stay with their message", () => {
  const messages = Array.from({ length: 50 }, (_, i) => message({ time: now - (50 - i) * 9 * 60 * minute, ...(i % 7 ? {} : { gap: 1 }) }));
  const keys = rows(messages).map((r) => r.key);
  assert.equal(new Set(keys).size, keys.length);
  const later = rows([...messages, message({ time: now })]).map((r) => r.key);
  assert.deepEqual(later.slice(0, keys.length), keys);
});

test("a limit shows the newest and says how many are hidden", () => {
  const messages = Array.from({ length: 30 }, (_, i) => message({ text: String(i), time: now }));
  const { rows: shown, hidden } = timeline(messages, { now, limit: 10 });
  assert.equal(hidden, 20);
  assert.deepEqual(shown.flatMap((r) => (r.kind === "message" ? [r.message.text] : [])), messages.slice(20).map((m) => m.text));
});

test("the lock says encrypted only when the conversation is, and names everyone else", () => {
  const me = member({ role: "customer", alias: "", self: true });
  for (const state of /** @type {const} */ (["connecting", "online", "offline", "closed", "refused", "elsewhere"])) {
    for (const agents of [true, false]) {
      for (const inside of /** @type {const} */ (["waiting", "rejoining", "doubtful", "unreadable", "lost", "forked", "closed", "secured"])) {
        const client = new FakeClient({ state, agents });
        const lock = lockOf(client, client.add({ state: inside, members: [me, ana, bo] }));
        const secure = inside === "secured" && state !== "refused" && state !== "closed";
        assert.equal(lock.tone === "secure", secure, `${state} ${inside}`);
        assert.equal(/^End-to-end encrypted/.test(lock.title), secure, `${state} ${inside}`);
        if (secure) assert.equal(lock.title, "End-to-end encrypted with Ana and Bo");
      }
    }
  }
  assert.equal(lockOf(undefined, undefined).title, "Not encrypted yet");
});

test("with no agent there, the text is said to be kept", () => {
  const client = new FakeClient();
  assert.deepEqual(lockOf(client, client.add()), { tone: "pending", title: "Waiting for an agent", detail: words.noOne });
  client.agents = true;
  assert.equal(lockOf(client, client.add()).title, "Not encrypted yet");
  assert.equal(lockOf(client, client.add({ messages: [message({ self: true, status: "queued" })] })).title, "Setting up encryption…");
});

test("the conversation shown is the newest that goes on, or else one that may again, or else the newest", () => {
  const client = new FakeClient();
  const add = (/** @type {import("../widget/facade.js").ConversationState} */ state, /** @type {number} */ time) => client.add({ state, messages: [message({ time })] });
  assert.equal(currentOf(client), undefined);
  const first = add("lost", now - 9 * minute);
  assert.equal(currentOf(client), first);
  const again = add("rejoining", now - 8 * minute);
  add("closed", now);
  assert.equal(currentOf(client), again, "it is let in again, or the person begins anew");
  const going = add("secured", now - 5 * minute);
  add("secured", now - 6 * minute);
  add("lost", now);
  assert.equal(currentOf(client), going);
  assert.equal(currentOf(client), going, "whatever the order in which they were stored");
  const begun = client.add();
  assert.equal(currentOf(client), begun);
});

test("what pauses or stops a conversation is told in words that name whose course differs", () => {
  const client = new FakeClient();
  const told = (/** @type {Partial<import("./fake-client.js").FakeConversation>} */ over) => {
    const conversation = client.add({ members: [ana], ...over });
    const { tone, title, detail } = lockOf(client, conversation);
    assert.equal(blocked(client, conversation), detail, "the box says the same");
    return { tone, title, detail, alert: brokenText(conversation) };
  };
  const rejoining = told({ state: "rejoining" });
  assert.equal(rejoining.tone, "pending");
  assert.match(rejoining.detail, /lost its keys .* asked to be let in again/);
  assert.equal(rejoining.alert, "");
  const doubtful = told({ state: "doubtful", differs: ana });
  assert.equal(doubtful.tone, "pending");
  assert.match(doubtful.detail, /in Ana's name did not prove genuine and tells of another course .* until Ana is heard from properly/);
  const unreadable = told({ state: "unreadable" });
  assert.equal(unreadable.tone, "pending");
  assert.match(unreadable.detail, /server sent something .* not shown.* keeps asking.* kept/);
  assert.equal(unreadable.alert, "");
  const forked = told({ state: "forked", differs: ana });
  assert.equal(forked.tone, "danger");
  assert.match(forked.detail, /You and Ana were shown different conversations\. That is proven/);
  assert.equal(forked.alert, forked.detail);
  const split = told({ state: "forked" });
  assert.match(split.detail, /^The server shows another course/);
  assert.doesNotMatch(split.detail, /null|undefined/);
  assert.match(told({ state: "lost" }).alert, /no longer let into/);
  assert.match(told({ state: "doubtful", differs: member({ alias: "\u202eevil\n" }) }).detail, /in evil's name/);
});

test("what happened stands in its place: one line, by the day, and it ends a group", () => {
  const [one, two, three] = [message({ text: "one", from: ana, time: now - 3 * minute }), message({ text: "two", from: ana, time: now - 2 * minute }), message({ text: "three", self: true, status: "queued", time: now })];
  const notes = [
    note({ kind: "missed", after: one.id, time: now - 3 * minute, member: member({ self: true }) }),
    note({ kind: "rejoined", after: one.id, time: now - 3 * minute, member: member({ self: true }) }),
    note({ kind: "rejoined", after: two.id, time: now, member: ana }),
  ];
  const { rows: list } = timeline([one, two, three], { now, notes });
  assert.deepEqual(list.map((r) => (r.kind === "message" ? r.message.text : r.text)), [
    "Today", "one", "Messages sent while this device was locked out cannot be read on it", "This device was let in again", "two",
    "Ana's device was let in again; it cannot read what was sent meanwhile", "three",
  ]);
  assert.deepEqual(list.flatMap((r) => (r.kind === "message" ? [[r.first, r.last]] : [])), [[true, true], [true, true], [true, true]]);
  assert.equal(new Set(list.map((r) => r.key)).size, list.length);
  assert.deepEqual(list.flatMap((r) => (r.kind === "note" ? [r.doubt] : [])), [true, false, false]);
});

test("where it is said that messages cannot be read, no gap says it again; a later one does", () => {
  const by = (/** @type {string} */ text, /** @type {import("../widget/facade.js").Member} */ from, gap = 0) => message({ text, from, time: now, ...(gap ? { gap } : {}) });
  const list = [by("a", ana), by("b", ana, 2), by("c", bo, 1), by("d", ana, 3)];
  const { rows: shown } = timeline(list, { now, notes: [note({ after: list[0]?.id ?? "", time: now })] });
  assert.deepEqual(shown.map((r) => (r.kind === "message" ? r.message.text : r.kind)), ["date", "a", "note", "b", "c", "gap", "d"]);
});

test("a note before all messages, on a day of its own, and one whose place is hidden", () => {
  const yesterday = new Date(2026, 2, 11, 10).getTime();
  const [one, two] = [message({ text: "one", time: now }), message({ text: "two", time: now })];
  const notes = [note({ after: "", time: yesterday }), note({ kind: "rejoined", after: one.id, time: now, member: ana })];
  const shown = (/** @type {number} */ limit) => timeline([one, two], { now, notes, limit }).rows.map((r) => r.kind);
  assert.deepEqual(shown(10), ["date", "note", "date", "message", "note", "message"]);
  assert.deepEqual(shown(1), ["date", "message"]);
  assert.deepEqual(timeline([], { now, notes }).rows.map((r) => r.kind), ["date", "note"]);
});

test("every connection state has its words", () => {
  const said = /** @type {const} */ (["connecting", "online", "offline", "elsewhere", "closed", "refused"])
    .map((state) => connectionOf(new FakeClient({ state, agents: true })));
  assert.deepEqual(said, ["Connecting…", "Connected", "Reconnecting…", "Open in another tab", "Disconnected", "Stopped"]);
});

test("nothing can be written where nothing would be sent", () => {
  const client = new FakeClient();
  for (const state of /** @type {const} */ (["rejoining", "doubtful", "unreadable", "lost", "forked", "closed"])) assert.notEqual(blocked(client, client.add({ state })), "", state);
  for (const state of /** @type {const} */ (["waiting", "secured"])) assert.equal(blocked(client, client.add({ state })), "", state);
  for (const state of /** @type {const} */ (["refused", "elsewhere", "closed"])) assert.notEqual(blocked(new FakeClient({ state }), undefined), "", state);
  for (const state of /** @type {const} */ (["offline", "connecting"])) assert.equal(blocked(new FakeClient({ state }), undefined), "", state);
});

test("a text is measured as it travels: the longest fits, one byte more does not", () => {
  const frame = contentBytes("");
  for (const letter of ["a", "ä", "€", "😀", "\n", "\""]) {
    const each = contentBytes(letter) - frame;
    const fits = letter.repeat(Math.floor((maxContentBytes - frame) / each));
    assert.equal(textProblem(fits), "", letter);
    assert.match(textProblem(fits + letter), /too long by \d byte/, letter);
  }
});

test("links are http and https only, and the runs together are the text", () => {
  const texts = [
    "see https://a.example/x?y=1#z. And (http://b.example/q), ok",
    "javascript:alert(1) data:text/html,x ftp://a.example file:///etc/passwd",
    "https://user:pw@evil.example https://bank.example@evil.example",
    "https:// http://[bad https://ok.example",
    "HTTPS://UP.example x", "", "https://a.example", "xhttps://a.example",
    "https://a.example/\u202etxt.exe",
  ];
  for (const text of texts) {
    const runs = linkRuns(text);
    assert.equal(runs.map((r) => r.text).join(""), text);
    for (const run of runs) if (run.href) assert.match(run.href, /^https?:\/\/[^@]*$/);
  }
  assert.deepEqual(linkRuns(texts[0] ?? "").filter((r) => r.href).map((r) => r.text), ["https://a.example/x?y=1#z", "http://b.example/q"]);
  assert.equal(linkRuns(texts[1] ?? "").filter((r) => r.href).length, 0);
  assert.equal(linkRuns(texts[2] ?? "").filter((r) => r.href).length, 0);
});

test("a name cannot turn the words after it around, break the line or fill the page", () => {
  assert.equal(plainName("A\u202en\u2066a\u0000\n"), "Ana");
  assert.equal([...plainName("x".repeat(500))].length, 40);
  assert.equal(nameOf(member({ alias: "\u202e", role: "agent" })), "Agent");
  assert.equal(nameOf(member({ alias: "", role: "customer", id: "3f9a00" })), "Customer 3F9A");
  assert.equal(nameOf(null), "Someone who left");
});

test("who is not vouched for is said to be so", () => {
  assert.equal(standingOf(member({ role: "customer", alias: "", verified: false })), "not verified");
  assert.match(standingOf(member({ role: "agent", verified: false })), /not verified/);
  assert.match(standingOf(member()), /verified by the company's key/);
});

test("B11: each thing that encryption needs is missed by name", () => {
  const whole = {
    WebAssembly: {}, crypto: { subtle: {} }, indexedDB: {}, Worker: class {}, navigator: { locks: {} }, WebSocket: class {},
  };
  assert.equal(missing(whole), "");
  assert.equal(missing({ ...whole, WebAssembly: undefined }), "WebAssembly");
  assert.equal(missing({ ...whole, crypto: {} }), "WebCrypto");
  assert.equal(missing({ ...whole, indexedDB: undefined }), "IndexedDB");
  assert.equal(missing({ ...whole, Worker: undefined }), "Worker");
  assert.equal(missing({ ...whole, navigator: {} }), "Web Locks");
  assert.equal(missing({}), "WebAssembly");
});
