/** Reading what the demo's endpoint tells of stored entries: pure. */

/**
 * @typedef {object} Entry
 * @property {string} conversation  hex
 * @property {number} sequence
 * @property {string|number} kind
 * @property {number} size          bytes
 * @property {number} at            ms since 1970
 * @property {Uint8Array} bytes     the whole entry, or as much of it as was told
 */

/**
 * One event of the stream, or undefined if it is not one.
 * @param {string} data
 * @returns {Entry|undefined}
 */
export function entryOf(data) {
  /** @type {unknown} */
  let told;
  try {
    told = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof told !== "object" || told === null) return undefined;
  /** @param {string} name @returns {unknown} */
  const get = (name) => Reflect.get(/** @type {object} */ (told), name);
  const conversation = get("conversation");
  const sequence = get("sequence");
  const kind = get("kind");
  const size = get("size");
  const at = get("at");
  if (typeof conversation !== "string" || typeof sequence !== "number" || typeof size !== "number" || typeof at !== "number") return undefined;
  if (typeof kind !== "string" && typeof kind !== "number") return undefined;
  const base64 = get("base64");
  const hex = get("hex");
  const bytes = typeof base64 === "string" && base64 !== "" ? fromBase64(base64) : fromHex(typeof hex === "string" ? hex : "");
  return { conversation, sequence, kind, size, at, bytes };
}

/** @param {string} text  standard or URL alphabet, padded or not */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** @param {string} text */
function fromHex(text) {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}

const kinds = [
  { number: 1, name: "commit", what: "who is in, signed; fresh secret, sealed" },
  { number: 2, name: "message", what: "sealed" },
  { number: 3, name: "join request", what: "signed" },
];

/** @param {string|number} kind */
export function kindText(kind) {
  return kinds.find((k) => k.number === kind || k.name === kind) ?? { name: String(kind), what: "" };
}

/**
 * Sixteen bytes a line, as a hex dump has it; what is not printable ASCII is a dot.
 * @param {Uint8Array} bytes
 * @returns {{at: string, hex: string, text: string}[]}
 */
export function dumpLines(bytes) {
  const lines = [];
  for (let from = 0; from < bytes.length; from += 16) {
    const part = [...bytes.subarray(from, from + 16)];
    const pairs = part.map((b) => b.toString(16).padStart(2, "0"));
    lines.push({
      at: from.toString(16).padStart(4, "0"),
      hex: `${pairs.slice(0, 8).join(" ").padEnd(23)}  ${pairs.slice(8).join(" ").padEnd(23)}`,
      text: part.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : ".")).join(""),
    });
  }
  return lines;
}
