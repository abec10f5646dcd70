/** The whole protocol over Twilio Conversations, as its SDK has it: a fake of that in memory. */
import { twilio } from "../client/transports/twilio.js";
import { Backend } from "./transport-backend.js";
import { withstands } from "./transport-hostile.js";
import { conforms } from "./transport-suite.js";
import { twilioUser } from "./transport-twilio-fake.js";

conforms("twilio", () => {
  const backend = new Backend();
  return { left: () => backend.left, join: (name) => twilio(twilioUser(backend, name)) };
});

withstands("twilio", (backend) => (name) => twilio(twilioUser(backend, name)));
