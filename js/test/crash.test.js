// C18, on a module with one more export, which breaks it in the ways of a bug.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Core, instantiate, instantiateNow } from "../core/instance.js";
import { makeNacl } from "../core/nacl.js";
import { SealwireError } from "../errors.js";
import { module as shipped } from "./helpers/core.js";

const KEY = "key-that-no-error-may-show-32-b.";
const ways = ["a panic", "endless recursion", "more memory than there is", "waiting for ever", "an index out of range"];

/** @type {string} */
let directory;
/** @type {WebAssembly.Module} */
let module;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "sealwire-crash-"));
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync("go", ["run", "./js/core/build", "-o", directory, "-tags", "sealwire_testing"], { cwd: root, stdio: "inherit" });
  module = await WebAssembly.compile(await readFile(join(directory, "sealwire.wasm")));
});

after(() => rm(directory, { recursive: true }));

/** @param {Core} core @param {number} way */
const crash = (core, way) => core.call("testing_only_crash", new TextEncoder().encode(KEY), Uint8Array.of(way));

for (const [way, name] of ways.entries()) {
  test(`C18: ${name} surfaces as internal, tells nothing, and ends the instance`, async (t) => {
    const printed = t.mock.method(console, "error", () => {});
    const core = await instantiate(module);
    const keystore = core.call("keystore_open", new TextEncoder().encode(KEY));
    /** @type {unknown} */
    let thrown;
    try {
      crash(core, way);
    } catch (error) {
      thrown = error;
    }
    assert.ok(thrown instanceof SealwireError && thrown.code === "internal", String(thrown));
    assert.doesNotMatch(`${thrown.message} ${thrown.stack} ${JSON.stringify(thrown)} ${thrown.cause}`, /key-that/);
    assert.equal(printed.mock.callCount(), 0);
    assert.equal(core.dead, thrown);
    for (const call of [() => core.call("abi_version"), () => core.close(keystore), () => core.putBulk(new Uint8Array(1)), () => core.callBytes("nacl_key_pair")]) {
      assert.throws(call, { code: "internal" });
    }
    const next = await instantiate(module);
    assert.equal(next.callBytes("nacl_key_pair").length, 64, "the next start works");
  });
}

test("C18: the crash of one instance leaves another alone", async () => {
  const [a, b] = [await instantiate(module), instantiateNow(module)];
  const keystore = b.call("keystore_open", new Uint8Array(32));
  assert.throws(() => crash(a, 0), { code: "internal" });
  b.close(keystore);
});

test("C18: nacl goes on with a fresh instance", async () => {
  const core = await instantiate(module);
  const nacl = makeNacl(module, core);
  assert.throws(() => crash(core, 1), { code: "internal" });
  assert.equal(nacl.secretbox(new Uint8Array(3), new Uint8Array(24), new Uint8Array(32)).length, 19);
});

test("C18: the shipped module has no such export", () => {
  const names = WebAssembly.Module.exports(shipped).map((e) => e.name);
  assert.ok(names.includes("self_test"));
  assert.deepEqual(names.filter((name) => name.includes("testing")), []);
  assert.ok(WebAssembly.Module.exports(module).some((e) => e.name === "testing_only_crash"));
});
