// @ts-check
/**
 * How one identity proves who it is: a customer by the page's token, the
 * company's side by a credential, from the page or from the authority; and what
 * a person is told, in words and once, while none is to be had or the authority
 * does not answer or lets nobody in yet, until that is over. That it is away keeps nobody from what is
 * open: only who waits is not known.
 *
 * @typedef {import("./options.js").Settings} Settings
 *
 * @typedef {keyof typeof WORDS} Trouble
 *
 * @typedef {object} ProvingHost
 * @property {Settings} settings
 * @property {import("./remote.js").EndService} end
 * @property {import("./end.js").Opened} opened
 * @property {import("./events.js").Events} events
 * @property {() => boolean} online  what the end acts under can be changed; before that the welcome does it
 * @property {() => Promise<void>} onRenewed  the end acts under another credential, while work goes on
 */
import { SealwireError } from "../errors.js";
import { Authority, NO_QUEUES } from "./authority.js";
import { encodeText, fromBase64url } from "./bytes.js";
import { Proof } from "./proof.js";

/** A credential of the page's own source is asked for again, on connecting, when the last one is this old (ms). */
const CREDENTIAL_AGE = 15 * 60_000;
/** Answers of the relay, or of the authority, that mean: this credential will not do. */
const UNPROVED = ["bad credential", "expired", "open failed"];

const WORDS = Object.freeze({
  "login refused": "The company's login was not accepted. Sign in again to see the queues and to go on working here.",
  "authority busy": "The company's own service lets you in only after a while: there were too many logins, or requests from here. It is asked again by itself; conversations that are open go on.",
  "authority unreachable": "The company's own service does not answer. Conversations that are open go on; who is waiting is not known until it is back.",
});

export class Proving {
  #host;
  #credentials;
  /** @type {Authority | null} */
  #authority = null;
  /** To be shown at the next hello. @type {Uint8Array} */
  proof = new Uint8Array();
  /** The one under which the end acts. @type {Uint8Array | null} */
  #adopted = null;
  /** That is another than on the connection before: what was made under the old one is to be renewed. */
  another = false;
  /** What stands against a credential, and against knowing who waits. @type {{ credential: Trouble | null, queues: Trouble | null }} */
  #trouble = { credential: null, queues: null };
  /** What a person was told, until it is over. @type {Trouble | null} */
  #told = null;
  #ended = false;

  /** @param {ProvingHost} host */
  constructor(host) {
    const { settings, end, opened } = host;
    const { authority } = settings;
    this.#host = host;
    if (authority) {
      this.#authority = new Authority({
        ...authority,
        fetch: settings.fetch,
        member: opened.member,
        hello: (nonce, name, proof) => end.hello(nonce, name, proof),
        credential: () => this.#credentials.get(),
        doubt: () => this.#credentials.doubt(),
        onQueues: (queues) => this.#queues(queues),
      });
    }
    this.#credentials = new Proof({
      ask: async () => {
        const credential = await this.#credential();
        this.#look({ credential: null });
        return credential;
      },
      age: authority ? null : CREDENTIAL_AGE,
      onRenewed: (credential) => this.#renewed(credential),
      onFailure: (error) => this.#failed(error),
    });
  }

  /** Who waits in which queue, as the authority says. */
  get queues() {
    return this.#authority?.queues ?? NO_QUEUES;
  }

  /** The company's authority. */
  get authority() {
    if (!this.#authority) throw new SealwireError("unavailable", "no authority is set");
    return this.#authority;
  }

  start() {
    this.#authority?.follow();
    this.#credentials.watch();
  }

  stop() {
    this.#ended = true;
    this.#authority?.stop();
    this.#credentials.stop();
  }

  /** What takes time is done before the relay's clock runs. Throws where there is nothing to show. */
  async prepare() {
    const { settings, opened } = this.#host;
    if (settings.role === "customer") {
      const token = await settings.identityToken({ thumbprint: opened.thumbprint });
      if (typeof token !== "string" || token === "") throw new TypeError("identityToken: expected a string that is not empty");
      this.proof = encodeText(token);
      return;
    }
    try {
      this.proof = await this.#credentials.get();
    } catch (error) {
      if (!this.#authority) throw error;
      // A person was told in words, once, however often it is tried.
      this.#failed(error);
      throw new SealwireError("unavailable", "no credential is to be had");
    }
  }

  /** The relay is there: what is unreachable now is the authority alone. */
  connected() {
    this.#look();
  }

  /** The company's side acts under what was shown. */
  async adopt() {
    if (this.#host.settings.role === "customer") return;
    await this.#host.end.credential(this.proof);
    this.another = this.#authority !== null && this.#adopted !== this.proof;
    this.#adopted = this.proof;
  }

  /**
   * The connection failed: the proof may be what is wrong, and the next attempt asks for a new one.
   * @param {Error} error
   */
  doubt(error) {
    if (!this.#authority || (error instanceof SealwireError && UNPROVED.includes(error.code))) this.#credentials.doubt();
  }

  /** @returns {Promise<Uint8Array>} */
  async #credential() {
    if (this.#authority) return this.#authority.credential();
    const { settings, opened } = this.#host;
    const given = await settings.credential({ identity: opened.identity.slice(), thumbprint: opened.thumbprint });
    const credential = typeof given === "string" ? fromBase64url(given) : given;
    if (!(credential instanceof Uint8Array)) throw new TypeError("credential: expected a Uint8Array or base64url");
    return credential;
  }

  /** @param {Uint8Array} credential */
  async #renewed(credential) {
    if (this.#ended) return;
    if (!this.#host.online()) return;
    await this.#host.end.credential(credential);
    this.proof = this.#adopted = credential;
    await this.#host.onRenewed();
  }

  /**
   * No credential is to be had.
   * @param {unknown} error
   */
  #failed(error) {
    const refused = !(error instanceof SealwireError) || UNPROVED.includes(error.code);
    this.#look({ credential: refused ? "login refused" : unanswered(error.code) });
  }

  /** @param {import("./types.js").Queues} queues */
  #queues(queues) {
    if (this.#ended) return;
    this.#host.events.emit("queues", { queues });
    if (queues.state === "current") this.#look({ queues: null });
    else if (queues.state === "refused") this.#look({ queues: "login refused" });
    else if (queues.state === "unreachable") this.#look({ queues: unanswered(queues.reason) });
  }

  /**
   * Tells what there is to tell now, and that what was told is over.
   * @param {{ credential?: Trouble | null, queues?: Trouble | null }} [change]
   */
  #look(change = {}) {
    if (this.#ended) return;
    const { credential, queues } = Object.assign(this.#trouble, change);
    /** @type {Trouble | null} */
    let code = [credential, queues].includes("login refused") ? "login refused" : (credential ?? queues);
    if (code === this.#told) return;
    // Where nothing can be reached, that is what is shown already.
    if (code === "authority unreachable" && !credential && !this.#host.online()) code = null;
    const { events } = this.#host;
    if (this.#told) events.emit("notice:over", { code: this.#told });
    this.#told = code;
    if (code) events.emit("notice", { code, text: WORDS[code] });
  }
}

/**
 * Why there is no answer, which another attempt may get.
 * @param {import("../errors.js").Code | null} code
 * @returns {Trouble}
 */
function unanswered(code) {
  return code === "rate limited" ? "authority busy" : "authority unreachable";
}
