// Sealwire's operations beside tweetnacl, libsodium.js and @noble, in Node and in
// a page: `make bench` runs it in both (e2etest/bench).
//
// Ours are timed as they are used: through the border of WebAssembly, copies
// counted. Ed25519 and ML-KEM have no door of their own, so they are timed
// inside what does them, beside a peer doing the same primitives and nothing
// else: no encoding, no state, no check of anything but the signature.

import { xsalsa20poly1305, hsalsa } from "@noble/ciphers/salsa.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import sodium from "libsodium-wrappers";
import tweetnacl from "tweetnacl";

import { instantiate } from "../../core/instance.js";
import { loadModule } from "../../core/loader.js";
import { makeNacl } from "../../core/nacl.js";
import { CoreEnd } from "../core-end.js";
import { join, u64, u8, utf8 } from "../independent/codec.js";
import { Company, NOW_S } from "../independent/company.js";
import { ROLE } from "../independent/statements.js";
import { compare, loop, once, sum } from "./measure.js";

const PEERS = ["tweetnacl", "libsodium", "@noble"];
const CHUNK = 65_536;

/** @param {number} size */
const label = (size) => (size < 1024 ? `${size} B` : size < 1 << 20 ? `${size / 1024} KiB` : `${size >> 20} MiB`);

/** @param {number} n */
const random = (n) => {
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};

/**
 * The whole comparison, as text.
 * @param {string} title
 */
export async function bench(title) {
  await sodium.ready;
  const module = await loadModule();
  const nacl = makeNacl(module, await instantiate(module));
  const core = await instantiate(module);
  const rows = [...boxes(nacl), ...curves(nacl), ...signatures(core), ...chunks(core), ...conversation(core)];
  return compare(title, rows, PEERS);
}

/** @param {import("../../core/nacl.js").Nacl} nacl */
function boxes(nacl) {
  const [key, nonce] = [random(32), random(24)];
  return [64, 1024, 16_384, 65_536, 1 << 20].flatMap((size) => {
    const text = random(size);
    const sealed = nacl.secretbox(text, nonce, key);
    return [
      {
        name: `seal ${label(size)}`,
        ours: loop(() => nacl.secretbox(text, nonce, key)),
        peers: {
          tweetnacl: loop(() => tweetnacl.secretbox(text, nonce, key)),
          libsodium: loop(() => sodium.crypto_secretbox_easy(text, nonce, key)),
          "@noble": loop(() => xsalsa20poly1305(key, nonce).encrypt(text)),
        },
      },
      {
        name: `open ${label(size)}`,
        ours: loop(() => nacl.secretbox.open(sealed, nonce, key)),
        peers: {
          tweetnacl: loop(() => tweetnacl.secretbox.open(sealed, nonce, key)),
          libsodium: loop(() => sodium.crypto_secretbox_open_easy(sealed, nonce, key)),
          "@noble": loop(() => xsalsa20poly1305(key, nonce).decrypt(sealed)),
        },
      },
    ];
  });
}

/** @param {import("../../core/nacl.js").Nacl} nacl */
function curves(nacl) {
  const ana = tweetnacl.box.keyPair();
  const ben = tweetnacl.box.keyPair();
  const words = (/** @type {Uint8Array} */ b) => new Uint32Array(b.slice().buffer);
  const sigma = words(utf8("expand 32-byte k"));
  return [
    {
      name: "X25519 (box.before)",
      ours: loop(() => nacl.box.before(ben.publicKey, ana.secretKey)),
      peers: {
        tweetnacl: loop(() => tweetnacl.box.before(ben.publicKey, ana.secretKey)),
        libsodium: loop(() => sodium.crypto_box_beforenm(ben.publicKey, ana.secretKey)),
        "@noble": loop(() => hsalsa(sigma, words(x25519.getSharedSecret(ana.secretKey, ben.publicKey)), new Uint32Array(4), new Uint32Array(8))),
      },
    },
    {
      name: "X25519 key pair",
      ours: loop(() => nacl.box.keyPair.fromSecretKey(ana.secretKey)),
      peers: {
        tweetnacl: loop(() => tweetnacl.box.keyPair.fromSecretKey(ana.secretKey)),
        libsodium: loop(() => sodium.crypto_scalarmult_base(ana.secretKey)),
        "@noble": loop(() => x25519.getPublicKey(ana.secretKey)),
      },
    },
  ];
}

