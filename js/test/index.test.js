import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { init, SealwireError } from "../index.js";

test("init gives nacl at once, and each init an instance of its own", async () => {
  const [a, b] = await Promise.all([init(), init()]);
  assert.notEqual(a.nacl, b.nacl);
  const [alice, bob] = [a.nacl.box.keyPair(), b.nacl.box.keyPair()];
  const nonce = a.nacl.randomBytes(24);
  const box = a.nacl.box(new TextEncoder().encode("hello"), nonce, bob.publicKey, alice.secretKey);
  assert.equal(new TextDecoder().decode(b.nacl.box.open(box, nonce, alice.publicKey, bob.secretKey) ?? undefined), "hello");
});

test("init takes the module's bytes or address, and only this version's", async () => {
  const url = new URL("../core/sealwire.wasm", import.meta.url);
  assert.ok(await init({ module: url }));
  assert.ok(await init({ module: await readFile(url) }));
  await assert.rejects(init({ module: new Uint8Array(8) }), (error) => error instanceof SealwireError && error.code === "unsupported version");
  await assert.rejects(init({ module: new URL("no-such.wasm", url) }), { code: "unavailable" });
  await assert.rejects(init({ module: /** @type {string} */ (/** @type {unknown} */ (5)) }), TypeError);
});

test("connect refuses wrong options before anything is sent, close has nothing to close", async () => {
  const sw = await init();
  await assert.rejects(sw.connect(/** @type {import("../client/types.js").ClientOptions} */ ({})), TypeError);
  await sw.close();
});

test("the types of the public API are emitted, and hold no any", async () => {
  const out = await mkdtemp(join(tmpdir(), "sealwire-types-"));
  try {
    const directory = fileURLToPath(new URL("..", import.meta.url));
    execFileSync("npx", ["--no-install", "tsc", "-p", "tsconfig.types.json", "--outDir", out], { cwd: directory, stdio: ["ignore", "inherit", "pipe"] });
    const index = await readFile(join(out, "index.d.ts"), "utf8");
    for (const name of ["init", "SealwireError", "Sealwire", "InitOptions", "Client", "ClientOptions"]) assert.match(index, new RegExp(`\\b${name}\\b`), name);
    for (const file of ["index", "errors", "core/nacl", "core/loader", "client/client", "client/types"]) {
      assert.doesNotMatch((await readFile(join(out, `${file}.d.ts`), "utf8")).replaceAll(/\/\*[^]*?\*\//g, ""), /\bany\b/, file);
    }
  } finally {
    await rm(out, { recursive: true });
  }
});
