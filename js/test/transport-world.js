/** What the transports' tests stand on: a company that is only keys, and clients that it knows. No server, no relay. */
import { connect } from "../client/client.js";
import { toBase64url } from "../client/bytes.js";
import { over } from "../client/foreign.js";
import { Company } from "./independent/company.js";
import { utf8 } from "./independent/codec.js";
import { ROLE } from "./independent/statements.js";
import { module } from "./helpers/core.js";

/** How long something may take that should be there at once (ms). */
const PATIENCE = 30_000;
/** Policy "any": what was read may be handed on. */
const GRANT_ANY = 2;

/** @typedef {import("../client/client.js").Client} Client */
/** @typedef {import("../client/types.js").ClientOptions} ClientOptions */
/** @typedef {import("../client/transports/transport.js").Transport} Transport */

export class World {
  company = new Company();
  /** @type {Uint8Array} */
  manifest;
  #clients = new Map();

  constructor() {
    this.manifest = this.company.manifest({ grants: GRANT_ANY }).encoded;
  }

  /** Another manifest, from now on. */
  renew() {
    this.manifest = this.company.manifest({ grants: GRANT_ANY }).encoded;
  }

  /**
   * @param {Transport | import("../client/foreign.js").Over} transport
   * @param {Partial<ClientOptions>} [options]
   */
  customer(transport, options = {}) {
    return this.#client({ transport: "carrier" in transport ? transport : over(transport), ...options });
  }

  /**
   * @param {string} name
   * @param {Transport | import("../client/foreign.js").Over} transport
   * @param {Partial<ClientOptions>} [options]
   */
  agent(name, transport, options = {}) {
    const role = options.role === "supervisor" ? ROLE.supervisor : ROLE.agent;
    const now = BigInt(Math.floor(Date.now() / 1000));
    return this.#client({
      transport: "carrier" in transport ? transport : over(transport),
      role: "agent",
      credential: ({ identity }) => this.company.credential(identity, { role, alias: utf8(name), notBefore: now - 60n, notAfter: now + 36_000n }),
      ...options,
    });
  }

  /** @param {Partial<ClientOptions>} options */
  async #client(options) {
    const client = await connect({ module }, { orgKey: toBase64url(this.company.root.public), manifest: () => this.manifest, history: "none", ...options });
    /** @type {Watched} */
    const watched = { looks: new Set(), errors: [], notices: [] };
    this.#clients.set(client, watched);
    all.set(client, watched);
    client.on("error", ({ error }) => void watched.errors.push(error));
    client.on("notice", ({ code }) => void watched.notices.push(code));
    for (const type of /** @type {const} */ (["state", "agents", "conversation", "members", "message", "notice", "error"])) {
      client.on(type, () => watched.looks.forEach((look) => look()));
    }
    return client;
  }

  async close() {
    await Promise.all([...this.#clients.keys()].map((client) => client.close()));
    this.#clients.clear();
  }
}

/** @typedef {{ looks: Set<() => void>, errors: Error[], notices: string[] }} Watched */
/** @type {WeakMap<object, Watched>} */
const all = new WeakMap();

/** @param {Client} client */
export const errorsOf = (client) => all.get(client)?.errors ?? [];
/** @param {Client} client */
export const noticesOf = (client) => all.get(client)?.notices ?? [];

/**
 * Waits, from event to event of the client, until something holds.
 * @template T
 * @param {Client} client
 * @param {string} what
 * @param {() => T} look
 * @returns {Promise<NonNullable<T>>}
 */
export function until(client, what, look) {
  return new Promise((resolve, reject) => {
    const looks = /** @type {Watched} */ (all.get(client)).looks;
    const timer = setTimeout(() => {
      looks.delete(check);
      const is = JSON.stringify(client.conversations.map((c) => [c.state, c.members.map((m) => m.alias || m.role), c.messages.map((m) => [m.text.slice(0, 20), m.status])]));
      reject(new Error(`not within time: ${what}; state ${client.state}, ${is}, errors ${errorsOf(client).join("; ")}`));
    }, PATIENCE);
    function check() {
      const value = look();
      if (!value) return;
      clearTimeout(timer);
      looks.delete(check);
      resolve(/** @type {NonNullable<T>} */ (value));
    }
    looks.add(check);
    check();
  });
}

/**
 * @param {Client} client
 * @param {string} text
 * @param {string} [status]
 */
export function seen(client, text, status) {
  return until(client, `"${text.slice(0, 30)}" ${status ?? ""}`, () => texts(client).find((m) => m.text === text && (!status || m.status === status)));
}

/** @param {Client} client */
export const texts = (client) => client.conversations.flatMap((c) => c.messages);
