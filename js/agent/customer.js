/** Whom a conversation is with. Pure. */
import { nameOf, others } from "../widget/model.js";
import { deskWords } from "./words.js";

/** @typedef {import("../widget/facade.js").Conversation} Conversation */

/** @param {Conversation} conversation @returns {import("../widget/facade.js").Member|undefined} */
export function customerOf(conversation) {
  const people = others(conversation);
  return people.find((m) => m.role === "customer") ?? people[0];
}

/** @param {Conversation} conversation */
export function titleOf(conversation) {
  const customer = customerOf(conversation);
  return customer ? nameOf(customer) : deskWords.newConversation;
}
