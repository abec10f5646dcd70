// @ts-check
/**
 * The relay connection: one WebSocket, kept up. It answers the challenge with a
 * hello that the end service made, numbers requests and awaits their answers,
 * reconnects with a jittered growing pause, and notices a connection that has
 * gone silent. It carries opaque bytes: it never sees a key or a text, and what
 * the relay says is a claim that the end service judges.
 *
 * The caller's duties: after each `onWelcome`, subscribe again (nothing of an
 * older connection is remembered); treat a request that failed as "unavailable"
 * as unknown: it may have been done.
 *
 * @typedef {import("./types.js").WebSocketConstructor} WebSocketConstructor
 * @typedef {import("./types.js").WebSocketLike} WebSocketLike
 * @typedef {import("./frames.js").Frame} Frame
 * @typedef {import("./carrier.js").CarrierState} CarrierState
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
 *
 * @typedef {object} RelayTimes  milliseconds
 * @property {number} attempt   to be online, from the start of an attempt
 * @property {number} answer    for the answer to a request
 * @property {number} silence   without a frame, after which the relay is asked something
 * @property {number} pause     before the first new attempt; doubles
 * @property {number} maxPause
 */
import { SealwireError, codeOf } from "../errors.js";
import { MAX_FRAME, T, decodeFrame, encodeFrame } from "./frames.js";
import { Pace } from "./pace.js";
import { Requests } from "./requests.js";

/** @type {RelayTimes} */
const TIMES = { attempt: 20_000, answer: 15_000, silence: 25_000, pause: 500, maxPause: 30_000 };
/** Bytes that the socket may hold unsent. */
const MAX_BUFFERED = 1024 * 1024;
/** Entries a second and their burst, under what the relay allows a connection. */
const ENTRIES_RATE = 15;
const ENTRIES_BURST = 50;
const TICKET = 32;

export class RelayConnection {
  #options;
  #times;
  #url;
  /** @type {WebSocketLike | null} */
  #socket = null;
  /** @type {CarrierState} */
  #state = "offline";
  #requests = new Requests();
  /** How far the handshake on this socket has come: each step is taken once. @type {"dialled" | "challenged" | "greeted" | "welcomed"} */
  #step = "dialled";
  #attempt = 0;
  #lastHeard = 0;
  #failures = 0;
  #slow = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #pace = new Pace(ENTRIES_RATE, ENTRIES_BURST);
  #online = () => this.#wake();
  #offline = () => this.#drop();

