// @ts-check
/**
 * The relay as a carrier: its connection, and its file store beside it.
 *
 * @typedef {object} RelayPlace
 * @property {string} relay  address of the relay connection
 * @property {import("./types.js").WebSocketConstructor} WebSocket
 * @property {typeof globalThis.fetch} fetch
 */
import { fromHex } from "./bytes.js";
import { RelayConnection } from "./relay.js";
import { RelayFiles } from "./relayfiles.js";

/**
 * @param {RelayPlace} place
 * @returns {import("./carrier.js").CarrierMaker}
 */
export function relayCarrier({ relay, WebSocket, fetch }) {
  return (host) => {
    const connection = new RelayConnection({ ...host, url: relay, WebSocket, onPassing: () => {} });
    const files = new RelayFiles({ relay, fetch, ticket: (conversation) => connection.ticket(fromHex(conversation)) });
    return { connection, files };
  };
}
