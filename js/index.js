/**
 * Sealwire for browsers and Node.
 *
 *   import { init } from "sealwire";
 *   const sw = await init();
 *   sw.nacl.box(message, nonce, publicKey, secretKey);
 */

import { instantiate } from "./core/instance.js";
import { loadModule } from "./core/loader.js";
import { makeNacl } from "./core/nacl.js";

export { SealwireError, codes } from "./errors.js";

/** @typedef {import("./core/nacl.js").Nacl} Nacl */

/** @typedef {import("./errors.js").Code} Code */

/**
 * @typedef {object} InitOptions
 * @property {URL | string | BufferSource} [module] sealwire.wasm: its address or bytes; by default it stands beside core/loader.js
 */

/**
 * Loads and checks the core. Calling it again loads nothing twice.
 * @param {InitOptions} [options]
 */
export async function init(options = {}) {
  const module = await loadModule(options.module);
  const nacl = makeNacl(module, await instantiate(module));
  return { nacl };
}
