/** A client over a carrier that is not the relay's own: the relay's connection behind one that shows no manifest. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { relayCarrier } from "../client/relaycarrier.js";
import { Demo, closeAll, seen, sweep, until } from "./client-world.js";
import { WebSocket } from "ws";

/** @typedef {import("../client/carrier.js").CarrierHost} CarrierHost */

const demo = new Demo();
before(() => demo.start());
after(async () => {
  await closeAll();
  await demo.stop();
  await sweep();
});

test("a conversation with a file over another carrier, whose manifest is the authority's", async () => {
  class Socket extends WebSocket {
    /** @param {string} url */
    constructor(url) {
      super(url, { origin: demo.url });
    }
  }
  /** @type {string[]} */
  const used = [];
  /** @type {CarrierHost | undefined} */
  let given;
  /** @param {CarrierHost} host */
  const transport = (host) => {
    given = host;
    const onWelcome = async () => {
      used.push("welcome");
      await host.onWelcome(await host.manifest());
    };
    const WebSocket = /** @type {import("../client/types.js").WebSocketConstructor} */ (/** @type {unknown} */ (Socket));
    const { connection, files } = relayCarrier({ relay: demo.config.relay, WebSocket, fetch })({ ...host, onWelcome });
    /** Whatever it is asked is among what the description names. @type {import("../client/carrier.js").Connection} */
    const narrow = {
      get state() {
        return connection.state;
      },
      start: () => connection.start(),
      close: () => connection.close(),
      reset: (slowly) => connection.reset(slowly),
      append: (conversation, entry) => (used.push("append"), connection.append(conversation, entry)),
      subscribe: (conversation, after) => connection.subscribe(conversation, after),
      unsubscribe: (conversation) => connection.unsubscribe(conversation),
      publish: (keyPackage) => connection.publish(keyPackage),
      take: (queue, member) => connection.take(queue, member),
      manifest: (hash) => connection.manifest(hash),
      conversations: () => connection.conversations(),
    };
    return { connection: narrow, files };
  };
  const agent = await demo.agent();
  const customer = await demo.customer({
    relay: undefined,
    WebSocket: undefined,
    transport,
    manifest: `${demo.config.authority}/v1/authority/manifest`,
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, Origin: demo.url } }),
  });
  assert.equal(given?.member, customer.member);
  assert.equal(given?.role, "customer");
  const conversation = await customer.start();
  await conversation.send("hello");
  await seen(agent, "hello", "received");
  await conversation.sendFile(new Blob(["a file"]), { name: "a.txt" });
  const message = await until(agent, "the file", () => agent.conversations[0]?.messages.find((m) => m.file));
  const { blob, release } = await agent.conversations[0]?.saveFile(message.id) ?? assert.fail();
  assert.equal(await blob.text(), "a file");
  await release();
  await agent.conversations[0]?.send("thank you");
  await seen(customer, "thank you", "received");
  assert.ok(used.includes("welcome") && used.includes("append"), "it was carried by it");
});

test("a carrier that shows no manifest comes online once it is to be had", async () => {
  /** @type {CarrierHost | undefined} */
  let host;
  let state = /** @type {import("../client/carrier.js").CarrierState} */ ("offline");
  const manifests = [new Uint8Array([1, 2, 3])];
  const customer = await demo.customer({
    relay: undefined,
    WebSocket: undefined,
    manifest: async () => manifests.shift() ?? new Uint8Array(await (await fetch(`${demo.config.authority}/v1/authority/manifest`, { headers: { Origin: demo.url } })).arrayBuffer()),
    transport: {
      carrier: (given) => {
        host = given;
        const connection = /** @type {import("../client/carrier.js").Connection} */ ({
          get state() {
            return state;
          },
          start: () => {},
          reset: () => {},
          close: () => given.onState((state = "closed")),
        });
        return { connection, files: /** @type {import("../client/carrier.js").Files} */ ({}) };
      },
    },
  });
  if (!host) return assert.fail("none was made");
  await host.prepare();
  await assert.rejects(host.onWelcome(await host.manifest()), "what is no manifest");
  await until(customer, "it is refused", () => customer.state === "refused");
  await host.onWelcome(await host.manifest());
  host.onState((state = "online"));
  await until(customer, "it is online", () => customer.state === "online");
});
