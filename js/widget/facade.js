/**
 * The part of the client facade that pages may lean on, as types only.
 *
 * The widget and the desk read state and listen for "something changed"; they never see a key, an entry or a frame.
 * Every type here is structural, so that the real client and the one the tests stage both fit.
 *
 * @typedef {"connecting"|"online"|"offline"|"elsewhere"|"closed"|"refused"} ClientState
 * @typedef {"waiting"|"secured"|"lost"|"forked"|"closed"} ConversationState
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
 * @typedef {object} Message
 * @property {string} id
 * @property {Member|null} from  null when the sender has left the roster
 * @property {boolean} self
 * @property {string} text
 * @property {number} time       ms since 1970, when this device got it
 * @property {MessageStatus} status
 * @property {number} [gap]      messages missing right before this one
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {ConversationState} state
 * @property {readonly Member[]} members
 * @property {readonly Message[]} messages
 * @property {(text: string) => Promise<unknown>} send
 * @property {(id: string) => unknown} [retry]  sends a failed message again, where the client can
 *
 * @typedef {object} Notice
 * @property {string} [code]
 * @property {string} [text]
 *
 * @typedef {object} Client
 * @property {ClientState} state
 * @property {boolean} agents    someone of the company is there now
 * @property {readonly Conversation[]} conversations
 * @property {() => Promise<unknown>} start
 * @property {() => unknown} takeOver
 * @property {() => unknown} close
 * @property {() => unknown} destroySession
 * @property {(type: string, handler: (detail: never) => unknown) => unknown} on
 * @property {(type: string, handler: (detail: never) => unknown) => unknown} off
 */
export {};
