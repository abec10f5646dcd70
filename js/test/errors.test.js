import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { codeOf, codes, SealwireError } from "../errors.js";

test("the codes are those of wasm/wire, number for number", async () => {
  const source = await readFile(new URL("../../wasm/wire/code.go", import.meta.url), "utf8");
  const names = [...source.matchAll(/^\t(\w+)\s+Code = (\d+)/gm)];
  const texts = new Map([...source.matchAll(/^\t(\w+):\s+"(.+)",$/gm)].map(([, name, text]) => [name, text]));
  assert.equal(names.length, codes.length);
  for (const [, name, number] of names) {
    assert.equal(codeOf(Number(number)), texts.get(name ?? ""), name);
  }
});

test("a number that is no code is internal", () => {
  for (const number of [0, -1, codes.length + 1, NaN, 1.5]) assert.equal(codeOf(number), "internal");
});

test("an error carries its code and prints only it", () => {
  const error = new SealwireError("bad key");
  assert.equal(error.code, "bad key");
  assert.equal(String(error), "SealwireError: bad key");
});
