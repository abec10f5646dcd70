// @ts-check
/**
 * The end service as the page calls it: the same methods, whether it runs in a
 * dedicated worker or in process. Across the worker's border calls are numbered
 * messages of plain values; errors cross as their code and text.
 *
 * @typedef {import("./end.js").OpenOptions} OpenOptions
 * @typedef {import("./end.js").Opened} Opened
 *
 * @typedef {object} EndService
 * @property {(options: OpenOptions) => Promise<string>} tenant
 * @property {(options: OpenOptions & { name: string }) => Promise<Opened>} open
 * @property {(nonce: Uint8Array, host: string, proof: Uint8Array) => Promise<Uint8Array>} hello
 * @property {(manifest: Uint8Array, newest: boolean) => Promise<void>} manifest
 * @property {() => Promise<Uint8Array[]>} manifests
 * @property {() => Promise<Uint8Array>} remembered
 * @property {(bytes: Uint8Array) => Promise<void>} remember
 * @property {(keyPackage: Uint8Array, member: string, queue?: string) => Promise<import("./foreignverify.js").Verified | null>} verify
 * @property {(credential: Uint8Array) => Promise<void>} credential
 * @property {(life?: number) => Promise<Uint8Array>} keyPackage
 * @property {(renew?: boolean) => Promise<Uint8Array>} lastResort
 * @property {() => Promise<void>} expire
 * @property {(conversation: string, content: Uint8Array) => Promise<import("./outbox.js").OutboxItem>} queue
 * @property {(conversation: string, content: Uint8Array, message: string) => Promise<import("./outbox.js").OutboxItem>} hold
 * @property {(message: string) => Promise<void>} discard
 * @property {(message: string) => Promise<void>} unshelve
 * @property {(queue: string, keyPackage: Uint8Array) => Promise<import("./status.js").Status>} genesis
 * @property {(id: string) => Promise<void>} ungenesis
 * @property {(id: string, along: boolean) => Promise<import("./outbox.js").OutboxItem[]>} continues
 * @property {() => Promise<string>} continued
 * @property {(id: string, moves: import("./writing.js").Moves) => Promise<Uint8Array | null>} move
 * @property {(id: string) => Promise<import("./status.js").Status>} join
 * @property {(id: string) => Promise<import("./conversations.js").ConversationSummary["history"]>} recover
 * @property {(id: string) => Promise<void>} leave
 * @property {(id: string, sequence: number, entry: Uint8Array) => Promise<import("./reading.js").Received | import("./reading.js").Unread>} receive
 * @property {(id: string, unasked: boolean, quiet: boolean) => Promise<import("./writing.js").Step>} next
 * @property {(id: string, member: string) => Promise<import("./types.js").SafetyNumber>} safetyNumber
 * @property {(entry: Uint8Array) => Promise<Uint8Array>} entryId
 * @property {(entry: Uint8Array) => Promise<{ id: Uint8Array, manifest: Uint8Array } | null>} inspect
 * @property {(manifest: Uint8Array) => Promise<Uint8Array>} manifestHash
 * @property {(blob: Blob) => Promise<{ transfer: number, length: number }>} sealFile
 * @property {(transfer: number, slot: number) => Promise<Blob>} sealPart
 * @property {(transfer: number, message: string, file: string, fields: import("./content.js").FileFields) => Promise<void>} sealedFile
 * @property {(conversation: string, entry: string, shelve: boolean) => Promise<import("./transfers.js").OpenedFile>} openFile
 * @property {(transfer: number, bytes: Uint8Array) => Promise<import("./transfers.js").OpenedPart>} openPart  takes the buffer away from its caller, and gives it back
 * @property {(transfer: number) => Promise<Blob | null>} openedFile
 * @property {(transfer: number) => Promise<void>} dropFile
 * @property {() => Promise<boolean>} owned
 * @property {() => Promise<void>} close
 * @property {() => Promise<void>} erase
 * @property {() => void} terminate  ends the worker at once; all that it held is gone
 *
 * @typedef {Exclude<keyof EndService, "terminate">} Method
 * @typedef {{ id: number, method: Method, args: unknown[] }} Call
 * @typedef {{ id: number, result?: unknown, error?: { kind: "sealwire" | "type" | "range", code: import("../errors.js").Code, text: string } }} Reply
 */
import { SealwireError } from "../errors.js";

/** @type {readonly Method[]} */
export const METHODS = Object.freeze([
  "tenant",
  "open",
  "hello",
  "manifest",
  "manifests",
  "verify",
  "remembered",
  "remember",
  "credential",
  "keyPackage",
  "lastResort",
  "expire",
  "queue",
  "hold",
  "discard",
  "unshelve",
  "genesis",
  "ungenesis",
  "continues",
  "continued",
  "move",
  "join",
  "recover",
  "leave",
  "receive",
  "next",
  "safetyNumber",
  "entryId",
  "inspect",
  "manifestHash",
  "sealFile",
  "sealPart",
  "sealedFile",
  "openFile",
  "openPart",
  "openedFile",
  "dropFile",
  "owned",
  "close",
  "erase",
]);

/**
 * @param {import("./end.js").End} end
 * @returns {EndService}
 */
