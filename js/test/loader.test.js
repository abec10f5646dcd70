import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { instantiate } from "../core/instance.js";
import { loadModule } from "../core/loader.js";
import { size } from "../core/module.js";

const bytes = await readFile(new URL("../core/sealwire.wasm", import.meta.url));
const altered = new Uint8Array(bytes);
altered[altered.length - 100] = Number(altered[altered.length - 100]) ^ 1;

/** What the server answers by path. @type {Record<string, {type?: string, body: Uint8Array, status?: number, cut?: boolean}>} */
const answers = {
  "/good.wasm": { type: "application/wasm", body: bytes },
  "/no-type.wasm": { body: bytes },
  "/octets.wasm": { type: "application/octet-stream", body: bytes },
  "/altered.wasm": { type: "application/wasm", body: altered },
  "/altered-octets.wasm": { type: "application/octet-stream", body: altered },
  "/old.wasm": { type: "application/wasm", body: bytes.subarray(0, size - 1) },
  "/page.wasm": { type: "text/html", body: Buffer.from("<h1>Sign in to the hotel's network</h1>") },
  "/missing.wasm": { type: "text/plain", body: Buffer.from("no"), status: 404 },
  "/cut.wasm": { type: "application/wasm", body: bytes.subarray(0, 1000), cut: true },
};

/** @type {import("node:http").Server} */
let server;
let origin = "";
let compiled = 0;
const own = { compile: WebAssembly.compile, compileStreaming: WebAssembly.compileStreaming };

before(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === undefined) return void response.destroy();
    if (answer.type !== undefined) response.setHeader("Content-Type", answer.type);
    response.setHeader("Content-Length", answer.cut ? size : answer.body.length);
    response.statusCode = answer.status ?? 200;
    if (!answer.cut) return void response.end(answer.body);
    response.write(answer.body, () => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  origin = `http://127.0.0.1:${address.port}`;
  await (await fetch(`${origin}/missing.wasm`)).text(); // Node's own fetch compiles a module, once
  WebAssembly.compile = (source) => (compiled++, own.compile.call(WebAssembly, source));
  WebAssembly.compileStreaming = (source) => (compiled++, own.compileStreaming.call(WebAssembly, source));
});

after(() => {
  Object.assign(WebAssembly, own);
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  compiled = 0;
});

for (const path of ["/good.wasm", "/no-type.wasm", "/octets.wasm"]) {
  test(`the module loads from ${path}, compiled once`, async () => {
    const module = await loadModule(`${origin}${path}`);
    assert.equal(compiled, 1);
    assert.equal((await instantiate(module)).call("self_test"), 0);
  });
}

test("the module loads from a file and from bytes of every kind", async () => {
  const padded = new Uint8Array(size + 20);
  padded.set(bytes, 10);
  for (const source of [undefined, new URL("../core/sealwire.wasm", import.meta.url), bytes, new Uint8Array(bytes).buffer, padded.subarray(10, 10 + size), new DataView(padded.buffer, 10, size)]) {
    assert.ok((await loadModule(source)) instanceof WebAssembly.Module);
  }
});

for (const path of ["/altered.wasm", "/altered-octets.wasm", "/old.wasm", "/page.wasm"]) {
  test(`B12: ${path} is not the module of this version: not compiled`, async () => {
    await assert.rejects(loadModule(`${origin}${path}`), { code: "unsupported version" });
    assert.equal(compiled, 0);
  });
}

test("B12: altered bytes are refused, also where they change during the check", async () => {
  await assert.rejects(loadModule(altered), { code: "unsupported version" });
  await assert.rejects(loadModule(new Uint8Array(0)), { code: "unsupported version" });
  assert.equal(compiled, 0);
  const changing = new Uint8Array(bytes);
  const loading = loadModule(changing);
  changing.fill(0);
  assert.ok((await loading) instanceof WebAssembly.Module, "what was given is what is checked and compiled");
});

for (const path of ["/missing.wasm", "/cut.wasm", "/nothing-answers.wasm"]) {
  test(`${path} is unavailable`, async () => {
    await assert.rejects(loadModule(`${origin}${path}`), { code: "unavailable" });
    assert.equal(compiled, 0);
  });
}

test("a file that is not there is unavailable", async () => {
  await assert.rejects(loadModule(new URL("./no-such.wasm", import.meta.url)), { code: "unavailable" });
});

test("C01: a source of a wrong kind is a TypeError", async () => {
  for (const value of [null, 5, {}, [], true]) {
    await assert.rejects(loadModule(/** @type {string} */ (/** @type {unknown} */ (value))), TypeError, String(value));
  }
});

test("B11: where the policy forbids WebAssembly, or there is none, or no Web Cryptography, it is unavailable", async () => {
  const all = globalThis.WebAssembly;
  WebAssembly.compile = () => Promise.reject(new all.CompileError("blocked by CSP"));
  WebAssembly.compileStreaming = WebAssembly.compile;
  try {
    await assert.rejects(loadModule(bytes), { code: "unavailable", message: /wasm-unsafe-eval/ });
    await assert.rejects(loadModule(`${origin}/good.wasm`), { code: "unavailable", message: /wasm-unsafe-eval/ });
    Reflect.deleteProperty(globalThis, "WebAssembly");
    await assert.rejects(loadModule(bytes), { code: "unavailable" });
  } finally {
    Object.defineProperty(globalThis, "WebAssembly", { value: all, configurable: true, writable: true });
    Object.assign(WebAssembly, own);
  }
  const crypto = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: () => {} }, configurable: true });
  try {
    await assert.rejects(loadModule(bytes), { code: "unavailable", message: /https/ });
  } finally {
    if (crypto !== undefined) Object.defineProperty(globalThis, "crypto", crypto);
  }
});
