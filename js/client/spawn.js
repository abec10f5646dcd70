// @ts-check
/**
 * Starts an end service: in a dedicated worker where there are workers, else in
 * process. The worker's script is the one beside this file or what the caller
 * names. Nothing checks it: the hash of the module covers the module. It refuses
 * a module that is not of its own version.
 *
 * A browser starts workers of the page's origin only. Where the script lies on
 * another one, as a plugin's files do, a worker of the page's origin is begun
 * from a blob whose one line imports it: its server has to send CORS headers,
 * and the page's policy to name both `blob:` and its origin in `worker-src`.
 * Under Trusted Types the policy "sealwire" lets through these addresses and
 * nothing else.
 *
 * @typedef {object} Environment
 * @property {WebAssembly.Module} module  compiled from the verified bytes
 * @property {URL | string} [workerURL]   default: worker.js beside this file
 * @property {(() => Worker) | false} [worker]  starts the worker in a way of the page's own; false: in process
 *
 * @typedef {{ module: WebAssembly.Module, sha256: string }} First  what a worker is sent first; sha256: of the module that the page knows
 */
import { instantiate } from "../core/instance.js";
import { sha256 } from "../core/module.js";
import { SealwireError } from "../errors.js";
import { End } from "./end.js";
import { localEnd, remoteEnd } from "./remote.js";

/** @typedef {{ createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => { createScriptURL: (url: string) => string } }} TrustedTypes */

/** Apart from the call, or a bundler would take it for a file to copy. */
const BESIDE = "./worker.js";
/** Addresses that the policy lets through: those that init() was given, the default, and our own blobs. @type {Set<string>} */
const allowed = new Set();
/** A page may make a policy of this name only once. @type {ReturnType<TrustedTypes["createPolicy"]> | undefined} */
let policy;
/** Blobs that import a script of another origin, by its address. @type {Map<string, string>} */
const importing = new Map();

/**
 * @param {Environment} environment
 * @param {() => void} onDeath  the worker crashed
 * @returns {import("./remote.js").EndService}
 * @throws {SealwireError} `unavailable` when no worker can be started from there
 */
export function spawnEnd({ module, workerURL, worker: begin }, onDeath) {
  if (begin === false || (begin === undefined && typeof Worker === "undefined")) return localEnd(new End(() => instantiate(module)));
  const worker = started(begin ?? (() => beginAt(workerURL)));
  const { service, onReply, onError } = remoteEnd(worker, onDeath);
  worker.onmessage = ({ data }) => onReply(data);
  worker.onerror = worker.onmessageerror = onError;
  worker.postMessage(/** @type {First} */ ({ module, sha256 }));
  return service;
}

/** @param {() => Worker} begin */
function started(begin) {
  try {
    return begin();
  } catch (error) {
    const why = error instanceof Error ? error.message : "refused";
    throw new SealwireError("unavailable", `no worker could be started; a bundle has to give init() "workerURL" (${why})`);
  }
}

/** @param {URL | string} [workerURL] */
function beginAt(workerURL) {
  const here = /** @type {string | undefined} */ (import.meta.url);
  if (workerURL === undefined && (here === undefined || here.startsWith("file:"))) {
    // A bundle: it has no address of this file, or the one of where it was built. Of this line, in this form, webpack
    // makes a bundle of the worker, with its address.
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "sealwire" });
  }
  const url = workerURL === undefined ? new URL(BESIDE, here) : new URL(workerURL, globalThis.location?.href);
  return new Worker(trusted(ofThisOrigin(url)), { type: "module", name: "sealwire" });
}

/** @param {URL} url */
function ofThisOrigin({ href, origin }) {
  if (origin === globalThis.location?.origin) return href;
  const own = importing.get(href) ?? URL.createObjectURL(new Blob([`import ${JSON.stringify(href)};`], { type: "text/javascript" }));
  importing.set(href, own);
  return own;
}

/** @param {string} url */
function trusted(url) {
  const types = /** @type {{ trustedTypes?: TrustedTypes }} */ (globalThis).trustedTypes;
  if (!types) return url;
  allowed.add(url);
  policy ??= types.createPolicy("sealwire", {
    createScriptURL: (asked) => {
      if (!allowed.has(asked)) throw new TypeError("not the worker's address");
      return asked;
    },
  });
  return policy.createScriptURL(url);
}
