// @ts-check
/**
 * Whose a key package is that lies in a foreign conversation: asked of the core,
 * before a name is shown or a conversation begun with it. Whoever is in such a
 * conversation can put any bytes there.
 *
 * The core judges a key package where it is used. So it is used: for the genesis
 * of a conversation that is never sent. It is then what a first contact with it
 * would find: its signature, its credential under the newest manifest, its queue,
 * and that it has not ended. What is told of it is what the core read in it.
 * Who begins it is an end that is nobody's, whoever asks: what stands against the
 * own one says nothing of another's key package.
 *
 * @typedef {import("./context.js").Context} Context
 *
 * @typedef {object} Verified
 * @property {string} member  id
 * @property {number} role
 * @property {string} alias
 * @property {string[]} queues
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, encodeText } from "./bytes.js";
import { endArguments } from "./context.js";
import { OWN } from "./context.js";
import { credentialOf } from "./statements.js";
import { ROLE, decodeStatus, roleName } from "./status.js";
import { newcomers } from "./writing.js";

/** Who can be in a conversation for the company: no inbox, on foreign platforms. @type {readonly number[]} */
const OFFERED = [ROLE.agent, ROLE.supervisor, ROLE.bot];
/** Queues of one key package that are tried: the manifest may name some no more. */
const MAX_QUEUES = 4;
/** Bytes before the credential: version, form, length. */
const BEFORE = 4;

/** @type {{ role: number, queues: string[] }} */
const NOBODYS = { role: 0, queues: [] };

const now = () => new Writer().u64(Date.now());

/**
 * @param {Context} context
 * @param {{ roots: readonly Uint8Array[], manifest: Uint8Array | undefined, queues: readonly string[] }} own
 *   manifest: the newest that this end holds. queues: for one of these
 * @param {Uint8Array} keyPackage
 * @param {string} member  whose it must be
 * @returns {Verified | null} null: nobody can be added by it now
 * @throws {SealwireError} "unavailable": that cannot be told now
 */
export function verify({ core, end }, { roots, manifest, queues }, keyPackage, member) {
  const { role, queues: theirs } = claimed(keyPackage) ?? NOBODYS;
  const common = queues.filter((queue) => theirs.includes(queue)).slice(0, MAX_QUEUES);
  if (!OFFERED.includes(role) || common.length === 0) return null;
  if (!manifest) throw new SealwireError("unavailable", "no manifest is known yet");
  const beginner = core.call("end_new", endArguments({ role: "customer", roots: [...roots] }));
  try {
    core.call("end_manifest", beginner, new Writer().u64(0).u8(0).raw(manifest).take());
    if (newestOf(core, beginner) !== newestOf(core, end)) throw new SealwireError("unavailable", "the newest manifest is not at hand");
    for (const queue of common) {
      const alias = beginning(core, beginner, queue, { role, keyPackage, member });
      if (alias !== null) return { member, role, alias, queues: theirs };
    }
    return null;
  } finally {
    if (!core.dead) core.close(beginner);
  }
}

/**
 * The sequence of the newest manifest that an end knows.
 * @param {Context["core"]} core
 * @param {number} end
 */
export function newestOf(core, end) {
  const r = new Reader(core.callBytes("end_identity", end));
  r.raw(32 + 16 + 16);
  return r.u64();
}

/**
 * The public name of whom a conversation begins with; null: it does not.
 * @param {Context["core"]} core
 * @param {number} end
 * @param {string} queue
 * @param {{ role: number, keyPackage: Uint8Array, member: string }} newcomer
 */
function beginning(core, end, queue, newcomer) {
  let handle = 0;
  try {
    handle = core.call("conversation_genesis", end, newcomers(now().bytes8(encodeText(queue)).bytes8(new Uint8Array()), [newcomer]).take());
    core.callBytes("conversation_receive", handle, now().raw(core.callBytes("conversation_pending", handle)).take());
    const { members } = decodeStatus(core.callBytes("conversation_status", handle));
    const found = members.find(({ id }) => id === newcomer.member);
    return found?.verified && found.role === roleName(newcomer.role) ? found.alias : null;
  } catch (error) {
    if (!(error instanceof SealwireError) || OWN.includes(error.code) || error.code === "unavailable") throw error;
    return null;
  } finally {
    if (handle !== 0 && !core.dead) core.close(handle);
  }
}

/**
 * What it says of itself.
 * @param {Uint8Array} keyPackage
 */
function claimed(keyPackage) {
  try {
    return credentialOf(keyPackage.subarray(BEFORE));
  } catch {
    return null;
  }
}
