/**
 * The part of the client facade that pages may lean on, as types only.
 *
 * The widget and the desk read state and listen for "something changed"; they never see a key, an entry or a frame.
 * Every type here is structural, so that the real client and the one the tests stage both fit.
 *
 * @typedef {"connecting"|"online"|"offline"|"elsewhere"|"closed"|"refused"} ClientState
 * @typedef {"waiting"|"secured"|"rejoining"|"doubtful"|"unreadable"|"left"|"lost"|"forked"|"closed"} ConversationState
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
 * @property {number} [sequence] its place in the log, once it stands there
 * @property {Member|null} from  null when the sender has left the roster
 * @property {boolean} self
 * @property {string} text
 * @property {number} time       ms since 1970, when this device got it
 * @property {MessageStatus} status
 * @property {number} [gap]      messages missing right before this one
 * @property {FileInfo|null} [file]  the message is a file; its text is then empty
 * @property {boolean} [unknown]  content that the client cannot make sense of
 * @property {"left"|"closed"|"lost"|"forked"} [reason]  why it was not sent, where the conversation is the reason
 * @property {boolean} [note]     words for who comes next, at a handing over: everyone in it can read them
 *
 * What changed who is in, and so who can read. Both sides see each.
 * joined: `by` brought `member` in. claimed: the inbox `by` gave the conversation to `member`. transferred: `by` handed
 * over to `member`, and left. parked: `by` gave it back to the queue, whose inbox is `member`, and left. closed: by `by`.
 * not granted: what `by` said to grant to this device did not prove genuine, and opens nothing.
 * @typedef {"joined"|"left"|"removed"|"claimed"|"transferred"|"parked"|"took over"|"closed"|"not granted"} Moved
 *
 * What of the past somebody was given to read: the key periods, both included; 0 is the first of all.
 * @typedef {object} Granted
 * @property {number} from
 * @property {number} to
 * @property {number} since      ms since 1970: when the first of them began; 0 if that is not known
 *
 * Something that happened, in its place: after the message with that id, or "" for the beginning.
 * missed: this device had lost its keys and cannot read what was sent. rejoined: the member's device was let in again.
 * replaced: this device's place was given away by an answer that it cannot open.
 * @typedef {object} Note
 * @property {string} id
 * @property {"missed"|"rejoined"|"replaced"|Moved} kind
 * @property {number} time
 * @property {Member|null} member  whom it is about
 * @property {Member|null} [by]  who did it, where that is another
 * @property {Granted|null} [granted]  what of before the member can read
 * @property {string} after
 *
 * Who could read, and when: one row for each stay of each member, from the log alone.
 * @typedef {object} LedgerRow
 * @property {Member} member
 * @property {Role|string} role
 * @property {number} from         the key period that let them in
 * @property {number|null} to      the last one they could read; null while they are in
 * @property {number} since        ms since 1970
 * @property {number|null} until
 * @property {Granted|null} granted
 *
 * What can be done with who is in a conversation.
 * @typedef {"transfer"|"invite"|"takeOver"|"park"|"leave"|"close"|"remove"|"askAnother"} Move
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {ConversationState} state
 * @property {number} epoch          the number of the key period; it rises with each change of who is in
 * @property {Member|null} differs  whose course of it is another, while it is doubtful or forked; null if not known
 * @property {readonly Member[]} members
 * @property {readonly Message[]} messages
 * @property {readonly Note[]} notes
 * @property {boolean} attended      an agent or a bot is in it; else only the company's inbox can be
 * @property {string|null} previous  the conversation that it continues
 * @property {string} queue          that it was begun for; "" before
 * @property {readonly LedgerRow[]} ledger
 * @property {readonly Reachable[]} [reachable]  who could be added, where another chat platform carries it
 * @property {readonly Move[]} moves that this end can make now
 * @property {Move|null} moving      the one that is under way
 * @property {(text: string) => Promise<unknown>} send
 * @property {(file: Blob, options: {name?: string, signal?: AbortSignal}) => Promise<{id: string}>} sendFile
 *   resolves once there is a message; that it is there, at the end, its file's state says
 * @property {(id: string, options: {signal?: AbortSignal}) => Promise<OpenedFile>} saveFile
 * @property {(id: string) => unknown} retry    sends a failed message again, the same one
 * @property {(id: string) => unknown} discard  takes back a message that was not sent
 * @property {(to: {to: string}|{queue: string}, options?: {note?: string}) => Promise<unknown>} transfer  and leave
 * @property {(who: {to: string, role?: "agent"|"supervisor", history?: boolean}) => Promise<unknown>} invite
 * @property {() => Promise<unknown>} takeOver   a supervisor becomes an agent
 * @property {(options?: {note?: string}) => Promise<unknown>} park  back into the queue, and leave
 * @property {() => Promise<unknown>} leave
 * @property {() => Promise<unknown>} close
 * @property {(member: string) => Promise<unknown>} remove
 * @property {(member: string) => Promise<SafetyNumber>} safetyNumber  of this device and that member
 * @property {() => Promise<unknown>} askAnother  customers: the agents go, the company's inbox comes
 *
 * To be compared by another way. number: 60 digits, the same at both ends. transcript: 30, of the history as this device
 * was shown it, at the epoch.
 * @typedef {{number: string, transcript: string, epoch: number}} SafetyNumber
 *
 * @typedef {object} Notice
 * @property {string} [code]
 * @property {string} [text]
 *
 * What is told for each event, as far as pages look at it: that something changed, and two texts.
 * @typedef {object} Tells
 * @property {unknown} state
 * @property {unknown} agents
 * @property {unknown} conversation
 * @property {unknown} members
 * @property {unknown} message
 * @property {unknown} queues
 * @property {Notice} notice
 * @property {{error: Error}} error
 * @typedef {Tells & {"notice:over": {code: string}}} Told  over: what the notice with this code told of; it can go
 * @typedef {<K extends keyof Told>(type: K, handler: (detail: Told[K]) => unknown) => unknown} Listen
 *
 * What waits in the queues of somebody of the company, and who else is there. Nothing of it can be read.
 * @typedef {object} Waiting
 * @property {string} id
 * @property {string} queue
 * @property {number} since    ms since 1970
 * @property {number} entries
 * @property {boolean} parked  an agent was in it before
 *
 * @typedef {object} Colleague
 * @property {string} id
 * @property {string} alias
 * @property {Role|string} role
 * @property {readonly string[]} queues
 * @property {boolean} online
 *
 * Somebody of the company whose key lies ready where a conversation is carried. Whether she is there is not known.
 * @typedef {object} Reachable
 * @property {string} id
 * @property {string} alias
 * @property {Role|string} role
 * @property {readonly string[]} queues
 *
 * @typedef {object} QueueCount
 * @property {string} queue
 * @property {number} waiting  conversations
 * @property {number} agents   who work in it
 *
 * current: as it is. asking: no answer yet. unreachable, refused: what is shown is old. none: no authority is set.
 * @typedef {object} Queues
 * @property {"none"|"asking"|"current"|"unreachable"|"refused"} state
 * @property {readonly Waiting[]} waiting
 * @property {readonly Colleague[]} agents  without this one
 * @property {readonly QueueCount[]} counts  of each queue that this one works in
 *
 * @typedef {object} Client
 * @property {ClientState} state
 * @property {boolean} agents    someone of the company is there now
 * @property {Role|string} role  of this end; a supervisor takes nothing from the queue
 * @property {readonly Conversation[]} conversations
 * @property {Queues} queues      the company's side; empty lists for a customer
 * @property {(options?: {anew?: boolean, continues?: string}) => Promise<unknown>} start
 *   anew: not one that may only go on again. continues: the id of one, which the new one names
 * @property {(id: string) => Promise<{id: string}>} claim  refused with "bad commit" and {by} when another was faster
 * @property {() => unknown} takeOver
 * @property {() => unknown} close
 * @property {() => unknown} destroySession
 * @property {Listen} on
 * @property {Listen} off
 */
export {};
