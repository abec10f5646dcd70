// Sections 4 and 5.4, the public rows of 6.3, and 7: what every end and the
// relay agree on. Members are plain values; apply() makes a new roster.

import { CLOSE, LEAVE } from "./entries.js";
import { fromHex, order, Refused, same, toHex } from "./codec.js";
import { leafHash, verify } from "./crypto.js";
import { checkChains, companySide, namesQueue, ROLE, keyPackageHolds, USE } from "./statements.js";

const ZERO = new Uint8Array(32);
const NONE = new Uint8Array(0);

/**
 * @typedef {{ id: Uint8Array, identity: Uint8Array, role: number, credential: import("./statements.js").Credential | null,
 *   leaf: Uint8Array, leaving: boolean, since: bigint }} Member  since: the epoch that added it
 * @typedef {import("./entries.js").Commit} Commit
 * @typedef {{ id: Uint8Array, request: import("./entries.js").JoinRequest, owner: boolean, old: Member }} Standing  owner: made by the old leaf's
 */

/** @param {boolean} holds @param {string} code @param {string} why */
function must(holds, code, why) {
  if (!holds) throw new Refused(code, why);
}

export class Chain {
  /**
   * @param {Uint8Array} conversation
   * @param {(hash: Uint8Array) => import("./statements.js").Manifest | undefined} manifest by hash, verified under the pinned roots
   * @param {Uint8Array} logStart log hash_0
   */
  constructor(conversation, manifest, logStart) {
    this.conversation = conversation;
    this.manifestBy = manifest;
    this.logStart = logStart;
    /** @type {Uint8Array} */
    this.head = ZERO;
    this.epoch = -1n;
    /** @type {Member[]} ascending by id */
    this.roster = [];
    /** @type {Uint8Array} */
    this.queue = NONE;
    /** @type {Uint8Array} what the genesis continues */
    this.previous = NONE;
    /** @type {import("./statements.js").Manifest | null} the head's */
    this.manifest = null;
    this.closed = false;
    /** @type {Map<string, { id: string, request: import("./entries.js").JoinRequest, owner: boolean, leaf: string }>} by leaf and kind of maker */
    this.requests = new Map();
  }

  get empty() { return this.epoch < 0n; }

  /** @param {Uint8Array} id */
  member(id) { return this.roster.find((m) => same(m.id, id)); }

  /** Throws unless the entry is valid here. @param {import("./entries.js").Entry} entry @param {Uint8Array} entryId */
  check(entry, entryId) {
    switch (entry.kind) {
      case "commit": return void this.#next(entry);
      case "message": return this.#checkMessage(entry);
      case "join": return void this.#checkJoin(entry);
    }
  }

  /** check, then go on. @param {import("./entries.js").Entry} entry @param {Uint8Array} entryId */
  apply(entry, entryId) {
    if (entry.kind === "message") return this.#checkMessage(entry);
    if (entry.kind === "join") {
      const owner = this.#checkJoin(entry);
      const leaf = toHex(entry.leafHash);
      this.requests.delete(`${leaf} ${owner}`); // the newest is the last
      this.requests.set(`${leaf} ${owner}`, { id: toHex(entryId), request: entry, owner, leaf });
      return;
    }
    const { roster, manifest } = this.#next(entry);
    if (this.empty) [this.queue, this.previous] = [entry.queue, entry.previous];
    this.head = entry.transcript;
    this.epoch = entry.epoch;
    this.manifest = manifest;
    this.roster = roster;
    this.closed = (entry.marks & CLOSE) !== 0;
    for (const [key, { leaf }] of this.requests) {
      if (!roster.some((m) => toHex(leafHash(m.leaf)) === leaf)) this.requests.delete(key);
    }
  }

  /** The table of 5.4, in its order. @param {Commit} e */
  #next(e) {
    const genesis = this.empty;
    const leave = (e.marks & LEAVE) !== 0;
    const close = (e.marks & CLOSE) !== 0;
    must(same(e.conversation, this.conversation), "bad argument", "another conversation");
    must(!this.closed && same(e.parent, this.head), "stale head", "parent");
    must(e.epoch === this.epoch + 1n, "bad commit", "epoch");
    if (genesis) must(e.seen === 0n && same(e.seenHash, this.logStart), "bad commit", "a genesis has seen nothing");
    else must(e.queue.length === 0 && e.previous.length === 0, "bad commit", "queue or previous after genesis");
    must(e.committer.use === USE.place, "bad commit", "an offer in the committer's place");

