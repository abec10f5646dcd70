import assert from "node:assert/strict";
import test from "node:test";
import { checkOptions } from "../client/options.js";
import { SealwireError } from "../errors.js";
import { withCore } from "../widget/coreoptions.js";
import { hintOf, report } from "../widget/report.js";
import { Session } from "../widget/session.js";
import { settingsOf } from "../widget/settings.js";

const key = "A".repeat(43);
const relay = "wss://relay.example/v1/connect";
const transport = () => assert.fail("nothing is connected here");
const identityToken = () => "secret token";
const nothing = { orgKey: null, relay: null, queue: null, transport: undefined, manifest: undefined, identityToken, hasToken: false };

test("what a page said becomes what connect() takes", () => {
  assert.deepEqual(settingsOf({ ...nothing, orgKey: ` ${key}\n${key} `, relay }), { options: { orgKey: [key, key], queue: "default", relay, identityToken } });
  assert.deepEqual(settingsOf({ ...nothing, orgKey: key, transport, manifest: "/m", queue: "sales" }), { options: { orgKey: [key], queue: "sales", transport, manifest: "/m" } });
  assert.deepEqual(settingsOf({ ...nothing, orgKey: key, transport, hasToken: true }), { options: { orgKey: [key], queue: "default", transport, manifest: undefined, identityToken } });
  assert.equal(settingsOf({ ...nothing, orgKey: key, manifest: "/m" }), "later");
});

test("what a page lacks is named; of two carriers none is chosen", () => {
  assert.deepEqual(settingsOf({ ...nothing, orgKey: " ", relay }), { lacks: "org-key: expected the company's key, got nothing" });
  assert.match(JSON.stringify(settingsOf({ ...nothing, orgKey: key })), /relay: expected an address/);
  const both = settingsOf({ ...nothing, orgKey: key, relay, transport });
  assert.ok(typeof both === "object" && "options" in both);
  assert.throws(() => checkOptions(both.options), /transport: it is instead of a relay/);
});

/** What a developer is told of an error. @param {import("node:test").TestContext} t @param {unknown} error @param {string} [hint] */
function told(t, error, hint) {
  const log = t.mock.method(console, "error", () => {});
  const element = new EventTarget();
  /** @type {unknown[]} */
  const codes = [];
  element.addEventListener("error", (event) => codes.push(event instanceof CustomEvent ? event.detail : event));
  report(element, error, hint);
  assert.equal(log.mock.callCount(), 1);
  const [line] = log.mock.calls[0]?.arguments ?? [];
  log.mock.restore();
  return { line, codes };
}

test("a wrong option is told to the page's developer: what was expected, what came, and the code; never the key itself", (t) => {
  for (const [orgKey, line] of /** @type {const} */ ([
    ["short-but-mine", "<sealwire-chat> bad argument: orgKey: expected 43 characters, got 14"],
    [`${"A".repeat(42)}!`, "<sealwire-chat> bad argument: orgKey: expected base64url without padding"],
    [`${"A".repeat(42)}B`, "<sealwire-chat> bad argument: orgKey: expected canonical base64url"],
  ])) {
    /** @type {unknown} */
    let wrong;
    try {
      checkOptions({ transport, orgKey: [orgKey], history: "none" });
    } catch (error) {
      wrong = error;
    }
    assert.deepEqual(told(t, wrong), { line, codes: [{ code: "bad argument" }] });
  }
});

test("what failed besides is told by its code, where to look, and without the words of anybody else", (t) => {
  assert.deepEqual(told(t, new SealwireError("bad credential"), "look at org-key"), { line: "<sealwire-chat> bad credential; look at org-key", codes: [{ code: "bad credential" }] });
  assert.deepEqual(told(t, new DOMException("token=abc", "NetworkError")), { line: "<sealwire-chat> internal: NetworkError", codes: [{ code: "internal" }] });
  assert.deepEqual(told(t, "token=abc"), { line: "<sealwire-chat> internal: string", codes: [{ code: "internal" }] });
});

test("where to look: what does not come from the company, and what the relay does not let in", () => {
  assert.match(hintOf("rolled back", "refused"), /company whose key org-key names/);
  assert.match(hintOf("bad credential", "offline"), /org-key, .*origins .*identity token/);
  assert.equal(hintOf("rate limited", "online"), "");
});

test("a place that cannot encrypt is told with what it lacks", () => {
  /** @type {string[]} */
  const stages = [];
  /** @type {string[]} */
  const reported = [];
  const view = { stage: (/** @type {{kind: string}} */ { kind }) => void stages.push(kind), detach() {}, attach: () => assert.fail(), draw() {} };
  const session = new Session(/** @type {import("../widget/view.js").ChatView} */ (/** @type {unknown} */ (view)), (error) => void reported.push(String(error)));
  session.start({ relay, orgKey: key, identityToken });
  assert.equal(stages.at(-1), "missing");
  assert.match(reported.join(), /^SealwireError: unavailable: expected \w+, which is not here/);
});

test("where the core lies is what init() takes, and nothing else", () => {
  const worker = () => assert.fail("not begun here");
  const module = new URL("https://files.example/core/sealwire.wasm");
  const all = withCore(withCore(withCore({}, "module", module), "workerURL", "/w.js"), "worker", worker);
  assert.deepEqual(all, { module, workerURL: "/w.js", worker });
  assert.deepEqual(withCore(withCore(all, "worker", false), "module", new Uint8Array(8)), { module: new Uint8Array(8), workerURL: "/w.js", worker: false });
  assert.deepEqual(Object.keys(withCore(all, "workerURL", undefined)), ["module", "worker"]);
  for (const name of /** @type {const} */ (["module", "workerURL", "worker"])) {
    for (const wrong of [1, null, true, {}, []]) {
      assert.throws(() => withCore({}, name, /** @type {undefined} */ (/** @type {unknown} */ (wrong))), { name: "TypeError", message: new RegExp(`^${name} expected `) });
    }
  }
});
