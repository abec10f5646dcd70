// @ts-check
/**
 * Small pictures of pictures. Of an own file: decoded and drawn small, sent with
 * it. Of a file that comes: what was sent is decoded and drawn anew, so that
 * what a page shows was made here and is pixels only. Only still raster formats
 * are decoded at all, by their first bytes, whatever the name and type say; of
 * what comes, only when it says of itself that it is small. Where a browser
 * cannot, and in Node, there is none.
 */
import { MAX_THUMBNAIL } from "./content.js";

/** Pixels of the longer side. */
const SIDE = 320;
/** An own picture of more bytes gets none. */
const MAX_SOURCE = 32 * 1024 * 1024;
/** Pixels that a received one may say it has, each side. */
const MAX_CLAIMED = 1024;
const HEAD = 32;

/**
 * @param {Blob} file
 * @returns {Promise<Uint8Array | undefined>} JPEG
 */
export async function makeThumbnail(file) {
  if (!able() || file.size === 0 || file.size > MAX_SOURCE) return undefined;
  try {
    if (!formatOf(new Uint8Array(await file.slice(0, HEAD).arrayBuffer()))) return undefined;
    // Ever smaller and coarser, until it fits.
    for (const [side, quality] of /** @type {const} */ ([[SIDE, 0.7], [SIDE, 0.4], [SIDE / 2, 0.5], [SIDE / 4, 0.5]])) {
      const drawn = await draw(file, side, "image/jpeg", quality);
      if (drawn.size <= MAX_THUMBNAIL) return new Uint8Array(await drawn.arrayBuffer());
    }
  } catch {
    // Not a picture after all.
  }
  return undefined;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Blob | null>}
 */
export async function redraw(bytes) {
  if (!able() || bytes.length > MAX_THUMBNAIL) return null;
  const format = formatOf(bytes);
  const size = format && sizeOf(format, bytes);
  if (!format || !size || size.some((side) => side < 1 || side > MAX_CLAIMED)) return null;
  try {
    return await draw(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type: `image/${format}` }), SIDE, "image/png");
  } catch {
    return null;
  }
}

function able() {
  return typeof createImageBitmap === "function" && typeof OffscreenCanvas === "function";
}

/**
 * @param {Blob} source
 * @param {number} side
 * @param {"image/jpeg" | "image/png"} type
 * @param {number} [quality]
 */
async function draw(source, side, type, quality) {
  const bitmap = await createImageBitmap(source);
  try {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
    const context = canvas.getContext("2d");
    if (!context) throw new TypeError("no canvas");
    if (type === "image/jpeg") {
      // It knows no transparency.
      context.fillStyle = "white";
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob(quality === undefined ? { type } : { type, quality });
  } finally {
    bitmap.close();
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {"png" | "jpeg" | "webp" | null}
 */
function formatOf(bytes) {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  return text.startsWith("RIFF") && text.slice(8) === "WEBP" ? "webp" : null;
}

/**
 * Width and height as the first header says: what a decoder would make room for.
 * @param {"png" | "jpeg" | "webp"} format
 * @param {Uint8Array} bytes
 * @returns {[number, number] | null}
 */
function sizeOf(format, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (format) {
      case "png":
        return [view.getUint32(16), view.getUint32(20)];
      case "jpeg":
        return jpegSize(view);
      case "webp":
        return webpSize(view);
    }
  } catch {
    return null; // shorter than its header
  }
}

/**
 * @param {DataView} view
 * @returns {[number, number] | null}
 */
function jpegSize(view) {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    // A start of frame, of whichever kind; C4, C8 and CC are none.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return null;
}

/**
 * @param {DataView} view
 * @returns {[number, number] | null}
 */
function webpSize(view) {
  switch (view.getUint32(12)) {
    case 0x56503820: // "VP8 "
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    case 0x5650384c: {
      // "VP8L"
      const bits = view.getUint32(21, true);
      return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
    }
    default:
      return null; // extended ones carry more than a picture
  }
}
