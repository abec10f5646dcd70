/**
 * Every sentence about who comes, goes, and can read what. Both sides see each move; the customer is told it in the
 * second person where it is about what they write.
 */
import { codeOf, sentence } from "./words.js";

/**
 * Codes that need other words for who comes and goes.
 * @type {Readonly<Record<string, string>>}
 */
const moveSentences = Object.freeze({
  "bad argument": "That cannot be done in this conversation.",
  "not a member": "You are not in this conversation any more, so nothing was changed.",
  "bad commit": "Someone else changed who is in this conversation at the same moment, so nothing was done. Look again, and try once more if it is still wanted.",
  "stale head": "Someone else changed who is in this conversation at the same moment, so nothing was done. Look again, and try once more if it is still wanted.",
  "expired": "Their sign-in has run out, so they cannot be brought in now. Nothing was changed.",
  "too large": "There are too many people in this conversation already. Nothing was changed.",
  "unavailable": "That cannot be done now: they, or the server, cannot be reached. Nothing was changed. Try again later.",
  "rate limited": "That was too much at once, so nothing was changed. Wait a moment and try again.",
  "internal": "Something went wrong, so nothing was changed. Try again.",
});

/**
 * Why a move was not made: nothing was changed by it.
 * @param {unknown} error
 * @returns {string}
 */
export function moveProblem(error) {
  const code = codeOf(error);
  return Object.hasOwn(moveSentences, code) ? /** @type {string} */ (moveSentences[code]) : sentence(code);
}

/**
 * What asking for someone else does.
 * @param {string} names  of the agents who go
 */
export function askText(names) {
  return `${names} will leave and cannot read what you write from now on. Your conversation then waits for another agent.`;
}

/** @type {Readonly<Record<import("./facade.js").Move, string>>} */
const movings = Object.freeze({
  transfer: "Handing over\u2026", invite: "Bringing somebody in\u2026", takeOver: "Taking over\u2026", park: "Putting it back in the queue\u2026", leave: "Leaving\u2026",
  close: "Ending it\u2026", remove: "Taking somebody out\u2026", askAnother: "Asking for someone else\u2026",
});

/** What is under way. @param {import("./facade.js").Move} move */
export function movingText(move) {
  return movings[move];
}

/**
 * How far back somebody can read who came in.
 * @param {string} past  "all", "part", "" for nothing, or the time since when
 * @param {string} at    when they came in
 * @param {boolean} you
 */
export function reachText(past, at, you) {
  if (past === "") return `can read from ${at}`;
  if (past === "all") return "can read this conversation from the beginning";
  const were = you ? "were given" : "was given";
  return past === "part" ? `${were} part of what was written before` : `${were} the conversation since ${past}`;
}

/**
 * What somebody who is, or was, in a conversation could read.
 * @param {string} past   how far back from before they came in, as reachText takes it
 * @param {string} since  when they came in
 * @param {string} until  "" while they are in
 */
export function readsText(past, since, until) {
  const before = past === "part" ? ", and part of what was written before" : past ? `, and back to ${past}` : "";
  if (past === "all") return until ? `from the beginning to ${until}` : "from the beginning";
  return `${until ? `${since} to ${until}` : `since ${since}`}${before}`;
}

/**
 * A move, in words: who came or went, and what they can read. One sentence stands without a full stop.
 * @param {import("./facade.js").Moved} kind
 * @param {object} on
 * @param {string} on.who         whom it is about; "" for this person
 * @param {string|null} on.by     who did it; "" for this person, null: nobody to name
 * @param {string} on.past        how far back `who` can read, as reachText takes it
 * @param {string} on.at          when
 * @param {boolean} on.customer   told to the customer
 * @param {boolean} on.supervisor `who` reads and does not write
 * @param {string} [on.queue]     another one than its own, into which it went; "" for its own
 */
export function moveText(kind, { who, by, past, at, customer, supervisor, queue = "" }) {
  const reads = reachText(past, at, who === "");
  const blind = `cannot read what ${customer ? "you write" : "is written"} from now on`;
  const gone = `You ${blind}.`;
  switch (kind) {
    case "claimed":
      return `${who || "You"} joined and ${reads}`;
    case "joined":
      if (who === "") return by ? `${by} brought you in. You ${reads}.` : `You joined and ${reads}`;
      if (by === null) return `${who} joined and ${reads}`;
      return `${by || "You"} brought in ${who}${supervisor ? ", a supervisor" : ""}, who ${reads}${supervisor ? " and does not write" : ""}`;
    case "transferred":
      if (by === "") return `You handed over to ${who}, who ${reads}. ${gone}`;
      if (by === null) return `${who || "You"} joined and ${reads}`;
      return who === "" ? `${by} handed over to you. You ${reads}.` : `${by} handed over to ${who}, who ${reads}. ${by} ${blind}.`;
    case "parked":
      if (by === "") return `You put this conversation ${queue ? `in the queue \u201c${queue}\u201d` : "back in the queue"}. ${gone}`;
      if (by === null) return "This conversation waits for an agent again";
      return customer ? `${by} left. Your conversation waits for another agent; ${by} ${blind}.` : `${by} put this conversation ${queue ? `in the queue \u201c${queue}\u201d` : "back in the queue"} and ${blind}`;
    case "left":
      return who === "" ? `You left. ${gone}` : `${who} left and ${blind}`;
    case "removed":
      if (who === "") return `${by ? `${by} took you` : "You were taken"} out of this conversation. ${gone}`;
      // One's own device may do it by itself, for one whose time has run out.
      return by ? `${by} took ${who} out of this conversation. ${who} ${blind}.` : `${who} was taken out of this conversation and ${blind}`;
    case "took over":
      return `${who || "You"} took over and can write ${customer ? "to you" : "here"} now`;
    case "closed":
      return by === null ? "This conversation was ended" : `${by || "You"} ended this conversation`;
    case "not granted":
      return `What ${by || "somebody"} gave you to read did not prove genuine, so nothing before ${at} opens here`;
  }
}

/**
 * Whose words for whoever comes next.
 * @param {string} name  "" for this person
 */
export function noteAuthor(name) {
  return name === "" ? "Your note at handing over" : `${name}'s note at handing over`;
}
