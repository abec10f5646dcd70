/** Every sentence of the desk alone. What it shares with the widget stands in ../widget/words.js and movewords.js. */

export const deskWords = Object.freeze({
  queuesAsking: "Looking at the queue…",
  queuesEmpty: "Nobody is waiting.",
  queuesOld: "The queue cannot be reached now. What is shown here may be old.",
  queuesRefused: "Your sign-in was not accepted, so the queue is not shown as it is now. It is tried again by itself.",
  claimGone: "It could not be taken: it does not wait any more, or the queue cannot be reached. If it is yours after all, it appears by itself.",
  noColleagues: "Nobody else of your queues is known yet.",
  away: "away: reads it when they are back",
  goneAway: "away now: may not be able to take it",
  noteHint: "Everyone in this conversation can read the note, the customer too.",
  handsOver: "They can read what you can read here. You leave, and cannot read what is written afterwards.",
  parks: "It waits in its queue until somebody takes it. You leave, and cannot read what is written afterwards.",
  leaves: "The others stay. You cannot read what is written afterwards.",
  closes: "Nothing more can be written in it, by anyone. Everyone can still read what they could read.",
  history: "Let them read what was written before, too",
  readsAlong: "To read along only, as a supervisor",
  answers: "To answer as well",
  ledger: "Worked out from the signed log of this conversation, which is the same for everyone in it.",
  continues: "This conversation continues an earlier one.",
  verified: "The company's key vouches for everyone in this conversation.",
  noMessage: "No message yet",
  sealedMessage: "Encrypted message",
  sealedFile: "Encrypted file",
  cannotTake: "Agents take these. A supervisor can be brought in to read along.",
  none: "When a customer writes, the conversation appears here by itself.",
  noneTaken: "Take one that waits, or answer one that is handed to you: it appears here by itself.",
  noneAlong: "When a colleague brings you in, the conversation appears here by itself.",
  noneYet: "No conversations yet",
  noneOpen: "No open conversations",
  choose: "Choose a conversation to read and answer it.",
  chooseWaiting: "Take a conversation that waits. Nothing in it can be read before.",
  next: "The next conversation opens here.",
});

/** What leaving would leave behind. @param {number} count */
export function unsentWarning(count) {
  if (count === 0) return "";
  return count === 1 ? "A message that you wrote is not sent yet. If you leave now, it may not be." : `${count} messages that you wrote are not sent yet. If you leave now, they may not be.`;
}

/** What is told of a queue that a conversation can go to. @param {number} waiting */
export function queueFacts(waiting) {
  const taken = "whoever is free takes it";
  if (waiting === 0) return taken;
  return waiting === 1 ? `${taken}, 1 conversation already waits` : `${taken}, ${waiting.toLocaleString("en")} conversations already wait`;
}

/** Another took it first. @param {string} name  "" if it is not known who */
export function fasterText(name) {
  return name ? `${name} was faster and has it now.` : "Somebody else was faster and has it now.";
}

/** @param {number} count */
export function waitingText(count) {
  return count === 1 ? "1 conversation waits" : `${count} conversations wait`;
}

/**
 * Taking somebody out, asked before.
 * @param {string} name
 */
export function removeText(name) {
  return `${name} cannot read what is written afterwards. What they could read until now cannot be taken back.`;
}

/**
 * Sealed, and yet not with everyone's name proven.
 * @param {string} names
 */
export function doubtText(names) {
  return `Nobody has vouched for ${names}. The conversation is encrypted with the keys of their devices, and that is all that is known.`;
}

/** Something came. @param {string} what @param {string} from */
export function arrivedText(what, from) {
  return `${what} from ${from}`;
}
