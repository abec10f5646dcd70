/**
 * What the client's tests stand on: the real program in a child process, real
 * clients over real WebSockets, and a wire that a test can tamper with.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import { connect } from "../client/client.js";
import { T, decodeFrame, encodeFrame } from "../client/frames.js";
import { loadModule } from "../core/loader.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** How long something may take that should be there at once (ms). */
const PATIENCE = 20_000;

export const module = await loadModule();

/** @type {Promise<string> | undefined} */
let program;
/** @type {string[]} */
const garbage = [];

function build() {
  program ??= (async () => {
    const dir = await mkdtemp(join(tmpdir(), "sealwire-test-"));
    garbage.push(dir);
    const name = join(dir, "sealwire");
    await promisify(execFile)("go", ["build", "-o", name, "./server/cmd/sealwire"], { cwd: ROOT });
    return name;
  })();
  return program;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `sealwire demo` with state of its own: an organisation, its authority, its relay. */
export class Demo {
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;
  /** Clients of the company cannot reach its authority. */
  authorityAway = false;
  #dir = "";
  #queues;
  url = "";
  /** @type {{ orgKey: string, relay: string, queue: string, authority: string }} */
  config = { orgKey: "", relay: "", queue: "", authority: "" };

  /** @param {string[]} [queues]  of the organisation; default the demo's one */
  constructor(queues) {
    this.#queues = queues;
  }

  async start() {
    const name = process.env["SEALWIRE_BINARY"] ?? (await build());
    if (!this.#dir) {
      this.#dir = await mkdtemp(join(tmpdir(), "sealwire-test-"));
      garbage.push(this.#dir);
      this.url = `http://127.0.0.1:${await freePort()}`;
      if (this.#queues) await promisify(execFile)(name, ["org", "init", "-queues", this.#queues.join(","), join(this.#dir, "demo", "company")]);
    }
    const child = spawn(name, ["demo", "-addr", this.url.slice("http://".length), "-dir", join(this.#dir, "demo")], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let said = "";
    await new Promise((resolve, reject) => {
      /** @param {Buffer} data */
      const hear = (data) => {
        said += data;
        if (said.includes(this.url)) resolve(undefined);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("exit", () => reject(new Error(`the demo ended: ${said}`)));
    });
    this.config = await (await fetch(`${this.url}/demo/config.json`)).json();
    return this;
  }

  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /**
   * @param {string} path
   * @param {unknown} body
   */
  async post(path, body) {
    const response = await fetch(this.url + path, { method: "POST", headers: { "Content-Type": "application/json", Origin: this.url }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  }

  /**
   * One that the company issues by hand.
   * @param {Uint8Array} identity
   */
  async credential(identity) {
    const args = ["org", "agent", "-alias", "Ana", "-identity", Buffer.from(identity).toString("base64url"), join(this.#dir, "demo", "company")];
    return (await promisify(execFile)(process.env["SEALWIRE_BINARY"] ?? (await build()), args)).stdout.trim();
  }

  /** @param {Partial<import("../client/types.js").ClientOptions> & { wire?: Wire }} [options] */
  async customer({ wire, ...options } = {}) {
    return watched(
      await connect(
        { module },
        {
          relay: this.config.relay,
          orgKey: this.config.orgKey,
          WebSocket: socketOf(this, wire),
          identityToken: async ({ thumbprint }) => String((await this.post("/demo/token", { thumbprint })).token),
          ...options,
        },
      ),
    );
  }

  /**
   * Somebody who takes whatever is begun in this test.
   * @param {Partial<import("../client/types.js").ClientOptions> & { wire?: Wire }} [options]
   */
  async agent(options) {
    const client = await this.colleague("Ana", options);
    const begun = lastClosed;
    const look = () => {
      // Another may be faster, or it may wait no more: so it is looked at again.
      for (const { id, since } of client.queues.waiting) if (since >= begun) client.claim(id).catch(() => {});
    };
    client.on("queues", look);
    client.on("state", look);
    look();
    return client;
  }

  /**
   * Somebody who works there, and takes nothing unasked: Ana, Ben, Cleo or, a supervisor, Sam.
   * @param {string} name
   * @param {Partial<import("../client/types.js").ClientOptions> & { wire?: Wire }} [options]
   */
  async colleague(name, { wire, ...options } = {}) {
    /** @type {() => void} */
    let there = () => {};
    const published = new Promise((/** @type {(v: void) => void} */ resolve) => (there = resolve));
    /** @type {Wire} */
    const heard = {
      get cut() {
        return wire?.cut ?? false;
      },
      set cut(_) {}, // it follows the wire's
      fromEnd: (frame) => wire?.fromEnd?.(frame),
      toEnd: (frame, inject) => {
        // Asked for once its key packages lie at the relay.
        if (frame.type === T.list && frame.request !== 0) there();
        return wire?.toEnd?.(frame, inject);
      },
    };
    if (wire) cutters.set(wire, (cutters.get(wire) ?? new Set()).add(() => cut(heard)));
    const client = watched(
      await connect(
        { module },
        {
          relay: this.config.relay,
          orgKey: this.config.orgKey,
          role: name === "Sam" ? "supervisor" : "agent",
          WebSocket: socketOf(this, heard),
          ...(options.credential ? {} : { authority: { url: this.config.authority, login: async () => String((await this.post("/demo/login", { name })).token) } }),
          ...options,
          fetch: (input, init) => {
            // As a page of the demo: Node sends no origin of its own.
            const authority = String(input).startsWith(`${this.config.authority}/v1/authority/`);
            if (authority && this.authorityAway) return Promise.reject(new TypeError("fetch failed"));
            if (authority) return fetch(input, { ...init, headers: { ...init?.headers, Origin: this.url } });
            return (options.fetch ?? fetch)(input, init);
          },
        },
      ),
    );
    ready.set(client, published);
    return client;
  }
}

/** Closes the clients of a test, whatever came of it. */
export async function closeAll() {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  // The relay has seen them go: the next test's customer is not given to the last one's agent.
  await Promise.all([...sockets].map((socket) => new Promise((resolve) => (socket.readyState === 3 ? resolve(undefined) : socket.once("close", resolve)))));
  sockets.clear();
  lastClosed = Date.now();
}

/** Removes what the tests left on the disk. */
export async function sweep() {
  await Promise.all(garbage.map((dir) => rm(dir, { recursive: true, force: true })));
}

/**
 * What a test does to frames on their way. Each hook gives the frames that
 * really arrive; by default the frame itself.
 * @typedef {object} Wire
 * @property {(frame: import("../client/frames.js").Frame, inject: (frame: import("../client/frames.js").Frame) => void) => import("../client/frames.js").Frame[] | void} [toEnd]
 * @property {(frame: import("../client/frames.js").Frame) => unknown} [fromEnd]  an array gives the frames that really leave; else it only looks
 * @property {boolean} [cut]  nothing gets through any more: see `cut`
 */

/** @type {WeakMap<Wire, Set<() => void>>} */
const cutters = new WeakMap();

/**
 * Takes an end off the net, until its wire's `cut` is false again.
 * @param {Wire} wire
 */
export function cut(wire) {
  wire.cut = true;
  for (const act of cutters.get(wire) ?? []) act();
}

/**
 * @param {Demo} demo
 * @param {Wire} [wire]
 * @returns {import("../client/types.js").WebSocketConstructor}
 */
function socketOf(demo, wire) {
  class Socket {
    #real;
    binaryType = "arraybuffer";
    /** @type {((event: { data: unknown }) => void) | null} */
    onmessage = null;
    /** @type {((event: { code: number, reason: string }) => void) | null} */
    onclose = null;
    /** @type {((event: unknown) => void) | null} */
    onopen = null;
    /** @type {((event: unknown) => void) | null} */
    onerror = null;

    /** @param {string} url */
    constructor(url) {
      if (wire) {
        const acts = cutters.get(wire) ?? new Set();
        cutters.set(wire, acts.add(() => this.#real.terminate()));
      }
      this.#real = new WebSocket(url, { origin: demo.url });
      sockets.add(this.#real);
      this.#real.binaryType = "arraybuffer";
      if (wire?.cut) this.#real.once("open", () => this.#real.terminate());
      this.#real.onopen = (event) => this.onopen?.(event);
      this.#real.onerror = (event) => this.onerror?.(event);
      this.#real.onclose = ({ code, reason }) => this.onclose?.({ code, reason });
      this.#real.onmessage = ({ data }) => {
        const frame = decodeFrame(new Uint8Array(/** @type {ArrayBuffer} */ (data)));
        for (const real of wire?.toEnd?.(frame, (f) => this.#give(f)) ?? [frame]) this.#give(real);
      };
    }
    get readyState() {
      return this.#real.readyState;
    }
    get bufferedAmount() {
      return this.#real.bufferedAmount;
    }
    /** @param {Uint8Array} data */
    send(data) {
      const instead = wire?.fromEnd?.(decodeFrame(data));
      for (const bytes of Array.isArray(instead) ? instead.map(encodeFrame) : [data]) this.#real.send(bytes);
    }
    close() {
      this.#real.close();
    }
    /** @param {import("../client/frames.js").Frame} frame */
    #give(frame) {
      this.onmessage?.({ data: Uint8Array.from(encodeFrame(frame)).buffer });
    }
  }
  return Socket;
}

/** @type {import("../client/client.js").Client[]} */
const clients = [];
/** @type {WeakMap<object, Promise<void>>} */
const ready = new WeakMap();
/** When the last test's clients were closed: what waited before is not this one's. */
let lastClosed = 0;
/** @type {Set<WebSocket>} */
const sockets = new Set();
/** @type {WeakMap<object, Set<() => void>>} */
const watchers = new WeakMap();
/** @type {WeakMap<object, Error[]>} */
const errors = new WeakMap();
/** @type {WeakMap<object, string[]>} */
const notices = new WeakMap();

/** @param {import("../client/client.js").Client} client */
function watched(client) {
  clients.push(client);
  /** @type {Set<() => void>} */
  const set = new Set();
  watchers.set(client, set);
  /** @type {Error[]} */
  const seen = [];
  errors.set(client, seen);
  client.on("error", ({ error }) => void seen.push(error));
  /** @type {string[]} */
  const codes = [];
  notices.set(client, codes);
  client.on("notice", ({ code }) => void codes.push(code));
  client.on("notice:over", ({ code }) => void codes.push(`${code}: over`));
  for (const type of /** @type {const} */ (["state", "agents", "conversation", "members", "message", "queues", "notice", "notice:over", "error"])) client.on(type, () => set.forEach((look) => look()));
  return client;
}

/**
 * Resolves when somebody of the company can be brought into a conversation.
 * @param {import("../client/client.js").Client} client
 */
export async function available(client) {
  await ready.get(client);
  return client.member;
}

/**
 * The background errors that this client told.
 * @param {import("../client/client.js").Client} client
 */
export function errorsOf(client) {
  return errors.get(client) ?? [];
}

/**
 * The codes of the notices that this client gave, and of those that are over.
 * @param {import("../client/client.js").Client} client
 */
export function noticesOf(client) {
  return notices.get(client) ?? [];
}

/**
 * Resolves when an agent has the conversation. The next text is sent after a commit that puts the inbox out.
 * @param {import("../client/client.js").Client} client
 */
export function attended(client) {
  return until(client, "an agent has it", () => client.conversations.some((c) => c.attended));
}

/**
 * Waits, from event to event of the client, until something holds.
 * @template T
 * @param {import("../client/client.js").Client} client
 * @param {string} what
 * @param {() => T} look
 * @returns {Promise<NonNullable<T>>}
 */
export function until(client, what, look) {
  return new Promise((resolve, reject) => {
    const set = /** @type {Set<() => void>} */ (watchers.get(client));
    const timer = setTimeout(() => {
      set.delete(check);
      reject(new Error(`not within time: ${what}; state ${client.state}, ${JSON.stringify(client.conversations.map((c) => [c.state, c.messages.map((m) => [m.text.slice(0, 20), m.status])]))}, errors ${errorsOf(client).join("; ")}`));
    }, PATIENCE);
    function check() {
      const value = look();
      if (!value) return;
      clearTimeout(timer);
      set.delete(check);
      resolve(/** @type {NonNullable<T>} */ (value));
    }
    set.add(check);
    check();
  });
}

/**
 * @param {import("../client/client.js").Client} client
 * @param {string} text
 * @param {string} [status]
 */
export function seen(client, text, status) {
  return until(client, `"${text.slice(0, 30)}" ${status ?? ""}`, () =>
    client.conversations.flatMap((c) => c.messages).find((m) => m.text === text && (!status || m.status === status)),
  );
}