  /** @param {RelayOptions} options */
  constructor(options) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#url = new URL(options.url);
  }

  get state() {
    return this.#state;
  }

  /** Begins to connect; goes on until `close`. */
  start() {
    if (this.#state !== "offline") return;
    if (typeof globalThis.addEventListener === "function") {
      globalThis.addEventListener("online", this.#online);
      globalThis.addEventListener("offline", this.#offline);
    }
    void this.#connect();
  }

  /** Ends it for good. Open requests fail as "unavailable". */
  close() {
    if (this.#state === "closed") return;
    if (typeof globalThis.removeEventListener === "function") {
      globalThis.removeEventListener("online", this.#online);
      globalThis.removeEventListener("offline", this.#offline);
    }
    clearTimeout(this.#timer);
    this.#detach();
    this.#set("closed");
  }

  /**
   * Ends this connection, and tries again after a pause.
   * @param {boolean} [slowly] after the longest pause: nothing suggests that it will be better soon
   */
  reset(slowly = false) {
    if (this.#state === "closed") return;
    this.#slow = slowly;
    this.#drop();
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

  async #connect() {
    this.#set("connecting");
    const attempt = ++this.#attempt;
    this.#after(this.#times.attempt, () => this.#drop());
    try {
      await this.#options.prepare();
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(error);
      return;
    }
    if (attempt === this.#attempt) this.#dial();
  }

  #dial() {
    /** @type {WebSocketLike} */
    let socket;
    try {
      socket = new this.#options.WebSocket(this.#url.href);
    } catch (error) {
      return this.#fail(new SealwireError("unavailable", error instanceof Error ? error.message : "no WebSocket"));
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#step = "dialled";
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      if (!(data instanceof ArrayBuffer)) return this.#broken("expected binary frames");
      this.#frame(socket, new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      if (code > 4000 && code < 5000) this.#options.onFailure(new SealwireError(codeOf(code - 4000), "the relay ended the connection"));
      this.#drop();
    };
    socket.onerror = () => {
      // A close event follows, and tells what there is to tell.
    };
  }

  /**
   * @param {WebSocketLike} socket
   * @param {Uint8Array} bytes
   */
  #frame(socket, bytes) {
    this.#lastHeard = Date.now();
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
        void this.#greet(socket, /** @type {Uint8Array} */ (frame.nonce));
        return;
      case T.welcome:
        void this.#welcome(socket, /** @type {Uint8Array} */ (frame.bytes));
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

  /**
   * @param {WebSocketLike} socket
   * @param {Uint8Array} nonce
   */
  async #greet(socket, nonce) {
    // Each answer is a signature: a relay gets one of them for a connection.
    if (this.#step !== "dialled") return this.#broken("a second challenge");
    this.#step = "challenged";
    try {
      const body = await this.#options.hello(nonce, this.#url.host);
      if (socket !== this.#socket) return;
      this.#step = "greeted";
      this.#send({ type: T.hello, request: 0, body });
    } catch (error) {
      if (socket === this.#socket) this.#fail(error);
    }
  }

  /**
   * @param {WebSocketLike} socket
   * @param {Uint8Array} manifest
   */
  async #welcome(socket, manifest) {
    if (this.#step !== "greeted") return this.#broken(this.#step === "welcomed" ? "a second welcome" : "a welcome before the hello");
    this.#step = "welcomed";
    try {
      await this.#options.onWelcome(manifest);
    } catch (error) {
      if (socket === this.#socket) this.#fail(error);
      return;
    }
    if (socket !== this.#socket) return;
    this.#failures = 0;
    this.#slow = false;
    this.#watch();
    this.#set("online");
  }

  /**
   * @param {Frame} frame
   * @returns {Promise<Frame>}
   */
  async #request(frame) {
    // Requests may leave once the socket is there: the welcome's own handler may ask too.
    if (!this.#socket) throw new SealwireError("unavailable", "not connected to the relay");
    return this.#requests.open(this.#times.answer, (request) => this.#send({ ...frame, request }), () => this.#drop());
  }

  /** @param {Frame} frame */
  #send(frame) {
    const socket = this.#socket;
    const bytes = encodeFrame(frame);
    if (bytes.length > MAX_FRAME) throw new SealwireError("too large", "frame");
    if (!socket || socket.readyState !== 1 || socket.bufferedAmount > MAX_BUFFERED) throw new SealwireError("unavailable", "not connected to the relay");
    socket.send(bytes);
  }

  /** Asks something cheap when the relay has been silent: its answer, or none within time, tells whether it lives. */
  #watch() {
    this.#after(this.#times.silence, () => {
      if (Date.now() - this.#lastHeard >= this.#times.silence) this.conversations().catch(() => {});
      this.#watch();
    });
  }

  /** @param {string} why */
  #broken(why) {
    this.#fail(new SealwireError("bad argument", `the relay sent ${why}`));
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#options.onFailure(error instanceof Error ? error : new Error(String(error)));
    this.#drop();
  }

  /** The connection is over; another follows. */
  #drop() {
    if (this.#state === "closed" || this.#state === "offline") return;
    this.#detach();
    this.#later();
  }

  #detach() {
    const socket = this.#socket;
    this.#socket = null;
    this.#attempt++;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      // An error handler stays: some implementations throw what nobody handles.
      socket.onerror = () => {};
      try {
        socket.close();
      } catch {
        // It was never open.
      }
    }
    this.#requests.failAll(new SealwireError("unavailable", "the connection to the relay ended"));
  }

  #later() {
    const { pause, maxPause } = this.#times;
    const most = this.#slow ? maxPause : Math.min(maxPause, pause * 2 ** Math.min(this.#failures, 10));
    this.#slow = false;
    this.#failures++;
    this.#set("offline");
    // Jitter, so that the ends of a restarted relay do not all come at once.
    this.#after(most / 2 + (Math.random() * most) / 2, () => void this.#connect());
  }

  #wake() {
    if (this.#state !== "offline") return;
    this.#failures = 0;
    clearTimeout(this.#timer);
    void this.#connect();
  }

  /**
   * @param {number} ms
   * @param {() => void} act
   */
  #after(ms, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }

  /** @param {CarrierState} state */
  #set(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(state);
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
