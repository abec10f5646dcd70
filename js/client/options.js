// @ts-check
/**
 * What connect() is given, checked once. A wrong kind is a TypeError, a wrong
 * size a RangeError, each with what was expected; nothing is guessed.
 *
 * @typedef {import("./types.js").ClientOptions} ClientOptions
 *
 * @typedef {object} Settings
 * @property {import("./carrier.js").CarrierMaker} carrier
 * @property {() => Promise<Uint8Array>} manifest  the newest, for a carrier that has no welcome
 * @property {Uint8Array[]} roots
 * @property {import("./types.js").RoleName} role
 * @property {string} queue
 * @property {import("./types.js").IdentityTokenSource} identityToken
 * @property {import("./types.js").CredentialSource} credential
 * @property {import("./types.js").AuthorityOptions | null} authority  instead of the former
 * @property {string} person
 * @property {"device" | "none"} history
 * @property {typeof globalThis.fetch} fetch
 * @property {boolean} takeOver
 */
import { encodeText, fromBase64url } from "./bytes.js";
import { manifestAt, manifestBy, noManifest } from "./manifest.js";
import { relayCarrier } from "./relaycarrier.js";

const KNOWN = ["relay", "transport", "manifest", "orgKey", "role", "queue", "identityToken", "credential", "authority", "person", "history", "WebSocket", "fetch", "takeOver"];
const ORG_KEY_CHARACTERS = 43;
const MAX_ROOTS = 8;
/** Bytes of a queue's name (wasm/wire's table of limits). */
const MAX_QUEUE = 64;
const MAX_PERSON = 64;
const NO_TOKEN = "none";

/**
 * @param {ClientOptions} options
 * @returns {Settings}
 */
export function checkOptions(options) {
  if (typeof options !== "object" || options === null) throw new TypeError(`connect: expected options, got ${kind(options)}`);
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw new TypeError(`connect: unknown option "${name}"`);
  }
  const { role = "customer", queue = "default", person = "", takeOver = false } = options;
  if (role !== "customer" && role !== "agent" && role !== "supervisor") throw new TypeError(`role: expected "customer", "agent" or "supervisor", got ${kind(role)}`);
  if (typeof queue !== "string") throw new TypeError(`queue: expected a string, got ${kind(queue)}`);
  const queueLength = encodeText(queue).length;
  if (queueLength === 0 || queueLength > MAX_QUEUE) throw new RangeError(`queue: expected 1 to ${MAX_QUEUE} bytes, got ${queueLength}`);
  if (typeof person !== "string") throw new TypeError(`person: expected a string, got ${kind(person)}`);
  const personLength = encodeText(person).length;
  if (personLength > MAX_PERSON) throw new RangeError(`person: expected at most ${MAX_PERSON} bytes, got ${personLength}`);
  if (typeof takeOver !== "boolean") throw new TypeError(`takeOver: expected true or false, got ${kind(takeOver)}`);
  const fetch = checkFetch(options.fetch);
  const authority = checkAuthority(options, role);
  return {
    carrier: checkCarrier(options, fetch),
    manifest: checkManifest(options, fetch, authority),
    roots: checkOrgKey(options.orgKey),
    role,
    queue,
    takeOver,
    identityToken: checkIdentityToken(options, role),
    credential: checkCredential(options, role),
    authority,
    person,
    history: checkHistory(options.history),
    fetch,
  };
}

/**
 * @param {ClientOptions} options
 * @param {typeof globalThis.fetch} fetch
 * @returns {import("./carrier.js").CarrierMaker}
 */
function checkCarrier({ relay, transport, WebSocket }, fetch) {
  if (transport === undefined) return relayCarrier({ relay: checkRelay(relay), WebSocket: checkWebSocket(WebSocket), fetch });
  if (relay !== undefined) throw new TypeError("transport: it is instead of a relay; name one of the two");
  if (WebSocket !== undefined) throw new TypeError("WebSocket: for a relay only");
  if (typeof transport === "function") return transport;
  if (typeof transport !== "object" || transport === null || typeof transport.carrier !== "function") {
    throw new TypeError(`transport: expected a function, or an object that has "carrier", got ${kind(transport)}`);
  }
  return (host) => transport.carrier(host);
}

/**
 * @param {ClientOptions} options
 * @param {typeof globalThis.fetch} fetch
 * @param {import("./types.js").AuthorityOptions | null} authority
 * @returns {() => Promise<Uint8Array>}
 */
function checkManifest({ manifest, transport }, fetch, authority) {
  if (manifest === undefined) return authority ? manifestAt(`${authority.url}/v1/authority/manifest`, fetch) : noManifest;
  if (transport === undefined) throw new TypeError("manifest: the relay shows it; for a transport only");
  if (typeof manifest === "function") return manifestBy(manifest);
  return manifestAt(checkWeb("manifest", manifest, "https://authority.example/v1/authority/manifest, or a function").href, fetch);
}

/**
 * @param {string} name
 * @param {unknown} address
 * @param {string} example
 */
function checkWeb(name, address, example) {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : null;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) throw new TypeError(`${name}: expected an absolute address such as ${example}`);
  if (url.username || url.password || url.search || url.hash) throw new TypeError(`${name}: expected an address without user, query or fragment`);
  return url;
}

