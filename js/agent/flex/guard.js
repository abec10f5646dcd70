/**
 * The egress guard: on the SDK's own objects, under every plugin. Nothing leaves a sealed conversation through them but
 * what the sealed transport of this page hands out at that moment, and that only if it has the form of sealed text or of
 * a sealed file. Whoever calls is refused: Flex, a plugin that was loaded later and calls `original()`, an earlier one
 * that kept a method.
 *
 *   const guard = new Guard(knowledge);
 *   guard.watchClient(client);              // the SDK's client: whatever it gives out is guarded
 *   guard.watch(conversation);              // each object of the SDK that is met; the first one guards its whole class
 *   guard.own(conversation)                 // the same conversation for the sealed transport, and for nobody else
 *
 * It stands in three places, one beneath the other: the methods of Conversation, the builder and the unsent message that
 * it gives, and the entity beneath both, which does the sending; and on messages and participants, which have attributes. A place that the SDK at hand does not have is left out.
 * Replacing a guarded method is allowed, as other plugins do it, and puts the new one under the guard.
 *
 * Where it is not known whether a conversation is sealed, what can wait waits until it is; the rest is refused. Where a
 * conversation is not sealed, every call goes through with the arguments, the `this` and the result that it had.
 *
 * Limits: it guards objects of the Conversations SDK. A script of the page that opens its own connection, or takes the
 * SDK apart, is not stopped by it: whoever controls the page's scripts controls the page.
 *
 * @typedef {import("./host.js").SDKConversation} SDKConversation
 * @typedef {import("./knowledge.js").Knowledge} Knowledge
 * @typedef {(...args: unknown[]) => unknown} Method
 * @typedef {Record<string, unknown>} Bag
 */
import { conversationOf, copyOf, entityOf, holders, isConversation, isPlatformWord, isSealedContent, itself, saysNothing } from "./leaving.js";
import { refusal } from "./refusal.js";

/** On the SDK's client: what gives out conversations, and tells of them. */
const gives = ["getConversationBySid", "peekConversationBySid", "getConversationByUniqueName", "getSubscribedConversations", "createConversation"];
const comes = ["conversationAdded", "conversationJoined"];
const messages = ["messageAdded", "messageUpdated"];
const people = ["participantJoined", "participantUpdated"];
/** On a Conversation: what writes to it or tells of it; and what gives out its participants. */
const writes = ["updateFriendlyName", "updateUniqueName", "setInternalState"];
const participants = ["getParticipants", "getParticipantByIdentity", "getParticipantBySid"];
/** What a builder is told. */
const tells = ["setBody", "setSubject", "setAttributes", "setEmailBody", "setEmailHistory", "setContentTemplate", "addMedia"];

export class Guard {
  #knowledge;
  /** What the transport hands out now. @type {Map<string, Set<unknown>>} */
  #handed = new Map();
  /** Objects whose methods are guarded. @type {WeakSet<object>} */
  #guarded = new WeakSet();
  /** Whose message it is: builders, unsent messages and entities. @type {WeakMap<object, SDKConversation>} */
  #of = new WeakMap();
  #refused;
  /** What answers for a guarded method. @type {WeakSet<object>} */
  #ours = new WeakSet();

  /**
   * @param {Knowledge} knowledge
   * @param {(sid: string, what: string) => void} [refused]  told of what was held back: the method, never the content
   */
  constructor(knowledge, refused = () => {}) {
    this.#knowledge = knowledge;
    this.#refused = refused;
  }