    const manifest = this.manifestBy(e.manifest);
    if (manifest === undefined) {
      // The log waits for a member's commit, never for a stranger's.
      must(genesis || this.member(e.committer.id) !== undefined, "not a member", "committer");
      must(verify(e.committer.identity, "commit signature", concat(e.c, e.tag), e.signature), "open failed", "signature");
      throw new Refused("unavailable", "manifest");
    }
    must(this.manifest === null || manifest.sequence >= this.manifest.sequence, "rolled back", "manifest");

    const queue = genesis ? e.queue : this.queue;
    this.#checkCredential(e.committer, e.role, manifest, queue);
    e.added.forEach((k, i) => this.#checkCredential(k, e.add[i].role, manifest, queue));

    if (genesis) {
      must(e.role === ROLE.customer, "bad commit", "genesis by another than a customer");
      must(manifest.queues.some((q) => same(q, e.queue)), "bad commit", "no such queue");
      must(e.add.length > 0, "bad commit", "genesis adds nobody");
      must(e.remove.length === 0 && e.grant.length === 0 && e.marks === 0 && e.answers.length === 0, "bad commit", "genesis with more");
    }
    const committer = genesis ? undefined : this.member(e.committer.id);
    if (!genesis) {
      if (committer === undefined) throw new Refused("not a member", "committer");
      must(!committer.leaving, "bad commit", "a leaving member commits");
      must(e.role === committer.role || (committer.role === ROLE.supervisor && e.role === ROLE.agent), "bad commit", "role");
      must(!this.roster.some((m) => sharesHalf(e.committer.leaf, m.leaf)), "bad commit", "an old leaf");
    }
    if (close) {
      must(!leave && e.add.length + e.remove.length + e.grant.length + e.answers.length === 0, "bad commit", "close with more");
      must([ROLE.customer, ROLE.agent, ROLE.inbox].includes(e.role), "not a member", "may not close");
    }
    if (e.role === ROLE.archive) must(e.marks === 0 && e.add.length + e.remove.length + e.answers.length === 0, "bad commit", "the archive only refreshes");

    const answer = this.#answer(e);
    e.added.forEach((k, i) => {
      must(!same(k.id, e.committer.id) && !e.added.slice(0, i).some((o) => same(o.id, k.id)), "bad commit", "added twice");
      must(!this.roster.some((m) => sharesHalf(k.leaf, m.leaf)), "bad commit", "a leaf that stands already");
      must(answer?.add === i || k.use !== USE.place, "bad commit", "no offer");
    });
    e.added.forEach((_, i) => must(answer?.add === i || this.#mayAdd(e, i), "not a member", "may not add"));

    e.remove.forEach((id, i) => {
      must(this.member(id) !== undefined && !same(id, e.committer.id), "bad commit", "removes");
      must(i === 0 || order(e.remove[i - 1], id) < 0, "bad commit", "removes not ascending");
    });
    for (const id of e.remove) {
      const gone = /** @type {Member} */ (this.member(id));
      const dropped = gone.role === ROLE.archive && !same(gone.identity, manifest.archive);
      const may = gone.leaving || (dropped && [ROLE.customer, ROLE.agent, ROLE.inbox].includes(e.role)) || (answer !== undefined && same(answer.remove, id)) ||
        (e.role === ROLE.agent && gone.role !== ROLE.customer && gone.role !== ROLE.archive) ||
        (e.role === ROLE.customer && gone.role !== ROLE.archive);
      must(may, "not a member", "may not remove");
    }
    must(this.roster.every((m) => !m.leaving || e.remove.some((id) => same(id, m.id))), "bad commit", "a leaving member stays");

    const granted = this.#checkGrants(e, manifest);
    must(verify(e.committer.identity, "commit signature", concat(e.c, e.tag), e.signature), "open failed", "signature");

    /** @type {Member[]} */
    const roster = [
      ...this.roster.filter((m) => !e.remove.some((id) => same(id, m.id)) && m !== committer),
      ...e.added.map((k, i) => memberOf(k, e.add[i].role, false, e.epoch)),
      memberOf(e.committer, e.role, leave, committer?.since ?? e.epoch),
    ].sort((a, b) => order(a.id, b.id));
    must(roster.length <= 16, "too large", "over 16 members");
    must(roster.some((m) => !m.leaving && m.role !== ROLE.archive), "bad commit", "nobody could remove who leaves");
    roster.forEach((a, i) => roster.slice(i + 1).forEach((b) => {
      must(!same(a.id, b.id) && !sharesHalf(a.leaf, b.leaf), "bad commit", "an id or key twice");
    }));
    must(close || manifest.archive.length === 0 || roster.some((m) => m.role === ROLE.archive && same(m.identity, manifest.archive)), "bad commit", "no archive");

    if (close) {
      must(e.seals.length === 0 && e.tag.length === 0, "bad commit", "seals or tag on a close");
    } else {
      const others = roster.filter((m) => !same(m.id, e.committer.id));
      must(e.seals.length === others.length && e.tag.length === 32, "bad commit", "seals or tag");
      others.forEach((m, i) => {
        const newcomer = e.added.some((k) => same(k.id, m.id));
        const plain = newcomer ? 64 + 32 * Number(granted.get(toHex(m.id)) ?? 0n) : 32;
        must(e.seals[i].box.length === 16 + plain, "bad commit", "a box's length");
      });
    }
    return { roster, manifest };
  }

  /** The standing requests, in the log's order. @returns {Standing[]} */
  get standing() {
    return [...this.requests.values()].map(({ id, request, owner, leaf }) => {
      const old = /** @type {Member} */ (this.roster.find((m) => toHex(leafHash(m.leaf)) === leaf));
      return { id: fromHex(id), request, owner, old };
    });
  }

  /**
   * Section 7: whether a commit of that role under the manifest would be valid
   * which answers the request, so that its reader owes it one; no clock.
   * @param {Standing} standing @param {number} role @param {import("./statements.js").Manifest} manifest
   */
  answerable({ request, owner, old }, role, manifest) {
    if (!owner || role === ROLE.archive || this.roster.some((m) => sharesHalf(m.leaf, request.package.leaf))) return false;
    try {
      this.#checkCredential(request.package, old.role, manifest, this.queue);
      return true;
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      return false;
    }
  }

  /** @param {import("./statements.js").KeyPackage} k @param {number} role @param {import("./statements.js").Manifest} m @param {Uint8Array} queue */
  #checkCredential(k, role, m, queue) {
    must(keyPackageHolds(k), "bad credential", "key package's signature");
    if (k.credential === null) {
      must(role === ROLE.customer, "bad credential", "only a customer stands on a bare key");
      return;
    }
    checkChains(k.credential, m);
    const own = k.credential.role;
    must(own === role || (own === ROLE.supervisor && role === ROLE.agent), "bad credential", "role");
    must(!companySide(role) || namesQueue(k.credential, queue), "bad credential", "queue");
  }

  /** @param {Commit} e @param {number} i */
  #mayAdd(e, i) {
    const role = e.add[i].role;
    if (this.empty) return companySide(role) || role === ROLE.archive;
    if (role === ROLE.archive) return [ROLE.customer, ROLE.agent, ROLE.inbox].includes(e.role);
    if (e.role === ROLE.agent || e.role === ROLE.inbox) return companySide(role);
    if (e.role !== ROLE.customer) return false;
    if (role === ROLE.guest || role === ROLE.inbox) return true;
    const [mine, other] = [e.committer.credential, e.added[i].credential];
    return role === ROLE.customer && mine !== null && other !== null && mine.alias.length > 0 && same(mine.alias, other.alias);
  }

