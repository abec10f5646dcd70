/**
 * The only place that makes nodes. Text goes in as text nodes, names of attributes come from our code:
 * there is no way from here to markup, to an inline handler or to an inline style.
 */

/**
 * A function is asked for its words now, and again by retell().
 * @typedef {string|(() => string)} Told
 * @typedef {Node|Told|null|undefined|false} Child
 */

/** What says the words of a node anew, by node: gone with it. @type {WeakMap<Node, Map<string, () => void>>} */
const tellers = new WeakMap();

const svgSpace = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Told|boolean|undefined>} [attributes]  true: present without a value; false, undefined: absent
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  append(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {Told|boolean|undefined} value
 */
export function setAttribute(element, name, value) {
  if (typeof value === "function") {
    setAttribute(element, name, value());
    remember(element, name, () => write(element, name, value()));
  } else {
    tellers.get(element)?.delete(name);
    write(element, name, value);
  }
}

/** @param {Element} element @param {string} name @param {string|boolean|undefined} value */
function write(element, name, value) {
  if (/^on|^style$|^srcdoc$/i.test(name)) throw new TypeError(`sealwire widget: attribute ${name} is never set`);
  if (name === "href" && typeof value === "string" && !/^(https?:|\/|#)/i.test(value)) {
    throw new TypeError("sealwire widget: href expected http, https or a path");
  }
  // Pictures are made by picture(), from pixels that the client drew.
  if (name === "src") throw new TypeError("sealwire widget: attribute src is never set");
  if (value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : value;
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** @param {Node} parent @param {readonly Child[]} children */
function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === "string" || typeof child === "function" ? textNode(child) : child);
  }
}

/** @param {Told} told */
function textNode(told) {
  if (typeof told === "string") return document.createTextNode(told);
  const node = document.createTextNode(told());
  remember(node, "", () => {
    const text = told();
    if (node.data !== text) node.data = text;
  });
  return node;
}

/** @param {Node} node @param {string} name  of the attribute; "" for the text @param {() => void} tell */
function remember(node, name, tell) {
  const all = tellers.get(node) ?? new Map();
  tellers.set(node, all.set(name, tell));
}

/**
 * Says everything in it anew that was given as a function: after another language was chosen.
 * @param {Node} root
 */
export function retell(root) {
  for (const tell of tellers.get(root)?.values() ?? []) tell();
  for (const child of root.childNodes) retell(child);
}

/**
 * Sets a text only if it differs: a live region reads out what is written, even if nothing changed.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * A control for pressing.
 * @param {string} className
 * @param {() => void} press
 * @param {...Child} children
 */
export function button(className, press, ...children) {
  const element = el("button", { type: "button", class: className }, ...children);
  element.addEventListener("click", press);
  return element;
}

/** The types that the client draws; anything else is not shown as a picture. */
const rasters = new Set(["image/png", "image/jpeg", "image/webp"]);

/**
 * A picture from pixels. Its address ends as soon as it is decoded, so that nothing else can open it.
 * @param {Blob} blob
 * @param {string} className
 * @returns {HTMLImageElement|null}  null for what is not a raster picture
 */
export function picture(blob, className) {
  if (!rasters.has(blob.type)) return null;
  const address = URL.createObjectURL(blob);
  // Decoration: the name and the type stand beside it as words.
  const image = el("img", { class: className, alt: "", draggable: "false" });
  const done = () => URL.revokeObjectURL(address);
  image.addEventListener("load", done, { once: true });
  image.addEventListener("error", () => {
    done();
    image.remove();
  }, { once: true });
  image.src = address;
  return image;
}

/**
 * Hands a file to the browser's downloads. As bytes of no type: even a browser that would rather open it has nothing to run.
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const address = URL.createObjectURL(blob.slice(0, blob.size, "application/octet-stream"));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.rel = "noopener";
  link.click();
  // The browser has taken hold of the file by then; the address itself is of no more use.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const paths = Object.freeze({
  lock: "M7 10V7a5 5 0 0 1 10 0v3M6 10h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1ZM12 14v2.5",
  unlock: "M7 10V7a5 5 0 0 1 9.6-2M6 10h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1ZM12 14v2.5",
  clock: "M12 7v5l3.2 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  alert: "M12 9v4.5M12 16.9v.1M10.3 4.2 2.6 17.6A2 2 0 0 0 4.3 20.6h15.4a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0Z",
  chat: "M4 5.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8.5L7 21v-3.5H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1ZM8 10h8M8 13.5h5",
  close: "M6 6l12 12M18 6 6 18",
  send: "M5 12 4 4.5 20.5 12 4 19.5 5 12Zm0 0h7",
  check: "M5 12.5 10 17.5 19.5 7",
  down: "M6 9.5l6 6 6-6",
  back: "M14.5 5.5 8 12l6.5 6.5",
  key: "M14.5 12.5a4.5 4.5 0 1 0-3.2-1.3L4 18.5V20h3v-2h2v-2h2l1.3-1.3a4.5 4.5 0 0 0 2.2-.2ZM16.2 7.8v.1",
  tabs: "M8 8V5a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-3M5 8h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z",
  attach: "M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-7.9 7.9a1.6 1.6 0 0 1-2.2-2.2l7-7",
  file: "M7 3.5h7l4.5 4.5v11.5a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1ZM14 3.5V8h4.5",
  save: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 19.5h14",
  join: "M10 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3.5 19.5c.5-3.4 3-5.5 6.5-5.5s6 2.1 6.5 5.5M18.5 7v6M15.5 10h6",
  leave: "M13 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h7M10 12h10m0 0-3.5-3.5M20 12l-3.5 3.5",
  handover: "M4 8.5h14m0 0L14.5 5M18 8.5 14.5 12M20 15.5H6m0 0L9.5 12M6 15.5 9.5 19",
  queue: "M4.5 6.5h15M4.5 12h15M4.5 17.5h9",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.5-3.4 3-5.5 6.5-5.5s6 2.1 6.5 5.5M16 5a3.3 3.3 0 0 1 0 6.3M18 14.3c2 .8 3.2 2.6 3.5 5.2",
});

/** @typedef {keyof typeof paths} IconName */

/** Drawings that point along the line of writing: from right to left they point the other way. @type {ReadonlySet<IconName>} */
const directed = new Set(["send", "back", "leave", "queue"]);

/**
 * A line drawing, hidden from assistive technology: words always stand beside it.
 * @param {IconName} name
 */
export function icon(name) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", directed.has(name) ? "sw-icon sw-directed" : "sw-icon");
  const path = document.createElementNS(svgSpace, "path");
  path.setAttribute("d", paths[name]);
  svg.appendChild(path);
  return svg;
}

/**
 * Changes the drawing in place.
 * @param {Element} svg
 * @param {IconName} name
 */
export function setIcon(svg, name) {
  const path = svg.firstElementChild;
  if (path && path.getAttribute("d") !== paths[name]) path.setAttribute("d", paths[name]);
}
