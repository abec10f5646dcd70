/** How the plugin's parts look. The host takes the looks of headings, lists and buttons away, so each says its own. */

export const tones = { secure: "#0e7c3a", pending: "#8a5a00", open: "#606b85", danger: "#c01b1b" };
/** In whatever colours the host has: its own bubbles are dark, others' light. */
export const quiet = { opacity: 0.8, fontStyle: "italic" };

export const tab = { boxSizing: "border-box", maxWidth: 720, padding: 16, overflowY: "auto", color: "#121c2d", fontSize: 14, lineHeight: "20px" };
/** It takes the focus only to say where one is. */
export const title = { margin: 0, outline: "none", fontSize: 16, fontWeight: 700, lineHeight: "24px" };
export const heading = { margin: "24px 0 4px", fontSize: 14, fontWeight: 700, lineHeight: "20px" };
export const words = { margin: "4px 0", fontSize: 14, lineHeight: "20px" };
export const list = { margin: 0, padding: 0, listStyle: "none" };
export const row = { padding: "8px 0", borderBottom: "1px solid #e1e3ea", fontSize: 14, lineHeight: "20px" };
export const name = { fontWeight: 700 };
export const soft = { color: tones.open };
export const warning = { ...words, color: tones.pending };
export const problem = { ...words, color: tones.danger };

export const button = { minHeight: 36, padding: "6px 12px", border: "1px solid #8891aa", borderRadius: 4, background: "#fff", color: "#121c2d", font: "inherit", fontSize: 14, cursor: "pointer" };
export const yes = { ...button, borderColor: "#0263e0", background: "#0263e0", color: "#fff", fontWeight: 600 };
export const danger = { ...yes, borderColor: tones.danger, background: tones.danger };
/** Buttons beside each other, that go on in the next line. */
export const buttons = { display: "flex", flexWrap: "wrap", gap: 8, margin: "8px 0" };
/** A bar's buttons stand in its words' line. */
export const small = { ...button, minHeight: 28, padding: "2px 8px" };

export const form = { margin: "8px 0", padding: 16, border: "1px solid #cacdd8", borderRadius: 8, background: "#f9f9fa" };
export const choice = { display: "flex", gap: 8, alignItems: "baseline", padding: "6px 0", cursor: "pointer" };
export const fieldset = { margin: "8px 0", padding: 0, border: 0, minWidth: 0 };
export const legend = { padding: 0, fontWeight: 700 };
export const note = { display: "block", boxSizing: "border-box", width: "100%", margin: "4px 0", padding: 8, border: "1px solid #8891aa", borderRadius: 4, background: "#fff", color: "#121c2d", font: "inherit", resize: "vertical" };

/** As many groups in a line as fit; each as wide as every other, so that they stand below each other. */
export const digits = { display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(6ch, 1fr))", gap: "4px 12px", maxWidth: "34ch", margin: "8px 0", fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", fontSize: 16, lineHeight: "24px" };
/** For whoever listens only. */
export const unseen = { position: "absolute", width: 1, height: 1, margin: 0, overflow: "hidden", clipPath: "inset(50%)", whiteSpace: "nowrap" };
