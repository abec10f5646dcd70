/**
 * TaskRouter's objects, as far as Flex's own task class and views use them. What Flex does with one is written down in
 * `calls`; nobody routes anything.
 */
import { EventEmitter } from "./emitter.js";

/** How Flex's reducers name what TaskRouter says of a reservation. */
export const comes = "WORKER_ADD_RESERVATION";
export const changes = "WORKER_UPDATE_RESERVATION";
export const goes = "WORKER_DELETE_RESERVATION";

let made = 0;

/** A reservation of this agent's, of a chat task. */
export class Reservation extends EventEmitter {
  calls = [];

  constructor(conversationSid, { worker = "WK0", name = "Customer" } = {}) {
    super();
    const number = String(++made).padStart(32, "0");
    this.sid = `WR${number}`;
    this.status = "accepted";
    this.workerSid = worker;
    this.timeout = 120;
    this.dateCreated = this.dateUpdated = new Date();
    this.task = Object.assign(new EventEmitter(), {
      sid: `WT${number}`,
      attributes: { conversationSid, channelType: "web", name },
      status: "assigned",
      age: 0,
      priority: 0,
      dateCreated: this.dateCreated,
      dateUpdated: this.dateUpdated,
      queueName: "default",
      queueSid: `WQ${"0".repeat(32)}`,
      taskChannelUniqueName: "chat",
      taskChannelSid: `TC${"0".repeat(32)}`,
      workflowName: "default",
      workflowSid: `WW${"0".repeat(32)}`,
      transfers: { incoming: null, outgoing: null },
      transfer: async (...asked) => void this.calls.push(["transfer", ...asked]),
    });
  }
}
