/**
 * What the agent kit takes and gives. Nothing runs here.
 *
 * @typedef {object} KitOptions
 * @property {string} [name]        who works here, until a conversation says it
 * @property {"sealed"|"plain"} [previews]  default "sealed"
 * @property {import("./unread.js").Store} [store]        keeps how much of each conversation was read: counts, never a text
 * @property {string} [storeKey]
 * @property {(text: string) => void} [say]  a line for a polite live region
 * @property {(draft: {id: string, text: string, files: readonly File[], problem: string}) => void} [back]
 *   what belongs in the box of the conversation again; without it, view.notice tells of a file that came back
 * @property {(blob: Blob, name: string) => void} [download]  hands a file to the person; without it nothing is saved
 * @property {() => number} [clock]
 * @property {number} [tick]        how often the times that count on are told anew, ms; default 30,000, 0 for never
 *
 * @typedef {object} KitView
 * @property {import("../widget/facade.js").ClientState} state
 * @property {string} connection    in words
 * @property {string} name          who works here
 * @property {string} trouble       what stops all of it, or ""
 * @property {string} notice        what was to be told last, until dismiss(); ""
 * @property {import("./queueview.js").QueueView} queue
 * @property {readonly import("./list.js").Line[]} conversations  those that go on first, then the newest activity
 * @property {number} unread        messages, of all conversations
 *
 * @typedef {{move: "transfer", target: {to: string}|{queue: string}, note?: string}
 *   | {move: "invite", to: string, role?: "agent"|"supervisor", history?: boolean}
 *   | {move: "park", note?: string}
 *   | {move: "remove", member: string}
 *   | {move: "takeOver"|"leave"|"close"}} Asked
 */
export {};