/** What each peer does of the primitives that the rows below add up. */
const signer = tweetnacl.sign.keyPair();
const signed = random(200);
const signature = tweetnacl.sign.detached(signed, signer.secretKey);
const seed = signer.secretKey.slice(0, 32);
const scalar = random(32);
const there = tweetnacl.box.keyPair();
const sign = {
  tweetnacl: () => tweetnacl.sign.detached(signed, signer.secretKey),
  libsodium: () => sodium.crypto_sign_detached(signed, signer.secretKey),
  "@noble": () => ed25519.sign(signed, seed),
};
const verify = {
  tweetnacl: () => tweetnacl.sign.detached.verify(signed, signature, signer.publicKey),
  libsodium: () => sodium.crypto_sign_verify_detached(signature, signed, signer.publicKey),
  "@noble": () => ed25519.verify(signature, signed, signer.publicKey),
};

/** @param {import("../../core/instance.js").Core} core */
function signatures(core) {
  const company = new Company();
  const end = new CoreEnd(core, ROLE.customer, [company.root.public]);
  const manifest = company.manifest().encoded;
  const [nonce, host, proof] = [random(32), utf8("127.0.0.1:8787"), random(64)];
  return [
    { name: "Ed25519 sign, in a hello", ours: loop(() => end.hello(nonce, host, proof)), peers: timed(sign) },
    { name: "Ed25519 verify, in a manifest", ours: loop(() => end.manifest(manifest)), peers: timed(verify) },
  ];
}

/**
 * A file's chunk of 64 KiB, its ciphertext hashed on the way.
 * @param {import("../../core/instance.js").Core} core
 */
function chunks(core) {
  const [key, nonce, text] = [random(32), random(24), random(CHUNK)];
  const box = tweetnacl.secretbox(text, nonce, key);
  const sealer = core.call("stream_seal_new");
  const [more, end] = [u8(0), u8(1)];
  // One file of 16 chunks to open, from its beginning again and again.
  const whole = core.call("stream_seal_new");
  const sealed = Array.from({ length: 16 }, (_, i) => core.callBytes("stream_seal", whole, i === 15 ? end : more, text));
  const secret = core.callBytes("stream_seal_finish", whole).slice(0, 48);
  let opener = 0;
  let next = 16;
  const open = () => {
    if (next === 16) {
      if (opener !== 0) core.close(opener);
      opener = core.call("stream_open_new", join(secret, u64(16n * BigInt(CHUNK))));
      next = 0;
    }
    core.callBytes("stream_open", opener, join(u64(BigInt(next)), sealed[next] ?? text));
    next++;
  };
  return [
    {
      name: "file chunk seal 64 KiB",
      ours: loop(() => core.callBytes("stream_seal", sealer, more, text)),
      peers: {
        tweetnacl: loop(() => tweetnacl.hash(tweetnacl.secretbox(text, nonce, key))),
        libsodium: loop(() => sodium.crypto_hash(sodium.crypto_secretbox_easy(text, nonce, key))),
        "@noble": loop(() => sha512_256(xsalsa20poly1305(key, nonce).encrypt(text))),
      },
    },
    {
      name: "file chunk open 64 KiB",
      ours: loop(open),
      peers: {
        tweetnacl: loop(() => [tweetnacl.hash(box), tweetnacl.secretbox.open(box, nonce, key)]),
        libsodium: loop(() => [sodium.crypto_hash(box), sodium.crypto_secretbox_open_easy(box, nonce, key)]),
        "@noble": loop(() => [sha512(box), xsalsa20poly1305(key, nonce).decrypt(box)]),
      },
    },
  ];
}

