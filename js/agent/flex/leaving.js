/**
 * What the guard asks of the SDK's objects, and of what is about to leave: pure.
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {Record<string, unknown>} Bag
 */
import { isOpaqueName, isSealed } from "./envelope.js";

const octets = "application/octet-stream";
/** Words of the platform that Flex itself writes in a conversation's attributes. */
const statuses = new Set(["ACTIVE", "INACTIVE"]);

/** @param {unknown} value @returns {value is SDKConversation} */
export function isConversation(value) {
  return typeof value === "object" && value !== null && "sid" in value && typeof value.sid === "string" && "sendMessage" in value && "getMessages" in value;
}

/** An object and its classes, but for what every object has. @param {object} object */
export function holders(object) {
  /** @type {object[]} */
  const list = [];
  for (let at = /** @type {object|null} */ (object); at && at !== Object.prototype; at = /** @type {object|null} */ (Object.getPrototypeOf(at))) list.push(at);
  return list;
}

/** @param {unknown} target @returns {SDKConversation|undefined} */
export function itself(target) {
  return isConversation(target) ? target : undefined;
}

/** @param {object} target @returns {SDKConversation|undefined} */
export function conversationOf(target) {
  return "conversation" in target ? itself(target.conversation) : undefined;
}

/** What sends beneath a Conversation. @param {object} conversation @returns {object|undefined} */
export function entityOf(conversation) {
  return Object.values(conversation).find((part) => typeof part === "object" && part !== null && "sendV2" in part && typeof part.sendV2 === "function");
}

/**
 * What JSON makes of a value, which is what the SDK sends of it: judged in its place, and sent in its place.
 * @param {unknown} value
 * @returns {{value: unknown}|undefined} undefined: nothing can be made of it
 */
export function copyOf(value) {
  try {
    const text = /** @type {string|undefined} */ (JSON.stringify(value));
    return { value: text === undefined ? undefined : /** @type {unknown} */ (JSON.parse(text)) };
  } catch {
    return undefined;
  }
}

/** Nothing at all stands in it. @param {unknown} value  as JSON has it: a copy */
export function isEmpty(value) {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Nothing at all would be sent of it. @param {unknown} value */
export function saysNothing(value) {
  const copy = copyOf(value);
  return copy !== undefined && isEmpty(copy.value);
}

/** @param {unknown} message */
export function isSealedContent(message) {
  if (typeof message === "string") return isSealed(message);
  if (typeof message !== "object" || message === null) return false;
  const { contentType, filename, media, ...rest } = /** @type {Bag} */ (message);
  return contentType === octets && isOpaqueName(filename) && media instanceof Blob && Object.keys(rest).length === 0;
}

/** Flex says in the attributes whether a conversation is over; of what else stands there, nothing may change. @param {unknown} before @param {unknown} next  copies */
export function isPlatformWord(before, next) {
  if (typeof next !== "object" || next === null || Array.isArray(next)) return false;
  const { status, ...rest } = /** @type {Bag} */ (next);
  const { status: _, ...old } = /** @type {Bag} */ (typeof before === "object" && before !== null ? before : {});
  return (status === undefined || (typeof status === "string" && statuses.has(status))) && JSON.stringify(rest) === JSON.stringify(old);
}
