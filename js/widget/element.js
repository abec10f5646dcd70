/**
 * <sealwire-chat relay="wss://…/v1/connect" org-key="…" queue="default">: the customer's chat as an element.
 *
 * `identityToken` (property) is what connect() asks for: a text, or a function from {thumbprint} to a text or its promise.
 * It speaks the language of the nearest `lang` around it, its own included, if that is one of locales/; else English.
 * `setLocale("de")` chooses another at any time, for all of the page's Sealwire; so does the element's own `lang`.
 * A cancelable "notice" event ({code, text}) comes before a notice is shown. What stops the chat is told to the page's
 * developer: in the console, and by an "error" event ({code}).
 * Over another chat platform it has no `relay`: `transport` (property) is what connect() takes so, and `manifest` (attribute
 * or property) where the company's newest manifest is. Until `transport` is set the chat shows that it connects.
 * `module`, `workerURL` and `worker` (properties) are what init() takes, for a page that has the core elsewhere or its scripts bundled.
 * `org-key` may hold several keys, separated by spaces: the current one and the next.
 * The element always uses the client of this package; there is no way to hand it another.
 */
import { ChatProperties, ask, changed, core, upgrade } from "./chatproperties.js";
import { onLocale, setLocale } from "./locale.js";
import { report } from "./report.js";
import { Session } from "./session.js";
import { settingsOf } from "./settings.js";
import { ChatView } from "./view.js";

/** @typedef {import("./chatproperties.js").IdentityToken} IdentityToken */
/** @typedef {import("./session.js").ConnectOptions} ConnectOptions */

const openKey = "sealwire-chat open";

export class SealwireChat extends ChatProperties {
  static observedAttributes = ["relay", "org-key", "manifest", "lang"];

  /** @type {ChatView|undefined} */
  #view;
  /** @type {Session|undefined} */
  #session;
  /** That setLocale asked for. @type {string|undefined} */
  #language;
  /** @type {(() => void)|undefined} */
  #deaf;
  /** It is to be told that the page lacks something. */
  #lacking = false;

  /** Messages that came while the panel was closed, or a safety number stood in it. */
  get unread() {
    return this.#view?.unread ?? 0;
  }

  /** @param {{focus?: boolean}} [options]  focus: false to leave the focus where it is */
  open(options) {
    this.#view?.open(options);
  }

  close() {
    this.#view?.close();
  }

  toggle() {
    this.#view?.toggle();
  }

  requestFocus() {
    this.#view?.focus();
  }

  /**
   * Says everything anew in a language; what is written, open or on its way stays as it is.
   * @param {string} language  "de", "de-AT"; one that is not spoken is English
   */
  setLocale(language) {
    if (typeof language !== "string") throw new TypeError("setLocale expected a string");
    this.#language = language;
    if (this.#view) setLocale(language);
  }

  /** Forgets keys and history on this device, and begins anew. */
  async destroySession() {
    await this.#session?.destroy();
    this.#restart();
  }

  connectedCallback() {
    this[upgrade]();
    if (!this.#view) {
      setLocale(this.#language ?? this.#around());
      const view = new ChatView(this.shadowRoot ?? this.attachShadow({ mode: "open" }), {
        heading: this.getAttribute("heading") ?? "",
        useHere: () => void session.useHere(),
        startAnew: (before) => session.begin({ anew: true, ...(before?.id ? { continues: before.id } : {}) }),
        tryAgain: () => this.#restart(),
        onToggle: (open) => remember(open),
        // A page may tell it in its own way: it then prevents the default.
        onNotice: (detail) => !this.dispatchEvent(new CustomEvent("notice", { detail, cancelable: true })),
      });
      const session = new Session(view, (error, hint) => report(this, error, hint));
      this.#view = view;
      this.#session = session;
      if (remembered()) view.open({ focus: false });
    }
    if (!this.#deaf) {
      const view = this.#view;
      this.#deaf = onLocale(() => view.retell());
      // It may have been chosen while the element was in no page.
      view.retell();
    }
    this.#start();
  }

  disconnectedCallback() {
    // An element that is only moved comes back at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#session?.stop();
      this.#deaf?.();
      this.#deaf = undefined;
    });
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (!this.isConnected || !this.#view) return;
    if (name === "lang") return this.setLocale(this.#around());
    this.#restart();
  }

  /** The language of the page around it. */
  #around() {
    return this.closest("[lang]")?.getAttribute("lang") ?? "";
  }

  /** @override */
  [changed]() {
    this.#restart();
  }

  #restart() {
    if (!this.isConnected) return;
    this.#session?.stop();
    this.#start();
  }

  #start() {
    if (!this.#view || !this.#session || this.#session.started) return;
    const settings = this.#settings();
    if (settings === "later") this.#view.stage({ kind: "loading" });
    else if ("options" in settings) this.#session.start(settings.options, this[core]);
    else {
      this.#view.stage({ kind: "unset" });
      this.#lack();
    }
  }

  #settings() {
    return settingsOf({
      orgKey: this.getAttribute("org-key"),
      relay: this.getAttribute("relay"),
      queue: this.getAttribute("queue"),
      transport: this.transport,
      manifest: this.manifest,
      identityToken: (request) => this[ask](request),
      hasToken: this.identityToken !== undefined,
    });
  }

  /** The page may be about to say it, in the same breath. */
  #lack() {
    if (this.#lacking) return;
    this.#lacking = true;
    queueMicrotask(() => {
      this.#lacking = false;
      const settings = this.#settings();
      if (this.isConnected && settings !== "later" && "lacks" in settings) report(this, new TypeError(settings.lacks));
    });
  }
}

/** @param {boolean} open */
function remember(open) {
  try {
    if (open) sessionStorage.setItem(openKey, "1");
    else sessionStorage.removeItem(openKey);
  } catch {
    // Storage may be forbidden; then a reload shows the launcher.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(openKey) === "1";
  } catch {
    return false;
  }
}

if (!customElements.get("sealwire-chat")) customElements.define("sealwire-chat", SealwireChat);