/** @param {unknown} relay */
function checkRelay(relay) {
  if (relay === undefined) throw new TypeError("relay: expected an address, or another transport");
  if (typeof relay !== "string") throw new TypeError(`relay: expected an address, got ${kind(relay)}`);
  /** @type {URL} */
  let url;
  try {
    url = new URL(relay);
  } catch {
    throw new TypeError("relay: expected an absolute address such as wss://chat.example/v1/connect");
  }
  if (url.protocol !== "wss:" && url.protocol !== "ws:") throw new TypeError(`relay: expected wss:// or ws://, got ${url.protocol}//`);
  // Nothing secret belongs in an address, which proxies and logs remember.
  if (url.username || url.password || url.search || url.hash) throw new TypeError("relay: expected an address without user, query or fragment");
  return url.href;
}

/** @param {unknown} orgKey */
function checkOrgKey(orgKey) {
  const list = Array.isArray(orgKey) ? /** @type {unknown[]} */ (orgKey) : [orgKey];
  if (list.length === 0 || list.length > MAX_ROOTS) throw new RangeError(`orgKey: expected 1 to ${MAX_ROOTS} keys, got ${list.length}`);
  const roots = list.map((key) => {
    if (typeof key !== "string") throw new TypeError(`orgKey: expected a string of ${ORG_KEY_CHARACTERS} characters, got ${kind(key)}`);
    if (key.length !== ORG_KEY_CHARACTERS) throw new RangeError(`orgKey: expected ${ORG_KEY_CHARACTERS} characters, got ${key.length}`);
    try {
      return fromBase64url(key);
    } catch (error) {
      throw new TypeError(`orgKey: ${error instanceof Error ? error.message : "expected base64url"}`);
    }
  });
  if (new Set(list).size !== list.length) throw new TypeError("orgKey: the same key twice");
  return roots;
}

/**
 * @param {ClientOptions} options
 * @param {string} role
 * @returns {import("./types.js").IdentityTokenSource}
 */
function checkIdentityToken({ identityToken, transport }, role) {
  if (role !== "customer") {
    if (identityToken !== undefined) throw new TypeError("identityToken: only customers show one");
    return () => "";
  }
  // Only a relay asks for it.
  if (identityToken === undefined && transport !== undefined) return () => NO_TOKEN;
  if (typeof identityToken === "string") return () => identityToken;
  if (typeof identityToken === "function") return identityToken;
  throw new TypeError(`identityToken: expected a string or a function, got ${kind(identityToken)}`);
}

/**
 * @param {ClientOptions} options
 * @param {string} role
 * @returns {import("./types.js").CredentialSource}
 */
function checkCredential({ credential, authority }, role) {
  if (role === "customer") {
    if (credential !== undefined) throw new TypeError("credential: customers have none; use identityToken");
    return () => new Uint8Array();
  }
  if (authority !== undefined) {
    if (credential !== undefined) throw new TypeError("credential: the authority gives it; name one of the two");
    return () => new Uint8Array();
  }
  if (typeof credential === "function") return credential;
  throw new TypeError(`credential: expected a function, got ${kind(credential)}`);
}

/**
 * @param {ClientOptions} options
 * @param {string} role
 * @returns {import("./types.js").AuthorityOptions | null}
 */
function checkAuthority({ authority }, role) {
  if (authority === undefined) return null;
  if (role === "customer") throw new TypeError("authority: for the company's side only");
  if (typeof authority !== "object" || authority === null) throw new TypeError(`authority: expected {url, login}, got ${kind(authority)}`);
  const { url, login } = authority;
  if (typeof login !== "function") throw new TypeError(`authority.login: expected a function, got ${kind(login)}`);
  return { url: checkWeb("authority.url", url, "https://authority.example").href.replace(/\/+$/, ""), login };
}

/** @param {unknown} history */
function checkHistory(history) {
  const stored = typeof indexedDB !== "undefined";
  if (history === undefined) return stored ? "device" : "none";
  if (history !== "device" && history !== "none") throw new TypeError(`history: expected "device" or "none", got ${kind(history)}`);
  if (history === "device" && !stored) throw new TypeError(`history: "device" needs IndexedDB, which is not here; use "none"`);
  return history;
}

/**
 * @param {import("./types.js").WebSocketConstructor | undefined} given
 * @returns {import("./types.js").WebSocketConstructor}
 */
function checkWebSocket(given) {
  const WebSocket = given ?? /** @type {{ WebSocket?: unknown }} */ (globalThis).WebSocket;
  if (typeof WebSocket === "function") return /** @type {import("./types.js").WebSocketConstructor} */ (WebSocket);
  throw new TypeError(`WebSocket: expected a constructor, got ${kind(WebSocket)}; this platform has none of its own`);
}

/**
 * @param {typeof globalThis.fetch | undefined} given
 * @returns {typeof globalThis.fetch}
 */
function checkFetch(given) {
  if (given === undefined) return (input, init) => globalThis.fetch(input, init);
  if (typeof given !== "function") throw new TypeError(`fetch: expected a function, got ${kind(given)}`);
  return given;
}

/** @param {unknown} value */
function kind(value) {
  if (typeof value === "string") return value.length > 20 ? "a string" : JSON.stringify(value);
  return value === null ? "null" : typeof value;
}
