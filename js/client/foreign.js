// @ts-check
/**
 * A carrier over somebody else's chat platform: one or several conversations
 * there, each a Transport (transports/transport.js).
 *
 *   const client = await sw.connect({ transport: over(twilio({ client, conversation })), orgKey, manifest });
 *
 * A conversation of Sealwire is where its genesis stands, and stays where this
 * device has read it (foreignplaces.js); one of the platform may carry several,
 * one after the other. There is no inbox and nobody
 * who refuses what comes late: what a customer writes waits until a key package
 * of an agent lies in the platform's conversation, and an entry that lands
 * stale is ignored by all and sealed again by its maker. Who is in the
 * platform's conversation can write into it, and so can the platform: that
 * suspends or ends a conversation at worst.
 *
 * What is appended stays with the platform: nothing may be deleted or edited
 * there, or whoever reads the conversation from its beginning finds another log.
 *
 * @typedef {import("./carrier.js").Carrier} Carrier
 * @typedef {import("./carrier.js").CarrierHost} CarrierHost
 * @typedef {import("./transports/transport.js").Transport} Transport
 */
import { Deliveries } from "./foreigncarrier.js";

/**
 * @param {...Transport} transports
 * @returns {Over}
 */
export function over(...transports) {
  return new Over(transports);
}

/** The `transport` option of `connect`: the platform's conversations that one client works in. They may come and go. */
export class Over {
  /** @type {Set<Transport>} */
  #transports;
  /** @type {Set<Deliveries>} */
  #carriers = new Set();

  /** @param {readonly Transport[]} transports */
  constructor(transports) {
    for (const transport of transports) check(transport);
    this.#transports = new Set(transports);
  }

  /** @param {Transport} transport */
  add(transport) {
    check(transport);
    if (this.#transports.has(transport)) return;
    this.#transports.add(transport);
    for (const carrier of this.#carriers) carrier.add(transport);
  }

  /**
   * It is followed no more. Closing it is its maker's.
   * @param {Transport} transport
   */
  delete(transport) {
    if (!this.#transports.delete(transport)) return;
    for (const carrier of this.#carriers) carrier.delete(transport);
  }

  /**
   * The ids of the conversations that a transport carries, in the order in which they began.
   * @param {Transport} transport
   * @returns {string[]}
   */
  conversations(transport) {
    for (const carrier of this.#carriers) return carrier.places.conversationsOf(transport);
    return [];
  }

  /**
   * All that was there of a transport was read, and the platform is there.
   * @param {Transport} transport
   */
  live(transport) {
    for (const carrier of this.#carriers) return carrier.places.link(transport)?.live ?? false;
    return false;
  }

  /**
   * Where an entry that stands at a place of the transport stands in its conversation's log; undefined for what is no
   * entry, a part of one that is not complete, one that was there before, or one that was not read yet.
   * @param {Transport} transport
   * @param {number} sequence  in the transport
   * @returns {{ conversation: string, sequence: number } | undefined}
   */
  place(transport, sequence) {
    for (const carrier of this.#carriers) return carrier.places.placeOf(transport, sequence);
    return undefined;
  }

  /**
   * The transport that carries a conversation, as far as is known.
   * @param {string} conversation  its id
   * @returns {Transport | undefined}
   */
  transport(conversation) {
    for (const carrier of this.#carriers) return carrier.places.carrying(conversation);
    return undefined;
  }

  /**
   * @param {CarrierHost} host
   * @returns {Carrier}
   */
  carrier(host) {
    const connection = new Deliveries(host, this.#transports, () => void this.#carriers.delete(connection));
    this.#carriers.add(connection);
    return { connection, files: connection.files };
  }
}

/** @param {Transport} transport */
function check(transport) {
  if (typeof transport !== "object" || transport === null || typeof transport.entries !== "function" || typeof transport.append !== "function") {
    throw new TypeError("over: expected transports");
  }
  if (!(transport.maxBody >= 1_024)) throw new RangeError(`maxBody: expected 1024 bytes or more, got ${transport.maxBody}`);
}
