/** Whether this place can encrypt at all. Where it cannot, nothing is started and nothing is sent. */

/**
 * What is missing, or "" if nothing is.
 * @param {object} [place]  where to look; the global object unless a test says otherwise
 * @returns {string}
 */
export function missing(place = globalThis) {
  /** @param {object} object @param {string} name @returns {unknown} */
  const get = (object, name) => (name in object ? Reflect.get(object, name) : undefined);
  const crypto = get(place, "crypto");
  const navigator = get(place, "navigator");
  if (typeof get(place, "WebAssembly") !== "object") return "WebAssembly";
  // A page over plain http has crypto, but not its subtle part.
  if (typeof crypto !== "object" || crypto === null || !get(crypto, "subtle")) return "WebCrypto";
  if (!get(place, "indexedDB")) return "IndexedDB";
  if (typeof get(place, "Worker") !== "function") return "Worker";
  if (typeof navigator !== "object" || navigator === null || !get(navigator, "locks")) return "Web Locks";
  if (typeof get(place, "WebSocket") !== "function") return "WebSocket";
  return "";
}
