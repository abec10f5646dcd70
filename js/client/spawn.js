// @ts-check
/**
 * Starts an end service: in a dedicated worker where there are workers, else in
 * process. Under Trusted Types the policy "sealwire" lets one address through,
 * the worker's.
 *
 * @typedef {object} Environment
 * @property {WebAssembly.Module} module  compiled from the verified bytes
 * @property {URL | string} [workerURL]   default: worker.js beside this file; same origin as the page
 */
import { instantiate } from "../core/instance.js";
import { End } from "./end.js";
import { localEnd, remoteEnd } from "./remote.js";

/** @typedef {{ createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => { createScriptURL: (url: string) => string } }} TrustedTypes */

/** Addresses that the policy lets through: those that init() was given, and the default. @type {Set<string>} */
const allowed = new Set();
/** A page may make a policy of this name only once. @type {ReturnType<TrustedTypes["createPolicy"]> | undefined} */
let policy;

/**
 * @param {Environment} environment
 * @param {() => void} onDeath  the worker crashed
 * @returns {import("./remote.js").EndService}
 */
export function spawnEnd({ module, workerURL }, onDeath) {
  if (typeof Worker === "undefined") return localEnd(new End(() => instantiate(module)));
  const worker = new Worker(trusted(new URL(workerURL ?? new URL("./worker.js", import.meta.url), globalThis.location?.href).href), { type: "module", name: "sealwire" });
  const { service, onReply, onError } = remoteEnd(worker, onDeath);
  worker.onmessage = ({ data }) => onReply(data);
  worker.onerror = worker.onmessageerror = onError;
  worker.postMessage(module);
  return service;
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
