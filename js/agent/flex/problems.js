/**
 * What went wrong, told of the conversation in which it did: in its banner until something is sent there or it is
 * dismissed, and by one notification of the host. One error stands there at a time, the newest.
 */
const notSent = "SealwireNotSent";

/** @template N, V */
export class Problems {
  #Notifications;
  #changed;
  /** @type {Map<string, string>} */
  #told = new Map();
  /** Whose error the host shows. */
  #shown = "";

  /**
   * @param {import("./host.js").Notifications<N, V>} Notifications
   * @param {N} type      an error, for the host
   * @param {string} content  the host's template for it
   * @param {() => void} changed
   */
  constructor(Notifications, type, content, changed) {
    this.#Notifications = Notifications;
    this.#changed = changed;
    // It stays until it is dismissed: whoever looks away reads it later.
    Notifications.registerNotification({ id: notSent, type, content, timeout: 0 });
  }

  /** @param {string} sid */
  of(sid) {
    return this.#told.get(sid) ?? "";
  }

  /** @param {string} text  "": what was told before is over @param {string} sid */
  tell(text, sid) {
    if (text === "") return this.forget(sid);
    this.#told.set(sid, text);
    this.#Notifications.dismissNotificationById?.(notSent);
    this.#Notifications.showNotification(notSent, { text });
    this.#shown = sid;
    this.#changed();
  }

  /** @param {string} sid */
  forget(sid) {
    if (!this.#told.delete(sid)) return;
    if (this.#shown === sid) this.#Notifications.dismissNotificationById?.(notSent);
    this.#changed();
  }
}
