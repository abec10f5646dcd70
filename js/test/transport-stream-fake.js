/**
 * A channel of Stream Chat as a fake over a backend: the parts of the library's
 * Channel that the adapter uses. `make transports` runs the real library.
 */
import { EventEmitter } from "node:events";

/** @typedef {import("./transport-backend.js").Backend} Backend */
/** @typedef {import("./transport-backend.js").Stored} Stored */

/**
 * As the server tells of a message.
 * @param {Stored} stored
 */
export function asMessage({ id, author, body, media, at, index }) {
  // Microseconds, as the server has them: two messages of one millisecond keep their order.
  const created = new Date(at).toISOString().replace("Z", `${String(index % 1000).padStart(3, "0")}Z`);
  const attachments = media ? [{ type: "file", title: media.filename, asset_url: media.url ?? `https://us-east.stream-io-cdn.com/${media.filename}`, mime_type: media.contentType }] : [];
  return { id, type: /** @type {const} */ ("regular"), text: body, user: { id: author }, attachments, created_at: created, updated_at: created };
}

/**
 * The page of a channel's messages that a query asks for.
 * @param {readonly Stored[]} stored
 * @param {{ limit?: number, created_at_after_or_equal?: string }} page
 */
export function pageOf(stored, { limit = 25, created_at_after_or_equal: from = "1970-01-01T00:00:00Z" }) {
  const key = (/** @type {string} */ time) => time.replace("Z", "").padEnd(29, "0");
  const all = stored.map(asMessage).sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  return all.filter(({ created_at }) => key(created_at) >= key(from.includes(".") ? from : from.replace("Z", ".Z"))).slice(0, limit);
}

/**
 * One user of the platform, in its channel.
 * @param {Backend} backend
 * @param {string} name
 */
export function streamUser(backend, name) {
  const events = new EventEmitter();
  /** @type {Map<string, Uint8Array>} */
  const uploaded = files.get(backend) ?? new Map();
  files.set(backend, uploaded);
  const on = (/** @type {string} */ event, /** @type {(event: never) => void} */ handler) => {
    const listener = /** @type {(event: unknown) => void} */ (/** @type {unknown} */ (handler));
    events.on(event, listener);
    return { unsubscribe: () => void events.off(event, listener) };
  };
  const client = { userID: name, wsConnection: { isHealthy: true }, on };
  const channel = {
    getClient: () => client,
    getConfig: () => ({ max_message_length: 5_000 }),
    on,
    /** @param {import("../client/transports/stream.js").StreamOutgoing} message */
    async sendMessage({ id, text, attachments = [] }) {
      if (text.length > 5_000) throw new Error("StreamChat error code 4: message.text is too long");
      if (backend.messages.some((m) => m.id === id)) throw new Error(`StreamChat error code 4: message ${id} already exists`);
      const [file] = attachments;
      const bytes = uploaded.get(String(file?.title));
      const stored = await backend.store(name, { id, body: text, media: file && bytes ? { filename: file.title, contentType: file.mime_type, bytes } : null });
      return { message: asMessage(stored) };
    },
    /** @param {{ messages: { limit: number, created_at_after_or_equal: string } }} options */
    async query({ messages }) {
      return { messages: pageOf(backend.read(name), messages) };
    },
    /** @param {File | Buffer} file @param {string} id @param {string} type */
    async sendFile(file, id, type) {
      const bytes = file instanceof Uint8Array ? new Uint8Array(file) : new Uint8Array(await file.arrayBuffer());
      backend.left.push(id, type, bytes);
      uploaded.set(id, bytes);
      return { file: `https://us-east.stream-io-cdn.com/${id}` };
    },
  };
  backend.views.add({
    name,
    added: (message) => queueMicrotask(() => events.emit("message.new", { message: asMessage(message) })),
    updated: (message) => queueMicrotask(() => events.emit("message.updated", { message: asMessage(message) })),
    turned: (online) => {
      client.wsConnection.isHealthy = online;
      events.emit("connection.changed", { online });
    },
  });
  /** @type {typeof globalThis.fetch} */
  const fetch = async (input) => {
    const bytes = uploaded.get(String(input).split("/").at(-1) ?? "");
    return bytes ? new Response(Uint8Array.from(bytes)) : new Response("", { status: 404 });
  };
  return { channel, fetch };
}

/** @type {WeakMap<Backend, Map<string, Uint8Array>>} */
const files = new WeakMap();
