/**
 * Clients in Node for a relay that lies: a program that is told on its standard
 * input, a JSON object a line, what its clients do, and answers each line with one
 * of what came of it. All their sockets go through the proxy that is named.
 *
 *   {"do":"open","name":"customer","role":"customer","url":"http://…","proxy":"127.0.0.1:…"}
 *   {"do":"say","name":"customer","text":"…"}   {"do":"report","name":"customer"}
 *   {"do":"move","name":"agent","move":"hands","to":"Ben"}   {"do":"wake"}   {"do":"close","name":"customer"}
 */
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { connect } from "../client/client.js";
import { loadModule } from "../core/loader.js";

/**
 * @typedef {object} End
 * @property {import("../client/client.js").Client} client
 * @property {string} role
 * @property {string[]} told      codes of errors, notices and refusals, in order
 * @property {string[]} texts     all else that it told, in words
 * @property {string[]} through   states of its conversation, in order
 */

/** @type {Map<string, End>} */
const ends = new Map();
/** What a browser tells when the network is back. */
const network = new EventTarget();
globalThis.addEventListener ??= network.addEventListener.bind(network);
globalThis.removeEventListener ??= network.removeEventListener.bind(network);

/**
 * @param {string} origin
 * @param {string} proxy
 */
function socketThrough(origin, proxy) {
  return class extends WebSocket {
    /** @param {string} url */
    constructor(url) {
      const at = new URL(url);
      const headers = { Host: at.host };
      at.host = proxy;
      super(at, { origin, headers, perMessageDeflate: false });
    }
  };
}

/** @param {string} url @param {object} body */
async function post(url, body) {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json", origin: new URL(url).origin }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

/** @param {unknown} error */
const codeOf = (error) => String(typeof error === "object" && error !== null && "code" in error ? error.code : error);

/** @param {End} end */
const conversationOf = ({ client }) => client.conversations.at(-1);

/** @type {Record<string, (order: Record<string, string>) => unknown>} */
const orders = {
  async open({ name, role, alias, url, proxy }) {
    const { orgKey, relay, queue } = await (await fetch(`${url}/demo/config.json`)).json();
    /** @type {Partial<import("../client/types.js").ClientOptions>} */
    const who = role === "customer"
      ? { queue, identityToken: async ({ thumbprint }) => String((await post(`${url}/demo/token`, { thumbprint })).token) }
      : { role: role === "supervisor" ? role : "agent", authority: { url, login: async () => String((await post(`${url}/demo/login`, { name: alias })).token) } };
    const client = await connect({ module: await module }, { relay, orgKey, history: "none", WebSocket: socketThrough(url, proxy), ...who });
    /** @type {End} */
    const end = { client, role, told: [], texts: [], through: [] };
    ends.set(name, end);
    client.on("error", ({ error }) => {
      end.told.push(codeOf(error));
      end.texts.push(error.message);
    });
    client.on("notice", ({ code, text }) => {
      end.told.push(code);
      end.texts.push(text);
    });
    client.on("conversation", () => {
      const state = conversationOf(end)?.state;
      if (state && end.through.at(-1) !== state) end.through.push(state);
    });
  },
  // Resolves when the text is kept, or refused.
  async say({ name, text }) {
    const end = endOf(name);
    try {
      const conversation = end.role === "customer" ? await end.client.start() : conversationOf(end);
      if (!conversation) throw Object.assign(new Error("no conversation"), { code: "unavailable" });
      await conversation.send(text);
    } catch (error) {
      end.told.push(codeOf(error));
    }
  },
  // Begins a move, once it can; what becomes of it is told.
  move({ name, move, to }) {
    const end = endOf(name);
    const waiting = end.client.queues.waiting[0];
    const colleague = end.client.queues.agents.find(({ alias }) => alias === to);
    const conversation = conversationOf(end);
    if (move === "claims" ? !waiting : !conversation || (to && !colleague)) return { begun: false };
    const acts = {
      claims: () => end.client.claim(waiting?.id ?? ""),
      hands: () => conversation?.transfer({ to: colleague?.id }),
      puts: () => conversation?.park(),
      brings: () => conversation?.invite({ to: colleague?.id ?? "", role: "supervisor" }),
      ends: () => conversation?.close(),
    };
    const act = acts[/** @type {keyof typeof acts} */ (move)];
    void Promise.resolve(act()).catch((error) => end.told.push(codeOf(error)));
    return { begun: true };
  },
  report({ name }) {
    const end = endOf(name);
    const conversation = conversationOf(end);
    return {
      client: end.client.state,
      state: conversation?.state ?? "none",
      conversation: conversation?.id ?? "",
      members: conversation?.members.map((m) => m.id) ?? [],
      messages: conversation?.messages.map(({ text, self, status, gap, from }) => ({ text, self, status, gap: gap ?? 0, from: from?.id ?? "" })) ?? [],
      all: JSON.stringify([end.texts, end.client.conversations.map((c) => [c.messages, c.members])]),
      told: end.told,
      through: end.through,
    };
  },
  wake() {
    network.dispatchEvent(new Event("online"));
  },
  async close({ name }) {
    await ends.get(name)?.client.close();
    ends.delete(name);
  },
};

/** @param {string} name */
function endOf(name) {
  const end = ends.get(name);
  if (!end) throw new Error(`no end ${name}`);
  return end;
}

// Only as a program: the test runner loads every file of this directory.
const serving = process.argv[2] === "serve";
const module = serving ? loadModule() : Promise.reject(new Error("not serving"));
module.catch(() => {});
if (serving) {
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    void (async () => {
      try {
        answer({ id: order.id, ...Object(await orders[order.do]?.(order)) });
      } catch (error) {
        answer({ id: order.id, failed: String(error instanceof Error ? error.stack : error) });
      }
    })();
  }
  await Promise.all([...ends.values()].map(({ client }) => client.close()));
  process.exit(0);
}

/** @param {object} what */
function answer(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
