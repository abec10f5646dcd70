/**
 * What the buttons at a message do: the same in the widget and on the desk.
 * @typedef {import("./facade.js").Conversation} Conversation
 * @typedef {import("./facade.js").Message} Message
 * @typedef {import("./messagerow.js").Action} Action
 */

/**
 * @param {Action} action
 * @param {object} on
 * @param {Conversation} on.conversation
 * @param {Message} on.message
 * @param {import("./transfers.js").Transfers} on.transfers
 * @param {(text: string) => void} on.putBack  into the box, to be changed
 */
export async function act(action, { conversation, message, transfers, putBack }) {
  switch (action) {
    case "save":
      return transfers.save(conversation, message);
    case "cancel":
      return transfers.cancel(conversation, message);
    case "retry":
      return transfers.retry(conversation, message);
    case "discard":
      await conversation.discard(message.id);
      return transfers.forget(message.id);
    case "putBack":
      // A text that stands in both places would be sent twice.
      await conversation.discard(message.id);
      return putBack(message.text);
  }
}
