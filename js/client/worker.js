// @ts-check
/**
 * The dedicated worker that holds the core. Its first message is the compiled,
 * verified module, with its hash; then come numbered calls of the end service. A
 * worker of another version, as an old cached script is, begins nothing with it.
 * Ending the worker is the erasure that WebAssembly can promise.
 */
import { SealwireError } from "../errors.js";
import { instantiate } from "../core/instance.js";
import { sha256 } from "../core/module.js";
import { End } from "./end.js";
import { localEnd, serve } from "./remote.js";

/** @typedef {{ postMessage: (reply: import("./remote.js").Reply, moved: ArrayBuffer[]) => void, onmessage: ((event: { data: unknown }) => void) | null }} WorkerScope */

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (globalThis));

scope.onmessage = ({ data }) => {
  const { module, sha256: hash } = /** @type {import("./spawn.js").First} */ (data ?? {});
  if (!(module instanceof WebAssembly.Module)) return;
  const core = async () => {
    if (hash !== sha256) throw new SealwireError("unsupported version", "the worker's script and the page's are not of one version");
    return instantiate(module);
  };
  const answer = serve(localEnd(new End(core)), (reply, moved) => scope.postMessage(reply, moved));
  scope.onmessage = ({ data: call }) => void answer(/** @type {import("./remote.js").Call} */ (call));
};
