/** Times and days in words: pure, no clock but the caller's. */
import { locale } from "./locale.js";
import { words } from "./words.js";

/** @param {number} a @param {number} b */
export function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** @param {number} time @param {number} now */
export function dayText(time, now) {
  const day = new Date(time);
  const today = new Date(now);
  if (day.toDateString() === today.toDateString()) return words.today;
  // By the calendar, not by 24 hours: a day with a clock change has 23 or 25.
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day.toDateString() === yesterday.toDateString()) return words.yesterday;
  const year = day.getFullYear() === today.getFullYear() ? {} : { year: /** @type {const} */ ("numeric") };
  return new Intl.DateTimeFormat(locale().tag, { weekday: "long", day: "numeric", month: "long", ...year }).format(day);
}

/** @param {number} time */
export function timeText(time) {
  return new Intl.DateTimeFormat(locale().tag, { hour: "2-digit", minute: "2-digit" }).format(time);
}

/**
 * A moment, told beside another: the time alone on its day, the date before it else.
 * @param {number} time
 * @param {number} beside
 */
export function momentText(time, beside) {
  if (sameDay(time, beside)) return timeText(time);
  return `${new Intl.DateTimeFormat(locale().tag, { day: "numeric", month: "short" }).format(time)}, ${timeText(time)}`;
}

/**
 * How long something has lasted.
 * @param {number} ms
 */
export function lastedText(ms) {
  return locale().say.lasted(Math.floor(ms / 60_000));
}
