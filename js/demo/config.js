/** What the pages of the demo share: settings from the demo server, and the note about a new company key. */

/**
 * @typedef {object} Settings
 * @property {string|string[]} orgKey
 * @property {string} relay
 * @property {string} queue
 * @property {string} [agent]  the name of the demo's agent, where the server tells it
 */

/** @returns {Promise<Settings>} */
export async function config() {
  const answer = await fetch("/demo/config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`demo: config.json expected 200, got ${answer.status}`);
  return answer.json();
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Record<string, unknown>>}
 */
export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`demo: ${path} expected 200, got ${answer.status}`);
  return answer.json();
}

/** Shows a line at the top of the page. @param {string} text */
export function note(text) {
  const place = document.querySelector("#note");
  if (!(place instanceof HTMLElement)) return;
  place.textContent = text;
  place.hidden = false;
}

/**
 * Says on the page that this browser knew another company key. The client keeps each key's data apart,
 * so it has begun afresh already; a person who misses their conversation should know why.
 * @param {string} page
 * @param {string|string[]} orgKey
 */
export function noteNewKey(page, orgKey) {
  const key = [orgKey].flat().join(" ");
  const place = `sealwire-demo ${page} org-key`;
  let before = null;
  try {
    before = localStorage.getItem(place);
    localStorage.setItem(place, key);
  } catch {
    // Storage may be forbidden; then there is nothing from before to miss.
  }
  if (!before || before === key) return;
  note("This demo has a new company key since you were last here. Earlier conversations belong to the old key and are not shown; this page starts afresh.");
}
