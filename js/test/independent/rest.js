// Section 8: a value at rest.

import { join, Refused, u8 } from "./codec.js";
import { Expand, randomBytes, secretbox, secretboxOpen } from "./crypto.js";

/** @param {Uint8Array} dataKey @param {Uint8Array} context */
function keyFor(dataKey, context) {
  if (context.length < 1 || context.length > 255) throw new Refused("bad argument", "context");
  return Expand(dataKey, 32, "at rest", context);
}

/** @param {Uint8Array} dataKey @param {Uint8Array} context @param {Uint8Array} plaintext @param {Uint8Array} [nonce] */
export const sealAtRest = (dataKey, context, plaintext, nonce = randomBytes(24)) =>
  join(u8(1), nonce, secretbox(keyFor(dataKey, context), nonce, plaintext));

/** @param {Uint8Array} dataKey @param {Uint8Array} context @param {Uint8Array} value */
export function openAtRest(dataKey, context, value) {
  if (value.length > 0 && value[0] !== 1) throw new Refused("unsupported version");
  if (value.length < 1 + 24 + 16) throw new Refused("open failed", "too short");
  return secretboxOpen(keyFor(dataKey, context), value.slice(1, 25), value.slice(25));
}
