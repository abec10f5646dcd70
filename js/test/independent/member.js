// Sections 4.1, 5.2, 5.3, 5.5, 5.7, 6, 7: an end, and its reading and writing of one
// conversation. It can stand on the customer's side and on the company's.

import { bytes32, fromHex, join, list8, order, Refused, same, toHex, u8 } from "./codec.js";
import { Chain } from "./chain.js";
import * as crypto from "./crypto.js";
import { decodeEntry, commitHash, encodeBody, encodeCommit, encodeHeader, encodeJoinRequest, encodeMessage, encodeSeals, padded, CLOSE } from "./entries.js";
import { decodeCredential, decodeKeyPackage, encodeKeyPackage, ROLE, USE } from "./statements.js";

const { Expand, Extract, H, MAC } = crypto;
const EMPTY = new Uint8Array(0);
const ZERO24 = new Uint8Array(24);

/** One device of one person. */
export class End {
  /**
   * @param {{ role: number, roots: Uint8Array[], seed?: Uint8Array, random?: (n: number) => Uint8Array }} options
   */
  constructor({ role, roots, seed, random = crypto.randomBytes }) {
    this.role = role;
    this.roots = roots;
    this.random = random;
    this.identity = crypto.identity(seed ?? random(32));
    this.instance = random(16);
    /** @type {Map<string, import("./statements.js").Manifest>} */
    this.manifests = new Map();
    /** @type {import("./statements.js").Manifest | null} */
    this.newest = null;
    /** @type {Uint8Array | null} */
    this.credential = null;
    /** @type {Map<string, crypto.Leaf & { many: boolean }>} by public */
    this.leaves = new Map();
  }

  /** @param {import("./statements.js").Manifest} manifest */
  learn(manifest) {
    this.manifests.set(toHex(manifest.hash), manifest);
    if (this.newest === null || manifest.sequence > this.newest.sequence) this.newest = manifest;
  }

  /** @param {crypto.Leaf} leaf @param {boolean} [many] of a key package of last resort */
  keep(leaf, many = false) { this.leaves.set(toHex(leaf.public), { ...leaf, many }); }

  /** Another leaf stands in this one's place, or none. @param {Uint8Array} leaf its public half */
  drop(leaf) {
    if (this.leaves.get(toHex(leaf))?.many === false) this.leaves.delete(toHex(leaf));
  }

  /** @param {bigint} expires @param {number} [use] */
  keyPackage(expires, use = USE.offer) {
    const leaf = crypto.leafOf(this.random(32), this.random(64));
    this.keep(leaf, use === USE.lastResort);
    return encodeKeyPackage(this.identity, { credential: this.credential, leaf: leaf.public, expires, use });
  }
}

/**
 * @typedef {{ init: Uint8Array | null, secret: Uint8Array, transcript: Uint8Array }} Epoch
 * @typedef {{ type: "message" | "commit" | "ignored" | "join", index: bigint, id: Uint8Array, sender: Uint8Array, own: boolean, code?: string,
 *   content?: Uint8Array, counter?: bigint, gap?: bigint, instance?: Uint8Array, rewound?: boolean }} Event  rewound: the log is to be read again
 */

/** What one end knows of one conversation. */
export class Conversation {
  /** @param {End} end @param {Uint8Array} id */
  constructor(end, id) {
    this.end = end;
    this.id = id;
    /** @type {Map<bigint, Uint8Array>} secrets of epochs that are over, ascending, to be granted or as they were */
    this.past = new Map();
    /** @type {{ index: bigint, hash: Uint8Array } | null} as far as the log is read again, and the log hash there the first time */
    this.second = null;
    this.counter = 0n;
    this.passing = 0n;
    this.#begin();
  }

