// @ts-check
/**
 * What one conversation's work is made of, and how that hangs together: what
 * reads the log (reader.js), what is known of it (standing.js, timeline.js), what
 * a person does in it (composing.js, moving.js, attachments.js) and what brings
 * that to the relay (sender.js).
 *
 * @typedef {object} Whole  the engine that they are parts of
 * @property {() => import("./conversation.js").Conversation} facade
 * @property {() => boolean} hidden  it is only looked at, and this end was not found in it yet
 * @property {() => boolean} ended   for good
 * @property {() => boolean} able    the relay is there, and nothing forbids to write
 * @property {() => boolean} begun   an own genesis is made but not read back
 * @property {() => boolean} renews  this end's own commit is due by its age
 * @property {import("./duties.js").Duties} duties
 * @property {(received: import("./reading.js").Received) => void} onRead
 * @property {(error: unknown) => Promise<void>} onTrouble
 * @property {() => void} resume  there may be something to do
 * @property {() => void} pump    sends what there is to send
 * @property {() => void} go      something waits to be sent
 * @property {() => Promise<void>} unbegin  the relay refused the genesis for good
 */
import { Around } from "./around.js";
import { Attachments } from "./attachments.js";
import { fromHex } from "./bytes.js";
import { Composing } from "./composing.js";
import { Conversation } from "./conversation.js";
import { Moving } from "./moving.js";
import { Place } from "./place.js";
import { Reader } from "./reader.js";
import { Sender } from "./sender.js";
import { Standing } from "./standing.js";
import { Timeline } from "./timeline.js";

/**
 * @param {import("./engine.js").EngineHost} host
 * @param {string} id  "" while there is no conversation
 * @param {Whole} whole
 */
export function partsOf({ end, connection, files, events, mayQueue, company, take, onTrouble }, id, whole) {
  const { facade, able, duties, pump } = whole;
  const trouble = (/** @type {unknown} */ error) => void whole.onTrouble(error);
  const timeline = new Timeline((message) => events.emit("message", { conversation: facade(), message }));
  const standing = new Standing({ status: () => reader.status, events, timeline, facade, hidden: whole.hidden, company, onShut: () => attachments.sendings.halt() });
  /** @type {Reader} */
  const reader = new Reader({
    end,
    connection,
    mayQueue,
    onRead: whole.onRead,
    onDrained: () => void ((timeline.pending || duties.due) && pump()),
    onForked: () => standing.fork(),
    onBarred: (barred) => standing.bar(barred),
    onGarbled: (garbled) => standing.garble(garbled),
    onTrouble: trouble,
  });
  const place = new Place({ end, reader, standing, onTrouble }, id);
  /** @type {Attachments} */
  const attachments = new Attachments(
    {
      end,
      files,
      conversation: () => place.id,
      ready: () => able() && !standing.barred && standing.state === "secured",
      hold: (content, message) => place.keep((conversation) => end.hold(conversation, content, message)),
      onReleased: whole.resume,
      onTrouble: trouble,
    },
    timeline,
  );
  const sender = new Sender({
    end,
    connection,
    reader,
    timeline,
    conversation: () => place.id,
    able,
    barred: () => standing.barred,
    begun: whole.begun,
    unasked: () => duties.due || whole.renews(),
    attend: (queue) => moving.attend(queue),
    held: () => duties.holds,
    done: () => duties.done(),
    unbegin: whole.unbegin,
    onTrouble: whole.onTrouble,
  });
  const acts = new Composing({ end, events, timeline, attachments, standing, place, facade, ended: whole.ended, go: whole.go });
  /** @type {Moving} */
  const moving = new Moving({
    end,
    standing,
    timeline,
    conversation: () => place.id,
    able,
    inboxes: connection.inboxes !== false,
    follow: () => reader.follow(),
    pump,
    take,
    note: (text) => acts.sendNote(text),
  });
  const around = new Around(standing, () => connection.reachable?.(fromHex(place.id)) ?? []);
  return { timeline, standing, reader, place, attachments, sender, moving, facade: new Conversation({ place, standing, timeline, acts, moving, around }) };
}
