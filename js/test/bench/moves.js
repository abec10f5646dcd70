// Conversations of several members, and long ones, beside the same protocol written
// in JavaScript alone (js/test/independent, on @noble and tweetnacl) and beside peers
// that do its primitives and nothing else: `make bench` runs it in Node and in a page.

import { x25519, ed25519 } from "@noble/curves/ed25519.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import sodium from "libsodium-wrappers";

import { instantiate } from "../../core/instance.js";
import { loadModule } from "../../core/loader.js";
import { CoreEnd } from "../core-end.js";
import { utf8 } from "../independent/codec.js";
import { Company, NOW } from "../independent/company.js";
import { Conversation, End } from "../independent/member.js";
import { ROLE } from "../independent/statements.js";
import { compare, loop, once, sum } from "./measure.js";

const ALL_JS = "the same in JS";
const PEERS = ["libsodium", "@noble", ALL_JS];
const SIZES = [2, 5, 16];
const CONFERENCE = 4;

/** Messages of the long conversation, and how many of them the peer opens, too. */
const MESSAGES = 10_000;
const COMPARED = 1_000;
/** Entries that one of the two reads before it is the other's turn. */
const TURN = 100;

/**
 * Both tables, as text.
 * @param {string} title
 */
export async function benchMoves(title) {
  await sodium.ready;
  const core = await instantiate(await loadModule());
  const rows = SIZES.flatMap((n) => members(core, n));
  return `${compare(title, rows, PEERS)}\n${long(core)}`;
}

/** A company, and ends of both kinds in it. @param {import("../../core/instance.js").Core} core */
function house(core) {
  const company = new Company();
  const manifest = company.manifest({ grants: 2 });
  return {
    /** @param {number} role */
    end(role) {
      const end = new CoreEnd(core, role, [company.root.public]);
      end.manifest(manifest.encoded);
      if (role !== ROLE.customer) end.credential(company.credential(end.identity));
      return end;
    },
    /** @param {number} role */
    inJS(role) {
      const end = new End({ role, roots: [company.root.public] });
      end.learn(manifest);
      if (role !== ROLE.customer) end.credential = company.credential(end.identity.public);
      return end;
    },
  };
}

/**
 * A commit made and read among n, and one who joins the others: with two, by the
 * genesis; with more, by the commit that brings in the last of them.
 * @param {import("../../core/instance.js").Core} core
 * @param {number} n
 */
function members(core, n) {
  const { end, inJS } = house(core);
  const later = n > 2 ? 1 : 0;

  const [customer, agent, last] = [end(ROLE.customer), end(ROLE.agent), end(ROLE.agent)];
  const rest = Array.from({ length: n - 2 - later }, () => end(ROLE.agent).keyPackage());
  const from = customer.genesis(utf8("default"), [agent.keyPackage(), ...rest].map((keyPackage) => ({ role: ROLE.agent, keyPackage })));
  const id = from.status().conversation;
  const to = agent.join(id);
  const log = [from.pending()];
  from.receive(log[0] ?? id);
  to.receive(log[0] ?? id);
  if (later) {
    log.push(to.commit({ add: [{ role: ROLE.agent, keyPackage: last.keyPackage() }] }));
    for (const c of [from, to]) c.receive(log[1] ?? id);
  }
  const joins = (later ? last : agent);
  const join = () => {
    const c = joins.join(id);
    if (later) c.receive(log[0] ?? id);
    const ms = once(() => c.receive(log[later] ?? id));
    core.close(c.handle);
    return ms;
  };

  const [customerJS, agentJS, lastJS] = [inJS(ROLE.customer), inJS(ROLE.agent), inJS(ROLE.agent)];
  const far = 2n ** 33n;
  const restJS = Array.from({ length: n - 2 - later }, () => inJS(ROLE.agent).keyPackage(far));
  const idJS = crypto.getRandomValues(new Uint8Array(16));
  const fromJS = new Conversation(customerJS, idJS);
  const toJS = new Conversation(agentJS, idJS);
  const logJS = [fromJS.genesis({ time: NOW, queue: utf8("default"), add: [agentJS.keyPackage(far), ...restJS].map((keyPackage) => ({ role: ROLE.agent, keyPackage })) })];
  for (const c of [fromJS, toJS]) c.read(logJS[0] ?? id);
  if (later) {
    logJS.push(toJS.commit({ time: NOW, add: [{ role: ROLE.agent, keyPackage: lastJS.keyPackage(far) }] }));
    for (const c of [fromJS, toJS]) c.read(logJS[1] ?? id);
  }
  const joinJS = () => {
    const c = new Conversation(later ? lastJS : agentJS, idJS);
    if (later) c.read(logJS[0] ?? id);
    return once(() => c.read(logJS[later] ?? id));
  };

  /** @type {Uint8Array} */
  let entry = id;
  const commit = () => {
    const ms = once(() => (entry = from.commit()));
    for (const c of [from, to]) c.receive(entry);
    return ms;
  };
  const read = () => {
    entry = from.commit();
    from.receive(entry);
    return once(() => to.receive(entry));
  };
  const commitJS = () => {
    const ms = once(() => (entry = fromJS.commit({ time: NOW })));
    for (const c of [fromJS, toJS]) c.read(entry);
    return ms;
  };
  const readJS = () => {
    entry = fromJS.commit({ time: NOW });
    fromJS.read(entry);
    return once(() => toJS.read(entry));
  };
  return [
    { name: `commit made, ${n} members`, ours: sum(commit), peers: { ...primitives(making(n)), [ALL_JS]: sum(commitJS) } },
    { name: `commit read, ${n} members`, ours: sum(read), peers: { ...primitives(READING), [ALL_JS]: sum(readJS) } },
    { name: `join, ${n} members`, ours: sum(join), peers: { ...primitives(JOINING), [ALL_JS]: sum(joinJS) } },
  ];
}

