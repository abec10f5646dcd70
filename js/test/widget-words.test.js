import assert from "node:assert/strict";
import test from "node:test";
import { codes } from "../errors.js";
import { backgroundText, codeOf, isRefusal, listText, missingText, noticeText, sendProblem, sentence, words } from "../widget/words.js";
import { en } from "../widget/locales/en.js";

const { sentences } = en;

const names = Array.isArray(codes) ? codes : Object.keys(codes);

test("every code has one sentence, and no sentence is without a code", () => {
  assert.ok(names.length >= 23);
  assert.deepEqual(Object.keys(sentences).toSorted(), names.toSorted());
});

test("sentences are for people: whole, distinct, and without the code or a machine's words", () => {
  assert.equal(new Set(Object.values(sentences)).size, names.length);
  for (const [code, text] of Object.entries(sentences)) {
    assert.match(text, /^[A-Z].*[.]$/, code);
    assert.doesNotMatch(text, /error|exception|undefined|null|epoch|stale|handle|commit|log\b/i, code);
  }
});

test("what is not a code reads as internal, whatever it is", () => {
  for (const code of ["", "nope", "constructor", "__proto__", 7, null, undefined, {}]) assert.equal(sentence(code), sentences.internal);
  for (const error of [new Error("secret"), "text", null, { code: 4 }, { code: "toString" }]) assert.equal(codeOf(error), "internal");
  assert.equal(codeOf({ code: "expired" }), "expired");
});

test("an error's own message is never told", () => {
  const error = Object.assign(new Error("canary"), { code: "unavailable" });
  assert.doesNotMatch(sentence(codeOf(error)), /canary/);
  assert.doesNotMatch(sendProblem(error), /canary/);
  assert.equal(sendProblem(new Error("canary")), words.held);
  assert.equal(sendProblem(new RangeError("canary")), words.unsendable);
});

test("doubt about the other side is a refusal, a broken line is not", () => {
  for (const code of ["bad credential", "expired", "rolled back", "bad key", "forked log"]) assert.ok(isRefusal(code), code);
  for (const code of ["unavailable", "rate limited", "internal", "too long"]) assert.ok(!isRefusal(code), code);
});

test("a notice with a known code uses the table, another one its words", () => {
  assert.equal(noticeText({ code: "rate limited", text: "canary" }), sentences["rate limited"]);
  assert.equal(noticeText({ code: "members changed", text: "Bo can read." }), "Bo can read.");
  assert.equal(noticeText({}), sentences.internal);
});

test("what the page shows anyway is not told twice, and what has no code is not a customer's matter", () => {
  assert.equal(noticeText({ code: "refused", text: "x" }), "");
  assert.match(noticeText({ code: "new organisation", text: "x" }), /new company key/);
  for (const error of [new Error("canary"), { code: "unavailable" }, "text", null]) assert.equal(backgroundText(error), "");
  assert.equal(backgroundText({ code: "expired" }), words.proof);
  assert.equal(backgroundText({ code: "rate limited" }), sentences["rate limited"]);
});

test("counts and names read as English", () => {
  assert.equal(missingText(1), "1 message is missing");
  assert.equal(missingText(1200), "1,200 messages are missing");
  assert.equal(listText([]), "");
  assert.equal(listText(["Ana"]), "Ana");
  assert.equal(listText(["Ana", "Bo"]), "Ana and Bo");
  assert.equal(listText(["Ana", "Bo", "Cem"]), "Ana, Bo and Cem");
});
