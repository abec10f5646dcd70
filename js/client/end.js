// @ts-check
/**
 * The end service: the core, the keystore and the store of one device, behind
 * asynchronous calls of plain values. It runs in a dedicated worker in browsers
 * and in process in Node; nothing outside it holds a key, of a file neither, or
 * a handle.
 *
 * Promise: whatever changes state is saved before its result is returned, so
 * that nothing is shown or sent which a reload would not know. If saving fails,
 * the changed state is thrown away, the saved one is loaded again, and the
 * caller gets "unavailable". If the core dies ("internal"), it is rebuilt from
 * the store by the next call.
 *
 * @typedef {import("../core/instance.js").Core} Core
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./conversations.js").ConversationSummary} ConversationSummary
 * @typedef {import("./outbox.js").OutboxItem} OutboxItem
 *
 * @typedef {object} OpenOptions
 * @property {import("./types.js").RoleName} role
 * @property {Uint8Array[]} roots
 * @property {"device" | "none"} history
 *
 * @typedef {object} Opened
 * @property {boolean} fresh       the namespace did not exist before
 * @property {Uint8Array} identity
 * @property {string} member       own member id
 * @property {string} thumbprint   RFC 7638, of the identity key
 * @property {ConversationSummary[]} conversations
 * @property {import("./conversations.js").Failed[]} failed  nothing can be done in them, and nothing of them changes
 * @property {OutboxItem[]} outbox  in the order in which they were written
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, encodeText, equalBytes, toBase64url, toHex } from "./bytes.js";
import { endArguments, identityOf } from "./context.js";
import { Conversations } from "./conversations.js";
import { EndPackages } from "./endpackages.js";
import { isFull, readManifests, readRemembered, savedManifests, savedRemembered } from "./kept.js";
import { newestOf, verify } from "./foreignverify.js";
import { Inspecting } from "./inspecting.js";
import { Live } from "./live.js";
import { Mutex } from "./mutex.js";
import { Outbox } from "./outbox.js";
import { eraseShelves } from "./shelf.js";
import { credentialOf } from "./statements.js";
import { indexedStore, memoryStore } from "./store.js";
import { Transfers } from "./transfers.js";

const seconds = () => Math.floor(Date.now() / 1000);

export class End {
  #live;
  #packages;
  /** Of its credential. */
  #alias = "";
  /** @type {readonly string[]} */
  #queues = [];
  /** The newest manifest, where it was given since this page is open. @type {Uint8Array | undefined} */
  #newest;
  /** @type {Outbox} */
  #outbox;
  /** Conversation operations, one at a time for each. */
  conversations;
  /** What bytes are that no conversation has read. */
  inspecting;
  /** Files on their way up and down. */
  transfers;

  /** @param {() => Promise<Core>} makeCore a fresh instance of the verified module */
  constructor(makeCore) {
    const mutex = new Mutex();
    const live = (this.#live = new Live(makeCore, mutex, () => this.#alias));
    const context = () => live.context();
    this.#packages = new EndPackages(live);
    this.#outbox = new Outbox(context);
    this.conversations = new Conversations(context, mutex, this.#outbox);
    this.inspecting = new Inspecting(context);
    this.transfers = new Transfers(context, this.#outbox);
  }

  /**
   * The tenant id of the first root, in hex, which names the namespace and its
   * lock. A throw-away identity's hello says it; that hello goes nowhere.
   * @param {OpenOptions} options
   */
  tenant(options) {
    return this.#live.beforehand((core) => {
      const end = core.call("end_new", endArguments(options));
      const hello = core.callBytes("end_hello", end, new Writer().raw(new Uint8Array(32)).bytes16(encodeText("-")).bytes16(new Uint8Array()).take());
      core.close(end);
      const r = new Reader(hello);
      r.raw(2);
      return toHex(r.raw(16));
    });
  }

  /**
   * @param {OpenOptions & { name: string }} options
   * @returns {Promise<Opened>}
   */
  async open(options) {
    const store = options.history === "none" ? memoryStore(options.name) : await indexedStore(options.name);
    const opened = await this.openIn(store, options);
    // Where nothing is to be kept, no file is laid on a disk either, not even for a while.
    if (options.history === "device") this.transfers.begin(options.name);
    return opened;
  }

  /**
   * @param {Store} store
   * @param {OpenOptions} options
   * @returns {Promise<Opened>}
   */
  async openIn(store, options) {
    if (this.#live.store) throw new SealwireError("bad argument", "the end service is open already");
    try {
      const { context, fresh } = await this.#live.open(store, options);
      await this.#outbox.load();
      const { key, member } = identityOf(context);
      return { fresh, identity: key, member, thumbprint: await thumbprint(key), ...(await this.conversations.load()), outbox: this.#outbox.items() };
    } catch (error) {
      this.#live.close();
      store.close();
      throw error;
    }
  }

  /**
   * @param {Uint8Array} nonce
   * @param {string} host
   * @param {Uint8Array} proof
   */
  async hello(nonce, host, proof) {
    const { core, end } = await this.#live.context();
    return core.callBytes("end_hello", end, new Writer().raw(nonce).bytes16(encodeText(host)).bytes16(proof).take());
  }

  /**
   * @param {Uint8Array} manifest
   * @param {boolean} newest  offered as the newest one; else an old one, asked for by its hash
   */
  async manifest(manifest, newest) {
    const before = await this.manifests();
    const known = before[0] !== undefined && equalBytes(before[0], manifest);
    // One that a log named, and that is the newest, displaces none until the next is given.
    const named = newest && !known && isFull(before) ? await this.conversations.named() : null;
    await this.#live.change((core, end, writes) => {
      const last = newestOf(core, end);
      core.call("end_manifest", end, new Writer().u64(seconds()).u8(newest ? 1 : 0).raw(manifest).take());
      // Old ones are not to displace what commits are made under now.
      if (!newest && newestOf(core, end) === last) return;
      this.#newest = manifest;
      if (!known) writes.push((context) => savedManifests(context, before, manifest, named));
    });
  }

  /** Those that were last the newest, the last first, and those that own commits name which are not read back. */
  async manifests() {
    return readManifests(await this.#live.context());
  }

  /** What the carrier wanted to be remembered; empty: nothing. */
  async remembered() {
    return readRemembered(await this.#live.context());
  }

  /** @param {Uint8Array} bytes */
  async remember(bytes) {
    const context = await this.#live.context();
    await context.store.write([savedRemembered(context, bytes)]);
  }

  /** @param {Uint8Array} credential */
  async credential(credential) {
    await this.#live.change((core, end) => core.call("end_credential", end, new Writer().u64(seconds()).raw(credential).take()));
    const { alias, queues } = credentialOf(credential);
    this.#alias = alias;
    this.#queues = queues;
  }

  /**
   * Whose a key package is that nobody checked before, and that its owner can be added by it now.
   * @param {Uint8Array} keyPackage
   * @param {string} member   whose it must be
   * @param {string} [queue]  for a conversation of it; default: of one that this end works in
   */
  async verify(keyPackage, member, queue) {
    const manifest = this.#newest ?? (await this.manifests())[0];
    const context = await this.#live.context();
    const { roots } = this.#live.options;
    const queues = queue === undefined ? this.#queues : [queue];
    return verify(context, { roots, manifest, queues }, keyPackage, member);
  }

  /**
   * A fresh one-time key package; its private half is saved when this returns.
   * @param {number} [life]  seconds
   */
  keyPackage(life) {
    return this.#packages.fresh(life);
  }

  /**
   * The last-resort key package: the same bytes for an hour, so that reconnecting makes no new keys.
   * @param {boolean} [renew]  a new one at once: the credential in the old one has ended
   */
  lastResort(renew = false) {
    return this.#packages.lastResort(renew);
  }

  /** Drops the private halves of key packages that have expired. */
  expire() {
    return this.#packages.expire();
  }

  /**
   * Keeps a message until it is read back from the log.
   * @param {string} conversation hex, or "" while there is none
   * @param {Uint8Array} content
   */
  queue(conversation, content) {
    return this.#outbox.add(conversation, content);
  }

  /**
   * Keeps the place of a message whose file is still to be brought to the relay.
   * @param {string} conversation
   * @param {Uint8Array} content
   * @param {string} message  its id, 32 hex digits
   */
  hold(conversation, content, message) {
    return this.#outbox.add(conversation, content, message);
  }

  /**
   * A message that was not sent because this end left is to be sent after all.
   * @param {string} message
   */
  unshelve(message) {
    return this.#outbox.unshelve(message);
  }

  /** False once another tab has opened this namespace. */
  async owned() {
    return this.#live.store ? this.#live.store.owned() : false;
  }

  /** Closes the core's handles, which wipes them, and the store. */
  async close() {
    const context = this.#live.close();
    if (!context) return;
    await this.transfers.close();
    context.abandon();
    context.store.close();
  }

  /** Closes, and removes every key, all history and every opened file of this namespace, those too that other pages left. */
  async erase() {
    const { store, options } = this.#live;
    await this.close();
    try {
      await store?.erase();
    } finally {
      if (store && options.history === "device") await eraseShelves(store.name);
    }
  }
}

/** @param {Uint8Array} key */
async function thumbprint(key) {
  const jwk = encodeText(`{"crv":"Ed25519","kty":"OKP","x":"${toBase64url(key)}"}`);
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", jwk)));
}
