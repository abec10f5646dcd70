/** The SDK's own emitter, as far as it is used. */
export class EventEmitter {
  #handlers = new Map();
  setMaxListeners() {}
  on(event, handler) {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
    return this;
  }
  addListener(event, handler) {
    return this.on(event, handler);
  }
  once(event, handler) {
    const once = (...told) => {
      this.off(event, once);
      handler.apply(this, told);
    };
    return this.on(event, once);
  }
  off(event, handler) {
    this.#handlers.set(event, (this.#handlers.get(event) ?? []).filter((one) => one !== handler));
    return this;
  }
  removeListener(event, handler) {
    return this.off(event, handler);
  }
  removeAllListeners(event) {
    if (event) this.#handlers.delete(event);
    else this.#handlers.clear();
    return this;
  }
  listeners(event) {
    return this.#handlers.get(event) ?? [];
  }
  emit(event, ...told) {
    for (const handler of this.#handlers.get(event) ?? []) handler.apply(this, told);
    return true;
  }
}
