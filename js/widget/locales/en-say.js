/** The sentences of en.js that have a name, a number or a time in them. */

/** @param {number} n */
export const number = (n) => n.toLocaleString("en");

/** @param {string} code  what tells one from another */
export const customer = (code) => `Customer ${code}`;

/** "Ana", "Ana and Bo", "Ana, Bo and Cem". @param {readonly string[]} names */
export const list = (names) => (names.length < 2 ? names[0] ?? "" : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`);

/** @param {string} names */
export const encryptedWith = (names) => `End-to-end encrypted with ${names}`;

/** @param {string} name */
export const pausedUntil = (name) => `Paused until ${name} is heard from`;

/** @param {string} name */
export const doubtful = (name) => `A message in ${name}'s name did not prove genuine and tells of another course of this conversation. Nothing is sent until ${name} is heard from properly. What you wrote is kept.`;

/** @param {string|null} name  null: only the server's own word differs from before */
export const forked = (name) => (name === null
  ? "The server shows another course of this conversation than before, so nothing more is sent here. Please tell the other side by another way."
  : `You and ${name} were shown different conversations. That is proven, so nothing more is sent here. Please tell ${name} by another way.`);

/** @param {"missed"|"rejoined"|"replaced"} kind @param {string} name  "" for this device */
export const note = (kind, name) => {
  if (kind === "missed") return "Messages sent while this device was locked out cannot be read on it";
  if (kind === "replaced") return "This device's place here was given to another that has its key. If that was not you, please tell the other side by another way";
  return name === "" ? "This device was let in again" : `${name}'s device was let in again; it cannot read what was sent meanwhile`;
};

/** @param {number} count */
export const missing = (count) => (count === 1 ? "1 message is missing" : `${number(count)} messages are missing`);

/** @param {number} count */
export const unread = (count) => (count === 1 ? "1 unread message" : `${count} unread messages`);

/** @param {number} over  bytes */
export const tooLong = (over) => `This message is too long by ${number(over)} ${over === 1 ? "byte" : "bytes"}; one message holds 32 KB. Shorten it, or send it in parts.`;

/** @param {number} count */
export const bytes = (count) => (count === 1 ? "1 byte" : `${count} bytes`);

/** @param {string} done @param {string} whole */
export const part = (done, whole) => `${done} of ${whole}`;

/** @param {string} what  a name, or how much */
export const sending = (what) => `Sending ${what}`;

/** @param {string} how */
export const sendingPart = (how) => `Sending, ${how}`;

/** @param {string} name */
export const fetching = (name) => `Fetching ${name}`;

/** @param {string} how */
export const fetchingPart = (how) => `Fetching, ${how}`;

/** @param {string} name */
export const isSent = (name) => `${name} is sent`;

/** @param {string} name */
export const isSaved = (name) => `${name} is saved`;

/** @param {string} name */
export const isCancelled = (name) => `${name} is cancelled`;

/** @param {string} name @param {number} count  of files; one is named */
export const isAttached = (name, count) => (count === 1 ? `${name} is attached` : `${count} files are attached`);

/** @param {string} name */
export const isTakenOut = (name) => `${name} is taken out`;

/** @param {string} name  of a file */
export const remove = (name) => `Remove ${name}`;

/** @param {string} name  of a member */
export const takeOut = (name) => `Take out ${name}`;

/** @param {string} name  of a member */
export const compareSafety = (name) => `Compare safety number with ${name}`;

/** @param {string} name */
export const safetyTitle = (name) => `Safety number with ${name}`;

/** @param {number} step  the epoch */
export const safetyHistory = (step) => `Shared history, step ${number(step)}`;

/** @param {string} role @param {boolean} verified */
export const standing = (role, verified) => (verified ? `${role}, verified by the company's key` : `${role}, not verified`);

/** @param {string} reads  as `reads` has it @param {boolean} now */
export const canRead = (reads, now) => `${now ? "Can read" : "Could read"} ${reads}`;

/** Of agents. @param {string} names */
export const ask = (names) => `${names} will leave and cannot read what you write from now on. Your conversation then waits for another agent.`;

/** @param {number} minutes */
export const lasted = (minutes) => {
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 10 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
};

/** Whose words for whoever comes next. @param {string} name  "" for this person */
export const noteAuthor = (name) => (name === "" ? "Your note at handing over" : `${name}'s note at handing over`);

/**
 * How far back somebody can read who came in.
 * @param {string} past  "all", "part", "" for nothing, or the time since when
 * @param {string} at    when they came in
 * @param {boolean} you
 */
export function reach(past, at, you) {
  if (past === "") return `can read from ${at}`;
  if (past === "all") return "can read this conversation from the beginning";
  const were = you ? "were given" : "was given";
  return past === "part" ? `${were} part of what was written before` : `${were} the conversation since ${past}`;
}

/**
 * What somebody who is, or was, in a conversation could read.
 * @param {string} past   how far back from before they came in, as reach takes it
 * @param {string} since  when they came in
 * @param {string} until  "" while they are in
 */
export function reads(past, since, until) {
  const before = past === "part" ? ", and part of what was written before" : past ? `, and back to ${past}` : "";
  if (past === "all") return until ? `from the beginning to ${until}` : "from the beginning";
  return `${until ? `${since} to ${until}` : `since ${since}`}${before}`;
}

/**
 * @param {import("../facade.js").Moved} kind
 * @param {import("../movewords.js").MoveOn} on
 */
export function move(kind, { who, by, past, at, customer: toCustomer, supervisor, queue = "" }) {
  const reads = reach(past, at, who === "");
  const blind = `cannot read what ${toCustomer ? "you write" : "is written"} from now on`;
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
      return toCustomer ? `${by} left. Your conversation waits for another agent; ${by} ${blind}.` : `${by} put this conversation ${queue ? `in the queue \u201c${queue}\u201d` : "back in the queue"} and ${blind}`;
    case "left":
      return who === "" ? `You left. ${gone}` : `${who} left and ${blind}`;
    case "removed":
      if (who === "") return `${by ? `${by} took you` : "You were taken"} out of this conversation. ${gone}`;
      // One's own device may do it by itself, for one whose time has run out.
      return by ? `${by} took ${who} out of this conversation. ${who} ${blind}.` : `${who} was taken out of this conversation and ${blind}`;
    case "took over":
      return `${who || "You"} took over and can write ${toCustomer ? "to you" : "here"} now`;
    case "closed":
      return by === null ? "This conversation was ended" : `${by || "You"} ended this conversation`;
    case "not granted":
      return `What ${by || "somebody"} gave you to read did not prove genuine, so nothing before ${at} opens here`;
  }
}
