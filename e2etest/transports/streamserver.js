/**
 * A server of Stream Chat as far as its library needs one: one channel over a
 * backend, HTTP and a WebSocket for each user, on the loopback.
 */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { asMessage, pageOf } from "../../js/test/transport-stream-fake.js";

const CHANNEL = { type: "messaging", id: "c1", cid: "messaging:c1" };

export class StreamServer {
  #backend;
  #server;
  #sockets = new WebSocketServer({ noServer: true });
  #files = new Map();
  url = "";

  /** @param {import("../../js/test/transport-backend.js").Backend} backend */
  constructor(backend) {
    this.#backend = backend;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      const { user_id: name } = JSON.parse(new URL(request.url, "http://x").searchParams.get("json"));
      if (backend.away.has(name)) return socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws, name));
    });
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  stop() {
    for (const ws of this.#sockets.clients) ws.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #welcome(ws, name) {
    const me = { id: name, channel_mutes: [], devices: [], mutes: [], total_unread_count: 0, unread_channels: 0 };
    const say = (event) => ws.send(JSON.stringify({ created_at: new Date().toISOString(), ...event }));
    const health = () => say({ type: "health.check", connection_id: `connection-${name}`, me });
    const about = (type, message) => say({ type, ...{ cid: CHANNEL.cid, channel_id: CHANNEL.id, channel_type: CHANNEL.type }, message: asMessage(message), user: { id: message.author } });
    const view = {
      name,
      added: (message) => about("message.new", message),
      updated: (message) => about("message.updated", message),
      turned: (online) => !online && ws.terminate(),
    };
    this.#backend.views.add(view);
    ws.on("close", () => this.#backend.views.delete(view));
    ws.on("message", health);
    health();
  }

  async #answer(request, response) {
    const url = new URL(request.url, "http://x");
    const name = url.searchParams.get("user_id") ?? "";
    const answer = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ duration: "1ms", ...body }));
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    if (url.pathname.startsWith("/blob/")) {
      const bytes = this.#files.get(url.pathname.split("/").at(-1));
      return bytes ? response.writeHead(200).end(bytes) : response.writeHead(404).end();
    }
    if (this.#backend.away.has(name)) return request.socket.destroy();
    try {
      if (url.pathname.endsWith("/query")) return answer(200, this.#query(name, JSON.parse(body)));
      if (url.pathname.endsWith("/message")) return answer(201, { message: asMessage(await this.#store(name, JSON.parse(body).message)) });
      if (url.pathname.endsWith("/file")) return answer(201, { file: await this.#keep(body, request.headers["content-type"]) });
      return answer(200, {});
    } catch (error) {
      answer(400, { code: 4, message: error.message, StatusCode: 400 });
    }
  }

  #query(name, { messages = {} }) {
    const config = { commands: [], max_message_length: 5_000 };
    return {
      channel: { ...CHANNEL, config, own_capabilities: ["send-message", "upload-file"] },
      messages: pageOf(this.#backend.read(name), messages),
      members: [],
      read: [],
      watchers: [],
    };
  }

  #store(name, { id, text = "", attachments = [] }) {
    if (text.length > 5_000) throw new Error("message.text is too long");
    if (this.#backend.messages.some((m) => m.id === id)) throw new Error(`message ${id} already exists`);
    const [file] = attachments;
    const bytes = file && this.#files.get(file.asset_url.split("/").at(-1));
    return this.#backend.store(name, { id, body: text, media: bytes ? { filename: file.title, contentType: file.mime_type, bytes, url: file.asset_url } : null });
  }

  /** As the library sends it: a form with one file. */
  async #keep(body, type) {
    const file = (await new Response(body, { headers: { "content-type": type } }).formData()).get("file");
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.#backend.left.push(file.name, bytes);
    this.#files.set(file.name, bytes);
    return `${this.url}/blob/${file.name}`;
  }
}
