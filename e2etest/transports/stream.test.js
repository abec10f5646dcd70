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

/** What is open: transports, clients, servers. */
const ends = { transports: [], clients: [], servers: [] };
after(async () => {
  for (const transport of ends.transports) transport.close();
  await Promise.all(ends.clients.map((client) => client.disconnectUser(1_000)));
  for (const server of ends.servers) server.stop();
});

/** @param {Backend} backend */
async function serving(backend) {
  const server = await new StreamServer(backend).start();
  ends.servers.push(server);
  return async (name) => {
    const client = new StreamChat("key", { baseURL: server.url, allowServerSideConnect: true, warmUp: false });
    ends.clients.push(client);
    await client.connectUser({ id: name }, client.devToken(name));
    const channel = client.channel("messaging", "c1");
    await channel.watch();
    const transport = stream({ channel, settle: SETTLE, mayFetch: ({ origin }) => origin === server.url });
    ends.transports.push(transport);
    return transport;
  };
}

conforms("stream-chat", async () => {
  const backend = new Backend();
  return { left: () => backend.left, join: await serving(backend) };
});

withstands("stream-chat", serving);
