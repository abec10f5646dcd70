/** The README's snippet, over the package's own exports. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { after, test } from "node:test";
import { toBase64url } from "../client/bytes.js";
import { twilio } from "../client/transports/twilio.js";
import { Backend } from "./transport-backend.js";
import { sealed } from "./transport-suite.js";
import { World, seen } from "./transport-world.js";
import { twilioUser } from "./transport-twilio-fake.js";

const world = new World();
after(() => world.close());

test("the README's snippet begins a conversation that an agent answers", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const snippets = [...readme.matchAll(/^```js transport\n(.*?)^```$/gms)].map(([, text]) => String(text));
  assert.equal(snippets.length, 1);
  const server = createServer((_, response) => response.end(world.manifest)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const dir = await mkdtemp(join(tmpdir(), "sealwire-test-"));
  after(async () => {
    server.close();
    await rm(dir, { recursive: true, force: true });
  });
  const script = String(snippets[0])
    .replace("YOUR-ORG-KEY", toBase64url(world.company.root.public))
    .replace("https://authority.example.com", `http://127.0.0.1:${port}`)
    .replace(/from "(sealwire[^"]*)"/g, (_, name) => `from ${JSON.stringify(import.meta.resolve(name))}`);
  await writeFile(join(dir, "snippet.mjs"), script);
  const { begin } = await import(pathToFileURL(join(dir, "snippet.mjs")).href);

  const backend = new Backend();
  const ana = await world.agent("Ana", twilio(twilioUser(backend, "ana")));
  const { client, conversation } = twilioUser(backend, "customer");
  const customer = await begin(client, conversation, "Hello from the README");
  await seen(ana, "Hello from the README", "received");
  sealed({ left: () => backend.left, join: () => assert.fail() }, ["Hello from the README"]);
  await customer.close();
});
