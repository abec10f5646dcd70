import assert from "node:assert/strict";
import test from "node:test";
import { personOf } from "../demo/login.js";

const people = [{ name: "Ana", role: /** @type {const} */ ("agent") }, { name: "Zoë", role: /** @type {const} */ ("supervisor") }];

test("the address names who sits down, and nobody who does not work there", () => {
  assert.equal(personOf(people, "#Ana"), people[0]);
  assert.equal(personOf(people, "#ana"), people[0]);
  assert.equal(personOf(people, "#Zo%C3%AB"), people[1]);
  for (const hash of ["", "#", "#Mallory", "#%E0%A4%A", "#__proto__", "#Ana%20"]) assert.equal(personOf(people, hash), undefined, hash);
});
