/**
 * The agent kit: everything an agent desktop needs over one client, framework-free. Plain data with change
 * notification; no document, no markup, nothing of React or of any host. The demo's desk draws it, a plugin can too.
 *
 *   const client = await core.connect({ relay, orgKey, role: "agent", authority: { url, login } });
 *   const kit = new AgentKit({ download: (blob, name) => …, back: ({ id, text, files, problem }) => … });
 *   kit.attach(client);
 *   const stop = kit.subscribe(() => draw(kit.view, kit.conversation(open)));   // once a turn, after a change
 *
 * What there is to show. Each is a frozen snapshot: the same object until something has changed.
 *   kit.view                     KitView: connection, who works here, the queue, the list of conversations, what to tell
 *   kit.conversation(id)         ConversationView (view.js): title, trust, banner ("End-to-end encrypted with …"), rows,
 *                                readers (who is in it, who was, and what each can read), moves, rules of the box
 *   kit.safety(id, member)       SafetyView (widget/safety.js): the digits to compare with a member, worked out when first
 *                                asked for and anew with each epoch; who of the readers is `comparable` has one
 *   kit.targets(id)              who and which queues it can be handed to; kit.invitees(id): who can be brought in
 * Previews and notifications (preview.js) tell that something came and from whom. What was written stands in them only
 * with `previews: "plain"`, and ciphertext never does.
 *
 * What can be done. Refusals come as rejections with a `code`; sendProblem, fileProblem and moveProblem make words of
 * them. Nothing is ever sent in another way when one of these rejects: the text goes back to the box.
 *   take(id) → id or undefined   a conversation that waits; what went wrong stands in view.notice
 *   send(id, text)               resolves once the text is safe on this device, sealed; rejects: nothing left the page
 *   sendFiles(id, files)         in order; one of which no message comes to be goes `back`, and stands in what `done` gives
 *   act(id, action, message)     what a row offers: retry, putBack, discard, save, cancel; tells by itself what fails
 *   move(id, asked)              {move: "transfer", target, note} | {move: "invite", to, role, history} | {move: "park", note}
 *                                | {move: "remove", member} | {move: "takeOver" | "leave" | "close"}
 *   safetyAgain(id, member)      tries once more to work out a safety number, after it failed
 *   markRead(id), showEarlier(id), dismiss(), tell(text), fail(text), close()
 *
 * Every text is in one language for the page: setLocale("de"), at any time; English else.
 * The kit sees the client through its facade only (widget/facade.js): no key, no entry, no frame. The caller closes the
 * client; close() only ends what the kit itself listens to. Limits: one client, at most 200 messages of each
 * conversation at first.
 */
export { fileName, kindText, sizeText } from "../widget/files.js";
export { readers } from "../widget/ledger.js";
export { setLocale } from "../widget/locale.js";
export { textOf } from "../widget/messagerow.js";
export { textProblem } from "../widget/model.js";
export { moveProblem } from "../widget/movewords.js";
export { isComparable } from "../widget/safety.js";
export { fileProblem, sendProblem } from "../widget/words.js";
export { AgentKit } from "./agentkit.js";
export { lines } from "./list.js";
export { notificationText, previewText } from "./preview.js";
export { bannerOf, trustOf } from "./trust.js";
export { conversationView } from "./view.js";
export { claimProblem } from "./waiting.js";

/**
 * @typedef {import("../widget/facade.js").Client} Client
 * @typedef {import("../widget/facade.js").Conversation} Conversation
 * @typedef {import("../widget/messagerow.js").MessageRow} MessageRow
 * @typedef {import("../widget/rows.js").Row} Row
 * @typedef {import("../widget/ledger.js").Reader} Reader
 * @typedef {import("../widget/safety.js").SafetyView} SafetyView
 * @typedef {import("./choices.js").Choice} Choice
 * @typedef {import("./list.js").Line} Line
 * @typedef {import("./queueview.js").QueueView} QueueView
 * @typedef {import("./trust.js").Trust} Trust
 * @typedef {import("./trust.js").Banner} Banner
 * @typedef {import("./view.js").ConversationView} ConversationView
 * @typedef {import("../widget/messagerow.js").Action} Action
 * @typedef {import("./types.js").KitOptions} KitOptions
 * @typedef {import("./types.js").KitView} KitView
 * @typedef {import("./types.js").Asked} Asked
 */
