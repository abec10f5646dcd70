// @ts-check
/**
 * The relay connection: a WebSocket that is kept up (relayline.js), and what is
 * said over it. It answers the challenge with a hello that the end service made,
 * numbers requests and awaits their answers. It carries opaque bytes: it never
 * sees a key or a text, and what the relay says is a claim that the end service
 * judges.
 *
 * The caller's duties: after each `onWelcome`, subscribe again (nothing of an
 * older connection is remembered); treat a request that failed as "unavailable"
 * as unknown: it may have been done.
 *
 * @typedef {import("./types.js").WebSocketConstructor} WebSocketConstructor
 * @typedef {import("./frames.js").Frame} Frame
 * @typedef {import("./carrier.js").CarrierState} CarrierState
 * @typedef {import("./relayline.js").RelayTimes} RelayTimes
 *
 * @typedef {object} RelayOptions
 * @property {string} url
 * @property {WebSocketConstructor} WebSocket
 * @property {() => Promise<void>} prepare  before each attempt: what takes time (the page's token) belongs here, as
 *   the relay waits for a hello only 5 s. Throwing is a failed attempt
 * @property {(nonce: Uint8Array, host: string) => Promise<Uint8Array>} hello  the body of the hello frame; throwing is a failed attempt
 * @property {(manifest: Uint8Array) => Promise<void>} onWelcome  the connection is online when this resolves; throwing ends the attempt
 * @property {(conversation: Uint8Array, sequence: number, entry: Uint8Array) => void} onEntry
 * @property {(conversation: Uint8Array, entry: Uint8Array) => void} onPassing
 * @property {(list: import("./carrier.js").Listed[]) => void} onList    pushed, not asked for
 * @property {(agents: boolean) => void} onWaiting
 * @property {(state: CarrierState) => void} onState
 * @property {(error: Error) => void} onFailure  why an attempt or a connection ended, when there is a reason to tell
 * @property {Partial<RelayTimes>} [times]  for tests
 */
import { SealwireError, codeOf } from "../errors.js";
import { T, decodeFrame } from "./frames.js";
import { Pace } from "./pace.js";
import { RelayLine, TIMES } from "./relayline.js";
import { Requests } from "./requests.js";

/** Entries a second and their burst, under what the relay allows a connection. */
const ENTRIES_RATE = 15;
const ENTRIES_BURST = 50;
const TICKET = 32;

export class RelayConnection {
  #options;
  #patience;
  #host;
  #line;
  #requests = new Requests();
  /** How far the handshake on this socket has come: each step is taken once. @type {"dialled" | "challenged" | "greeted" | "welcomed"} */
  #step = "dialled";
  #pace = new Pace(ENTRIES_RATE, ENTRIES_BURST);