  /** Nothing of the log is read. */
  #begin() {
    const { end, id } = this;
    /** @type {Uint8Array[]} log hash_i at i */
    this.log = [H("log start", id)];
    this.chain = new Chain(id, (hash) => end.manifests.get(toHex(hash)), this.log[0]);
    this.since = 0n; // the newest claim's beginning
    /** @type {Epoch | null} */
    this.epoch = null;
    this.epochIndex = 0n; // index of the epoch's commit
    this.wasMember = false;
    this.forked = false;
    /** @type {Uint8Array | null} who showed that it read another log @see forked */
    this.forkedBy = null;
    /** @type {Map<string, bigint>} members in whose names came what tells of another log, and at which index; oneself: the others doubt this end */
    this.doubted = new Map();
    this.unopened = false; // why it is lost
    /** @type {Uint8Array | null} */
    this.request = null;
    this.whole = false; // held epoch 0, and was not added since (but as it was granted that)
    /** @type {Map<string, bigint>} */
    this.counters = new Map();
    /** @type {Map<string, { instance: string, counter: bigint }>} the newest passing message of each sender, in this epoch */
    this.passed = new Map();
    /** @type {Map<string, Uint8Array>} commit secrets of own commits by entry */
    this.pending = new Map();
  }

  get index() { return BigInt(this.log.length - 1); }
  get logHash() { return this.log[this.log.length - 1]; }
  get self() { return this.chain.member(this.end.identity.id); }

  /** As section 6.3 and 5.3 speak of an end. */
  get state() {
    if (this.forked) return "forked";
    if (this.second !== null) return "rereading";
    if (this.chain.empty) return "empty";
    if (this.chain.closed) return "closed";
    if (this.self === undefined || this.self.leaving) return "not a member";
    if (this.epoch === null) return "lost";
    return this.#others.length === 0 ? "active" : "doubtful";
  }

  get #others() { return [...this.doubted.keys()].filter((id) => id !== toHex(this.end.identity.id)); }

  /** Whose log differs, or may differ. */
  get by() {
    if (this.forked) return this.forkedBy;
    return this.state === "doubtful" ? fromHex(this.#others[0]) : null;
  }

  /** Section 5.6: whether it commits at once, for the others' sake. @param {bigint} now in seconds */
  owes(now) {
    if (this.state !== "active" && this.state !== "doubtful") return false;
    const contested = this.chain.standing.some(({ old }) => same(old.id, this.end.identity.id));
    return this.doubted.has(toHex(this.end.identity.id)) || contested || this.answerable(now).length > 0;
  }

  /** What it answers unasked (section 7). @param {bigint} now in seconds */
  answerable(now) {
    const me = /** @type {import("./chain.js").Member} */ (this.self);
    const { newest } = this.end;
    return this.chain.standing.filter((s) => newest !== null && !same(s.old.id, me.id) && s.request.package.expires > now &&
      (s.request.package.credential?.notAfter ?? now + 1n) > now && this.chain.answerable(s, me.role, newest));
  }

  /** What is compared with that member (section 2.6). @param {Uint8Array} id */
  safety(id) {
    if (same(id, this.end.identity.id)) throw new Refused("bad argument", "its own id");
    if (this.second !== null || this.chain.empty) throw new Refused("unavailable", "nothing to tell yet");
    if (this.chain.closed || this.self === undefined || this.self.leaving) throw new Refused("not a member", "this end is not in");
    if (this.epoch === null) throw new Refused("epoch gone", "lost");
    const other = this.chain.member(id);
    if (other === undefined || other.leaving) throw new Refused("not a member", "no such member");
    const { root } = /** @type {import("./statements.js").Manifest} */ (this.chain.manifest);
    return {
      epoch: this.chain.epoch,
      number: crypto.safetyNumber(root, this.end.identity.public, other.identity),
      transcript: crypto.transcriptDigits(this.chain.head),
    };
  }

  // Reading.

  /** The next entry of the log. Throws when it does not decode, or waits for a manifest. @param {Uint8Array} encoded @returns {Event} */
  read(encoded) {
    const entry = decodeEntry(encoded);
    const id = crypto.entryId(encoded);
    const event = { index: this.index + 1n, id, sender: entry.sender, own: same(entry.sender, this.end.identity.id) };
    try {
      const { granted, ...read } = this.#read(entry, id);
      this.#count(encoded);
      if (entry.kind === "commit") this.epochIndex = event.index;
      if (granted !== undefined && !this.forked) {
        this.second = { index: this.index, hash: this.logHash };
        this.past = granted;
        this.#begin();
        return { ...event, ...read, rewound: true };
      }
      return { ...event, ...read, ...this.#secondEnds(entry.sender) };
    } catch (cause) {
      if (!(cause instanceof Refused) || cause.code === "unavailable") throw cause;
      let code = cause.code;
      if (entry.kind === "commit" && this.#crossing(entry)) {
        this.#fork(entry.sender);
        code = "forked log";
      }
      if (entry.kind === "message") this.#suspect(entry);
      this.#count(encoded);
      return { ...event, type: "ignored", code, ...this.#secondEnds(entry.sender) };
    }
  }

  /** Section 5.7: as far as it was read the first time, the log must be the same. @param {Uint8Array} sender */
  #secondEnds(sender) {
    if (this.second === null || this.index !== this.second.index) return {};
    const right = same(this.logHash, this.second.hash);
    if (!right) this.#fork(sender);
    this.second = null;
    this.#trim();
    return right ? {} : { code: "forked log" };
  }

  /** What may not be granted, or not any more, goes. */
  #trim() {
    if (this.second !== null) return;
    const keeps = [ROLE.agent, ROLE.supervisor, ROLE.inbox].includes(this.self?.role ?? 0) && this.epoch !== null;
    const grants = this.end.newest?.grants ?? 0;
    for (const n of [...this.past.keys()]) {
      if (!keeps || grants === 0 || (grants === 1 && n < this.since) || this.past.size > 1024) this.past.delete(n);
    }
  }

  /** @param {Uint8Array} encoded */
  #count(encoded) { this.log.push(H("log", this.logHash, crypto.entryHash(encoded))); }

  /** @param {Uint8Array} by */
  #fork(by) {
    if (!this.forked) this.forkedBy = by;
    this.forked = true;
  }

  /** Whether a seen, not below the epoch's commit and not too old, is another log's than this end's. @param {{ seen: bigint, seenHash: Uint8Array }} e */
  #another(e) {
    if (e.seen < this.epochIndex || e.seen + 1024n <= this.index) return false;
    return e.seen > this.index || !same(this.log[Number(e.seen)], e.seenHash);
  }

  /** A message that was not accepted, but tells of another log (6.3). @param {import("./entries.js").Message} m */
  #suspect(m) {
    const speaks = [ROLE.customer, ROLE.guest, ROLE.agent, ROLE.bot];
    const sender = this.chain.member(m.sender);
    if (this.epoch === null || !same(m.conversation, this.id) || m.retention !== 1 || sender === undefined || !speaks.includes(sender.role)) return;
    // Whoever is in this epoch has seen its commit.
    const missed = m.epoch === this.chain.epoch && m.seen < this.epochIndex;
    if (m.epoch <= this.chain.epoch && !missed && !this.#another(m)) return;
    this.doubted.delete(toHex(m.sender)); // the newest is the last
    this.doubted.set(toHex(m.sender), this.index + 1n);
  }

  /** Ends the doubt of a member that has read so much of this log. @param {Uint8Array} id @param {bigint} seen */
  #settle(id, seen) {
    if ((this.doubted.get(toHex(id)) ?? 0n) <= seen) this.doubted.delete(toHex(id));
  }

  /** Whether a commit that does not count shows another log (5.4). @param {import("./entries.js").Commit} e */
  #crossing(e) {
    const passed = e.seen < this.epochIndex && same(e.parent, this.chain.head); // its maker read this head elsewhere
    return same(e.conversation, this.id) && this.chain.member(e.sender) !== undefined && (passed || this.#another(e)) &&
      crypto.verify(e.committer.identity, "commit signature", join(e.c, e.tag), e.signature);
  }

  /**
   * @param {import("./entries.js").Entry} entry @param {Uint8Array} id
   * @returns {{ type: "join" | "commit" | "message", code?: string, content?: Uint8Array, counter?: bigint, gap?: bigint, instance?: Uint8Array, granted?: Map<bigint, Uint8Array> }}
   */
  #read(entry, id) {
    switch (entry.kind) {
      case "join":
        this.chain.apply(entry, id);
        return { type: "join" };
      case "commit":
        return this.#commit(entry, id);
      case "message":
        this.chain.check(entry, id);
        const opened = this.#open(entry, true);
        this.#settle(entry.sender, entry.seen);
        return { type: "message", ...opened };
    }
  }

  /** @param {import("./entries.js").Commit} entry @param {Uint8Array} id */
  #commit(entry, id) {
    const old = this.self?.leaf;
    const maker = this.chain.member(entry.sender);
    const over = this.chain.epoch;
    const first = this.chain.empty;
    const epochIndex = this.epochIndex;
    this.chain.apply(entry, id);
    if (maker?.role === ROLE.inbox && entry.add.some((a) => a.role === ROLE.agent || a.role === ROLE.bot)) this.since = maker.since; // a claim
    if (this.epoch !== null && this.second === null) this.past.set(over, this.epoch.secret);
    const seenRight = first || (entry.seen >= epochIndex && !this.#another(entry));
    if (!seenRight) this.#fork(entry.sender);
    for (const id of [entry.sender, ...entry.remove]) this.doubted.delete(toHex(id));
    this.passed.clear();
    const own = same(entry.sender, this.end.identity.id);
    const init = this.epoch?.init ?? (first ? new Uint8Array(64) : null);
    this.epoch = null;
    /** @type {Map<bigint, Uint8Array> | undefined} */
    let granted;
    const gone = this.chain.closed || this.self === undefined || this.self.leaving;
    const newcomer = entry.added.some((k) => same(k.id, this.end.identity.id));
    if (!gone) {
      this.wasMember = true;
      if (newcomer) {
        if (this.second === null) this.whole = false;
        this.doubted.clear();
      }
      try {
        const opened = own ? { joiner: this.#ownJoiner(entry, init) } : this.#joiner(entry, init);
        this.epoch = schedule(opened.joiner, entry);
        if (this.second === null) granted = opened.granted;
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause; // else: lost
        if (init !== null || newcomer) this.unopened = cause.code === "open failed";
      }
    }
    if (old !== undefined && (gone || !same(old, /** @type {import("./chain.js").Member} */ (this.self).leaf))) this.end.drop(old);
    const right = this.#recall(entry);
    if (first) this.whole = this.epoch !== null;
    if (granted === undefined) this.#trim();
    for (const pending of this.pending.keys()) this.pending.delete(pending);
    const code = seenRight ? right ? {} : { code: "open failed" } : { code: "forked log" };
    return { type: /** @type {const} */ ("commit"), ...code, ...(granted === undefined ? {} : { granted }) };
  }

  /** Section 5.7: the epoch that it was granted, unless the secret is not the epoch's. @param {import("./entries.js").Commit} entry */
  #recall(entry) {
    const secret = this.past.get(entry.epoch);
    if (this.second === null || secret === undefined) return true;
    if (!same(confirmation(secret, entry.c), entry.tag)) {
      this.past.delete(entry.epoch);
      return false;
    }
    if (this.epoch === null) {
      this.epoch = { init: null, secret, transcript: entry.transcript };
    }
    return true;
  }

  /** @param {import("./entries.js").Commit} entry @param {Uint8Array | null} init */
  #ownJoiner(entry, init) {
    const secret = this.pending.get(toHex(entry.encoded));
    if (secret === undefined || init === null) throw new Refused("epoch gone", "an own commit of another life");
    return Extract(init, secret);
  }

  /**
   * @param {import("./entries.js").Commit} entry @param {Uint8Array | null} init
   * @returns {{ joiner: Uint8Array, granted?: Map<bigint, Uint8Array> }}
   */
  #joiner(entry, init) {
    const me = /** @type {import("./chain.js").Member} */ (this.self);
    const leaf = this.end.leaves.get(toHex(me.leaf));
    if (leaf === undefined) throw new Refused("epoch gone", "no secret of the leaf");
    const newcomer = entry.added.some((k) => same(k.id, me.id));
    const others = this.chain.roster.filter((m) => !same(m.id, entry.sender));
    const seal = entry.seals[others.findIndex((m) => same(m.id, me.id))];
    const k1 = crypto.boxKey(leaf.x, entry.ephemeral);
    const k2 = crypto.decapsulate(leaf, seal.ct);
    const key = sealKey(k1, k2, entry.body, newcomer, me.id, entry.ephemeral, me.leaf, seal.ct);
    const plain = crypto.secretboxOpen(key, ZERO24, seal.box);
    if (newcomer) {
      /** @type {Map<bigint, Uint8Array>} */
      const granted = new Map();
      for (const g of entry.grant.filter(({ grantee }) => same(grantee, me.id))) {
        for (let n = g.from; n <= g.to; n++) granted.set(n, plain.slice(64 + 32 * granted.size, 96 + 32 * granted.size));
      }
      return { joiner: plain.slice(0, 64), ...(granted.size === 0 ? {} : { granted }) };
    }
    if (init === null) throw new Refused("epoch gone", "the epoch before is lost");
    return { joiner: Extract(init, plain) };
  }

  /** A passing message, outside the log. @param {Uint8Array} encoded */
  readPassing(encoded) {
    const entry = decodeEntry(encoded);
    if (entry.kind !== "message" || entry.retention !== 2 || !same(entry.conversation, this.id)) throw new Refused("bad argument", "not a passing message");
    if (this.second !== null) throw new Refused("unavailable", "rereading");
    this.chain.checkWhen(entry);
    return this.#open(entry, false);
  }

  /** Section 6.3 after its public rows. @param {import("./entries.js").Message} m @param {boolean} stored */
  #open(m, stored) {
    if (this.epoch === null) throw new Refused(this.self !== undefined ? "epoch gone" : this.wasMember ? "not a member" : "sent before you joined");
    const sender = /** @type {import("./chain.js").Member} */ (this.chain.member(m.sender));
    const plain = crypto.secretboxOpen(Expand(this.epoch.secret, 32, "message key", m.header), m.nonce, m.sealed);
    const length = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
    if (length > 32768 || plain.length !== padded(4 + length + 64)) throw new Refused("open failed", "plaintext's form");
    const content = plain.slice(4, 4 + length);
    const signature = plain.subarray(4 + length, 4 + length + 64);
    if (plain.subarray(4 + length + 64).some((byte) => byte !== 0)) throw new Refused("open failed", "padding");
    if (!crypto.verify(sender.identity, "message", join(this.epoch.transcript, m.header, content), signature)) {
      throw new Refused("open failed", "signature");
    }
    if (stored && m.seen >= this.epochIndex && m.seen + 1024n <= this.index) throw new Refused("stale epoch", "seen long ago");
    if (stored && !(m.seen >= this.epochIndex && m.seen <= this.index && same(this.log[Number(m.seen)], m.seenHash))) {
      this.#fork(m.sender);
      throw new Refused("forked log");
    }
    if (!stored) {
      const last = this.passed.get(toHex(m.sender));
      if (last?.instance === toHex(m.instance) && m.counter <= last.counter) throw new Refused("replayed");
      this.passed.set(toHex(m.sender), { instance: toHex(m.instance), counter: m.counter });
      return { content, counter: m.counter, gap: 0n, instance: m.instance };
    }
    // Instances belong to their sender: two who name the same one have one each.
    const instance = `${toHex(m.instance)} ${toHex(m.sender)}`;
    const known = this.counters.get(instance);
    if (m.counter <= (known ?? 0n)) throw new Refused("replayed");
    if (known === undefined && [...this.counters.keys()].filter((k) => k.endsWith(` ${toHex(m.sender)}`)).length >= 4096) throw new Refused("too large", "instances");
    this.counters.set(instance, m.counter);
    // Where this end knows nothing of epoch 0, the beginning of an instance is unknown.
    const gap = known === undefined && !this.whole ? 0n : m.counter - (known ?? 0n) - 1n;
    return { content, counter: m.counter, gap, instance: m.instance };
  }

  // Writing.

  /**
   * @param {{ time: bigint, queue: Uint8Array, add: import("./entries.js").Add[], previous?: Uint8Array }} options
   * @param {Change} [change]
   */
  genesis({ time, queue, add, previous = EMPTY }, change) {
    return this.commit({ time, queue, add, previous }, change);
  }

  /**
   * A commit on the head; read it back to be in its epoch. `change` spoils the
   * fields (body), what goes into seals, the seals, the tag or who signs, for tests
   * of what others refuse; everything after it is made right again.
   * @typedef {{ fields?: (f: import("./entries.js").CommitFields) => void, plain?: (m: import("./chain.js").Member, plain: Uint8Array) => Uint8Array,
   *   seals?: (seals: import("./entries.js").Seal[]) => import("./entries.js").Seal[], tag?: (tag: Uint8Array) => Uint8Array,
   *   signer?: crypto.Identity }} Change
   * @param {Partial<import("./entries.js").CommitFields> & { time: bigint }} options
   * @param {Change} [change]
   */
  commit(options, change = {}) {
    const { end, chain } = this;
    const manifest = end.newest;
    if (manifest === null || this.second !== null) throw new Refused("unavailable", "no manifest, or rereading");
    const ephemeralSecret = end.random(32);
    /** @type {import("./entries.js").CommitFields} */
    const fields = {
      conversation: this.id, epoch: chain.epoch + 1n, parent: chain.head, manifest: manifest.hash,
      seen: this.index, seenHash: this.logHash, keyPackage: end.keyPackage(2n ** 33n, USE.place), marks: 0,
      role: this.self?.role ?? end.role, queue: EMPTY, previous: EMPTY, add: [], remove: [], grant: [], answers: EMPTY,
      ephemeral: crypto.x25519Public(ephemeralSecret), ...options,
    };
    change.fields?.(fields);
    const body = encodeBody(fields);
    const secret = end.random(32);
    // The new roster, as it will be if the commit is valid.
    const added = fields.add.map((a) => ({ ...decodeKeyPackage(a.keyPackage), newcomer: true }));
    const others = [
      ...chain.roster.filter((m) => !fields.remove.some((id) => same(id, m.id)) && !same(m.id, end.identity.id)).map((m) => ({ ...m, newcomer: false })),
      ...added,
    ].sort((a, b) => order(a.id, b.id));
    const close = (fields.marks & CLOSE) !== 0;
    const init = this.epoch?.init ?? (chain.empty ? new Uint8Array(64) : null);
    if (init === null) throw new Refused("epoch gone", "cannot commit");
    const joiner = Extract(init, secret);
    /** @type {import("./entries.js").Seal[]} */
    let seals = close ? [] : others.map((m) => {
      let plain = m.newcomer ? join(joiner, ...this.#granted(fields.grant, m.id)) : secret;
      const asMember = /** @type {import("./chain.js").Member} */ (/** @type {unknown} */ (m));
      if (change.plain !== undefined) plain = change.plain(asMember, plain);
      const k1 = crypto.boxKey(ephemeralSecret, m.leaf.subarray(0, 32));
      const { cipherText, sharedSecret } = crypto.encapsulate(m.leaf, end.random(32));
      const key = sealKey(k1, sharedSecret, body, m.newcomer, m.id, fields.ephemeral, m.leaf, cipherText);
      return { ct: cipherText, box: crypto.secretbox(key, ZERO24, plain) };
    });
    if (change.seals !== undefined) seals = change.seals(seals);
    const sealBytes = encodeSeals(seals);
    const c = commitHash(body, sealBytes);
    const epochSecret = Expand(joiner, 32, "epoch", c);
    /** @type {Uint8Array} */
    let tag = close ? EMPTY : confirmation(epochSecret, c);
    if (change.tag !== undefined) tag = change.tag(tag);
    const signature = (change.signer ?? end.identity).sign("commit signature", join(c, tag));
    const entry = encodeCommit(body, sealBytes, tag, signature);
    this.pending.set(toHex(entry), secret);
    return entry;
  }

  /** All that this end may grant, as a commit says it. @param {Uint8Array} grantee @param {number} reason */
  grants(grantee, reason) {
    const { epoch } = this.chain;
    /** @type {import("./entries.js").Grant[]} */
    const grants = [];
    for (const n of [...this.past.keys(), epoch].slice(-1024)) {
      const last = grants.at(-1);
      if (last?.to === n - 1n) last.to = n;
      else grants.push({ grantee, from: n, to: n, reason });
    }
    return grants.slice(-16);
  }

  /** The secrets of what a commit grants a newcomer. @param {import("./entries.js").Grant[]} grants @param {Uint8Array} id */
  #granted(grants, id) {
    const secrets = [];
    for (const g of grants.filter(({ grantee }) => same(grantee, id))) {
      for (let n = g.from; n <= g.to; n++) secrets.push(this.past.get(n) ?? (n === this.chain.epoch && this.epoch ? this.epoch.secret : this.end.random(32)));
    }
    return secrets;
  }

  /**
   * @param {Uint8Array} content
   * @param {{ passing?: boolean, header?: (h: import("./entries.js").Header) => void, plain?: (plain: Uint8Array) => void,
   *   signer?: crypto.Identity, secret?: Uint8Array }} [change] as that of commit
   */
  seal(content, change = {}) {
    if (this.second !== null) throw new Refused("unavailable", "rereading");
    if (this.epoch === null) throw new Refused("epoch gone");
    if (this.state === "doubtful") throw new Refused("forked log", "doubtful");
    const passing = change.passing === true;
    const { end } = this;
    /** @type {import("./entries.js").Header} */
    const fields = {
      conversation: this.id, epoch: this.chain.epoch, sender: end.identity.id,
      instance: passing ? H("passing instance", end.instance).slice(0, 16) : end.instance,
      counter: passing ? ++this.passing : ++this.counter, retention: passing ? 2 : 1, seen: this.index, seenHash: this.logHash, nonce: end.random(24),
    };
    change.header?.(fields);
    const header = encodeHeader(fields);
    const signature = (change.signer ?? end.identity).sign("message", join(this.epoch.transcript, header, content));
    const plain = new Uint8Array(padded(4 + content.length + 64));
    plain.set(join(bytes32(content), signature));
    change.plain?.(plain);
    return encodeMessage(header, crypto.secretbox(Expand(change.secret ?? this.epoch.secret, 32, "message key", header), fields.nonce, plain));
  }

  /** Section 7: to be added again, or as a customer's new identity. @param {bigint} now in seconds */
  joinRequest(now) {
    const { end, chain } = this;
    const alias = end.credential === null ? EMPTY : decodeCredential(end.credential).alias;
    const old = this.state === "lost" ? this.self
      : this.state === "not a member" && !this.wasMember && end.role === ROLE.customer
        ? chain.roster.find((m) => m.role === ROLE.customer && same(m.credential?.alias ?? EMPTY, alias))
        : undefined;
    if (old === undefined) throw new Refused("not a member", "nothing to ask for");
    const leaf = crypto.leafHash(old.leaf);
    if (this.request !== null) {
      const before = /** @type {import("./entries.js").JoinRequest} */ (decodeEntry(this.request));
      if (same(before.leafHash, leaf) && before.package.expires > now) return this.request;
    }
    const reason = this.state === "lost" && this.unopened ? 2 : 1;
    this.request = encodeJoinRequest({ conversation: this.id, leafHash: leaf, reason, keyPackage: end.keyPackage(now + 7n * 86400n, USE.place) }, end.identity);
    return this.request;
  }

  /** The fields of a commit that answers a standing request. @param {import("./chain.js").Standing} standing */
  answer({ id, request, old }) {
    return { answers: id, remove: [old.id], add: [{ role: old.role, keyPackage: request.package.encoded }] };
  }

  /** A stale message for the epoch of now (section 6.4). @param {Uint8Array} old @param {Uint8Array} content */
  reseal(old, content) {
    const entry = decodeEntry(old);
    if (entry.kind !== "message") throw new TypeError("not a message");
    return this.seal(content, { header: (h) => { this.counter--; h.instance = entry.instance; h.counter = entry.counter; } });
  }
}

/**
 * @param {Uint8Array} k1 @param {Uint8Array} k2 @param {Uint8Array} body @param {boolean} newcomer @param {Uint8Array} id
 * @param {Uint8Array} ephemeral @param {Uint8Array} leaf @param {Uint8Array} ct
 */
const sealKey = (k1, k2, body, newcomer, id, ephemeral, leaf, ct) =>
  Expand(Extract(EMPTY, join(k1, k2)), 32, "seal", H("commit body", body), u8(newcomer ? 2 : 1), id, ephemeral, leaf, ct);

/** @param {Uint8Array} epochSecret @param {Uint8Array} c */
const confirmation = (epochSecret, c) => MAC(Expand(epochSecret, 64, "confirm"), join(crypto.label("tag"), c)).slice(0, 32);

/** Section 5.3. @param {Uint8Array} joiner @param {import("./entries.js").Commit} commit @returns {Epoch} */
function schedule(joiner, commit) {
  const secret = Expand(joiner, 32, "epoch", commit.c);
  if (!same(confirmation(secret, commit.c), commit.tag)) throw new Refused("open failed", "tag");
  return { init: Expand(joiner, 64, "init", commit.c), secret, transcript: commit.transcript };
}
