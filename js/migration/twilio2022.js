/**
 * Reads what Twilio's proof of concept of 2022 wrote (the fork of twilio-webchat-react-app and its Flex plugin), so that
 * old conversations stay readable after a move. It reads only: nothing here seals, and nothing new is to be written so.
 *
 * A text is base64 of nonce ‖ box (X25519-XSalsa20-Poly1305 by TweetNaCl), as a body whose message has the attribute
 * `isEncrypted`, or behind `@@@isEncrypted@@@`. A file is the same around the base64, or the data URL, of its content;
 * its name and type stood in clear. Both ends' messages open with one's own secret key and the other's public key.
 *
 * What opens is labelled unauthenticated, always: the public keys were exchanged through the platform, which could put
 * its own in their place, and a box proves only that one of the two keys' owners made it. What does not open is null, and
 * never shown as text; neither is a message that says it is not encrypted, which is not of this format.
 *
 *   const { nacl } = await init();
 *   const opened = openText(nacl, message, { publicKey: theirs, secretKey: mine });
 *
 * The caller's duties: show `label` wherever it shows what was opened, and delete the old secret keys (they lay in
 * localStorage) when the move is done.
 *
 * @typedef {Pick<import("../core/nacl.js").Nacl, "box">} Boxes
 * @typedef {{publicKey: Uint8Array|string, secretKey: Uint8Array|string}} Keys  of 32 bytes each, or base64 of them
 * @typedef {{body?: unknown, attributes?: unknown}} OldMessage  as the SDK has it; attributes also as JSON
 * @typedef {{authenticated: false, label: string}} Unauthenticated
 */

const prefix = "@@@isEncrypted@@@";
const nonceLength = 24;
const leastLength = nonceLength + 16;
const keyLength = 32;

export const label = "Not authenticated: from the old chat. The platform could have read or changed this.";

/** Whether a message is of the old format, by its own word. @param {OldMessage} message */
export function isOld({ body, attributes }) {
  return typeof body === "string" && body.startsWith(prefix) || marked(attributes);
}

/**
 * @param {Boxes} nacl
 * @param {OldMessage} message
 * @param {Keys} keys
 * @returns {Unauthenticated & {text: string}|null} null: not of the old format, or it does not open
 * @throws {TypeError|RangeError} for keys of another kind or size
 */
export function openText(nacl, message, keys) {
  const { publicKey, secretKey } = keysOf(keys);
  const { body } = message;
  if (typeof body !== "string" || !isOld(message)) return null;
  const content = opened(nacl, body.startsWith(prefix) ? body.slice(prefix.length) : body, publicKey, secretKey);
  const text = content && textOf(content);
  return text === null ? null : { text, authenticated: false, label };
}

/**
 * @param {Boxes} nacl
 * @param {{content: Uint8Array|string, name?: string, media?: string}} file  as it lies at the platform; name and type are
 *   the platform's words
 * @param {Keys} keys
 * @returns {Unauthenticated & {bytes: Uint8Array, name: string, media: string}|null}
 * @throws {TypeError|RangeError} for keys of another kind or size
 */
export function openFile(nacl, { content, name = "", media = "" }, keys) {
  const { publicKey, secretKey } = keysOf(keys);
  const sealed = typeof content === "string" ? content : textOf(content);
  const inner = sealed === null ? null : opened(nacl, sealed.startsWith(prefix) ? sealed.slice(prefix.length) : sealed, publicKey, secretKey);
  const text = inner && textOf(inner);
  const bytes = text === null ? null : bytesOf(text.replace(/^data:[^,]{0,255};base64,/, ""));
  return bytes && { bytes, name, media, authenticated: false, label };
}

/**
 * @param {Boxes} nacl
 * @param {string} text
 * @param {Uint8Array} publicKey
 * @param {Uint8Array} secretKey
 */
function opened(nacl, text, publicKey, secretKey) {
  const bytes = bytesOf(text);
  if (!bytes || bytes.length < leastLength) return null;
  return nacl.box.open(bytes.subarray(nonceLength), bytes.subarray(0, nonceLength), publicKey, secretKey);
}

/** @param {Keys} keys */
function keysOf({ publicKey, secretKey }) {
  return { publicKey: keyOf("publicKey", publicKey), secretKey: keyOf("secretKey", secretKey) };
}

/** @param {string} name @param {unknown} key */
function keyOf(name, key) {
  const bytes = typeof key === "string" ? bytesOf(key) : key;
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${name}: expected a Uint8Array or base64`);
  if (bytes.length !== keyLength) throw new RangeError(`${name}: expected ${keyLength} bytes, got ${bytes.length}`);
  return bytes;
}

/** @param {unknown} attributes */
function marked(attributes) {
  try {
    const value = /** @type {unknown} */ (typeof attributes === "string" ? JSON.parse(attributes) : attributes);
    return typeof value === "object" && value !== null && Object.hasOwn(value, "isEncrypted") && /** @type {{isEncrypted: unknown}} */ (value).isEncrypted === true;
  } catch {
    return false;
  }
}

/** @param {string} base64 @returns {Uint8Array|null} */
function bytesOf(base64) {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes @returns {string|null} */
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
