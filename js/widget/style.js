/**
 * How it looks: constructable style sheets, so that a strict Content Security Policy needs no exception.
 * `parts` is for the log, the box and the list of people wherever they stand; `frame` for the widget's own panel.
 * A page may set --sealwire-accent, --sealwire-on-accent and --sealwire-font on the element.
 */

const parts = `
.sw-root, :host {
  --accent: var(--sealwire-accent, light-dark(#1b5e8c, #7cc0ea));
  --on-accent: var(--sealwire-on-accent, light-dark(#ffffff, #06202f));
  --paper: light-dark(#ffffff, #15191e);
  --surface: light-dark(#f1f4f6, #20262d);
  --line: light-dark(#dce2e7, #323b45);
  --edge: light-dark(#77848f, #7f8d9a);
  --ink: light-dark(#17212b, #e9eef2);
  --muted: light-dark(#54616d, #a4b1bd);
  --secure: light-dark(#0a6238, #7ed7a4);
  --secure-bg: light-dark(#e6f4ec, #12281d);
  --pending: light-dark(#764500, #f0c26f);
  --pending-bg: light-dark(#fff3da, #2e2512);
  --danger: light-dark(#9d1620, #ffa3a0);
  --danger-bg: light-dark(#fdeaea, #37181a);
  --ring: light-dark(#1b5e8c, #9dd3f5);
}
[hidden] { display: none !important; }
.sw-icon { width: 20px; height: 20px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.sw-directed:dir(rtl) { transform: scaleX(-1); }
.sw-unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.sw-log-frame { position: relative; flex: 1; min-height: 0; display: flex; }
.sw-log { flex: 1; min-width: 0; overflow-y: auto; overscroll-behavior: contain; padding: 12px 16px 16px; outline-offset: -3px; display: flex; flex-direction: column; scrollbar-width: thin; }
.sw-rows { margin-top: auto; display: flex; flex-direction: column; }
.sw-note { display: flex; align-items: center; justify-content: center; gap: 6px; margin: 14px 0 8px; color: var(--muted); font-size: 12px; line-height: 16px; text-align: center; }
.sw-date::before, .sw-date::after { content: ""; flex: 1; height: 1px; background: var(--line); }
.sw-date { gap: 12px; }
.sw-gap { align-self: center; padding: 6px 12px; border-radius: 8px; color: var(--pending); background: var(--pending-bg); font-size: 13px; }
.sw-gap .sw-icon, .sw-event .sw-icon { width: 16px; height: 16px; margin-top: 1px; }
.sw-gap, .sw-event { max-width: 92%; box-sizing: border-box; align-items: flex-start; line-height: 18px; text-align: start; text-wrap: pretty; overflow-wrap: anywhere; }
.sw-event { align-self: center; padding: 6px 12px; border-radius: 8px; color: var(--ink); background: var(--surface); font-size: 13px; }
.sw-note:not(.sw-date) + .sw-note:not(.sw-date) { margin-top: -2px; }
.sw-note-time { margin-inline-start: 6px; white-space: nowrap; color: var(--muted); font-variant-numeric: tabular-nums; }
.sw-message[data-note] .sw-text { background: var(--pending-bg); color: var(--ink); border: 1px dashed var(--pending); }
.sw-message { position: relative; display: flex; flex-direction: column; max-width: 84%; margin-top: 3px; }
.sw-message.sw-first { margin-top: 12px; }
.sw-message:has(> .sw-foot:not([hidden])) + .sw-message { margin-top: 10px; }
.sw-self { align-self: flex-end; align-items: flex-end; }
.sw-other { align-self: flex-start; align-items: flex-start; }
.sw-name { margin: 0 0 4px 2px; color: var(--muted); font-size: 12px; line-height: 16px; font-weight: 600; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sw-text { max-width: 100%; box-sizing: border-box; padding: 8px 12px; border: 1px solid transparent; border-radius: 14px; font-size: 15px; line-height: 21px; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.sw-other .sw-text { background: var(--surface); color: var(--ink); }
.sw-self .sw-text { background: var(--accent); color: var(--on-accent); }
.sw-self.sw-last .sw-text { border-end-end-radius: 4px; }
.sw-other.sw-last .sw-text { border-end-start-radius: 4px; }
.sw-text a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
.sw-message[data-status="queued"] .sw-text, .sw-message[data-status="sending"] .sw-text { background: transparent; color: var(--ink); border: 1px dashed var(--accent); }
.sw-message[data-status="failed"] .sw-text { background: var(--danger-bg); color: var(--ink); border-color: var(--danger); }
.sw-foot { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin: 4px 2px 0; color: var(--muted); font-size: 12px; line-height: 16px; }
.sw-self .sw-foot { justify-content: flex-end; }
.sw-status { display: inline-flex; align-items: center; gap: 4px; }
.sw-status .sw-icon { width: 14px; height: 14px; }
.sw-message[data-status="failed"] .sw-status { color: var(--danger); font-weight: 600; }
.sw-again, .sw-earlier, .sw-newer, .sw-notice-close { min-height: 44px; padding: 0 14px; border: 0; border-radius: 22px; background: transparent; color: var(--ink); font: inherit; font-size: 13px; font-weight: 600; cursor: pointer; text-decoration: underline; text-underline-offset: 3px; }
.sw-agains { display: flex; flex-wrap: wrap; margin: -8px -6px -8px -8px; }
.sw-self .sw-agains { justify-content: flex-end; }
.sw-again { color: var(--danger); }
.sw-message[data-unknown] .sw-text { background: transparent; border: 1px dashed var(--edge); color: var(--muted); }
.sw-earlier { align-self: center; }
.sw-newer { position: absolute; left: 50%; bottom: 8px; transform: translateX(-50%); display: inline-flex; align-items: center; gap: 6px; background: var(--paper); border: 1px solid var(--edge); box-shadow: 0 4px 14px rgb(0 0 0 / .18); text-decoration: none; white-space: nowrap; }
.sw-newer .sw-icon { width: 16px; height: 16px; }

.sw-file { width: 260px; padding: 10px 12px; white-space: normal; unicode-bidi: isolate; }
.sw-file-picture { display: grid; place-items: center; margin: -10px -12px 10px; padding: 8px; border-radius: 13px 13px 0 0; background: light-dark(rgb(10 20 30 / .06), rgb(0 0 0 / .3)); }
.sw-file-thumbnail { display: block; max-width: 100%; max-height: 180px; border-radius: 8px; }
.sw-file-head { display: flex; align-items: flex-start; gap: 10px; min-width: 0; }
.sw-file-words { min-width: 0; display: grid; gap: 1px; }
.sw-file-name { font-weight: 600; overflow-wrap: anywhere; max-height: 126px; overflow: hidden; }
.sw-file-facts { font-size: 13px; line-height: 18px; }
.sw-file-moving { margin-top: 8px; }
.sw-file-state { margin: 0; font-size: 13px; line-height: 18px; font-variant-numeric: tabular-nums; }
.sw-file-state[data-tone="danger"] { color: var(--danger); font-weight: 600; }
.sw-progress { appearance: none; display: block; width: 100%; height: 6px; margin: 2px 0 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--line); color: var(--accent); }
.sw-progress::-webkit-progress-bar { background: var(--line); }
.sw-progress::-webkit-progress-value { background: var(--accent); }
.sw-progress::-moz-progress-bar { background: var(--accent); }
.sw-file-actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
.sw-file-action { display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 44px; min-width: 44px; padding: 0 14px; border: 1px solid currentColor; border-radius: 12px; background: transparent; color: inherit; font: inherit; font-size: 14px; font-weight: 600; cursor: pointer; }
.sw-file-action .sw-icon { width: 18px; height: 18px; }
.sw-file-action:hover { background: light-dark(rgb(10 20 30 / .08), rgb(255 255 255 / .1)); }
.sw-self .sw-file-action:focus-visible { outline-color: currentColor; }

.sw-drop { position: absolute; inset: 6px; z-index: 5; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px; border: 2px dashed var(--accent); border-radius: 14px; background: color-mix(in srgb, var(--paper) 96%, transparent); color: var(--ink); font-size: 17px; font-weight: 650; text-align: center; pointer-events: none; }
.sw-drop .sw-icon { width: 32px; height: 32px; color: var(--accent); }
.sw-chips { list-style: none; margin: 0 0 8px; padding: 0; display: flex; flex-wrap: wrap; gap: 6px; max-height: 152px; overflow-y: auto; scrollbar-width: thin; }
.sw-chip { display: flex; align-items: center; gap: 8px; max-width: 100%; box-sizing: border-box; padding-inline-start: 10px; border: 1px solid var(--edge); border-radius: 12px; background: var(--surface); color: var(--ink); }
.sw-chip-words { min-width: 0; display: grid; padding: 4px 0; }
.sw-chip-name { font-size: 14px; line-height: 18px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sw-chip-size { color: var(--muted); font-size: 12px; line-height: 16px; }
.sw-chip-remove, .sw-attach { flex: none; min-width: 44px; min-height: 44px; padding: 0; border: 0; border-radius: 12px; background: transparent; color: var(--muted); cursor: pointer; display: grid; place-items: center; }
.sw-chip-remove .sw-icon { width: 18px; height: 18px; }
.sw-attach .sw-icon { width: 24px; height: 24px; }
.sw-attach:hover, .sw-chip-remove:hover { background: light-dark(rgb(10 20 30 / .08), rgb(255 255 255 / .1)); color: var(--ink); }
.sw-attach { margin-inline-start: -6px; }
.sw-attach[aria-disabled] { opacity: .5; cursor: not-allowed; }

.sw-composer { flex: none; margin: 0; padding: 10px 12px 12px; border-top: 1px solid var(--line); background: var(--paper); }
.sw-compose-row { display: flex; align-items: flex-end; gap: 6px; }
.sw-box { flex: 1; min-width: 0; box-sizing: border-box; min-height: 44px; max-height: 148px; field-sizing: content; resize: none; margin: 0; padding: 10px 14px; border: 1px solid var(--edge); border-radius: 14px; background: var(--paper); color: var(--ink); font: inherit; font-size: 16px; line-height: 22px; scrollbar-width: thin; }
.sw-box::placeholder { color: var(--muted); opacity: 1; }
.sw-box[aria-invalid] { border-color: var(--danger); box-shadow: inset 0 0 0 1px var(--danger); }
.sw-box:read-only { background: var(--surface); color: var(--muted); border-color: var(--line); }
.sw-send { display: inline-flex; align-items: center; gap: 6px; min-height: 44px; padding-block: 0; padding-inline: 14px 16px; border: 1px solid transparent; border-radius: 14px; background: var(--accent); color: var(--on-accent); font: inherit; font-size: 15px; font-weight: 600; cursor: pointer; }
.sw-send .sw-icon { width: 18px; height: 18px; }
.sw-send:hover { filter: brightness(1.08); }
.sw-send[aria-disabled] { background: var(--surface); color: var(--muted); border-color: var(--line); cursor: not-allowed; filter: none; }
.sw-problem { margin: 0 2px 8px; color: var(--danger); font-size: 13px; line-height: 18px; }

.sw-people { flex: none; padding: 12px 16px 14px; border-bottom: 1px solid var(--line); background: var(--surface); color: var(--ink); font-size: 13px; line-height: 18px; max-height: 45%; overflow-y: auto; scrollbar-width: thin; }
.sw-people h3 { margin: 0 0 8px; font-size: 12px; line-height: 16px; font-weight: 600; color: var(--muted); }
.sw-people-list { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
.sw-people-list li { display: flex; align-items: flex-start; gap: 8px; min-width: 0; }
.sw-people-list .sw-icon { width: 16px; height: 16px; margin-top: 1px; color: var(--secure); }
.sw-people-list li:has(.sw-doubt) .sw-icon { color: var(--pending); }
.sw-past .sw-icon, .sw-past li:has(.sw-doubt) .sw-icon { color: var(--muted); }
.sw-reader { flex: 1; min-width: 0; display: flex; flex-wrap: wrap; column-gap: 8px; }
.sw-person { font-weight: 600; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sw-standing, .sw-reads { color: var(--muted); }
.sw-reads { flex-basis: 100%; }
.sw-doubt { color: var(--pending); }
.sw-people-note { margin: 10px 0 0; color: var(--muted); }
.sw-people-list + .sw-people-note + div:not([hidden]) { margin-top: 14px; }
.sw-remove { flex: none; min-height: 44px; min-width: 44px; margin: -6px -6px -6px 0; padding: 0 12px; border: 0; border-radius: 12px; background: transparent; color: var(--danger); font: inherit; font-weight: 600; text-decoration: underline; text-underline-offset: 3px; cursor: pointer; }

.sw-compare { display: inline-flex; align-items: center; gap: 6px; min-height: 44px; margin-block: -2px -8px; margin-inline: -8px 0; padding: 0 8px; border: 0; border-radius: 12px; background: transparent; color: var(--ink); font: inherit; font-weight: 600; text-decoration: underline; text-underline-offset: 3px; cursor: pointer; }
.sw-compare:hover { background: light-dark(rgb(10 20 30 / .06), rgb(255 255 255 / .08)); }
.sw-people-list .sw-reader .sw-compare .sw-icon { margin: 0; color: inherit; }

.sw-safety { display: flex; flex-direction: column; gap: 14px; color: var(--ink); font-size: 14px; line-height: 20px; text-wrap: pretty; }
.sw-safety p { margin: 0; }
.sw-safety p:empty { display: none; }
.sw-safety > .sw-plain { align-self: flex-start; }
.sw-digits { list-style: none; margin: 0; padding: 16px; display: grid; grid-template-columns: repeat(4, auto); justify-content: space-around; gap: 12px 8px; border-radius: 14px; background: var(--surface); border: 1px solid transparent; font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 19px; line-height: 24px; font-variant-numeric: tabular-nums; user-select: text; }
.sw-digits-small { padding: 12px 16px; grid-template-columns: repeat(3, auto); font-size: 16px; line-height: 20px; gap: 8px; }
.sw-digits li { position: relative; }
.sw-spoken { user-select: none; }
.sw-safety-details { border-top: 1px solid var(--line); color: var(--muted); font-size: 13px; line-height: 18px; }
.sw-safety-details > summary { min-height: 44px; display: flex; align-items: center; gap: 8px; color: var(--ink); font-size: 14px; font-weight: 600; border-radius: 12px; cursor: pointer; }
.sw-safety-details > summary::-webkit-details-marker { display: none; }
.sw-safety-details > summary .sw-icon { width: 16px; height: 16px; color: var(--muted); }
.sw-safety-details[open] > summary .sw-icon { transform: rotate(180deg); }
.sw-safety-details > .sw-digits { margin: 8px 0 10px; color: var(--ink); }
.sw-safety-step { color: var(--ink); }
.sw-safety-status { color: var(--muted); }
@media (max-width: 350px) {
  .sw-digits { padding-inline: 8px; column-gap: 6px; font-size: 15px; }
}
@media (max-width: 260px) {
  .sw-digits { grid-template-columns: repeat(2, auto); }
}

.sw-menu { position: relative; flex: none; }
.sw-more { min-width: 44px; min-height: 44px; padding: 0; border: 0; border-radius: 12px; background: transparent; color: var(--muted); font: inherit; cursor: pointer; display: grid; place-items: center; }
.sw-more .sw-icon { stroke-width: 3; }
.sw-more:hover, .sw-more[aria-expanded="true"] { background: var(--surface); color: var(--ink); }
.sw-menu-list { position: absolute; inset-block-start: calc(100% + 4px); inset-inline-end: 0; z-index: 4; list-style: none; margin: 0; padding: 6px; min-width: 240px; border: 1px solid var(--line); border-radius: 14px; background: var(--paper); box-shadow: 0 10px 30px rgb(10 20 30 / .24); }
.sw-menu-item { display: flex; align-items: center; gap: 10px; width: 100%; min-height: 44px; padding: 0 12px; border: 0; border-radius: 10px; background: transparent; color: var(--ink); font: inherit; font-size: 15px; text-align: start; white-space: nowrap; cursor: pointer; }
.sw-menu-item:hover, .sw-menu-item:focus-visible { background: var(--surface); }
.sw-menu-item .sw-icon { width: 18px; height: 18px; color: var(--muted); }

.sw-plain { min-height: 44px; padding: 0 20px; border: 1px solid transparent; border-radius: 14px; background: var(--accent); color: var(--on-accent); font: inherit; font-size: 15px; font-weight: 600; cursor: pointer; }
.sw-plain:hover { filter: brightness(1.08); }
.sw-plain[data-quiet] { background: transparent; color: var(--ink); border-color: var(--edge); }
.sw-plain[data-quiet]:hover { background: var(--surface); filter: none; }
.sw-plain[aria-disabled] { opacity: .6; cursor: progress; }

button:focus-visible, a:focus-visible, summary:focus-visible, textarea:focus-visible, .sw-log:focus-visible, .sw-people:focus-visible { outline: 2px solid var(--ring); outline-offset: 2px; }
.sw-log:focus-visible, .sw-people:focus-visible { outline-offset: -3px; }
.sw-self .sw-text a:focus-visible { outline-color: currentColor; }

@media (prefers-reduced-motion: no-preference) {
  .sw-message { animation: sw-in .18s ease-out; }
  .sw-log[aria-busy] .sw-message { animation: none; }
}
@keyframes sw-in { from { opacity: 0; transform: translateY(6px); } }
@media (forced-colors: active) {
  .sw-text, .sw-send, .sw-gap, .sw-event, .sw-newer, .sw-plain, .sw-menu-list, .sw-digits { border: 1px solid CanvasText; }
  .sw-self .sw-text { border-width: 2px; }
  .sw-send[aria-disabled] { color: GrayText; border-color: GrayText; }
  .sw-date::before, .sw-date::after { background: CanvasText; }
  .sw-progress { border: 1px solid CanvasText; height: 8px; }
  .sw-progress, .sw-progress::-webkit-progress-bar { background: Canvas; forced-color-adjust: none; }
  .sw-progress::-webkit-progress-value { background: Highlight; }
  .sw-progress::-moz-progress-bar { background: Highlight; }
  .sw-drop { border-color: Highlight; background: Canvas; }
  .sw-attach[aria-disabled] { color: GrayText; opacity: 1; }
}
`;

