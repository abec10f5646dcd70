/** From where the worker's script is taken, with a browser's globals that write down what they are asked for. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { spawnEnd } from "../client/spawn.js";
import { loadModule } from "../core/loader.js";
import { sha256 } from "../core/module.js";
import { init } from "../index.js";

const module = await loadModule();
/** @type {{ url: string, options: unknown, posted: unknown[] }[]} */
const started = [];

class FakeWorker {
  /** @type {unknown[]} */
  posted = [];
  /** @param {string} url @param {unknown} options */
  constructor(url, options) {
    if (!url.startsWith("blob:") && new URL(url).origin !== location.origin) throw new DOMException("cross-origin", "SecurityError");
    started.push({ url, options, posted: this.posted });
  }
  /** @param {unknown} message */
  postMessage(message) {
    this.posted.push(message);
  }
  terminate() {}
}

Object.assign(globalThis, { Worker: FakeWorker, location: new URL("https://desk.example/agent/") });
after(() => Object.assign(globalThis, { Worker: undefined, location: undefined }));

/** @param {Omit<import("../client/spawn.js").Environment, "module">} environment */
function begun(environment) {
  started.length = 0;
  spawnEnd({ module, ...environment }, () => {}).terminate();
  return started;
}

test("a script of the page's own origin is started at its address, by its address in the page", () => {
  for (const workerURL of ["https://desk.example/js/client/worker.js", "/js/client/worker.js", "../js/client/worker.js", new URL("https://desk.example/js/client/worker.js")]) {
    const [one] = begun({ workerURL });
    assert.equal(one?.url, "https://desk.example/js/client/worker.js");
    assert.deepEqual(one?.options, { type: "module", name: "sealwire" });
    assert.deepEqual(one?.posted, [{ module, sha256 }]);
  }
});

test("a script of another origin is imported by a worker of the page's own, by one line and the same each time", async () => {
  const workerURL = "https://files.example/sealwire/client/worker.js?a='\"\\\n</script>";
  const [one] = begun({ workerURL });
  assert.match(String(one?.url), /^blob:/);
  assert.equal(await (await fetch(String(one?.url))).text(), `import ${JSON.stringify(new URL(workerURL).href)};`);
  assert.equal(begun({ workerURL })[0]?.url, one?.url);
});

test("under Trusted Types nothing passes but the worker's address and the blob that imports it", () => {
  /** @type {{ createScriptURL: (url: string) => string } | undefined} */
  let rules;
  let policies = 0;
  const trustedTypes = {
    /** @param {string} name @param {{ createScriptURL: (url: string) => string }} given */
    createPolicy: (name, given) => {
      assert.equal(name, "sealwire");
      policies++;
      return (rules = given);
    },
  };
  Object.assign(globalThis, { trustedTypes });
  try {
    begun({ workerURL: "/own/worker.js" });
    const other = begun({ workerURL: "https://files.example/tt/worker.js" })[0]?.url;
    assert.equal(policies, 1);
    const pass = (/** @type {string} */ url) => rules?.createScriptURL(url);
    assert.equal(pass("https://desk.example/own/worker.js"), "https://desk.example/own/worker.js");
    assert.equal(pass(String(other)), other);
    for (const url of ["https://files.example/tt/worker.js", "https://desk.example/own/other.js", URL.createObjectURL(new Blob(["evil()"]))]) {
      assert.throws(() => pass(url), TypeError, url);
    }
  } finally {
    Object.assign(globalThis, { trustedTypes: undefined });
  }
});

test("a worker is started as the page says, or none", () => {
  const own = new FakeWorker("https://desk.example/by-a-bundler.js", {});
  assert.deepEqual(begun({ worker: () => /** @type {Worker} */ (/** @type {unknown} */ (own)) }), []);
  assert.deepEqual(own.posted, [{ module, sha256 }]);
  assert.deepEqual(begun({ worker: false }), []);
});

test("init refuses what is no way to start a worker", async () => {
  await assert.rejects(init({ worker: /** @type {false} */ (/** @type {unknown} */ (true)) }), TypeError);
});

test("a worker that the browser does not start is an error that says so", () => {
  const worker = () => {
    throw new DOMException("refused", "SecurityError");
  };
  assert.throws(() => begun({ worker }), { code: "unavailable" });
  assert.throws(() => begun({ workerURL: "https://" }), { code: "unavailable" });
});

test("a worker that ends before it ever answered says where to look, and one that lived that it ended", async () => {
  for (const lives of [false, true]) {
    const own = /** @type {Worker} */ (/** @type {unknown} */ (new FakeWorker("https://desk.example/own.js", {})));
    let died = 0;
    const service = spawnEnd({ module, worker: () => own }, () => died++);
    const calls = [service.owned(), service.owned()];
    if (lives) own.onmessage?.(new MessageEvent("message", { data: { id: 1, result: true } }));
    own.onerror?.(/** @type {ErrorEvent} */ (new Event("error")));
    assert.equal(died, 1);
    await assert.rejects(calls[1] ?? Promise.resolve(), { code: "unavailable", message: lives ? /ended$/ : /worker-src/ });
    await calls[0]?.catch(() => {});
  }
});

/** The package as a bundler into a classic script leaves it: without an address of its own. */
test("where no script has an address everything loads, and only what needs one asks for it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sealwire-bundled-"));
  after(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, "package.json"), '{"type":"module"}');
  const names = ["index.js", "errors.js", "client", "core", "widget", "agent", "migration"];
  for (const name of names) await cp(fileURLToPath(new URL(`../${name}`, import.meta.url)), join(dir, name), { recursive: true });
  let changed = 0;
  for (const name of await readdir(dir, { recursive: true })) {
    if (!name.endsWith(".js")) continue;
    const text = await readFile(join(dir, name), "utf8");
    if (text.includes("import.meta.url")) changed++;
    await writeFile(join(dir, name), text.replaceAll("import.meta.url", "undefined"));
  }
  assert.ok(changed >= 2);
  const at = (/** @type {string} */ name) => import(pathToFileURL(join(dir, name)).href);
  const bundled = await at("index.js");
  for (const name of ["agent/kit.js", "agent/flex/index.js", "client/transports/index.js", "client/transports/twilio.js", "migration/twilio2022.js"]) await at(name);
  await assert.rejects(bundled.init(), { code: "unavailable", message: /"module"/ });
  const bytes = await readFile(new URL("../core/sealwire.wasm", import.meta.url));
  const core = await bundled.init({ module: bytes });
  assert.equal(core.nacl.randomBytes(4).length, 4);
  const spawn = await at("client/spawn.js");
  assert.throws(() => spawn.spawnEnd({ module }, () => {}), { code: "unavailable", message: /"workerURL"/ });
});
