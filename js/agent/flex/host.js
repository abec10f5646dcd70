/**
 * What is used of the host: Flex 2, its React, and the Conversations SDK beneath it. Types only, and only what is used:
 * `make flex` holds them against the real packages' own declarations.
 * What the host makes and takes back stands as a parameter: E what its React draws, N and V its own names of kinds of
 * notifications and of what happens to them.
 *
 * @template E
 * @typedef {object} React
 * @property {(type: unknown, props: object|null, ...children: unknown[]) => E} createElement
 * @property {unknown} Fragment
 * @property {<S>(first: S | (() => S)) => [S, (next: S | ((before: S) => S)) => void]} useState
 * @property {(act: () => void | (() => void), on?: readonly unknown[]) => void} useEffect
 */

/**
 * @typedef {(payload?: unknown) => Promise<unknown>} Original
 * @typedef {object} Actions
 * @property {<P>(name: string, act: (payload: P, original: Original) => Promise<unknown>) => void} replaceAction
 * @property {(name: string, payload?: object) => Promise<unknown>} invokeAction
 * @property {<P>(event: string, listen: (payload: P, cancel: () => void) => unknown) => unknown} addListener
 */

/**
 * A place where components can be put, and when they stand there.
 * @template E
 * @typedef {{Content: {add: (element: E, options?: When) => unknown, replace: (element: E, options?: When) => unknown}}} Place
 */

/** @typedef {{sortOrder?: number, if?: (props: object) => boolean}} When */

/**
 * @template N, V
 * @typedef {object} Notifications
 * @property {(notification: {id: string, type: N, content: string, timeout: number}) => unknown} registerNotification
 * @property {(id: string, context?: object) => unknown} showNotification
 * @property {(id: string) => unknown} [dismissNotificationById]
 * @property {(event: V, handler: (notification: {context?: unknown}, cancel: () => void) => void) => unknown} addListener
 * @property {(event: V, handler: (notification: {context?: unknown}, cancel: () => void) => void) => unknown} [removeListener]
 */

/**
 * @template E, N, V
 * @typedef {object} Flex
 * @property {Actions} Actions
 * @property {Notifications<N, V>} Notifications
 * @property {{error: N}} NotificationType
 * @property {{beforeAddNotification: V}} NotificationEvent
 * @property {Place<E>} MessageBubble
 * @property {Place<E>} MessageListItem
 * @property {Place<E>} MessagingCanvas
 * @property {Place<E>} TaskCanvasTabs
 * @property {{TaskCanvasTabs: Place<E>}} Supervisor
 */

/**
 * What lies in the host's store of a conversation, and of tasks: by the sid of the reservation.
 * @typedef {{source?: unknown, messages?: readonly {source?: unknown}[]}} HostConversation
 * @typedef {object} HostState
 * @property {{chat?: {conversations?: Readonly<Record<string, HostConversation>>, conversationInput?: Readonly<Record<string, import("./box.js").Input>>}, worker?: {tasks?: ReadonlyMap<string, unknown>}}} [flex]
 *
 * @typedef {object} Manager
 * @property {{getState: () => HostState, subscribe: (listener: () => void) => unknown}} store
 * @property {object} strings
 * @property {unknown} [conversationsClient]
 *
 * @typedef {object} SDKMedia
 * @property {string|null} filename
 * @property {() => PromiseLike<string|null>} getContentTemporaryUrl
 *
 * @typedef {object} SDKMessage
 * @property {number} index
 * @property {string|null} body
 * @property {readonly SDKMedia[]|null} attachedMedia
 * @property {{sid: string}} [conversation]
 *
 * @typedef {object} SDKPage
 * @property {readonly SDKMessage[]} items
 * @property {boolean} hasNextPage
 * @property {() => Promise<SDKPage>} nextPage
 *
 * @typedef {{
 *   (event: "messageAdded", listener: (message: SDKMessage) => void): unknown,
 *   (event: "messageUpdated", listener: (change: {message: SDKMessage}) => void): unknown,
 * }} SDKListen
 *
 * A Conversation of the SDK: an instance of its class, or of another that offers the same.
 * @typedef {object} SDKConversation
 * @property {string} sid
 * @property {unknown} [attributes]
 * @property {{mediaAttachmentSizeLimitInMb: number}} [limits]
 * @property {(pageSize: number, anchor?: number, direction?: "forward"|"backwards") => Promise<SDKPage>} getMessages
 * @property {(message: string|{contentType: string, filename: string, media: Blob}) => Promise<number>} sendMessage
 * @property {() => unknown} prepareMessage
 * @property {SDKListen} on
 * @property {SDKListen} off
 */
export {};
