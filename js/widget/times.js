/** Times and days in words: pure, no clock but the caller's. */

/** @param {number} a @param {number} b */
export function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** @param {number} time @param {number} now */
export function dayText(time, now) {
  const day = new Date(time);
  const today = new Date(now);
  if (day.toDateString() === today.toDateString()) return "Today";
  // By the calendar, not by 24 hours: a day with a clock change has 23 or 25.
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  const year = day.getFullYear() === today.getFullYear() ? {} : { year: /** @type {const} */ ("numeric") };
  return new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", ...year }).format(day);
}

/** @param {number} time */
export function timeText(time) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(time);
}

/**
 * A moment, told beside another: the time alone on its day, the date before it else.
 * @param {number} time
 * @param {number} beside
 */
export function momentText(time, beside) {
  if (sameDay(time, beside)) return timeText(time);
  return `${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }).format(time)}, ${timeText(time)}`;
}

/**
 * How long something has lasted.
 * @param {number} ms
 */
export function lastedText(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 10 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
}
