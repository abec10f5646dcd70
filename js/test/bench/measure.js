// Contestants against each other in one interleaved run, so that whatever else
// the machine does hits all of them: in each round each does one slice of work,
// and its fastest round counts. What is compared is the ratio.

/** How long one slice is (ms), and how many rounds there are. */
const SLICE = 8;
const ROUNDS = 9;

/** Ratios below this are a tie. */
const TIE = 1.2;

/**
 * Does n operations and gives the time (ms) that they took.
 * @typedef {(n: number) => number} Timed
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {Timed} ours
 * @property {Record<string, Timed>} peers by name
 */

/**
 * The usual contestant: f, n times.
 * @param {() => unknown} f
 * @returns {Timed}
 */
export const loop = (f) => (n) => {
  const start = performance.now();
  for (let i = 0; i < n; i++) f();
  return performance.now() - start;
};

/**
 * Where what is timed is a part of what must be done: f gives the ms that count.
 * @param {() => number} f
 * @returns {Timed}
 */
export const sum = (f) => (n) => {
  let ms = 0;
  for (let i = 0; i < n; i++) ms += f();
  return ms;
};

/** @param {() => unknown} f @returns {number} ms */
export function once(f) {
  const start = performance.now();
  f();
  return performance.now() - start;
}

/**
 * Runs all rows and gives the table as text.
 * @param {string} title
 * @param {Row[]} rows
 * @param {string[]} peers the columns
 */
export function compare(title, rows, peers) {
  const contestants = rows.flatMap((row) => [row.ours, ...Object.values(row.peers)].map((timed) => ({ timed, n: 1, best: Infinity })));
  for (const c of contestants) {
    // Warms it up, too.
    for (let ms = 0; ms < SLICE; c.n *= 2) ms = c.timed(c.n);
    c.n = Math.max(1, c.n / 2);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const c of contestants) c.best = Math.min(c.best, c.timed(c.n) / c.n);
  }
  const best = new Map(contestants.map((c) => [c.timed, c.best]));
  const lines = [[title, ...peers, "µs here"]];
  for (const row of rows) {
    const ours = best.get(row.ours) ?? NaN;
    lines.push([row.name, ...peers.map((peer) => ratio(ours, best.get(row.peers[peer] ?? row.ours), peer in row.peers)), digits(ours * 1000)]);
  }
  return lines.map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(14))).join("")).join("\n");
}

/** @param {number} ours @param {number | undefined} theirs @param {boolean} there */
function ratio(ours, theirs, there) {
  if (!there || theirs === undefined) return "-";
  if (theirs / ours >= TIE) return `${digits(theirs / ours)} x faster`;
  if (ours / theirs >= TIE) return `${digits(ours / theirs)} x slower`;
  return "tie";
}

/** Two or three digits that mean something. @param {number} x */
const digits = (x) => (x < 10 ? x.toFixed(1) : x.toFixed(0));
