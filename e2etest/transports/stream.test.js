/** The whole protocol over Stream Chat's real client library, against a server of it that runs here. */
import { after } from "node:test";
import { StreamChat } from "stream-chat";
import { stream } from "../../js/client/transports/stream.js";
import { Backend } from "../../js/test/transport-backend.js";
import { withstands } from "../../js/test/transport-hostile.js";
import { conforms } from "../../js/test/transport-suite.js";
import { StreamServer } from "./streamserver.js";

/** Milliseconds between two readings: the server's clock is this one. */
const SETTLE = 60;

const ends = [];
after(async () => {
  for (const end of ends) await end();
});

/** @param {Backend} backend */
async function serving(backend) {
  const server = await new StreamServer(backend).start();
  ends.push(() => server.stop());
  return async (name) => {
    const client = new StreamChat("key", { baseURL: server.url, allowServerSideConnect: true, warmUp: false });
    ends.unshift(() => client.disconnectUser());
    await client.connectUser({ id: name }, client.devToken(name));
    const channel = client.channel("messaging", "c1");
    await channel.watch();
    return stream({ channel, settle: SETTLE, mayFetch: ({ origin }) => origin === server.url });
  };
}

conforms("stream-chat", async () => {
  const backend = new Backend();
  return { left: () => backend.left, join: await serving(backend) };
});

withstands("stream-chat", serving);