/** What one commit costs in primitives: how often each is done. @typedef {Record<"encapsulate"|"decapsulate"|"keygen"|"base"|"dh"|"sign"|"verify"|"box", number>} Cost */

/** A fresh leaf, an ephemeral key, two signatures, and a seal for each of the others. @param {number} n @returns {Cost} */
const making = (n) => ({ encapsulate: n - 1, decapsulate: 0, keygen: 1, base: 2, dh: n - 1, sign: 2, verify: 0, box: n - 1 });
/** @type {Cost} the commit's signature, and that of the leaf in it; the own seal */
const READING = { encapsulate: 0, decapsulate: 1, keygen: 0, base: 0, dh: 1, sign: 0, verify: 2, box: 1 };
/** @type {Cost} also the signatures of the newcomer's key package and of its credential */
const JOINING = { ...READING, verify: 4 };

const [seed, scalar, nonce, key] = [32, 32, 24, 32].map((n) => crypto.getRandomValues(new Uint8Array(n)));
const signed = crypto.getRandomValues(new Uint8Array(200));
const kem = ml_kem768.keygen();
const { cipherText } = ml_kem768.encapsulate(kem.publicKey);

/** @param {Cost} cost @returns {Record<string, import("./measure.js").Timed>} */
function primitives(cost) {
  const [s, k, x, n] = [seed ?? signed, key ?? signed, scalar ?? signed, nonce ?? signed];
  const there = x25519.getPublicKey(x);
  const [pair, signature] = [sodium.crypto_sign_seed_keypair(s), ed25519.sign(signed, s)];
  /** @type {Record<string, Record<keyof Cost, () => unknown>>} */
  const all = {
    libsodium: {
      encapsulate: () => sodium.crypto_kem_mlkem768_enc(kem.publicKey), decapsulate: () => sodium.crypto_kem_mlkem768_dec(cipherText, kem.secretKey),
      keygen: () => sodium.crypto_kem_mlkem768_keypair(), base: () => sodium.crypto_scalarmult_base(x), dh: () => sodium.crypto_scalarmult(x, there),
      sign: () => sodium.crypto_sign_detached(signed, pair.privateKey), verify: () => sodium.crypto_sign_verify_detached(signature, signed, pair.publicKey),
      box: () => sodium.crypto_secretbox_easy(signed, n, k),
    },
    "@noble": {
      encapsulate: () => ml_kem768.encapsulate(kem.publicKey), decapsulate: () => ml_kem768.decapsulate(cipherText, kem.secretKey),
      keygen: () => ml_kem768.keygen(), base: () => x25519.getPublicKey(x), dh: () => x25519.getSharedSecret(x, there),
      sign: () => ed25519.sign(signed, s), verify: () => ed25519.verify(signature, signed, pair.publicKey),
      box: () => xsalsa20poly1305(k, n).encrypt(signed),
    },
  };
  /** @type {Record<string, import("./measure.js").Timed>} */
  const timed = {};
  for (const [name, of] of Object.entries(all)) {
    const steps = /** @type {(keyof Cost)[]} */ (Object.keys(of)).flatMap((step) => Array.from({ length: cost[step] }, () => of[step]));
    timed[name] = loop(() => steps.forEach((step) => step()));
  }
  return timed;
}

