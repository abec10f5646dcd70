/**
 * What a page's scripts set on its chat, as properties: who the customer is, what carries the conversations, where the core
 * lies. What is no such thing is refused as it is set; whatever changes has the chat begin anew.
 */
import { withCore } from "./coreoptions.js";
import { report } from "./report.js";

/** @typedef {string | ((request: {thumbprint: string}) => string|Promise<string>)} IdentityToken */
/** @typedef {import("./session.js").ConnectOptions} ConnectOptions */
/** @typedef {import("./coreoptions.js").CoreOptions} CoreOptions */

const names = /** @type {const} */ (["identityToken", "transport", "manifest", "module", "workerURL", "worker"]);

/** For the element alone: begin anew; what was set of the core; what was set before there was this class. */
export const changed = Symbol("changed");
export const core = Symbol("core");
export const upgrade = Symbol("upgrade");
export const ask = Symbol("ask");

export class ChatProperties extends HTMLElement {
  /** @type {IdentityToken|undefined} */
  #token;
  /** @type {(() => void)[]} */
  #tokenWaits = [];
  /** @type {ConnectOptions["transport"]} */
  #transport;
  /** @type {ConnectOptions["manifest"]} */
  #manifest;
  /** @type {CoreOptions} */
  #core = {};

  /** @returns {IdentityToken|undefined} */
  get identityToken() {
    return this.#token;
  }

  set identityToken(value) {
    if (value !== undefined && typeof value !== "string" && typeof value !== "function") {
      throw new TypeError("identityToken expected a string or a function");
    }
    this.#token = value;
    if (value !== undefined) for (const go of this.#tokenWaits.splice(0)) go();
  }

  /** What carries the conversations instead of a relay. @returns {ConnectOptions["transport"]} */
  get transport() {
    return this.#transport;
  }

  set transport(value) {
    if (value !== undefined && typeof value !== "function" && !(typeof value === "object" && value !== null && "carrier" in value)) {
      throw new TypeError("transport expected what connect() takes as one, such as over(twilio(…))");
    }
    this.#transport = value;
    this[changed]();
  }

  /** With a transport: the address of the company's newest manifest, or a function. @returns {ConnectOptions["manifest"]} */
  get manifest() {
    return this.#manifest ?? this.getAttribute("manifest") ?? undefined;
  }

  set manifest(value) {
    if (value !== undefined && typeof value !== "string" && typeof value !== "function") throw new TypeError("manifest expected an address or a function");
    this.#manifest = value;
    this[changed]();
  }

  /** The core's module: its address or its bytes; what else it is, it is not run. @returns {CoreOptions["module"]} */
  get module() {
    return this.#core.module;
  }

  set module(value) {
    this.#place("module", value);
  }

  /** The address of the worker's script. @returns {CoreOptions["workerURL"]} */
  get workerURL() {
    return this.#core.workerURL;
  }

  set workerURL(value) {
    this.#place("workerURL", value);
  }

  /** Starts that script in the page's own way; false: no worker. @returns {CoreOptions["worker"]} */
  get worker() {
    return this.#core.worker;
  }

  set worker(value) {
    this.#place("worker", value);
  }

  [changed]() {}

  get [core]() {
    return this.#core;
  }

  /** The identity token, as soon as there is one. @param {{thumbprint: string}} request */
  async [ask](request) {
    while (this.#token === undefined) await new Promise((resolve) => this.#tokenWaits.push(() => resolve(undefined)));
    return typeof this.#token === "function" ? this.#token(request) : this.#token;
  }

  /** A property set before the element was defined hides the accessor: take it over. */
  [upgrade]() {
    for (const name of names) this.#upgrade(name);
  }

  /**
   * @template {typeof names[number]} K
   * @param {K} name
   */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    Reflect.deleteProperty(this, name);
    try {
      this[name] = value;
    } catch (error) {
      // As if it had not been set; the rest of the page's chat is to stand all the same.
      report(this, error);
    }
  }

  /**
   * @template {keyof CoreOptions} K
   * @param {K} name
   * @param {CoreOptions[K]} value
   */
  #place(name, value) {
    this.#core = withCore(this.#core, name, value);
    this[changed]();
  }
}