/** @param {import("../../core/instance.js").Core} core */
function conversation(core) {
  const company = new Company();
  const manifest = company.manifest().encoded;
  const [customer, agent] = [new CoreEnd(core, ROLE.customer, [company.root.public]), new CoreEnd(core, ROLE.agent, [company.root.public])];
  customer.manifest(manifest);
  agent.manifest(manifest);
  agent.credential(company.credential(agent.identity));
  const from = customer.genesis(utf8("default"), [{ role: ROLE.agent, keyPackage: agent.keyPackage() }]);
  const to = agent.join(from.status().conversation);
  const genesis = from.pending();
  from.receive(genesis);
  to.receive(genesis);

  const both = (/** @type {Uint8Array} */ entry) => {
    from.receive(entry);
    to.receive(entry);
  };
  const settle = () => {
    while (from.due() !== 0) both(from.commit());
  };
  const content = random(180); // 256 bytes when padded with its signature
  /** @type {Uint8Array} */
  let entry = content;
  const seal = () => {
    settle();
    const ms = once(() => (entry = from.seal(content)));
    both(entry);
    return ms;
  };
  const receive = () => {
    settle();
    entry = from.seal(content);
    from.receive(entry);
    return once(() => to.receive(entry));
  };
  const commit = () => {
    const ms = once(() => (entry = from.commit()));
    both(entry);
    return ms;
  };
  const read = () => {
    entry = from.commit();
    from.receive(entry);
    return once(() => to.receive(entry));
  };
  const lone = new CoreEnd(core, ROLE.customer, [company.root.public]);
  const keyPackage = () => {
    const ms = once(() => lone.keyPackage());
    core.call("end_expire", lone.handle, u64(NOW_S + 100_000n));
    return ms;
  };

  // The peers' halves.
  const [key, nonce, text] = [random(32), random(24), random(256)];
  const box = tweetnacl.secretbox(text, nonce, key);
  const kem = ml_kem768.keygen();
  const { cipherText } = ml_kem768.encapsulate(kem.publicKey);
  /** @type {Record<string, () => unknown>} */
  const secretbox = {
    tweetnacl: () => tweetnacl.secretbox(text, nonce, key),
    libsodium: () => sodium.crypto_secretbox_easy(text, nonce, key),
    "@noble": () => xsalsa20poly1305(key, nonce).encrypt(text),
  };
  /** @type {Record<string, () => unknown>} */
  const secretboxOpen = {
    tweetnacl: () => tweetnacl.secretbox.open(box, nonce, key),
    libsodium: () => sodium.crypto_secretbox_open_easy(box, nonce, key),
    "@noble": () => xsalsa20poly1305(key, nonce).decrypt(box),
  };
  const base = { libsodium: () => sodium.crypto_scalarmult_base(scalar), "@noble": () => x25519.getPublicKey(scalar) };
  const dh = { libsodium: () => sodium.crypto_scalarmult(scalar, there.publicKey), "@noble": () => x25519.getSharedSecret(scalar, there.publicKey) };
  const kemKeys = { libsodium: () => sodium.crypto_kem_mlkem768_keypair(), "@noble": () => ml_kem768.keygen() };
  const encapsulate = { libsodium: () => sodium.crypto_kem_mlkem768_enc(kem.publicKey), "@noble": () => ml_kem768.encapsulate(kem.publicKey) };
  const decapsulate = {
    libsodium: () => sodium.crypto_kem_mlkem768_dec(cipherText, kem.secretKey),
    "@noble": () => ml_kem768.decapsulate(cipherText, kem.secretKey),
  };
  return [
    { name: "message sealed, 256 B", ours: sum(seal), peers: timed(sign, secretbox) },
    { name: "message received, 256 B", ours: sum(receive), peers: timed(verify, secretboxOpen) },
    { name: "key package (ML-KEM keys)", ours: sum(keyPackage), peers: timed(kemKeys, base, sign) },
    { name: "commit made (encapsulates)", ours: sum(commit), peers: timed(encapsulate, dh, kemKeys, base, base, sign, sign, secretbox) },
    { name: "commit read (decapsulates)", ours: sum(read), peers: timed(decapsulate, dh, verify, verify, secretboxOpen) },
  ];
}

/**
 * Peers that can do all the parts, doing them one after the other.
 * @param {...Record<string, () => unknown>} parts
 */
function timed(...parts) {
  /** @type {Record<string, import("./measure.js").Timed>} */
  const peers = {};
  for (const name of PEERS) {
    const fs = parts.flatMap((part) => part[name] ?? []);
    if (fs.length === parts.length) peers[name] = loop(() => fs.forEach((f) => f()));
  }
  return peers;
}
