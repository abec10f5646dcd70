// A company for tests: root, issuer, manifest, credentials.

import { utf8 } from "./codec.js";
import { identity, keyHash, randomBytes } from "./crypto.js";
import { decodeManifest, encodeCredential, encodeManifest, ROLE, usualManifest } from "./statements.js";

export class Company {
  constructor() {
    this.root = identity(randomBytes(32));
    this.issuer = identity(randomBytes(32));
    this.sequence = 0n;
    /** @type {import("./statements.js").Manifest | null} */
    this.newest = null;
  }

  /** The next manifest. @param {Partial<import("./statements.js").ManifestFields>} [fields] */
  manifest(fields = {}) {
    return (this.newest = decodeManifest(this.encodedManifest(fields), [this.root.public]));
  }

  /** @param {Partial<import("./statements.js").ManifestFields>} [fields] */
  encodedManifest(fields = {}) {
    return encodeManifest(usualManifest({
      root: this.root.public,
      sequence: ++this.sequence,
      issuers: [{ key: this.issuer.public, roles: 0b11111110, notBefore: 0n, notAfter: 2n ** 40n }],
      ...fields,
    }), this.root);
  }

  /** @param {Uint8Array} key @param {Partial<import("./statements.js").CredentialFields> & { by?: import("./crypto.js").Identity }} [fields] */
  credential(key, { by = this.issuer, ...fields } = {}) {
    const role = fields.role ?? ROLE.agent;
    const queues = [ROLE.customer, ROLE.guest, ROLE.archive].includes(role) ? [] : [utf8("default")];
    return encodeCredential({
      role, identity: key, alias: utf8("Ana"), statement: new Uint8Array(0), queues,
      notBefore: NOW_S - 60n, notAfter: NOW_S + 3600n, issuer: keyHash(by.public), ...fields,
    }, by);
  }
}

/** The time of these tests: no clock decides what is read, senders compare with what they are told. */
export const NOW_S = 1_800_000_000n;
export const NOW = NOW_S * 1000n;
