/** What the pages of the demo share: settings from the demo server. */

/**
 * @typedef {object} Settings
 * @property {string|string[]} orgKey
 * @property {string} relay
 * @property {string} queue
 * @property {string} authority  address of the company's authority
 * @property {Person[]} people   who works there
 *
 * @typedef {{name: string, role: "agent"|"supervisor"}} Person
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