export function localEnd(end) {
  const { conversations, inspecting, transfers } = end;
  return {
    tenant: (options) => end.tenant(options),
    open: (options) => end.open(options),
    hello: (nonce, host, proof) => end.hello(nonce, host, proof),
    manifest: (manifest, newest) => end.manifest(manifest, newest),
    manifests: () => end.manifests(),
    remembered: () => end.remembered(),
    remember: (bytes) => end.remember(bytes),
    verify: (keyPackage, member, queue) => end.verify(keyPackage, member, queue),
    credential: (credential) => end.credential(credential),
    keyPackage: (life) => end.keyPackage(life),
    lastResort: (renew) => end.lastResort(renew),
    expire: () => end.expire(),
    queue: (conversation, content) => end.queue(conversation, content),
    hold: (conversation, content, message) => end.hold(conversation, content, message),
    discard: (message) => conversations.discard(message),
    unshelve: (message) => end.unshelve(message),
    genesis: (queue, keyPackage) => conversations.genesis(queue, keyPackage),
    ungenesis: (id) => conversations.ungenesis(id),
    continues: (id, along) => conversations.continues(id, along),
    continued: () => conversations.continued(),
    move: (id, moves) => conversations.move(id, moves),
    join: (id) => conversations.join(id),
    recover: (id) => conversations.recover(id),
    leave: (id) => conversations.leave(id),
    receive: (id, sequence, entry) => conversations.receive(id, sequence, entry),
    next: (id, unasked, quiet) => conversations.next(id, unasked, quiet),
    safetyNumber: (id, member) => conversations.safetyNumber(id, member),
    entryId: (entry) => inspecting.entryId(entry),
    inspect: (entry) => inspecting.inspect(entry),
    manifestHash: (manifest) => inspecting.manifestHash(manifest),
    sealFile: (blob) => transfers.seal(blob),
    sealPart: (transfer, slot) => transfers.sealPart(transfer, slot),
    sealedFile: (transfer, message, file, fields) => transfers.sealed(transfer, message, file, fields),
    openFile: (conversation, entry, shelve) => transfers.open(conversation, entry, shelve),
    openPart: (transfer, bytes) => transfers.openPart(transfer, bytes),
    openedFile: (transfer) => transfers.opened(transfer),
    dropFile: (transfer) => transfers.drop(transfer),
    owned: () => end.owned(),
    close: () => end.close(),
    erase: () => end.erase(),
    terminate: () => void end.close(),
  };
}

/**
 * The worker's side: answers the page's calls. A call is one of METHODS or nothing.
 * @param {EndService} service
 * @param {(reply: Reply, moved: ArrayBuffer[]) => void} post
 * @returns {(call: Call) => Promise<void>}
 */
export function serve(service, post) {
  return async ({ id, method, args }) => {
    try {
      if (!METHODS.includes(method)) throw new SealwireError("bad argument", "no such call");
      const act = /** @type {(...args: unknown[]) => Promise<unknown>} */ (/** @type {unknown} */ (service[method]));
      const result = await act(...args);
      post({ id, result }, moved(method, [result]));
    } catch (error) {
      post({ id, error: describe(error) }, []);
    }
  };
}

/**
 * The page's side.
 * @param {{ postMessage: (call: Call, moved: ArrayBuffer[]) => void, terminate: () => void }} worker
 * @param {() => void} onDeath  the worker is of no use any more
 */
export function remoteEnd(worker, onDeath) {
  /** @type {Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>} */
  const calls = new Map();
  let last = 0;
  let lived = false;
  let dead = false;
  const die = () => {
    if (dead) return;
    dead = true;
    worker.terminate();
    const why = lived ? "the worker ended" : "the worker ended before it answered: is its script there, and does the page's policy (worker-src) allow it?";
    for (const { reject } of calls.values()) reject(new SealwireError("unavailable", why));
    calls.clear();
  };
  /**
   * @param {Method} method
   * @param {unknown[]} args
   */
  const call = (method, args) =>
    new Promise((resolve, reject) => {
      if (dead) return reject(new SealwireError("unavailable", "the worker ended"));
      const id = ++last;
      calls.set(id, { resolve, reject });
      worker.postMessage({ id, method, args }, moved(method, args));
    });
  /** @type {Record<string, (...args: unknown[]) => unknown>} */
  const service = { terminate: die };
  for (const method of METHODS) service[method] = (...args) => call(method, args);
  return {
    service: /** @type {EndService} */ (/** @type {unknown} */ (service)),
    /** @param {Reply} reply */
    onReply: ({ id, result, error }) => {
      lived = true;
      const waiting = calls.get(id);
      calls.delete(id);
      if (error) waiting?.reject(revive(error));
      else waiting?.resolve(result);
    },
    onError: () => {
      if (dead) return;
      die();
      onDeath();
    },
  };
}

/**
 * What was received of a file changes hands instead of being copied: there with the call, back with the reply.
 * @param {Method} method
 * @param {unknown[]} values
 * @returns {ArrayBuffer[]}
 */
function moved(method, values) {
  if (method !== "openPart") return [];
  return values.flatMap((v) => {
    if (v instanceof Uint8Array) return v.buffer instanceof ArrayBuffer ? [v.buffer] : [];
    if (typeof v !== "object" || v === null || !("buffer" in v && "content" in v)) return [];
    const { buffer, content } = /** @type {import("./transfers.js").OpenedPart} */ (v);
    return [buffer, /** @type {ArrayBuffer} */ (content.buffer)];
  });
}

/**
 * @param {unknown} error
 * @returns {NonNullable<Reply["error"]>}
 */
function describe(error) {
  const text = error instanceof Error ? error.message : "";
  if (error instanceof SealwireError) return { kind: "sealwire", code: error.code, text: text.slice(error.code.length).replace(/^: /, "") };
  if (error instanceof TypeError) return { kind: "type", code: "internal", text };
  if (error instanceof RangeError) return { kind: "range", code: "internal", text };
  return { kind: "sealwire", code: "internal", text: "" };
}

/** @param {NonNullable<Reply["error"]>} error */
function revive({ kind, code, text }) {
  if (kind === "type") return new TypeError(text);
  if (kind === "range") return new RangeError(text);
  return new SealwireError(code, text === "" ? undefined : text);
}
