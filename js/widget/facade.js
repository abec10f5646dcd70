/**
 * The part of the client facade that pages may lean on, as types only.
 *
 * The widget and the desk read state and listen for "something changed"; they never see a key, an entry or a frame.
 * Every type here is structural, so that the real client and the one the tests stage both fit.
 *
 * @typedef {"connecting"|"online"|"offline"|"elsewhere"|"closed"|"refused"} ClientState
 * @typedef {"waiting"|"secured"|"rejoining"|"doubtful"|"lost"|"forked"|"closed"} ConversationState
 * @typedef {"queued"|"sending"|"sent"|"received"|"failed"} MessageStatus
 * @typedef {"customer"|"guest"|"agent"|"supervisor"|"bot"|"inbox"|"archive"} Role
 *
 * @typedef {object} Member
 * @property {string} id
 * @property {Role|string} role
 * @property {string} alias      what the credential calls it; empty for a bare identity key
 * @property {boolean} verified  a credential of the company stands behind it
 * @property {boolean} self
 *
 * What is known of a file. Name and media type are the sender's words: shown through files.js, never acted on.
 * uploading, sent: an own one. available, downloading, saved: one that came. failed, cancelled: either.
 * @typedef {"uploading"|"sent"|"available"|"downloading"|"saved"|"failed"|"cancelled"} FileState
 * @typedef {object} FileInfo
 * @property {string} name
 * @property {string} media
 * @property {number} size       bytes
 * @property {Blob|null} [thumbnail]  drawn anew by the client; never what was sent
 * @property {FileState} state
 * @property {number} progress   0 to 1
 * @property {string} [error]    the code, where it failed
 *
 * A file that came, opened. `release` takes it away from this device; the saved copy is the person's own.
 * @typedef {{blob: Blob, name: string, release: () => unknown}} OpenedFile
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {Member|null} from  null when the sender has left the roster
 * @property {boolean} self
 * @property {string} text
 * @property {number} time       ms since 1970, when this device got it
 * @property {MessageStatus} status
 * @property {number} [gap]      messages missing right before this one
 * @property {FileInfo|null} [file]  the message is a file; its text is then empty
 * @property {boolean} [unknown]  content that the client cannot make sense of
 *
 * Something that happened, in its place: after the message with that id, or "" for the beginning.
 * missed: this device had lost its keys and cannot read what was sent. rejoined: the member's device was let in again.
 * replaced: this device's place was given away by an answer that it cannot open.
 * @typedef {object} Note
 * @property {string} id
 * @property {"missed"|"rejoined"|"replaced"} kind
 * @property {number} time
 * @property {Member|null} member
 * @property {string} after
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {ConversationState} state
 * @property {Member|null} differs  whose course of it is another, while it is doubtful or forked; null if not known
 * @property {readonly Member[]} members
 * @property {readonly Message[]} messages
 * @property {readonly Note[]} notes
 * @property {(text: string) => Promise<unknown>} send
 * @property {(file: Blob, options: {name?: string, signal?: AbortSignal}) => Promise<{id: string}>} sendFile
 *   resolves once there is a message; that it is there, at the end, its file's state says
 * @property {(id: string, options: {signal?: AbortSignal}) => Promise<OpenedFile>} saveFile
 * @property {(id: string) => unknown} retry    sends a failed message again, the same one
 * @property {(id: string) => unknown} discard  takes back a message that was not sent
 *
 * @typedef {object} Notice
 * @property {string} [code]
 * @property {string} [text]
 *
 * What is told for each event, as far as pages look at it: that something changed, and two texts.
 * @typedef {object} Told
 * @property {unknown} state
 * @property {unknown} agents
 * @property {unknown} conversation
 * @property {unknown} members
 * @property {unknown} message
 * @property {Notice} notice
 * @property {{error: Error}} error
 * @typedef {<K extends keyof Told>(type: K, handler: (detail: Told[K]) => unknown) => unknown} Listen
 *
 * @typedef {{state: unknown, agents: unknown, conversation: unknown, members: unknown, message: unknown, notice: Notice, error: {error: unknown}}} Events
 *
 * @typedef {object} Client
 * @property {ClientState} state
 * @property {boolean} agents    someone of the company is there now
 * @property {readonly Conversation[]} conversations
 * @property {(options?: {anew?: boolean}) => Promise<unknown>} start  anew: not one that may only go on again
 * @property {() => unknown} takeOver
 * @property {() => unknown} close
 * @property {() => unknown} destroySession
 * @property {Listen} on
 * @property {Listen} off
 */
export {};
