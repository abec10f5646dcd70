// A file through the whole path, in Node: sealed by a customer, in parts to a
// `sealwire demo` of its own process and to its disk, fetched, checked and opened
// by an agent. Both ends share this process, its one thread and one core, so one
// of them at a time is what is timed: until it is sent, until it is saved.

import { instantiate } from "../../core/instance.js";
import { Demo, closeAll, module, seen, sweep, until } from "../client-world.js";

const MIB = 1 << 20;
const CHUNK = 65_536;
const SIZE = 32;
const ROUNDS = 3;

/** The figures, as text. */
export async function benchFile() {
  const demo = new Demo();
  try {
    await demo.start();
    return await measure(demo);
  } finally {
    await closeAll();
    await demo.stop();
    await sweep();
  }
}

/** @param {Demo} demo */
async function measure(demo) {
  // A page's requests name its origin by themselves.
  const own = (/** @type {RequestInfo | URL} */ url, /** @type {RequestInit} */ init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("Origin", demo.url);
    return fetch(url, { ...init, headers });
  };
  const agent = await demo.agent({ fetch: own });
  const customer = await demo.customer({ fetch: own });
  const mine = await customer.start();
  await mine.send("hello");
  await seen(agent, "hello", "received");
  const [theirs] = agent.conversations;
  if (theirs === undefined) throw new Error("the agent has no conversation");

  const content = new Uint8Array(SIZE * MIB);
  for (let at = 0; at < content.length; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
  let [sent, saved] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    const name = `file ${round}`;
    /** @param {import("../../client/client.js").Client} client @param {string} state */
    const file = (client, state) =>
      until(client, `${name} ${state}`, () => client.conversations.flatMap((c) => c.messages).find((m) => m.file?.name === name && m.file.state === state));
    let start = performance.now();
    await mine.sendFile(new File([content], name));
    await file(customer, "sent");
    sent = Math.min(sent, performance.now() - start);

    const { id } = await file(agent, "available");
    start = performance.now();
    const copy = await theirs.saveFile(id);
    saved = Math.min(saved, performance.now() - start);
    const bytes = new Uint8Array(await copy.blob.arrayBuffer());
    if (Buffer.compare(bytes, content) !== 0) throw new Error("it is another file");
    await copy.release();
  }
  const alone = await sealAlone(content);
  /** @param {number} ms */
  const speed = (ms) => `${(ms / alone).toFixed(1)} x the time of sealing it alone (${(SIZE / (ms / 1000)).toFixed(0)} MiB/s)`;
  return `File of ${SIZE} MiB, Node to Node, best of ${ROUNDS}: sent in ${speed(sent)}, saved in ${speed(saved)}`;
}

/**
 * What the core needs for it, and nobody else: the least that any way can take.
 * @param {Uint8Array} content
 * @returns {Promise<number>} ms
 */
async function sealAlone(content) {
  const core = await instantiate(module);
  const more = Uint8Array.of(0);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const sealer = core.call("stream_seal_new");
    const start = performance.now();
    for (let at = 0; at < content.length; at += CHUNK) core.callBytes("stream_seal", sealer, more, content.subarray(at, at + CHUNK));
    best = Math.min(best, performance.now() - start);
    core.close(sealer);
  }
  return best;
}
