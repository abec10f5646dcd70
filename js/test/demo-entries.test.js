import assert from "node:assert/strict";
import test from "node:test";
import { dumpLines, entryOf, kindText } from "../demo/entries.js";

const told = { conversation: "9f2c", sequence: 3, kind: "message", size: 4, at: 1000, hex: "0102" };

test("an entry is read from base64 where it is whole, else from hex", () => {
  assert.deepEqual([...entryOf(JSON.stringify(told))?.bytes ?? []], [1, 2]);
  assert.deepEqual([...entryOf(JSON.stringify({ ...told, base64: "AQIDBA==" }))?.bytes ?? []], [1, 2, 3, 4]);
  assert.deepEqual([...entryOf(JSON.stringify({ ...told, base64: "-_8" }))?.bytes ?? []], [251, 255]);
});

test("what is not an entry is passed over", () => {
  for (const data of ["", "{", "null", "7", "[]", "{}", JSON.stringify({ ...told, sequence: "3" }), JSON.stringify({ ...told, kind: null })]) {
    assert.equal(entryOf(data), undefined, data);
  }
});

test("kinds have names by number and by name", () => {
  assert.equal(kindText(1).name, "commit");
  assert.equal(kindText("join request").name, "join request");
  assert.equal(kindText("other").name, "other");
});

test("a dump has sixteen bytes a line, and dots for what is not printable", () => {
  const lines = dumpLines(Uint8Array.from({ length: 18 }, (_, i) => 0x3f + i * 8));
  assert.deepEqual(lines.map((l) => l.at), ["0000", "0010"]);
  assert.equal(lines[0]?.hex.length, lines[1]?.hex.length);
  assert.match(lines[0]?.hex ?? "", /^3f 47 4f/);
  assert.equal(lines[0]?.text.slice(0, 9), "?GOW_gow.");
  assert.deepEqual(dumpLines(new Uint8Array()), []);
});
