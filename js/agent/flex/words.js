/** Every sentence of the plugin alone. What it shares with the desk stands in ../words.js and ../../widget/words.js. */

export const flexWords = Object.freeze({
  unknown: "It is not known yet whether this conversation is encrypted, so nothing was sent. Try again in a moment.",
  missing: "Encryption could not be started in this browser. Nothing was sent, and what was written here is not shown.",
  starting: "Encryption is starting…",
  noKey: "This browser has no key to this conversation, so it cannot read or write in it. Somebody who is in it has to let you in.",
  unguarded: "Another script of this page has changed how messages are sent, so this conversation cannot be kept encrypted here. Nothing was sent.",
  lost: "This file cannot be opened in this browser.",
  sealedMessage: "Encrypted message",
  opening: "Opening…",
  unread: "Encrypted; nothing in it can be shown, or not yet",
  unreadable: "This message cannot be read in this browser.",
  notSealed: "A message here was not encrypted, so it is not shown.",
  entry: "Encryption was set up or changed",
  sealedFile: "Encrypted file",
  notSent: "{{text}}",
  heldBack: "Something on this page tried to send to this conversation without encryption. It was held back.",
  tab: "Encryption",
  readers: "Who can read this, and who could",
  moves: "Who is in it",
  keys: "Keys",
  compare: "One for each device. Compare them over another way, a call for instance, with what the other side's own page says of itself.",
  unsent: "Not sent yet",
});

/** @type {Readonly<Record<import("../../widget/facade.js").Move, string>>} */
export const moveWords = Object.freeze({
  transfer: "Hand over to",
  invite: "Bring in",
  takeOver: "Take over",
  park: "Put it back in the queue",
  leave: "Leave",
  close: "End this conversation",
  remove: "Take out",
  askAnother: "Ask for someone else",
});

/** A member's id, which is made of its key, as people read it aloud. @param {string} id */
export function keyText(id) {
  return (id.toUpperCase().match(/.{1,4}/g) ?? []).join(" ");
}