  /** @param {RelayOptions} options */
  constructor(options) {
    const { url, WebSocket, times, prepare, onState, onFailure } = options;
    this.#options = options;
    this.#patience = { ...TIMES, ...times }.answer;
    this.#host = new URL(url).host;
    this.#line = new RelayLine({
      url: new URL(url).href,
      WebSocket,
      ...(times ? { times } : {}),
      prepare,
      onDialled: () => {
        this.#step = "dialled";
      },
      onBytes: (bytes) => this.#frame(bytes),
      onSilence: () => void this.conversations().catch(() => {}),
      onEnd: () => this.#requests.failAll(new SealwireError("unavailable", "the connection to the relay ended")),
      onState,
      onFailure,
    });
  }

  get state() {
    return this.#line.state;
  }

  /** Begins to connect; goes on until `close`. */
  start() {
    this.#line.start();
  }

  /** Ends it for good. Open requests fail as "unavailable". */
  close() {
    this.#line.close();
  }

  /**
   * Ends this connection, and tries again after a pause.
   * @param {boolean} [slowly] after the longest pause: nothing suggests that it will be better soon
   */
  reset(slowly = false) {
    this.#line.reset(slowly);
  }

  /**
   * @param {Uint8Array} conversation
   * @param {Uint8Array} entry
   */
  async append(conversation, entry) {
    await this.#pace.turn();
    return sequenceOf(await this.#request({ type: T.append, request: 0, conversation, bytes: entry }));
  }

  /**
   * Entries after `after` follow, then live ones. Resolves with the head's sequence.
   * @param {Uint8Array} conversation
   * @param {number} after
   */
  async subscribe(conversation, after) {
    return sequenceOf(await this.#request({ type: T.subscribe, request: 0, conversation, sequence: after }));
  }

  /**
   * Nothing more of it follows once this has resolved.
   * @param {Uint8Array} conversation
   */
  async unsubscribe(conversation) {
    await this.#request({ type: T.unsubscribe, request: 0, conversation });
  }

  /**
   * Resolves with the number of one-time key packages that the relay now holds for this end.
   * @param {Uint8Array} keyPackage
   */
  async publish(keyPackage) {
    return sequenceOf(await this.#request({ type: T.publish, request: 0, bytes: keyPackage }));
  }

  /**
   * A key package of the queue's inbox, or of an agent of it who is there.
   * @param {string} queue
   * @param {Uint8Array} [member]  the company's side: of this one, whatever the queue
   */
  async take(queue, member = new Uint8Array()) {
    return bytesOf(await this.#request({ type: T.take, request: 0, queue, member }));
  }

  /** @param {Uint8Array} hash */
  async manifest(hash) {
    return bytesOf(await this.#request({ type: T.manifest, request: 0, hash }));
  }

  /**
   * A ticket for the files of a conversation, over HTTP.
   * @param {Uint8Array} conversation
   */
  async ticket(conversation) {
    const ticket = bytesOf(await this.#request({ type: T.ticket, request: 0, conversation }));
    if (ticket.length !== TICKET) throw new SealwireError("unavailable", "an answer of another kind");
    return ticket;
  }

  async conversations() {
    return (await this.#request({ type: T.conversations, request: 0 })).list ?? [];
  }

  /** @param {Uint8Array} bytes */
  #frame(bytes) {
    /** @type {Frame} */
    let frame;
    try {
      frame = decodeFrame(bytes);
    } catch {
      return this.#broken("a frame that does not decode");
    }
    const o = this.#options;
    switch (frame.type) {
      case T.challenge:
        void this.#greet(/** @type {Uint8Array} */ (frame.nonce));
        return;
      case T.welcome:
        void this.#welcome(/** @type {Uint8Array} */ (frame.bytes));
        return;
      case T.entry:
        return o.onEntry(/** @type {Uint8Array} */ (frame.conversation), frame.sequence ?? 0, /** @type {Uint8Array} */ (frame.bytes));
      case T.passed:
        return o.onPassing(/** @type {Uint8Array} */ (frame.conversation), /** @type {Uint8Array} */ (frame.bytes));
      case T.waiting:
        return o.onWaiting(frame.agents === true);
      case T.list:
        if (frame.request === 0) return o.onList(frame.list ?? []);
        return this.#requests.answer(frame);
      case T.ack:
      case T.record:
        return this.#requests.answer(frame);
      case T.error: {
        const error = new SealwireError(codeOf(frame.code ?? 0), "refused by the relay");
        // Without a request it is about the connection, which the relay then closes.
        if (!this.#requests.fail(frame.request, error)) o.onFailure(error);
        return;
      }
      default:
        return this.#broken("a frame that only ends send");
    }
  }

  /** @param {Uint8Array} nonce */
  async #greet(nonce) {
    // Each answer is a signature: a relay gets one of them for a connection.
    if (this.#step !== "dialled") return this.#broken("a second challenge");
    this.#step = "challenged";
    const socket = this.#line.socket;
    try {
      const body = await this.#options.hello(nonce, this.#host);
      if (socket !== this.#line.socket) return;
      this.#step = "greeted";
      this.#line.send({ type: T.hello, request: 0, body });
    } catch (error) {
      if (socket === this.#line.socket) this.#line.fail(error);
    }
  }

  /** @param {Uint8Array} manifest */
  async #welcome(manifest) {
    if (this.#step !== "greeted") return this.#broken(this.#step === "welcomed" ? "a second welcome" : "a welcome before the hello");
    this.#step = "welcomed";
    const socket = this.#line.socket;
    try {
      await this.#options.onWelcome(manifest);
    } catch (error) {
      if (socket === this.#line.socket) this.#line.fail(error);
      return;
    }
    if (socket !== this.#line.socket) return;
    this.#line.up();
  }

  /**
   * @param {Frame} frame
   * @returns {Promise<Frame>}
   */
  async #request(frame) {
    // Requests may leave once the socket is there: the welcome's own handler may ask too.
    if (!this.#line.socket) throw new SealwireError("unavailable", "not connected to the relay");
    return this.#requests.open(this.#patience, (request) => this.#line.send({ ...frame, request }), () => this.#line.drop());
  }

  /** @param {string} why */
  #broken(why) {
    this.#line.fail(new SealwireError("bad argument", `the relay sent ${why}`));
  }
}

/** @param {Frame} frame */
function sequenceOf(frame) {
  if (frame.type !== T.ack || frame.sequence === undefined) throw new SealwireError("unavailable", "an answer of another kind");
  return frame.sequence;
}

/** @param {Frame} frame */
function bytesOf(frame) {
  if (frame.type !== T.record || !frame.bytes) throw new SealwireError("unavailable", "an answer of another kind");
  return frame.bytes;
}