  /**
   * The SDK's client: whatever it gives out is guarded before whoever asked has it.
   * @param {unknown} client
   */
  watchClient(client) {
    if (typeof client !== "object" || client === null || this.#guarded.has(client)) return;
    const given = (/** @type {unknown} */ result) => {
      const { items } = /** @type {{items?: unknown}} */ (result ?? {});
      for (const one of Array.isArray(items) ? items : [result]) this.watch(one);
    };
    for (const holder of holders(client)) {
      if (this.#guarded.has(holder)) continue;
      this.#guarded.add(holder);
      for (const name of gives) this.#look(holder, name, given);
    }
    const { on } = /** @type {{on?: unknown}} */ (client);
    if (typeof on !== "function") return;
    for (const event of comes) on.call(client, event, given);
    for (const event of messages) on.call(client, event, (/** @type {{message?: unknown}} */ told) => this.watchMessage(told.message ?? told));
    for (const event of people) on.call(client, event, (/** @type {{participant?: unknown}} */ told) => this.#watchParticipant(told.participant ?? told));
  }

  /** @param {unknown} conversation */
  watch(conversation) {
    if (!isConversation(conversation)) return;
    for (const part of Object.values(conversation)) {
      if (part instanceof Map) for (const one of part.values()) this.#watchParticipant(one);
    }
    // Its own methods, and those of its class: other objects of it are met already guarded.
    for (const holder of holders(conversation)) this.#guardConversation(holder);
    const entity = entityOf(conversation);
    if (entity) {
      this.#of.set(entity, conversation);
      for (const holder of holders(entity)) this.#guardEntity(holder);
    }
  }

  /**
   * Whether it could be put under the guard: another script may have fixed its methods before. Where it could not, the
   * plugin sends nothing in it either.
   * @param {SDKConversation} conversation
   */
  holds(conversation) {
    return ["sendMessage", "prepareMessage"].every((name) => {
      const holder = holders(conversation).find((one) => Object.hasOwn(one, name));
      const answers = holder && Object.getOwnPropertyDescriptor(holder, name)?.get;
      return answers !== undefined && this.#ours.has(answers);
    });
  }

  /** A message of the SDK, which can be changed. @param {unknown} message */
  watchMessage(message) {
    if (typeof message !== "object" || message === null) return;
    for (const holder of holders(message)) {
      if (this.#guarded.has(holder)) continue;
      this.#guarded.add(holder);
      // An edit or a removal makes another log for whoever reads it from its beginning: nothing of ours does it.
      for (const name of ["updateBody", "remove"]) this.#hold(holder, name, conversationOf, () => false);
      this.#hold(holder, "updateAttributes", conversationOf, ([value]) => saysNothing(value) && [{}]);
      this.#look(holder, "getParticipant", (participant) => this.#watchParticipant(participant));
    }
  }

  /** @param {unknown} participant */
  #watchParticipant(participant) {
    if (typeof participant !== "object" || participant === null || !("updateAttributes" in participant)) return;
    for (const holder of holders(participant)) {
      if (this.#guarded.has(holder)) continue;
      this.#guarded.add(holder);
      this.#hold(holder, "updateAttributes", conversationOf, ([value]) => saysNothing(value) && [{}]);
    }
  }

  /**
   * For the sealed transport: `sendMessage` of sealed text or a sealed file passes while it is being sent.
   * @param {SDKConversation} conversation
   * @returns {Pick<SDKConversation, "sid"|"limits"|"getMessages"|"sendMessage"|"on"|"off">}
   */
  own(conversation) {
    this.watch(conversation);
    const { sid } = conversation;
    return {
      sid,
      // The SDK's may not be there before it is connected.
      get limits() {
        return /** @type {NonNullable<SDKConversation["limits"]>} */ (conversation.limits);
      },
      getMessages: (...args) => conversation.getMessages(...args),
      on: conversation.on.bind(conversation),
      off: conversation.off.bind(conversation),
      sendMessage: async (given) => {
        const message = frozen(given);
        if (!isSealedContent(message)) throw refusal("bad argument", "a transport sends sealed text and sealed files only");
        const handed = this.#handed.get(sid) ?? new Set();
        this.#handed.set(sid, handed.add(message));
        try {
          return await conversation.sendMessage(message);
        } finally {
          handed.delete(message);
          if (handed.size === 0 && this.#handed.get(sid) === handed) this.#handed.delete(sid);
        }
      },
    };
  }

  /** @param {object} holder */
  #guardConversation(holder) {
    if (this.#guarded.has(holder)) return;
    this.#guarded.add(holder);
    this.#hold(holder, "sendMessage", itself, (args, sid) => this.#mayLeave(sid, args[0], args[1], args[2]) && [args[0]]);
    for (const name of writes) this.#hold(holder, name, itself, () => false);
    this.#hold(holder, "updateAttributes", itself, ([next], _, { attributes }) => {
      const [before, after] = [copyOf(attributes), copyOf(next)];
      return before !== undefined && after !== undefined && isPlatformWord(before.value, after.value) && [after.value];
    });
    this.#hold(holder, "add", itself, ([identity, attributes]) => typeof identity === "string" && saysNothing(attributes) && [identity]);
    this.#hold(holder, "addNonChatParticipant", itself, ([proxy, address, attributes, binding]) =>
      typeof proxy === "string" && typeof address === "string" && saysNothing(attributes) && saysNothing(binding) && [proxy, address]);
    this.#look(holder, "getMessages", (page) => {
      const { items } = /** @type {{items?: unknown}} */ (page ?? {});
      if (Array.isArray(items)) for (const one of items) this.watchMessage(one);
    });
    for (const name of participants) this.#look(holder, name, (found) => {
      for (const one of Array.isArray(found) ? found : [found]) this.#watchParticipant(one);
    });
    // That somebody types is told to nobody but the members, by the sealed transport or not at all.
    this.#hold(holder, "typing", itself, () => false, () => Promise.resolve());
    this.#wrap(holder, "prepareMessage", (before) => {
      const guard = this;
      return /** @this {object} */ function prepareMessage(/** @type {unknown[]} */ ...args) {
        const builder = before.apply(this, args);
        const conversation = itself(this);
        if (conversation && typeof builder === "object" && builder !== null) guard.#watchBuilder(builder, conversation);
        return builder;
      };
    });
  }

  /** @param {object} builder @param {SDKConversation} conversation */
  #watchBuilder(builder, conversation) {
    this.#of.set(builder, conversation);
    for (const holder of holders(builder)) {
      if (this.#guarded.has(holder)) continue;
      this.#guarded.add(holder);
      // Told at once where it is known; where it is not, sending finds out.
      for (const name of tells) {
        this.#wrap(holder, name, (before) => {
          const guard = this;
          return /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
            const of = guard.#of.get(this);
            if (of && guard.#knowledge.now(of) === "sealed" && !guard.#mayBeTold(of.sid, name, args)) throw guard.#refuse(of.sid, name);
            return before.apply(this, args);
          };
        });
      }
      this.#wrap(holder, "build", (before) => {
        const guard = this;
        return /** @this {object} */ function build(/** @type {unknown[]} */ ...args) {
          const unsent = before.apply(this, args);
          const of = guard.#of.get(this);
          if (of && typeof unsent === "object" && unsent !== null) guard.#watchUnsent(unsent, of);
          return unsent;
        };
      });
      this.#wrap(holder, "buildAndSend", () => {
        // By the guarded ways, whatever the class does inside.
        return /** @this {object} */ function buildAndSend() {
          return /** @type {{build: () => {send: () => unknown}}} */ (this).build().send();
        };
      });
    }
  }

  /** @param {object} unsent @param {SDKConversation} conversation */
  #watchUnsent(unsent, conversation) {
    this.#of.set(unsent, conversation);
    for (const holder of holders(unsent)) {
      if (this.#guarded.has(holder)) continue;
      this.#guarded.add(holder);
      this.#hold(holder, "send", (target) => this.#of.get(target), (args, sid, __, target) => this.#plainOf(sid, target) && args);
    }
  }

  /** @param {object} holder */
  #guardEntity(holder) {
    if (this.#guarded.has(holder)) return;
    this.#guarded.add(holder);
    // What says it is of a conversation and is not its own entity takes the SDK apart: nothing is believed of it.
    const of = (/** @type {object} */ target) => {
      const conversation = this.#of.get(target) ?? conversationOf(target);
      return conversation && (this.#of.has(target) || entityOf(conversation) === target) ? conversation : null;
    };
    for (const name of ["send", "sendMedia"]) this.#hold(holder, name, of, (args, sid) => this.#mayLeave(sid, args[0], args[1], args[2]) && [args[0], {}]);
    this.#hold(holder, "sendV2", of, ([unsent], sid) => {
      const plain = typeof unsent === "object" && unsent !== null && this.#plainOf(sid, unsent);
      return plain && [plain];
    });
  }

  /**
   * What the transport hands out now, without anything beside it.
   * @param {string} sid
   * @param {unknown} message
   * @param {unknown} [attributes]
   * @param {unknown} [email]
   */
  #mayLeave(sid, message, attributes, email) {
    return isSealedContent(message) && this.#handed.get(sid)?.has(message) === true && saysNothing(attributes) && saysNothing(email);
  }

  /** @param {string} sid @param {string} name @param {unknown[]} args */
  #mayBeTold(sid, name, args) {
    if (name === "setBody" || name === "addMedia") return this.#mayLeave(sid, args[0]);
    return name === "setAttributes" && saysNothing(args[0]);
  }

  /**
   * An unsent message, by its fields, as a copy of what may be sent of it.
   * @param {string} sid
   * @param {object} unsent
   */
  #plainOf(sid, unsent) {
    const { text, attributes, mediaContent, emailOptions, contentSid, contentVariables } = /** @type {Bag} */ (unsent);
    if (!saysNothing(attributes) || !saysNothing(emailOptions) || contentSid !== undefined || !saysNothing(contentVariables)) return false;
    const media = Array.isArray(mediaContent) ? mediaContent.map((part) => Array.isArray(part) ? [part[0], part[1]] : []) : [];
    if (!media.every(([kind, content]) => kind === "media" && this.#mayLeave(sid, content))) return false;
    const worded = typeof text === "string" && text !== "";
    if (worded ? !this.#mayLeave(sid, text) : media.length === 0) return false;
    return { ...(worded ? { text } : {}), attributes: {}, mediaContent: media, emailOptions: {} };
  }

  /**
   * A method that is called only where the conversation is not sealed, or where `may` says so, with what that gives: what
   * was judged is what goes on.
   * @param {object} holder
   * @param {string} name
   * @param {(target: object) => SDKConversation|undefined|null} of  null: nothing of it passes
   * @param {(args: unknown[], sid: string, conversation: SDKConversation, target: object) => unknown[]|false} may
   * @param {() => unknown} [instead]  what is answered in its place; default: it is refused
   */
  #hold(holder, name, of, may, instead) {
    const guard = this;
    const refuse = (/** @type {string} */ sid) => (instead ? instead() : Promise.reject(guard.#refuse(sid, name)));
    this.#wrap(holder, name, (before) => /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
      const conversation = of(this);
      if (conversation === null) return Promise.reject(guard.#refuse("", name));
      if (!conversation) return before.apply(this, args);
      const { sid } = conversation;
      const pass = (/** @type {object} */ on, /** @type {unknown[]|false} */ given) => (given ? before.apply(on, given) : refuse(sid));
      switch (guard.#knowledge.now(conversation)) {
        case "plain":
          return before.apply(this, args);
        case "sealed":
          return pass(this, may(args, sid, conversation, this));
        default:
          return guard.#knowledge.learn(conversation).then((standing) => pass(this, standing === "plain" ? args : may(args, sid, conversation, this)));
      }
    });
  }

  /**
   * Looks at what a method gives, before whoever called it.
   * @param {object} holder
   * @param {string} name
   * @param {(result: unknown) => void} see
   */
  #look(holder, name, see) {
    this.#wrap(holder, name, (before) => /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
      const result = before.apply(this, args);
      const { then } = /** @type {{then?: unknown}} */ (result ?? {});
      if (typeof then === "function") then.call(result, see, () => {});
      else see(result);
      return result;
    });
  }

  /**
   * Puts a method under the guard, and every one that replaces it.
   * @param {object} holder
   * @param {string} name
   * @param {(before: Method) => Method} wrap
   */
  #wrap(holder, name, wrap) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (!found || typeof found.value !== "function" || found.configurable === false) return;
    /** One wrapping for each method: it is the same function at each look. @type {WeakMap<Method, Method>} */
    const wrapped = new WeakMap();
    const over = (/** @type {unknown} */ method) => {
      if (typeof method !== "function") return method;
      const inner = /** @type {Method} */ (method);
      const there = wrapped.get(inner) ?? wrap(inner);
      wrapped.set(inner, there).set(there, there);
      return there;
    };
    let method = over(found.value);
    const get = () => method;
    const ours = this.#ours.add(get);
    Object.defineProperty(holder, name, {
      configurable: false,
      enumerable: found.enumerable ?? false,
      get,
      set: /** @this {object} */ function (next) {
        const object = this;
        if (object === holder) {
          method = over(next);
          return;
        }
        // Set on an object of the class: its own method, under the guard as well.
        let own = over(next);
        const getOwn = () => own;
        ours.add(getOwn);
        Object.defineProperty(object, name, { configurable: false, enumerable: true, get: getOwn, set: (later) => { own = over(later); } });
      },
    });
  }

  /** @param {string} sid @param {string} what */
  #refuse(sid, what) {
    this.#refused(sid, what);
    return refusal("bad argument", `${what} was refused: this conversation is end-to-end encrypted, and this was not sealed. Nothing was sent`);
  }
}

/**
 * What the transport hands out, as nobody can change it on its way: whoever stands above the guard has it too.
 * @param {string|{contentType: string, filename: string, media: Blob}} message
 */
function frozen(message) {
  if (typeof message === "string") return message;
  return Object.freeze({ ...message });
}
