/**
 * What a page said of its chat, as connect() takes it. Pure. What is there and wrong is connect()'s to refuse.
 * @typedef {import("./session.js").ConnectOptions} ConnectOptions
 *
 * @typedef {object} Said
 * @property {string|null} orgKey     one or several, with spaces between them
 * @property {string|null} relay
 * @property {string|null} queue
 * @property {ConnectOptions["transport"]} transport
 * @property {ConnectOptions["manifest"]} manifest
 * @property {NonNullable<ConnectOptions["identityToken"]>} identityToken  asks for it
 * @property {boolean} hasToken
 *
 * later: the page says that it is another platform, and has not connected to it yet. lacks: what the page's developer has
 * to name, for them.
 * @typedef {{options: ConnectOptions}|{lacks: string}|"later"} Settings
 */

/**
 * @param {Said} said
 * @returns {Settings}
 */
export function settingsOf({ orgKey, relay, queue, transport, manifest, identityToken, hasToken }) {
  const keys = (orgKey ?? "").split(/\s+/).filter(Boolean);
  if (keys.length === 0) return { lacks: "org-key: expected the company's key, got nothing" };
  const common = { orgKey: keys, queue: queue ?? "default" };
  // Which of the two it is to be is not guessed: connect() refuses both.
  if (transport) return { options: { ...common, transport, manifest, ...(relay ? { relay } : {}), ...(hasToken ? { identityToken } : {}) } };
  if (relay) return { options: { ...common, relay, identityToken } };
  return manifest === undefined ? { lacks: "relay: expected an address (or manifest and a transport), got nothing" } : "later";
}
