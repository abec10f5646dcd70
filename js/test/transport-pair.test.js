/** The whole protocol over a conversation in memory. */
import { Room } from "../client/transports/pair.js";
import { conforms } from "./transport-suite.js";

conforms("pair", () => spied(new Room()));

/**
 * @param {Room} room
 * @returns {import("./transport-suite.js").Platform}
 */
function spied(room) {
  /** @type {(string | Uint8Array)[]} */
  const left = [];
  return {
    left: () => left,
    join: (name) => {
      const end = room.join(name);
      const { append, upload, records } = end;
      end.append = (bytes, note) => (left.push(bytes), append(bytes, note));
      end.upload = async (id, file, options) => {
        left.push(id, new Uint8Array(await file.arrayBuffer()));
        await upload(id, file, options);
      };
      if (records) end.records = { ...records, put: (label, value) => (left.push(value), records.put(label, value)) };
      return end;
    },
  };
}
