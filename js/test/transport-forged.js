/** Records as anybody can make them who is in the platform's conversation: no key is needed for them. */
import { Writer, encodeText } from "../client/bytes.js";
import { ROLE } from "../client/status.js";

const FAR = 4_000_000_000;

/**
 * A key package that says of itself what it likes, unsigned.
 * @param {{ role?: number, alias?: string, queues?: string[], once?: boolean, pad?: number }} [says]
 */
export function forged({ role = ROLE.agent, alias = "Ana", queues = ["default"], once = true, pad = 0 } = {}) {
  const c = new Writer().u8(1).u8(role).raw(new Uint8Array(32)).bytes8(encodeText(alias)).bytes8(new Uint8Array()).u8(queues.length);
  for (const queue of queues) c.bytes8(encodeText(queue));
  const credential = c.u64(0).u64(FAR).raw(new Uint8Array(32 + 64)).take();
  return new Writer().u8(1).u8(1).bytes16(credential).raw(crypto.getRandomValues(new Uint8Array(64 + pad))).u64(FAR).u8(once ? 0 : 1).raw(new Uint8Array(64)).take();
}

/** The id of somebody who is not there. @param {number} n */
export const nobody = (n) => n.toString(16).padStart(32, "0");
