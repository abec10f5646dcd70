// @ts-check
/**
 * One WebSocket to the relay, kept up: it reconnects with a jittered growing
 * pause, when the browser is online again at once, and notices a connection that
 * has gone silent. What is said over it is its owner's (relay.js), who says when
 * it is up.
 *
 * @typedef {import("./types.js").WebSocketLike} WebSocketLike
 * @typedef {import("./frames.js").Frame} Frame
 * @typedef {import("./carrier.js").CarrierState} CarrierState
 *
 * @typedef {object} LineOptions
 * @property {string} url
 * @property {import("./types.js").WebSocketConstructor} WebSocket
 * @property {() => Promise<void>} prepare  before each attempt; throwing is a failed attempt
 * @property {() => void} onDialled  there is a socket, and nothing was said on it
 * @property {(bytes: Uint8Array) => void} onBytes
 * @property {() => void} onSilence  nothing was heard for a while: something cheap is to be asked, so that its answer, or none within time, tells whether the relay lives
 * @property {() => void} onEnd      what was said on this socket has no answer
 * @property {(state: CarrierState) => void} onState
 * @property {(error: Error) => void} onFailure
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
import { MAX_FRAME, encodeFrame } from "./frames.js";
import { asError } from "./thrown.js";

/** @type {RelayTimes} */
export const TIMES = Object.freeze({ attempt: 20_000, answer: 15_000, silence: 25_000, pause: 500, maxPause: 30_000 });
/** Bytes that the socket may hold unsent. */
const MAX_BUFFERED = 1024 * 1024;

export class RelayLine {
  #options;
  #times;
  /** The one of now: who waited for something compares. @type {WebSocketLike | null} */
  socket = null;
  /** @type {CarrierState} */
  #state = "offline";
  #attempt = 0;
  #lastHeard = 0;
  #failures = 0;
  #slow = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #online = () => this.#wake();
  #offline = () => this.drop();

  /** @param {LineOptions} options */
  constructor(options) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
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
    this.drop();
  }

  /** All that has to be said before it is of use was said. */
  up() {
    this.#failures = 0;
    this.#slow = false;
    this.#watch();
    this.#set("online");
  }

  /** @param {Frame} frame */
  send(frame) {
    const socket = this.socket;
    const bytes = encodeFrame(frame);
    if (bytes.length > MAX_FRAME) throw new SealwireError("too large", "frame");
    if (!socket || socket.readyState !== 1 || socket.bufferedAmount > MAX_BUFFERED) throw new SealwireError("unavailable", "not connected to the relay");
    socket.send(bytes);
  }

  /** @param {unknown} error */
  fail(error) {
    this.#options.onFailure(asError(error));
    this.drop();
  }

  /** The connection is over; another follows. */
  drop() {
    if (this.#state === "closed" || this.#state === "offline") return;
    this.#detach();
    this.#later();
  }

  async #connect() {
    this.#set("connecting");
    const attempt = ++this.#attempt;
    this.#after(this.#times.attempt, () => this.drop());
    try {
      await this.#options.prepare();
    } catch (error) {
      if (attempt === this.#attempt) this.fail(error);
      return;
    }
    if (attempt === this.#attempt) this.#dial();
  }

  #dial() {
    /** @type {WebSocketLike} */
    let socket;
    try {
      socket = new this.#options.WebSocket(this.#options.url);
    } catch (error) {
      return this.fail(new SealwireError("unavailable", error instanceof Error ? error.message : "no WebSocket"));
    }
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.#options.onDialled();
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      if (!(data instanceof ArrayBuffer)) return this.fail(new SealwireError("bad argument", "the relay sent what is no binary frame"));
      this.#lastHeard = Date.now();
      this.#options.onBytes(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      if (code > 4000 && code < 5000) this.#options.onFailure(new SealwireError(codeOf(code - 4000), "the relay ended the connection"));
      this.drop();
    };
    socket.onerror = () => {
      // A close event follows, and tells what there is to tell.
    };
  }

  /** Asks something cheap when the relay has been silent: its answer, or none within time, tells whether it lives. */
  #watch() {
    this.#after(this.#times.silence, () => {
      if (Date.now() - this.#lastHeard >= this.#times.silence) this.#options.onSilence();
      this.#watch();
    });
  }

  #detach() {
    const socket = this.socket;
    this.socket = null;
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
    this.#options.onEnd();
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