/**
 * A conversation of ten thousand messages is granted to two newcomers, of whom one
 * is written in JavaScript: each reads the log from its genesis without any key,
 * and again with those it was granted.
 * @param {import("../../core/instance.js").Core} core
 */
function long(core) {
  const { end, inJS } = house(core);
  const [customer, agent, newcomer, newcomerJS] = [end(ROLE.customer), end(ROLE.agent), end(ROLE.agent), inJS(ROLE.agent)];
  const from = customer.genesis(utf8("default"), [{ role: ROLE.agent, keyPackage: agent.keyPackage() }]);
  const id = from.status().conversation;
  const to = agent.join(id);
  /** @type {Uint8Array[]} */
  const log = [];
  const add = (/** @type {Uint8Array} */ entry) => {
    log.push(entry);
    from.receive(entry);
    to.receive(entry);
  };
  add(from.pending());
  const content = crypto.getRandomValues(new Uint8Array(180));
  for (let n = 0; n < MESSAGES; n++) {
    while (from.due() !== 0) add(from.commit());
    add(from.seal(content));
  }
  add(to.commit({ add: [{ role: ROLE.agent, keyPackage: newcomer.keyPackage() }], history: CONFERENCE }));
  const came = log.length;
  add(to.commit({ add: [{ role: ROLE.agent, keyPackage: newcomerJS.keyPackage(2n ** 33n) }], history: CONFERENCE }));

  const ours = newcomer.join(id);
  const theirs = new Conversation(newcomerJS, id);
  const replay = inTurns(log.slice(0, came), (entry) => ours.receive(entry), (entry) => theirs.read(entry), came);
  theirs.read(log[came] ?? id);
  let opened = 0;
  const open = inTurns(log.slice(0, came), (entry) => { opened += Number(ours.receive(entry).type === "message"); }, (entry) => theirs.read(entry), COMPARED);
  if (opened !== MESSAGES) throw new Error(`${opened} of ${MESSAGES} messages were opened`);
  const line = (/** @type {string} */ what, /** @type {ReturnType<typeof inTurns>} */ { all, each, first, peer, compared }) =>
    `${what.padEnd(58)}${(all / 1000).toFixed(1).padStart(6)} s, ${(each * 1000).toFixed(0)} µs each; ${(peer / first).toFixed(1)} x as fast as ${ALL_JS}, over ${compared}`;
  return [line(`${came.toLocaleString("en")} entries replayed from genesis, without a key`, replay), line(`${MESSAGES.toLocaleString("en")} messages of a granted history opened`, open)].join("\n");
}

/**
 * Reads all with ours and so many of the first with theirs, by turns.
 * @param {Uint8Array[]} log
 * @param {(entry: Uint8Array) => unknown} ours
 * @param {(entry: Uint8Array) => unknown} theirs
 * @param {number} compared
 */
function inTurns(log, ours, theirs, compared) {
  let [all, first, peer] = [0, 0, 0];
  for (let at = 0; at < log.length; at += TURN) {
    const turn = log.slice(at, at + TURN);
    const ms = once(() => turn.forEach(ours));
    all += ms;
    if (at >= compared) continue;
    first += ms;
    peer += once(() => turn.forEach(theirs));
  }
  return { all, each: all / log.length, first, peer, compared: Math.min(compared, log.length).toLocaleString("en") };
}
