/** Who can read, as a list: the same in the widget and on the desk. */
import { el, icon } from "./dom.js";
import { nameOf, titled } from "./model.js";
import { words } from "./words.js";

/** @typedef {import("./facade.js").Member} Member */

/**
 * @param {Member} member
 * @returns {string}
 */
export function standingOf(member) {
  if (member.self) return "this device";
  if (member.verified) return `${titled(member.role)}, verified by the company's key`;
  return member.role === "customer" ? "not verified" : `${titled(member.role)}, not verified`;
}

export class People {
  #list = el("ul", { class: "sw-people-list" });
  #note = el("p", { class: "sw-people-note" });
  #shown = "";
  element = el("div", { class: "sw-people" }, el("h3", {}, "Who can read this"), this.#list, this.#note);

  /** @param {readonly Member[]} members */
  render(members) {
    const lines = members.map((m) => ({ name: nameOf(m), standing: standingOf(m), verified: m.verified || m.self }));
    const key = JSON.stringify(lines);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#list.replaceChildren(...lines.map((line) => el("li", {},
      icon(line.verified ? "check" : "alert"),
      el("span", { class: "sw-person" }, el("bdi", {}, line.name)),
      el("span", { class: line.verified ? "sw-standing" : "sw-standing sw-doubt" }, line.standing))));
    const doubt = members.some((m) => !m.self && !m.verified && m.role === "customer");
    this.#note.textContent = lines.length === 0
      ? "No one yet. Encryption starts with the first message."
      : doubt ? words.notVerified : "No one else, and not the server in between.";
  }
}
