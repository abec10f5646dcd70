/** Who sits down at the desk: the demo's login asks for a name and believes it. */
import { button, el, icon } from "../widget/dom.js";
import { post } from "./config.js";

/** @typedef {import("./config.js").Person} Person */

/**
 * Whom the address names, after the hash.
 * @param {readonly Person[]} people
 * @param {string} hash
 * @returns {Person|undefined}
 */
export function personOf(people, hash) {
  /** @type {string} */
  let name;
  try {
    name = decodeURIComponent(hash.replace(/^#/, "")).toLowerCase();
  } catch {
    return undefined;
  }
  return people.find((person) => person.name.toLowerCase() === name);
}

/**
 * Asks who it is; the answer is in the address from then on, so that a reload stays with it.
 * @param {readonly Person[]} people
 * @returns {Promise<Person>}
 */
export function choosePerson(people) {
  return new Promise((resolve) => {
    const page = el("main", { class: "sw-root desk-login" }, icon("people"), el("h1", {}, "Who are you?"),
      el("p", {}, "The demo believes whom you choose. A company asks its own login instead."),
      el("ul", {}, ...people.map((person) => el("li", {}, button("desk-person", () => {
        history.replaceState(null, "", `#${encodeURIComponent(person.name)}`);
        page.remove();
        resolve(person);
      }, el("span", { class: "desk-face", "aria-hidden": "true" }, person.name.slice(0, 1)),
      el("span", { class: "desk-person-words" }, el("span", { class: "desk-person-name" }, person.name), el("span", { class: "desk-person-role" }, person.role)))))));
    document.body.append(page);
  });
}

/**
 * The login token that the company's authority wants, asked for anew each time one is needed.
 * @param {Person} person
 */
export async function login({ name }) {
  return String((await post("/demo/login", { name })).token);
}
