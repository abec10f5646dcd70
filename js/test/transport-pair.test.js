/** The whole protocol over a conversation in memory, and over one that takes little at once and has no place for records. */
import { Room } from "../client/transports/pair.js";
import { conforms } from "./transport-suite.js";

conforms("pair", () => spied(new Room()));
conforms("pair, 1,024 bytes at once, records in the log", () => spied(new Room({ maxBody: 1_024 }), true));

/**
 * @param {Room} room
 * @param {boolean} [bare]  without a place for records
 * @returns {import("./transport-suite.js").Platform}
 */
function spied(room, bare = false) {
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
      if (bare) delete end.records;
      else if (records) end.records = { ...records, put: (label, value) => (left.push(value), records.put(label, value)) };
      return end;
    },
  };
}
