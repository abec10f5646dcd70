// @ts-check
/**
 * Other people's chat platforms under a client: `over` makes of their
 * conversations what `connect` takes as `transport`. The platforms have a file
 * each beside this one.
 *
 * @typedef {import("./transport.js").Transport} Transport
 * @typedef {import("./transport.js").TransportEntry} TransportEntry
 * @typedef {import("./transport.js").Records} Records
 * @typedef {import("../foreign.js").Over} Over
 */
export { over } from "../foreign.js";
