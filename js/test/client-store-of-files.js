/** A relay's file store for tests: real HTTP, parts on disk, and whatever lie or failure a test asks for. */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PART = 1024 * 1024;

/**
 * @typedef {object} Stored
 * @property {number} length
 * @property {Set<number>} parts
 * @property {boolean} complete
 * @property {string} path
 *
 * @typedef {object} Asked
 * @property {string} what  "create", "put", "parts", "complete", "get" or "delete"
 * @property {number} part
 * @property {number} count  how often this was asked before
 *
 * @typedef {import("node:http").ServerResponse} Answer
 */
export class FileStore {
  /** @type {Map<string, Stored>} */
  files = new Map();
  /** What was asked, in order. @type {string[]} */
  asked = [];
  /** A status to refuse with, "cut" to end the connection unanswered, "late" to do it and then end the connection. @type {(asked: Asked) => number | "cut" | "late" | void | Promise<void>} */
  fault = () => {};
  /** Answers a GET in its own way: true when it did. @type {(answer: Answer, file: Stored, from: number) => boolean | void} */
  lie = () => {};
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #server = createServer((request, answer) => {
    const served = this.#serve(request, answer).catch(() => void answer.destroy());
    void served.then(() => this.#watchers.forEach((look) => look()));
  });
  #dir = "";
  url = "";

  async start() {
    this.#dir = await mkdtemp(join(tmpdir(), "sealwire-test-"));
    this.#server.listen(0, "127.0.0.1");
    await new Promise((resolve) => this.#server.once("listening", resolve));
    this.url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port}`;
    return this;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#dir, { recursive: true, force: true });
  }

  reset() {
    this.files.clear();
    this.asked = [];
    this.fault = () => {};
    this.lie = () => {};
  }

  /** To be given to a client in the place of the relay's own. @type {typeof globalThis.fetch} */
  fetch = (input, init) => {
    const { pathname } = new URL(String(input));
    return globalThis.fetch(this.url + pathname, init);
  };

  /**
   * Waits, from request to request, until something holds.
   * @param {() => boolean} look
   */
  until(look) {
    return new Promise((/** @type {(v: void) => void} */ resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not within time; asked ${this.asked.slice(-20)}`)), 20_000);
      const check = () => {
        if (!look()) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** How often this was asked. @param {string} what */
  times(what) {
    return this.asked.filter((asked) => asked === what).length;
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {Answer} answer
   */
  async #serve(request, answer) {
    const [, , , id = "", tail = ""] = (request.url ?? "").split("/");
    const what = nameOf(request.method, id, tail);
    const label = tail !== "" && what === "put" ? `put ${tail}` : what;
    const fault = await this.fault({ what, part: Number(tail) || 0, count: this.times(label) });
    this.asked.push(label);
    if (fault === "cut") return answer.destroy();
    if (!/^Bearer [\w-]{43}$/.test(request.headers.authorization ?? "")) return refuse(answer, 401, 14);
    if (typeof fault === "number") {
      request.resume();
      return refuse(answer, fault, fault === 413 ? 18 : fault === 401 ? 14 : fault === 403 ? 6 : 22);
    }
    const body = what === "put" ? await read(request) : Buffer.alloc(0);
    if (fault !== "late") return this.#do(what, id, Number(tail), request, body, answer);
    // Done, and never answered.
    const nobody = /** @type {Answer} */ (/** @type {unknown} */ ({ writeHead: () => ({ end: () => {} }) }));
    await this.#do(what, id, Number(tail), request, body, nobody);
    answer.destroy();
  }

  /**
   * @param {string} what
   * @param {string} id
   * @param {number} part
   * @param {import("node:http").IncomingMessage} request
   * @param {Buffer} body
   * @param {Answer} answer
   */
  async #do(what, id, part, request, body, answer) {
    if (what === "create") {
      const name = randomBytes(16).toString("base64url");
      const path = join(this.#dir, name);
      await (await open(path, "w")).close();
      this.files.set(name, { length: Number(request.headers["upload-length"]), parts: new Set(), complete: false, path });
      return void answer.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify({ id: name }));
    }
    const file = this.files.get(id);
    if (!file) return refuse(answer, 404, 22);
    const count = Math.ceil(file.length / PART);
    switch (what) {
      case "put": {
        const due = Math.min(PART, file.length - part * PART);
        if (body.length !== due) return refuse(answer, 400, 1);
        const handle = await open(file.path, "r+");
        await handle.write(body, 0, body.length, part * PART);
        await handle.close();
        file.parts.add(part);
        break;
      }
      case "parts": {
        const missing = Array.from({ length: count }, (_, i) => i).filter((i) => !file.parts.has(i));
        return void answer.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ missing }));
      }
      case "complete":
        if (file.parts.size !== count) return refuse(answer, 409, 20);
        file.complete = true;
        break;
      case "delete":
        if (file.complete) return refuse(answer, 409, 1);
        this.files.delete(id);
        break;
      case "get": {
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
        if (this.lie(answer, file, from)) return;
        const headers = { "Content-Length": file.length - from, "Content-Type": "application/octet-stream" };
        answer.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, "Content-Range": `bytes ${from}-${file.length - 1}/${file.length}` } : headers);
        return void createReadStream(file.path, { start: from }).pipe(answer);
      }
    }
    answer.writeHead(204).end();
  }
}

/**
 * @param {string | undefined} method
 * @param {string} id
 * @param {string} tail
 */
function nameOf(method, id, tail) {
  if (method === "POST") return id === "" ? "create" : "complete";
  if (method === "PUT") return "put";
  if (method === "DELETE") return "delete";
  return tail === "parts" ? "parts" : "get";
}

/** @param {import("node:http").IncomingMessage} request */
async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

/**
 * @param {Answer} answer
 * @param {number} status
 * @param {number} code
 */
function refuse(answer, status, code) {
  answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ code, error: "x" }));
}