  /** Section 7, a commit that answers a request. @param {Commit} e */
  #answer(e) {
    if (e.answers.length === 0) return undefined;
    const standing = [...this.requests.values()].find((r) => r.id === toHex(e.answers));
    if (standing === undefined) throw new Refused("bad commit", "answers no standing request");
    const old = this.roster.find((m) => toHex(leafHash(m.leaf)) === standing.leaf);
    const add = e.add.findIndex((a) => same(a.keyPackage, standing.request.package.encoded));
    if (old === undefined || add < 0 || e.add[add].role !== old.role || !e.remove.some((id) => same(id, old.id))) {
      throw new Refused("bad commit", "answers otherwise");
    }
    if (!standing.owner) {
      const [was, is] = [old.credential?.alias ?? NONE, standing.request.package.credential?.alias ?? NONE];
      must(e.role === ROLE.agent && same(was, is), "not a member", "only an agent answers a new identity, of the same alias");
    }
    return { add, remove: old.id };
  }

  /** @param {Commit} e @param {import("./statements.js").Manifest} manifest */
  #checkGrants(e, manifest) {
    /** @type {Map<string, bigint>} */
    const granted = new Map();
    if (e.grant.length === 0) return granted;
    must([ROLE.agent, ROLE.inbox, ROLE.customer].includes(e.role) && manifest.grants !== 0, "not a member", "may not grant");
    e.grant.forEach((g, i) => {
      must(e.added.some((k) => same(k.id, g.grantee)), "bad commit", "grants to no newcomer");
      must(g.from <= g.to && g.to <= this.epoch, "bad commit", "grants a range");
      if (i > 0) {
        const before = e.grant[i - 1];
        const to = order(before.grantee, g.grantee);
        must(to < 0 || (to === 0 && before.to < g.from), "bad commit", "grants not ascending and apart");
      }
      const id = toHex(g.grantee);
      granted.set(id, (granted.get(id) ?? 0n) + g.to - g.from + 1n);
    });
    for (const count of granted.values()) must(count <= 1024n, "too large", "epochs granted");
    return granted;
  }

  /** @param {import("./entries.js").Message} e */
  #checkMessage(e) {
    must(same(e.conversation, this.conversation) && e.retention === 1, "bad argument", "another conversation or retention");
    this.checkWhen(e);
  }

  /** The rows that a passing message shares. @param {import("./entries.js").Message} e */
  checkWhen(e) {
    must(e.epoch === this.epoch && !this.closed && !this.roster.some((m) => m.leaving), "stale epoch", "epoch");
    const sender = this.member(e.sender);
    const speaks = [ROLE.customer, ROLE.guest, ROLE.agent, ROLE.bot];
    must(sender !== undefined && speaks.includes(sender.role), "not a member", "sender");
  }

  /** Whether the leaf's owner made it. @param {import("./entries.js").JoinRequest} e */
  #checkJoin(e) {
    must(same(e.conversation, this.conversation), "bad argument", "another conversation");
    const old = this.roster.find((m) => same(leafHash(m.leaf), e.leafHash));
    if (old === undefined || this.closed || old.leaving) throw new Refused("not a member", "the leaf does not stand, or its owner leaves");
    const owner = same(old.id, e.sender);
    must(owner || (old.role === ROLE.customer && this.member(e.sender) === undefined), "bad commit", "made by another");
    must(!this.roster.some((m) => sharesHalf(m.leaf, e.package.leaf)) && e.package.use === USE.place, "bad commit", "a leaf that stands already, or an offer");
    must(keyPackageHolds(e.package) && verify(e.package.identity, "join request", e.signed, e.signature), "open failed", "signature");
    return owner;
  }
}

/** @param {import("./statements.js").KeyPackage} k @param {number} role @param {boolean} leaving @param {bigint} since @returns {Member} */
const memberOf = (k, role, leaving, since) => ({ id: k.id, identity: k.identity, role, credential: k.credential, leaf: k.leaf, leaving, since });

/** @param {Uint8Array} a @param {Uint8Array} b */
const sharesHalf = (a, b) => same(a.subarray(0, 32), b.subarray(0, 32)) || same(a.subarray(32), b.subarray(32));

/** @param {Uint8Array} a @param {Uint8Array} b */
const concat = (a, b) => new Uint8Array([...a, ...b]);
