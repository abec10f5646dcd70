/**
 * Beside the host's messages, outside of every bubble: that messages are missing, and who joined, left or was granted
 * what. In a bubble it would look like somebody's words, and somebody's words could look like it.
 */
import { soft } from "./look.js";

const center = { ...soft, padding: "4px 12px", textAlign: "center", fontSize: 12, lineHeight: "16px" };

/**
 * @template {{close: () => unknown}} T
 * @template E
 * @param {{React: import("./host.js").React<E>, sessions: import("./sessions.js").Sessions<T>}} parts
 * @param {Pick<import("./components.js").Shared, "useSessions">} shared
 */
export function besideParts({ React, sessions }, { useSessions }) {
  const h = React.createElement;

  /** @typedef {{message?: {source?: {index: number}}, conversationSid?: string}} Props */

  /** @param {Props} props @param {"above"|"below"} where */
  const lines = ({ message, conversationSid }, where) => {
    useSessions();
    const found = message?.source && sessions.find(conversationSid ?? "", message.source.index);
    const told = found ? sessions.beside(found)[where] : [];
    if (told.length === 0) return null;
    return h("div", { className: `sealwire-beside sealwire-${where}` }, ...told.map(({ key, text, time, doubt }) =>
      h("div", { key, style: doubt ? { ...center, fontWeight: 700 } : center }, h("bdi", null, text), time ? ` ${time}` : "")));
  };

  const Above = (/** @type {Props} */ props) => lines(props, "above");
  const Below = (/** @type {Props} */ props) => lines(props, "below");
  return { Above, Below };
}
