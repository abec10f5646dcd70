// @ts-check
/**
 * The shapes that cross the client's edge. Nothing runs here: the file exists
 * so that the facade, the widget and the desk share one description.
 *
 * @typedef {"customer" | "agent" | "supervisor"} RoleName
 *
 * @typedef {"connecting" | "online" | "offline" | "elsewhere" | "closed" | "refused"} ClientState
 *   connecting: a first or another attempt is under way. offline: no connection, the next attempt is
 *   scheduled. elsewhere: another tab holds this identity. refused: what the relay showed (manifest,
 *   credential, key package) does not come from the pinned organisation; nothing is sent, texts are kept.
 *
 * @typedef {"waiting" | "secured" | "rejoining" | "doubtful" | "unreadable" | "lost" | "forked" | "closed" | "left"} ConversationState
 *   waiting: nothing has begun: nobody to seal to yet (with an inbox, see `attended`). rejoining: this device lost its keys to the conversation and asks the others, by
 *   itself, to let it in again; what is written is kept until then. doubtful: a message in the name of `differs` did
 *   not prove genuine and tells of another course of the conversation; nothing is sent, and what is written is kept,
 *   until that member is heard from properly. unreadable: the relay showed what is no entry of a log; nothing is read
 *   on, and what is written is kept, until it shows what is there; that is asked again. lost: this device is not let in any more. left: this agent
 *   left, handed over or was removed; what it had read can still be shown. forked: proven: another
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
 * @property {number} [sequence]  its place in the log, once it stands there
 * @property {Member | null} from  null when the sender is no longer known
 * @property {boolean} self
 * @property {string} text
 * @property {number} time      milliseconds, this device's clock when it was written or first read; of what came before
 *   this device was let in: when its key period began, as the log says (within about a quarter of an hour)
 * @property {MessageStatus} status
 * @property {number} [gap]     messages of this sender that are missing before this one
 * @property {MessageFile} [file]  it tells of a file; its text is empty then
 * @property {boolean} [unknown]   content that this version cannot make sense of: there is nothing to show but that
 * @property {boolean} [note]      written for the colleague it was handed over to; every member can read it
 * @property {"left" | "closed" | "lost" | "forked"} [reason]  why it failed, where the conversation is the reason
 *
 * @typedef {"missed" | "rejoined" | "replaced" | "joined" | "left" | "removed" | "claimed" | "transferred" | "parked"
 *   | "took over" | "closed" | "not granted"} NoteKind
 *   missed: from here on there were messages that this device cannot read, as it had lost its keys.
 *   rejoined: the device of `member` had lost its keys and was let in again; what was sent meanwhile it cannot read.
 *   replaced: this device's place was given away by an answer that it cannot open; somebody may have a copy of its key.
 *   joined: `by` let `member` in. claimed: the queue's inbox gave the conversation to `member`. transferred: `by` handed
 *   it over to `member`, and left. parked: `by` gave it back to the queue, whose inbox is `member`, and left. left:
 *   `member` left. removed: `by` removed `member`. took over: the supervisor `member` speaks from here on. closed: `by`
 *   ended the conversation. not granted: what `by` said to grant to this device did not prove genuine; it opens nothing.
 *   Commits that change nothing about who can read leave no note.
 *
 * @typedef {object} Granted    earlier messages that a newcomer can read
 * @property {number} from      epoch, the first
 * @property {number} to        epoch, the last
 * @property {number} since     milliseconds: when the first of these epochs began, as its commit says; 0 if not known
 * @property {number} reason    1 claim, 2 transfer, 3 park, 4 conference, 5 supervision
 * @property {Member | null} by
 *
 * @typedef {object} LedgerEntry  from when to when somebody could read: from the log alone
 * @property {Member} member
 * @property {string} role      the last it had
 * @property {number} from      epoch in which it came in
 * @property {number | null} to epoch of which it could read the last message; null while it is in
 * @property {number} since     milliseconds, as the commit that let it in says
 * @property {number | null} until
 * @property {Granted | null} granted  of before `from`; several ranges are told as one that spans them
 *
 * @typedef {object} Note       something that happened, in its place among the messages
 * @property {string} id
 * @property {NoteKind} kind
 * @property {number} time      milliseconds: of who came and went as the log says, else this device's clock when it was read
 * @property {Member | null} member  whom it is about
 * @property {Member | null} by      who did it, where that is another
 * @property {Granted} [granted]     joined, claimed, transferred, parked: what of before `member` can read
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
 * @property {string} [relay]   address of the relay, "wss://…/v1/connect" or "ws://…"
 * @property {import("./carrier.js").Transport} [transport]  instead of a relay: what else carries entries and files
 * @property {string | import("./manifest.js").ManifestSource} [manifest]  with a transport: the organisation's newest
 *   manifest, by a function or at an address; default the authority's
 * @property {string | string[]} orgKey  the organisation's pinned root key(s), 43 characters each: current, next
 * @property {RoleName} [role]  default "customer"
 * @property {string} [queue]   whom a customer asks for; default "default"
 * @property {string | IdentityTokenSource} [identityToken]  customers: the page's JWT, or how to get one
 * @property {CredentialSource} [credential]  the company's side: how to get a credential for this device
 * @property {AuthorityOptions} [authority]   the company's side, instead: where to get it, and who waits in which queue
 * @property {string} [person]  who this is, where several people use one browser profile: each has keys and history
 *   apart from the others'; default "", at most 64 bytes. Never sent
 * @property {"device" | "none"} [history]  default "device" where there is IndexedDB, else "none"
 * @property {WebSocketConstructor} [WebSocket]  default the global one
 * @property {typeof globalThis.fetch} [fetch]  for files; default the global one
 * @property {boolean} [takeOver]  take the identity over from another tab at once; default false
 *
 * @typedef {(ask: { thumbprint: string }) => string | Promise<string>} IdentityTokenSource
 * @typedef {(ask: { identity: Uint8Array, thumbprint: string }) => Uint8Array | string | Promise<Uint8Array | string>} CredentialSource
 *   bytes, or base64url of them
 *
 * @typedef {object} AuthorityOptions
 * @property {string} url       of the company's authority, "https://…"; its requests are under /v1/authority/
 * @property {() => string | Promise<string>} login  the company's login token, asked for anew each time one is needed
 *
 * @typedef {"none" | "asking" | "current" | "unreachable" | "refused"} QueuesState
 *   none: no authority is set. asking: no answer yet. unreachable: what is shown is old; it is asked again. refused: the
 *   login or the credential is no good (`reason`): it is asked again, with a new login, after a pause.
 *
 * @typedef {object} Queues     what this agent's queues look like, as the authority says; a snapshot
 * @property {QueuesState} state
 * @property {import("../errors.js").Code | null} reason  why it is unreachable or refused
 * @property {readonly Waiting[]} waiting  the longest waiting first
 * @property {readonly Colleague[]} agents
 * @property {readonly QueueCount[]} counts  of each of this agent's queues, by name: of all that the lists may leave out
 *
 * @typedef {object} QueueCount
 * @property {string} queue
 * @property {number} waiting
 * @property {number} agents
 *
 * @typedef {object} Waiting    a conversation without an agent
 * @property {string} id        of the conversation
 * @property {string} queue
 * @property {number} since     milliseconds
 * @property {number} entries   of its log; nothing of them can be read before it is claimed
 * @property {boolean} parked   an agent gave it back to the queue
 *
 * @typedef {object} Colleague  somebody who could be brought into a conversation; this agent itself is not in the list
 * @property {string} id        member id
 * @property {string} alias
 * @property {string} role
 * @property {readonly string[]} queues
 * @property {boolean} online
 *
 * @typedef {object} Reachable  somebody of the company who can be added by a key package; whether she is there now is not known
 * @property {string} id        member id
 * @property {string} alias     what the organisation's credential calls her
 * @property {string} role      agent, supervisor or bot
 * @property {readonly string[]} queues
 *
 * @typedef {"transfer" | "invite" | "takeOver" | "park" | "leave" | "close" | "remove" | "askAnother"} Move
 *   what can be done with who is in a conversation
 *
 * @typedef {object} TransferOptions  one of the two
 * @property {string} [to]      member id of a colleague, online or away
 * @property {string} [queue]   a queue; the conversation waits there
 *
 * @typedef {object} InviteOptions
 * @property {string} to        member id of a colleague
 * @property {"agent" | "supervisor"} [role]  default "agent"; a supervisor reads and does not speak
 * @property {boolean} [history]  also what was written before; default false
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
 * What a conversation offers of moves; each resolves once its commit stands in the log. It rejects with "stale head"
 * when another commit came first and left it without sense, "unavailable" without a connection or a key package to add,
 * "not a member" and "bad argument" where it cannot be done. Until then nothing has changed.
 * @typedef {object} ConversationMoves
 * @property {(target: TransferOptions, options?: { note?: string }) => Promise<void>} transfer  hands over what this end
 *   may grant, and leaves; the note is sent before, and every member can read it; trying again with
 *   the same note does not send it twice
 * @property {(options?: { note?: string }) => Promise<void>} park  gives it back to its queue, and leaves
 * @property {(options: InviteOptions) => Promise<void>} invite
 * @property {() => Promise<void>} takeOver  a supervisor speaks from here on
 * @property {() => Promise<void>} leave     while another of the company stays; what waits here is not sent
 * @property {() => Promise<void>} close     nothing can be added any more
 * @property {(member: string) => Promise<void>} remove
 * @property {() => Promise<void>} askAnother  customers: the agents go, the conversation waits in its queue again
 *
 * What two members compare, each at their own end, over another way than the conversation. ASCII digits without
 * spaces, for groups of five.
 * @typedef {object} SafetyNumber
 * @property {string} number      60 digits of both identity keys and the organisation's root key: the same at both ends,
 *   in every conversation of these two; another one as soon as one of the keys is another
 * @property {string} transcript  30 digits of how the conversation came to its epoch: who was let in and put out, and by
 *   whom. The same at every end in that epoch, unless two courses of the conversation were shown
 * @property {number} epoch       that `transcript` is of; compare it first
 *
 * What a conversation tells besides messages and members.
 * @typedef {object} ConversationFacts
 * @property {string | null} previous  id of the conversation that it continues
 * @property {number} since     milliseconds: when it began, as its first commit says; 0 before
 * @property {string} queue     that it was begun for; "" before
 * @property {readonly Reachable[]} reachable  who could be added, where another chat platform carries it
 * @property {boolean} attended an agent or a bot is in it; else only the queue's inbox is: it waits for an agent
 * @property {readonly Move[]} moves  that this end can make now, as far as it knows
 * @property {Move | null} moving     the one that is under way
 * @property {readonly LedgerEntry[]} ledger  in the order in which they came in
 *
 * @typedef {import("./conversation.js").Conversation} Conversation
 *
 * What the handlers of each event are given. "conversation": new, or its state, id or notes changed. "message": new or
 * changed; of one that was discarded "conversation" tells. "queues": another snapshot of them. "notice": something a person should be told, in words.
 * "notice:over": what the notice with this code told of is over: it can be taken away. "error": something failed in the background.
 * "pre:send": awaited before a text or a file is kept; throwing means not sent.
 * @typedef {object} PlainEvents  those whose names are single words
 * @property {{ state: ClientState }} state
 * @property {{ agents: boolean }} agents
 * @property {{ conversation: Conversation }} conversation
 * @property {{ conversation: Conversation, added: Member[], removed: Member[] }} members
 * @property {{ conversation: Conversation, message: Message }} message
 * @property {{ queues: Queues }} queues
 * @property {Notice} notice
 * @property {{ error: Error }} error
 *
 * @typedef {Record<"notice:over", { code: string }>} OverEvent
 * @typedef {Record<"pre:send", { conversation: Conversation, text: string, file?: { name: string, media: string, size: number } }>} AskedEvent
 * @typedef {PlainEvents & OverEvent & AskedEvent} ClientEvents
 *
 * @typedef {object} Notice
 * @property {string} code  "new organisation", "conversation not opened", "members changed", "refused", "login refused", "authority busy" or "authority unreachable"
 * @property {string} text
 * @property {Conversation} [conversation]
 */

export {};
