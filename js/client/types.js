// @ts-check
/**
 * The shapes that cross the client's edge. Nothing runs here: the file exists
 * so that the facade, the widget and the desk share one description.
 *
 * @typedef {"customer" | "agent"} RoleName
 *
 * @typedef {"connecting" | "online" | "offline" | "elsewhere" | "closed" | "refused"} ClientState
 *   connecting: a first or another attempt is under way. offline: no connection, the next attempt is
 *   scheduled. elsewhere: another tab holds this identity. refused: what the relay showed (manifest,
 *   credential, key package) does not come from the pinned organisation; nothing is sent, texts are kept.
 *
 * @typedef {"waiting" | "secured" | "rejoining" | "doubtful" | "lost" | "forked" | "closed"} ConversationState
 *   waiting: nobody to seal to yet. rejoining: this device lost its keys to the conversation and asks the others, by
 *   itself, to let it in again; what is written is kept until then. doubtful: a message in the name of `differs` did
 *   not prove genuine and tells of another course of the conversation; nothing is sent, and what is written is kept,
 *   until that member is heard from properly. lost: this device is not let in any more. forked: proven: another
 *   course was shown to this end than to `differs` (or, without one, than before); nothing more is sent.
 *
 * @typedef {"queued" | "sending" | "sent" | "received" | "failed"} MessageStatus
 *   queued: kept on this device, sealed at rest. sending: sealed for the members, not yet seen in the log.
 *   sent: read back from the log in its epoch. failed: it can no longer be sent here (the text is kept).
 *
 * @typedef {object} Member
 * @property {string} id        member id, 32 hex digits
 * @property {string} role      customer, guest, agent, supervisor, bot, inbox or archive
 * @property {string} alias     what the organisation's credential calls it; empty for a bare identity
 * @property {boolean} verified its credential chains to the pinned root
 * @property {boolean} self     this device
 *
 * @typedef {object} Message    a snapshot: a change gives a new object with the same id
 * @property {string} id        stays the same from queued to sent
 * @property {Member | null} from  null when the sender is no longer known
 * @property {boolean} self
 * @property {string} text
 * @property {number} time      milliseconds, this device's clock when it was written or first read
 * @property {MessageStatus} status
 * @property {number} [gap]     messages of this sender that are missing before this one
 * @property {MessageFile} [file]  it tells of a file; its text is empty then
 * @property {boolean} [unknown]   content that this version cannot make sense of: there is nothing to show but that
 *
 * @typedef {"missed" | "rejoined" | "replaced"} NoteKind
 *   missed: from here on there were messages that this device cannot read, as it had lost its keys.
 *   rejoined: the device of `member` had lost its keys and was let in again; what was sent meanwhile it cannot read.
 *   replaced: this device's place was given away by an answer that it cannot open; somebody may have a copy of its key.
 *
 * @typedef {object} Note       something that happened, in its place among the messages
 * @property {string} id
 * @property {NoteKind} kind
 * @property {number} time      milliseconds, this device's clock when it was read
 * @property {Member | null} member  whom it is about
 * @property {string} after     id of the message before it, or "" before the first
 *
 * @typedef {"uploading" | "sent" | "available" | "downloading" | "saved" | "failed" | "cancelled"} FileState
 *   uploading: waiting or on its way to the relay, until its message is sent. available: it can be saved here.
 *   saved: a copy is out, until it is released. failed: `error` says why; an own one can be sent again by `retry`,
 *   another's saved again. cancelled: an own one was aborted; it can be sent again or discarded.
 *
 * @typedef {object} MessageFile
 * @property {string} name      for showing as text; one line, nothing invisible
 * @property {string} media     what its sender says it is: never act on it
 * @property {number} size      bytes
 * @property {Blob | null} thumbnail  drawn here, safe to show; null while or where there is none
 * @property {FileState} state
 * @property {number} progress  0 to 1, of uploading or downloading
 * @property {import("../errors.js").Code} [error]
 *
 * @typedef {object} SendFileOptions
 * @property {string} [name]    default the File's own
 * @property {(sent: number, total: number) => void} [onProgress]  bytes, rising
 * @property {AbortSignal} [signal]  aborts until the whole file is at the relay
 *
 * @typedef {object} SaveFileOptions
 * @property {(received: number, total: number) => void} [onProgress]  bytes, rising
 * @property {AbortSignal} [signal]
 * @property {WritableStream<Uint8Array>} [into]  where the content goes, opened but not yet whole; aborted when it
 *   fails. Without it: private files where the browser has them and history is kept, else memory, up to 64 MB
 *
 * @typedef {object} SavedFile
 * @property {Blob} blob        the content, of no type that anything renders; empty with `into`
 * @property {string} name      safe to save under
 * @property {() => Promise<void>} release  removes the copy; the blob is of no use after it
 *
 * @typedef {object} ClientOptions
 * @property {string} relay     address of the relay, "wss://…/v1/connect" or "ws://…"
 * @property {string | string[]} orgKey  the organisation's pinned root key(s), 43 characters each: current, next
 * @property {RoleName} [role]  default "customer"
 * @property {string} [queue]   whom a customer asks for; default "default"
 * @property {string | IdentityTokenSource} [identityToken]  customers: the page's JWT, or how to get one
 * @property {CredentialSource} [credential]  agents: how to get a credential for this device
 * @property {"device" | "none"} [history]  default "device" where there is IndexedDB, else "none"
 * @property {WebSocketConstructor} [WebSocket]  default the global one
 * @property {typeof globalThis.fetch} [fetch]  for files; default the global one
 * @property {boolean} [takeOver]  take the identity over from another tab at once; default false
 *
 * @typedef {(ask: { thumbprint: string }) => string | Promise<string>} IdentityTokenSource
 * @typedef {(ask: { identity: Uint8Array, thumbprint: string }) => Uint8Array | string | Promise<Uint8Array | string>} CredentialSource
 *   bytes, or base64url of them
 *
 * @typedef {new (url: string) => WebSocketLike} WebSocketConstructor
 * @typedef {object} WebSocketLike  the part of the standard WebSocket that is used
 * @property {string} binaryType
 * @property {number} readyState
 * @property {number} bufferedAmount
 * @property {((event: unknown) => void) | null} onopen
 * @property {((event: { data: unknown }) => void) | null} onmessage
 * @property {((event: { code: number, reason: string }) => void) | null} onclose
 * @property {((event: unknown) => void) | null} onerror
 * @property {(data: Uint8Array) => void} send
 * @property {(code?: number, reason?: string) => void} close
 *
 * @typedef {import("./conversation.js").Conversation} Conversation
 *
 * What the handlers of each event are given. "conversation": new, or its state, id or notes changed. "message": new or
 * changed; of one that was discarded "conversation" tells. "notice": something a person should be told, in words. "error": something failed in the background.
 * "pre:send": awaited before a text or a file is kept; throwing means not sent.
 * @typedef {{
 *   "state": { state: ClientState },
 *   "agents": { agents: boolean },
 *   "conversation": { conversation: Conversation },
 *   "members": { conversation: Conversation, added: Member[], removed: Member[] },
 *   "message": { conversation: Conversation, message: Message },
 *   "notice": Notice,
 *   "error": { error: Error },
 *   "pre:send": { conversation: Conversation, text: string, file?: { name: string, media: string, size: number } },
 * }} ClientEvents
 *
 * @typedef {object} Notice
 * @property {string} code  "new organisation", "members changed" or "refused"
 * @property {string} text
 * @property {Conversation} [conversation]
 */

export {};
