/**
 * Sealwire for browsers and Node: the public API.
 *
 *   import { init } from "sealwire";
 *   const sw = await init();
 *   const box = sw.nacl.box(message, nonce, publicKey, secretKey);   // synchronous
 *   const client = await sw.connect({ relay, orgKey, identityToken });
 *   const conversation = await client.start();
 *   await conversation.send("Hello");
 *
 * Whatever refuses does so by a SealwireError with a `code`; a wrong kind of
 * argument is a TypeError, a wrong size a RangeError.
 */

import { connect } from "./client/client.js";
import { instantiate } from "./core/instance.js";
import { loadModule } from "./core/loader.js";
import { makeNacl } from "./core/nacl.js";

export { SealwireError, codes } from "./errors.js";

/**
 * @typedef {import("./errors.js").Code} Code
 * @typedef {import("./core/nacl.js").Nacl} Nacl
 * @typedef {import("./client/client.js").Client} Client
 * @typedef {import("./client/types.js").ClientOptions} ClientOptions
 *
 * @typedef {object} InitOptions
 * @property {URL | string | BufferSource} [module] sealwire.wasm: its address or its bytes. Default: beside core/loader.js.
 *   Whatever it is, only the module that this code was built with is run
 * @property {URL | string} [workerURL] the worker's script. Default: client/worker.js. From another origin than the page's it
 *   needs CORS, and `worker-src blob:` with that origin in the page's policy
 * @property {(() => Worker) | false} [worker] starts that script in a way of your own, as your bundler has it; false: no
 *   worker, everything on the page's own thread
 *
 * @typedef {object} Sealwire
 * @property {Nacl} nacl boxes and secret boxes, call-compatible with TweetNaCl.js, in an instance of their own
 * @property {(options: ClientOptions) => Promise<Client>} connect opens this device's session at an organisation
 * @property {() => Promise<void>} close closes every client that connect gave
 */

/** Modules by address: each is fetched, checked and compiled once. @type {Map<string, Promise<WebAssembly.Module>>} */
const modules = new Map();

/**
 * Loads and checks the core. Nothing works before it, and nothing of it runs
 * unless module, randomness and self test are as they must be.
 * @param {InitOptions} [options]
 * @returns {Promise<Sealwire>}
 * @throws {SealwireError} `unsupported version` when the module is not the one of this code, `unavailable` when it
 *   cannot be had or run here, `no randomness`, `internal` when the self test fails
 */
export async function init({ module: source, workerURL, worker } = {}) {
  if (worker !== undefined && worker !== false && typeof worker !== "function") throw new TypeError("worker: expected a function or false");
  const module = await load(source);
  const nacl = makeNacl(module, await instantiate(module));
  /** @type {Set<Client>} */
  const clients = new Set();
  return Object.freeze({
    nacl,
    connect: async (/** @type {ClientOptions} */ options) => {
      const client = await connect({ module, ...(workerURL === undefined ? {} : { workerURL }), ...(worker === undefined ? {} : { worker }) }, options);
      clients.add(client);
      return client;
    },
    close: async () => {
      await Promise.all(Array.from(clients, (client) => client.close()));
      clients.clear();
    },
  });
}

/** @param {URL | string | BufferSource | undefined} source */
function load(source) {
  if (source !== undefined && typeof source !== "string" && !(source instanceof URL)) return loadModule(source);
  const name = String(source);
  const known = modules.get(name);
  if (known !== undefined) return known;
  const loading = loadModule(source);
  modules.set(name, loading);
  loading.catch(() => modules.delete(name)); // a failure is not for ever: the next init tries again
  return loading;
}
