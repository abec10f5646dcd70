// @ts-check
/**
 * The dedicated worker that holds the core. Its first message is the compiled,
 * verified module; then come numbered calls of the end service. Ending the
 * worker is the erasure that WebAssembly can promise.
 */
import { instantiate } from "../core/instance.js";
import { End } from "./end.js";
import { localEnd, serve } from "./remote.js";

/** @typedef {{ postMessage: (reply: import("./remote.js").Reply, moved: ArrayBuffer[]) => void, onmessage: ((event: { data: unknown }) => void) | null }} WorkerScope */

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (globalThis));

scope.onmessage = ({ data }) => {
  if (!(data instanceof WebAssembly.Module)) return;
  const answer = serve(localEnd(new End(() => instantiate(data))), (reply, moved) => scope.postMessage(reply, moved));
  scope.onmessage = ({ data: call }) => void answer(/** @type {import("./remote.js").Call} */ (call));
};
