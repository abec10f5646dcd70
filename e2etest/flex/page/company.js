/** What a page needs to be somebody: the company's key and manifest, and for its own people a credential. */
import { init } from "/js/index.js";
import { over } from "/js/client/foreign.js";
import { twilio } from "/js/client/transports/twilio.js";
import { fetchMedia } from "./sdk.js";

export { over };

/** A conversation of the cloud as a transport. */
export function transportOf(line, conversation) {
  return twilio({ client: line, conversation, fetch: (address) => fetchMedia(line, address) });
}

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

export async function connectTo(carried, options, { module } = {}) {
  const { orgKey, manifest } = await (await fetch("/company")).json();
  const core = await init(module ? { module } : {});
  return core.connect({ transport: carried, orgKey, manifest: () => bytes(manifest), ...options });
}

export function credentialOf(name, role = "agent") {
  return async ({ identity }) => (await fetch(`/company/credential?name=${encodeURIComponent(name)}&role=${role}`, { method: "POST", body: identity })).text();
}
