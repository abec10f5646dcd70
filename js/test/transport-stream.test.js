/** The whole protocol over a channel of Stream Chat: a fake of its library's in memory. */
import { stream } from "../client/transports/stream.js";
import { Backend } from "./transport-backend.js";
import { withstands } from "./transport-hostile.js";
import { streamUser } from "./transport-stream-fake.js";
import { conforms } from "./transport-suite.js";

/** Milliseconds between two readings: nobody else is under way here. */
const SETTLE = 30;

conforms("stream", () => {
  const backend = new Backend();
  return { left: () => backend.left, join: (name) => stream({ ...streamUser(backend, name), settle: SETTLE }) };
});

withstands("stream", (backend) => (name) => stream({ ...streamUser(backend, name), settle: SETTLE }));
