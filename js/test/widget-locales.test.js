import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { flexLocales, flexWords } from "../agent/flex/words.js";
import { deskLocales, deskWords } from "../agent/words.js";
import { locale, locales, setLocale } from "../widget/locale.js";
import { nameOf } from "../widget/model.js";
import { lockOf } from "../widget/standing.js";
import { sentence, words } from "../widget/words.js";
import { FakeClient, member } from "./fake-client.js";

afterEach(() => setLocale());

/** Every key of a table, tables within it too. @param {object} table @param {string} [before] @returns {string[]} */
function keys(table, before = "") {
  return Object.entries(table).flatMap(([key, value]) => (typeof value === "object" ? keys(value, `${before}${key}.`) : [`${before}${key} ${typeof value}`])).toSorted();
}

/** Every text of a table. @param {object} table @returns {string[]} */
function texts(table) {
  return Object.values(table).flatMap((value) => (typeof value === "object" ? texts(value) : typeof value === "string" ? [value] : []));
}

test("every language says everything, in the widget, on the desk and in Flex", () => {
  for (const tables of [locales, deskLocales, flexLocales]) {
    const [first, ...rest] = Object.values(tables);
    assert.ok(first && rest.length > 0);
    for (const other of rest) assert.deepEqual(keys(other), keys(first));
  }
  for (const tables of [deskLocales, flexLocales]) assert.deepEqual(Object.keys(tables), Object.keys(locales));
});

test("no sentence is empty, left in English, or meets the reader with a tag", () => {
  for (const { en, ...others } of [locales, deskLocales, flexLocales]) {
    const english = new Set(texts(en ?? {}).filter((t) => t.includes(" ")));
    const empty = texts(en ?? {}).filter((t) => t === "").length;
    for (const other of Object.values(others)) {
      assert.equal(texts(other).filter((t) => t === "").length, empty);
      for (const text of texts(other)) {
        assert.ok(!english.has(text), text);
        assert.doesNotMatch(text, /[<>]|undefined/);
      }
    }
  }
});

test("every sentence with something in it says that, in every language", () => {
  const kinds = /** @type {const} */ (["joined", "left", "removed", "claimed", "transferred", "parked", "took over", "closed"]);
  for (const { tag, say } of Object.values(locales)) {
    for (const kind of kinds) {
      for (const supervisor of [false, true]) for (const customer of [false, true]) for (const past of ["", "all", "part", "09:51"]) {
        const text = say.move(kind, { who: "Benedikt", by: "Anastasia", past, at: "10:02", customer, supervisor });
        assert.match(text, kind === "parked" || kind === "closed" ? /Anastasia/ : /Benedikt/, `${tag} ${kind}`);
        assert.doesNotMatch(text, /undefined|null|  /, `${tag} ${kind}`);
        for (const [who, by] of /** @type {const} */ ([["", "Anastasia"], ["Benedikt", ""], ["", null], ["Benedikt", null]])) {
          assert.doesNotMatch(say.move(kind, { who, by, past, at: "10:02", customer, supervisor, queue: "billing" }), /undefined|null|  |^[ ,.]/, `${tag} ${kind} ${who} ${by}`);
        }
      }
    }
    assert.match(say.move("not granted", { who: "", by: null, past: "", at: "10:02", customer: false, supervisor: false }), /10:02/);
    for (const name of [say.encryptedWith, say.pausedUntil, say.doubtful, say.forked, say.sending, say.fetching, say.isSent, say.isSaved, say.isCancelled, say.isTakenOut, say.remove, say.takeOut, say.ask, say.noteAuthor, say.compareSafety, say.safetyTitle]) {
      assert.match(name("Anastasia"), /Anastasia/, tag);
    }
    for (const count of [say.missing, say.unread, say.tooLong, say.bytes, say.safetyHistory]) for (const n of [1, 7]) assert.match(count(n), new RegExp(String(n)), tag);
    assert.equal(new Set([say.reads("", "10:02", ""), say.reads("all", "10:02", ""), say.reads("part", "10:02", ""), say.reads("", "10:02", "11:00")]).size, 4, tag);
    assert.equal(say.list(["a", "b", "c"]).replace(/ \S+ (?=c)/, " and "), "a, b and c", tag);
  }
});

test("every sentence of the desk with something in it says that, in every language", () => {
  for (const { say } of Object.values(deskLocales)) {
    for (const name of [say.queue, say.faster, say.removeTitle, say.remove, say.doubt, say.nowOnline, say.nowAway]) assert.match(name("Anastasia"), /Anastasia/);
    for (const count of [say.unsent, say.waiting]) for (const n of [2, 7]) assert.match(count(n), new RegExp(String(n)));
    assert.notEqual(say.unsent(1), say.unsent(2));
    assert.notEqual(say.faster(""), say.faster("Ana"));
    assert.equal(new Set([0, 1, 2].map(say.queueFacts)).size, 3);
    assert.match(say.waits("10:02", "4 min", 3), /10:02.*4 min.*3/);
    assert.notEqual(say.takeWhat("x", true), say.takeWhat("x", false));
    assert.match(say.arrived("What", "Anastasia"), /What.*Anastasia/);
  }
});

test("the language is chosen by its first part; one that is not spoken is English", () => {
  for (const [asked, tag] of [["de", "de-DE"], ["de-AT", "de-DE"], ["DE", "de-DE"], ["en-US", "en-GB"], ["fr", "en-GB"], ["", "en-GB"], ["__proto__", "en-GB"], ["constructor", "en-GB"]]) {
    setLocale(asked);
    assert.equal(locale().tag, tag, asked);
  }
});

test("what is said follows the language, wherever it was imported", () => {
  const client = new FakeClient({ agents: true });
  const conversation = client.add({ state: "secured", members: [member({ self: true, role: "customer" }), member({ alias: "Ana" })] });
  setLocale("de");
  assert.equal(words.send, "Senden");
  assert.equal(deskWords.take, "Annehmen");
  assert.equal(flexWords.tab, "Verschlüsselung");
  assert.equal(lockOf(client, conversation).title, "Ende-zu-Ende-verschlüsselt mit Ana");
  assert.equal(nameOf(null), "Jemand, der gegangen ist");
  assert.equal(sentence("nope"), locales["de"]?.sentences.internal);
  setLocale("en");
  assert.equal(lockOf(client, conversation).title, "End-to-end encrypted with Ana");
});
