/**
 * What is used of the host: Flex 2, its React, and the Conversations SDK beneath it. Types only, and only what is used:
 * `make flex` holds them against the real packages' own declarations.
 * Where the host itself takes or gives anything, `any` stands here, and is narrowed where it is used.
 *
 * @typedef {object} React
 * @property {(type: unknown, props: object|null, ...children: unknown[]) => object} createElement
 * @property {<S>(first: S) => [S, (next: S | ((before: S) => S)) => void]} useState
 * @property {(act: () => void | (() => void), on?: readonly unknown[]) => void} useEffect
 *
 * @typedef {(payload?: unknown) => Promise<unknown>} Original
 * @typedef {object} Actions
 * @property {<P>(name: string, act: (payload: P, original: Original) => Promise<unknown>) => void} replaceAction
 * @property {(name: string, payload?: object) => Promise<unknown>} invokeAction
 * @property {<P>(event: string, listen: (payload: P) => void) => unknown} addListener
 *
 * @typedef {object} Content  a place where components can be put
 * @property {(element: any, options?: any) => unknown} add
 * @property {(element: any, options?: any) => unknown} replace
 * @typedef {{Content: Content}} Place
 *
 * @typedef {object} Notifications
 * @property {(notification: {id: string, type: any, content: string, timeout: number}) => unknown} registerNotification
 * @property {(id: string, context?: object) => unknown} showNotification
 * @property {(event: any, handler: (notification: {context?: unknown}, cancel: () => void) => void) => unknown} addListener
 *
 * @typedef {object} Flex
 * @property {Actions} Actions
 * @property {Notifications} Notifications
 * @property {any} NotificationType
 * @property {any} NotificationEvent
 * @property {Place} MessageBubble
 * @property {Place} MessageListItem
 * @property {Place} MessagingCanvas
 * @property {Place} TaskCanvasTabs
 * @property {{TaskCanvasTabs: Place}} Supervisor
 *
 * @typedef {object} Manager
 * @property {{getState: () => any, subscribe: (listener: () => void) => unknown}} store
 * @property {object} strings
 * @property {unknown} [conversationsClient]
 *
 * @typedef {object} SDKMessage
 * @property {number} index
 * @property {string|null} body
 * @property {{sid: string}} [conversation]
 *
 * @typedef {object} SDKPage
 * @property {readonly SDKMessage[]} items
 *
 * A Conversation of the SDK: an instance of its class, or of another that offers the same.
 * @typedef {object} SDKConversation
 * @property {string} sid
 * @property {unknown} [attributes]
 * @property {(pageSize: number, anchor?: number, direction?: "forward"|"backwards") => Promise<SDKPage>} getMessages
 * @property {(message: any, attributes?: any, email?: any) => Promise<number>} sendMessage
 * @property {() => any} prepareMessage
 * @property {(event: any, listener: (told: any) => void) => unknown} on
 * @property {(event: any, listener: (told: any) => void) => unknown} off
 */
export {};