const frame = `
:host { all: initial; color-scheme: light dark; }
:host([color-scheme="light"]) { color-scheme: light; }
:host([color-scheme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
.sw-panel, .sw-launcher { position: fixed; z-index: 2147483000; font-family: var(--sealwire-font, system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif); font-size: 15px; line-height: 1.4; color: var(--ink); -webkit-text-size-adjust: 100%; }
h2, p { margin: 0; }

.sw-launcher { inset-inline-end: max(20px, env(safe-area-inset-left), env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom)); width: 60px; height: 60px; padding: 0; border: 1px solid transparent; border-radius: 50%; background: var(--accent); color: var(--on-accent); cursor: pointer; display: grid; place-items: center; box-shadow: 0 6px 20px rgb(10 20 30 / .28); }
.sw-launcher:hover { filter: brightness(1.08); }
.sw-launcher .sw-icon { width: 28px; height: 28px; }
.sw-badge { position: absolute; top: -4px; inset-inline-end: -4px; min-width: 24px; height: 24px; box-sizing: border-box; padding: 0 6px; border-radius: 12px; border: 2px solid var(--paper); background: light-dark(#b3202c, #ff8f8a); color: light-dark(#fff, #2b0506); font-size: 12px; line-height: 20px; font-weight: 700; text-align: center; }

.sw-panel { inset-inline-end: max(20px, env(safe-area-inset-left), env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom)); width: min(388px, calc(100vw - 40px)); height: min(640px, calc(100dvh - 40px)); display: flex; flex-direction: column; overflow: hidden; border-radius: 18px; background: var(--paper); border: 1px solid var(--line); box-shadow: 0 18px 50px rgb(10 20 30 / .28), 0 2px 8px rgb(10 20 30 / .12); box-sizing: border-box; }
.sw-head { flex: none; display: flex; align-items: center; padding-block: 12px; padding-inline: 16px 8px; }
.sw-question { flex: none; padding: 14px 16px 16px; border-top: 1px solid var(--line); background: var(--surface); color: var(--ink); font-size: 14px; line-height: 20px; text-wrap: pretty; }
.sw-question-title { margin: 0 0 4px; font-size: 15px; font-weight: 650; }
.sw-question-title:focus { outline: none; }
.sw-question .sw-problem { margin: 8px 0 0; }
.sw-question-answers { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; }
.sw-face { flex: none; width: 40px; height: 40px; border-radius: 50%; display: grid; place-items: center; background: var(--accent); color: var(--on-accent); font-size: 17px; font-weight: 600; }
.sw-heading { flex: 1; min-width: 0; margin-inline: 10px 4px; }
.sw-title { font-size: 17px; line-height: 21px; font-weight: 650; overflow: hidden; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; }
.sw-connection { display: flex; align-items: center; gap: 6px; color: var(--muted); font-size: 13px; line-height: 17px; }
.sw-dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--edge); }
.sw-dot[data-state="online"] { background: light-dark(#16834c, #6fd39b); }
.sw-dot[data-state="offline"], .sw-dot[data-state="connecting"] { background: light-dark(#b36b00, #f0c26f); }
.sw-dot[data-state="refused"] { background: light-dark(#b3202c, #ff8f8a); }
.sw-who, .sw-close { flex: none; min-width: 44px; min-height: 44px; border: 0; border-radius: 12px; background: transparent; color: var(--muted); font: inherit; cursor: pointer; display: grid; place-items: center; padding: 0; }
.sw-who:hover, .sw-close:hover, .sw-who[aria-expanded="true"] { background: var(--surface); color: var(--ink); }
.sw-who span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

.sw-lock { flex: none; display: flex; gap: 10px; padding: 9px 16px; font-size: 13px; line-height: 18px; border-block: 1px solid transparent; }
.sw-lock .sw-icon { width: 18px; height: 18px; }
.sw-lock-words { min-width: 0; display: grid; gap: 1px; overflow-wrap: anywhere; }
.sw-lock-title { font-weight: 650; }
.sw-lock-detail:empty { display: none; }
.sw-lock-detail { color: var(--ink); text-wrap: pretty; }
.sw-lock[data-tone="secure"] { background: var(--secure-bg); color: var(--secure); }
.sw-lock[data-tone="pending"] { background: var(--pending-bg); color: var(--pending); }
.sw-lock[data-tone="open"] { background: var(--surface); color: var(--ink); }
.sw-lock[data-tone="danger"] { background: var(--danger-bg); color: var(--danger); }

.sw-safety-page { flex: 1; min-height: 0; display: flex; flex-direction: column; border-top: 1px solid var(--line); }
.sw-safety-head { flex: none; display: flex; align-items: center; gap: 4px; padding-block: 8px 4px; padding-inline: 6px 16px; }
.sw-back { flex: none; min-width: 44px; min-height: 44px; padding: 0; border: 0; border-radius: 12px; background: transparent; color: var(--muted); cursor: pointer; display: grid; place-items: center; }
.sw-back:hover { background: var(--surface); color: var(--ink); }
.sw-safety-title { margin: 0; min-width: 0; color: var(--ink); font-size: 16px; line-height: 21px; font-weight: 650; overflow-wrap: anywhere; }
.sw-safety-title:focus { outline: none; }
.sw-safety-news { flex: none; margin: 0; padding-inline: 16px; color: var(--muted); font-size: 14px; line-height: 20px; }
.sw-safety-scroll { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 4px 16px 16px; scrollbar-width: thin; }
.sw-safety-scroll:focus-visible { outline: 2px solid var(--ring); outline-offset: -3px; }

.sw-alert-frame { text-wrap: pretty; flex: none; padding-block: 4px 14px; padding-inline: 44px 16px; background: var(--danger-bg); color: var(--ink); font-size: 14px; line-height: 20px; }
.sw-alert-frame .sw-plain { margin-top: 10px; }
.sw-talk { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.sw-middle { position: relative; flex: 1; min-height: 0; display: flex; }
.sw-empty { position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 8px; padding: 16px 32px; text-align: center; color: var(--muted); font-size: 14px; line-height: 20px; pointer-events: none; }
.sw-empty > .sw-icon, .sw-elsewhere > .sw-icon { width: 30px; height: 30px; color: var(--accent); }
.sw-empty-title { color: var(--ink); font-size: 17px; line-height: 24px; font-weight: 650; }
.sw-elsewhere { flex: 1; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px; padding: 24px 32px; text-align: center; color: var(--muted); font-size: 14px; line-height: 20px; border-top: 1px solid var(--line); }
.sw-elsewhere .sw-plain { margin-top: 8px; }
.sw-ended { flex: none; display: flex; justify-content: center; padding: 12px; border-top: 1px solid var(--line); }
.sw-notice { flex: none; display: flex; align-items: center; justify-content: space-between; gap: 8px; padding-block: 2px; padding-inline: 16px 4px; border-top: 1px solid var(--line); background: var(--pending-bg); color: var(--ink); font-size: 13px; line-height: 18px; }

@media (max-width: 440px), (max-height: 460px) {
  .sw-panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; box-shadow: none; padding-top: env(safe-area-inset-top); }
  .sw-composer { padding-bottom: max(12px, env(safe-area-inset-bottom)); }
}
@media (prefers-reduced-motion: no-preference) {
  .sw-panel { animation: sw-rise .2s ease-out; }
}
@keyframes sw-rise { from { opacity: 0; transform: translateY(14px); } }
@media (forced-colors: active) {
  .sw-panel, .sw-launcher, .sw-badge { border: 1px solid CanvasText; }
  .sw-lock { border-block: 1px solid CanvasText; }
  .sw-alert-frame { border-bottom: 1px solid CanvasText; }
  .sw-dot { border: 1px solid CanvasText; }
}
@media print { .sw-launcher { display: none; } }
`;

/** @type {CSSStyleSheet[]|undefined} */
let made;

/** @param {string} text */
function sheet(text) {
  const style = new CSSStyleSheet();
  style.replaceSync(text);
  return style;
}

/** The sheets of the widget, made once for all elements of a page. */
export function sheets() {
  // The frame comes first: its "all: initial" would undo what the parts set on the host.
  made ??= [sheet(frame), sheet(parts)];
  return made;
}

/** The sheet for a page that shows the log and the box in the open; it styles what is within `.sw-root`. */
export function partsSheet() {
  return sheet(parts);
}
