/** What attachments are made of: sizes, names, content, chunks, the shelf, pictures. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeText, toBase64url } from "../client/bytes.js";
import { MAX_CONTENT, MAX_THUMBNAIL, encodeFileContent, encodeHeld, fileOf, forPage, mediaOf, shownOf, textOf } from "../client/content.js";
import { safeFileName, sentFileName, shownFileName } from "../client/names.js";
import { Opening } from "../client/opening.js";
import { CHUNK, OVERHEAD, PART, paddedSize, sealedSize } from "../client/padding.js";
import { Sealing } from "../client/sealing.js";
import { Slots } from "../client/slots.js";
import { makeThumbnail, redraw } from "../client/thumbnail.js";
import { instantiate } from "../core/instance.js";
import { loadModule } from "../core/loader.js";
import { SealwireError } from "../errors.js";

const core = await instantiate(await loadModule());
/** @param {import("../errors.js").Code} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof SealwireError && error.code === code;
/** @param {number} size @param {number} [seed] */
function content(size, seed = 1) {
  const bytes = new Uint8Array(size);
  for (let i = 0, x = seed; i < size; i++) bytes[i] = x = (x * 75 + 74) % 65537;
  return bytes;
}

/** @param {Blob} blob */
async function sealed(blob) {
  const sealing = new Sealing(core, blob);
  const parts = [];
  for (let at = 0; at < sealing.length; at += PART) parts.push(await sealing.part(async (part) => part.slice()));
  const { secret, hash } = sealing.finish();
  sealing.close();
  return { parts, bytes: new Uint8Array(Buffer.concat(parts)), file: { secret, hash, size: blob.size } };
}

/**
 * What is given out of it, whatever comes of the rest.
 * @param {{ secret: Uint8Array, hash: Uint8Array, size: number }} file
 * @param {Uint8Array} bytes
 * @param {number} step  bytes at a time
 */
function opened(file, bytes, step = 100_000) {
  /** @type {Uint8Array[]} */
  const out = [];
  const opening = new Opening(core, file, { write: (piece) => void out.push(piece.slice()) });
  /** @type {unknown} */
  let error;
  try {
    for (let at = 0; at < bytes.length; at += step) opening.part(bytes.subarray(at, at + step));
    opening.finish();
  } catch (cause) {
    error = cause;
  }
  opening.close();
  return { content: Buffer.concat(out), error };
}

test("padded sizes are those of the core's vectors, and never more than 12 % over", () => {
  const { padding } = JSON.parse(readFileSync(new URL("../../wasm/wire/testdata/primitives.json", import.meta.url), "utf8"));
  assert.ok(padding.length > 5);
  for (const { size, padded } of padding) assert.equal(paddedSize(size), padded, `of ${size}`);
  for (const size of [300, 65_535, 65_537, 2 ** 30 + 1, 2 ** 52 + 1]) {
    const padded = paddedSize(size);
    assert.ok(padded >= size && padded <= size * 1.12, `of ${size}: ${padded}`);
    assert.equal(paddedSize(padded), padded, "padding a padded size adds nothing");
  }
  for (const size of [-1, 0.5, NaN, 2 ** 53]) assert.throws(() => paddedSize(size), RangeError);
});

const SIZES = [0, 1, 255, 256, 257, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, PART - 1, PART, PART + 1, 3 * PART];

for (const size of SIZES) {
  test(`a file of ${size} bytes is sealed in parts and opens in pieces of any size`, async () => {
    const plain = content(size);
    const { parts, bytes, file } = await sealed(new Blob([plain]));
    assert.equal(bytes.length, sealedSize(size));
    assert.ok(parts.slice(0, -1).every((part) => part.length === PART));
    assert.deepEqual(file.hash, new Uint8Array(createHash("sha512-256").update(bytes).digest()));
    for (const step of size > CHUNK ? [1_000, CHUNK + OVERHEAD, 10 * PART] : [1, 17, 10 * PART]) {
      const got = opened(file, bytes, step);
      assert.equal(got.error, undefined);
      assert.ok(got.content.equals(plain), `in pieces of ${step}`);
    }
  });
}

test("C06 chunks that are dropped, swapped, repeated, cut off or taken from another file are refused, and none of them is given out", async (t) => {
  const size = 3 * CHUNK;
  const plain = content(size);
  const { bytes, file } = await sealed(new Blob([plain]));
  const other = (await sealed(new Blob([content(size, 9)]))).bytes;
  const width = CHUNK + OVERHEAD;
  /** @param {Uint8Array} of @param {number} i */
  const chunk = (of, i) => of.subarray(i * width, (i + 1) * width);
  const count = Math.ceil(bytes.length / width);
  const whole = Array.from({ length: count }, (_, i) => chunk(bytes, i));
  const [a, b, c] = /** @type {[Uint8Array, Uint8Array, Uint8Array]} */ (whole.slice(0, 3));
  const rest = whole.slice(3);
  /** @type {[string, Uint8Array[], number, import("../errors.js").Code][]} chunks that are good before the first bad one */
  const rows = [
    ["the first dropped", whole.slice(1), 0, "open failed"],
    ["a middle one dropped", [a, c, ...rest], 1, "open failed"],
    ["the last dropped", whole.slice(0, -1), count - 1, "truncated file"],
    ["two swapped", [b, a, c, ...rest], 0, "open failed"],
    ["one repeated", [a, a, b, c, ...rest], 1, "open failed"],
    ["one of another file", [a, chunk(other, 1), c, ...rest], 1, "open failed"],
    ["nothing", [], 0, "truncated file"],
    ["cut in a chunk", [a, b.subarray(0, 1_000)], 1, "truncated file"],
    ["a byte too much", [...whole, Uint8Array.of(0)], count, "too large"],
    ["a flipped bit", [a, Uint8Array.from(b, (v, i) => (i === 5 ? v ^ 1 : v)), c, ...rest], 1, "open failed"],
  ];
  for (const [name, chunks, good, code] of rows) {
    await t.test(name, () => {
      const got = opened(file, new Uint8Array(Buffer.concat(chunks)), width);
      assert.ok(coded(code)(got.error), String(got.error));
      assert.ok(got.content.equals(plain.subarray(0, good * CHUNK)), `${got.content.length} bytes were given out`);
    });
  }
  await t.test("a size that the message lies about", () => {
    for (const size of [file.size - 1_000_000, file.size + CHUNK]) assert.ok(opened({ ...file, size: Math.max(0, size) }, bytes).error);
  });
  await t.test("an empty file in the place of one of 256 bytes is another size only", async () => {
    const empty = await sealed(new Blob([]));
    assert.equal(empty.bytes.length, 256 + OVERHEAD);
    assert.equal(opened(empty.file, empty.bytes).content.length, 0);
  });
});

test("a valid file of the same key in its place has another hash and is refused; so is padding that is not zero", async () => {
  const { bytes, file } = await sealed(new Blob([content(1_000)]));
  assert.ok(coded("open failed")(opened({ ...file, hash: new Uint8Array(32) }, bytes).error));
  const shorter = opened({ ...file, size: 999 }, bytes);
  assert.ok(coded("open failed")(shorter.error), "the last byte stands where padding is to be");
  assert.equal(shorter.content.length, 0);
});

test("a file that changes while it is read is not sealed", async () => {
  class Shrunk extends Blob {
    /** @override */
    slice() {
      return new Blob([new Uint8Array(10)]);
    }
  }
  await assert.rejects(sealed(new Shrunk([content(1_000)])), coded("truncated file"));
  class Gone extends Blob {
    /** @override @returns {Blob} */
    slice() {
      throw new DOMException("gone", "NotReadableError");
    }
  }
  await assert.rejects(sealed(new Gone([content(1_000)])), coded("unavailable"));
});

const good = { name: "a.txt", media: "text/plain", size: 5, file: new Uint8Array(16).fill(1), secret: new Uint8Array(48).fill(2), hash: new Uint8Array(32).fill(3) };

test("a file's content parses to what was written; the page is given it without key and hash", () => {
  const thumbnail = new Uint8Array(MAX_THUMBNAIL).fill(7);
  const bytes = encodeFileContent({ ...good, name: "\u0001".repeat(255), thumbnail });
  assert.ok(bytes.length <= MAX_CONTENT, "the largest fits");
  assert.deepEqual(fileOf(bytes), { ...good, name: "\u0001".repeat(255), thumbnail });
  const page = new TextDecoder().decode(forPage(encodeFileContent(good)));
  assert.ok(!page.includes(toBase64url(good.secret)) && !page.includes(toBase64url(good.hash)));
  assert.deepEqual(shownOf(encodeText(page)), { type: "file", held: false, fields: { name: "a.txt", media: "text/plain", size: 5 } });
  assert.deepEqual(shownOf(encodeHeld(good)), { type: "file", held: true, fields: { name: "a.txt", media: "text/plain", size: 5 } });
});

test("a file that breaks a rule is unknown, and never a text", async (t) => {
  const fields = JSON.parse(new TextDecoder().decode(encodeFileContent(good)));
  /** @type {[string, object][]} */
  const rows = [
    ["no name", { name: undefined }],
    ["an empty name", { name: "" }],
    ["a name of 256 bytes", { name: "ü".repeat(128) }],
    ["a name with a lone surrogate", { name: "a\ud800" }],
    ["a name that is no text", { name: { toString: "x" } }],
    ["a size below 0", { size: -1 }],
    ["a size with a fraction", { size: 1.5 }],
    ["a size beyond 2^53", { size: 2 ** 53 + 2 }],
    ["a size as text", { size: "5" }],
    ["no size", { size: undefined }],
    ["a media type that is none", { media: "text" }],
    ["a media type with a parameter", { media: "text/html; charset=x" }],
    ["a short id", { file: toBase64url(new Uint8Array(15)) }],
    ["a long secret", { secret: toBase64url(new Uint8Array(49)) }],
    ["no secret", { secret: undefined }],
    ["a hash with padding", { hash: `${toBase64url(good.hash)}=` }],
    ["a hash that is not canonical", { hash: `${"A".repeat(42)}B` }],
    ["a thumbnail of 16 KB and 1", { thumbnail: toBase64url(new Uint8Array(MAX_THUMBNAIL + 1)) }],
    ["an empty thumbnail", { thumbnail: "" }],
    ["a thumbnail as an address", { thumbnail: "https://x.example/y.png" }],
    ["a text besides", { name: undefined, text: "show me" }],
  ];
  for (const [name, change] of rows) {
    await t.test(name, () => {
      const bytes = encodeText(JSON.stringify({ ...fields, ...change }));
      assert.equal(fileOf(bytes), null);
      assert.equal(textOf(bytes), null);
      assert.deepEqual(shownOf(forPage(bytes)), { type: "unknown" });
    });
  }
  assert.equal(fileOf(encodeText('{"__proto__":{"type":"file"}}')), null);
  assert.equal(shownOf(forPage(encodeText('{"type":"edit"}'))), null, "what is no file and no text is not shown");
  assert.equal(mediaOf("a/b"), "a/b");
  assert.equal(mediaOf(""), "application/octet-stream");
  assert.equal(mediaOf("text/html;<script>"), "application/octet-stream");
});

test("B01 names are safe to save", async (t) => {
  /** @type {[string, string][]} */
  const rows = [
    ["report.pdf", "report.pdf"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..\\..\\windows\\system32\\x.dll", "_.._windows_system32_x.dll"],
    ["/etc/passwd", "_etc_passwd"],
    ["C:\\boot.ini", "C__boot.ini"],
    ["file.txt:stream", "file.txt_stream"],
    [".bashrc", "bashrc"],
    ["...", "file"],
    ["", "file"],
    [" . ", "file"],
    ["a. . ", "a"],
    ["con", "_con"],
    ["NUL.txt", "_NUL.txt"],
    ["com1.tar.gz", "_com1.tar.gz"],
    ["LPT¹", "_LPT¹"],
    ["aux .txt", "_aux .txt"],
    ["console.log", "console.log"],
    ["a\u0000b\u001fc\u007fd\u0085e.txt", "abcde.txt"],
    ["photo\u202Egpj.exe", "photogpj.exe"],
    ["\u2066x\u2069\u200f\u061c.txt", "x.txt"],
    ["a\u200b\ufeff\u00adb.txt", "a b.txt"],
    ["line\nbreak\r\n.txt", "line break .txt"],
    ["invoice.pdf                       .exe", "invoice.pdf .exe"],
    ["inv\u00a0\u3000oice.pdf", "inv oice.pdf"],
    ["a\u2028b\u2029c", "a b c"],
    ['<img src=x onerror="1">|?*.html', "_img src=x onerror=_1_____.html"],
    ["a\ud800b", "a\ufffdb"],
    ["full／width＼", "full_width_"],
    ["日本語.txt", "日本語.txt"],
    ["👩‍👩‍👧.png", "👩‍👩‍👧.png"],
    ["می‌خواهم.pdf", "می‌خواهم.pdf"],
    ["tag\u{e0041}\u{e0042}.txt", "tag.txt"],
    ["-rf", "-rf"],
  ];
  for (const [name, want] of rows) await t.test(JSON.stringify(name), () => assert.equal(safeFileName(name), want));
  for (const name of ["x".repeat(1_000) + ".pdf", "ü".repeat(1_000) + ".tar.gz", "👩".repeat(1_000), "." + "x".repeat(1_000), "a." + "b".repeat(1_000)]) {
    const safe = safeFileName(name);
    assert.ok(encodeText(safe).length <= 200, safe);
    assert.ok(!/\p{Surrogate}/u.test(safe));
    assert.ok(encodeText(sentFileName(name)).length <= 255);
  }
  assert.match(safeFileName("x".repeat(1_000) + ".pdf"), /x\.pdf$/);
});

test("B01 names are shown on one line, with nothing invisible, their ending in sight", () => {
  assert.equal(shownFileName("a/b\u202Efdp.exe"), "a/bfdp.exe");
  assert.equal(shownFileName("\n\u200d"), "file");
  const long = shownFileName(`${"x".repeat(500)}.pdf                .exe`);
  assert.equal([...long].length, 100);
  assert.ok(long.endsWith(".pdf .exe") && long.includes("…"));
});

test("a line lets so many in at a time, and who goes away is not waited for", async () => {
  const slots = new Slots(1);
  const never = new AbortController().signal;
  const leave = await slots.enter(never);
  const gone = new AbortController();
  const second = slots.enter(gone.signal);
  const third = slots.enter(never);
  gone.abort(new Error("gone"));
  await assert.rejects(second, /gone/);
  leave();
  leave();
  const leaveThird = await third;
  let fourth = false;
  const entering = slots.enter(never).then(() => (fourth = true));
  await Promise.resolve();
  assert.equal(fourth, false, "leaving twice made no place for two");
  leaveThird();
  await entering;
});

/** Pretends to be a browser's picture decoder; says what it was given. */
function studio() {
  /** @type {{ decoded: string[], drawn: string[] }} */
  const seen = { decoded: [], drawn: [] };
  const scope = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis));
  scope["createImageBitmap"] = async (/** @type {Blob} */ blob) => {
    seen.decoded.push(blob.type);
    return { width: 4_000, height: 2_000, close: () => {} };
  };
  scope["OffscreenCanvas"] = class {
    /** @param {number} width @param {number} height */
    constructor(width, height) {
      this.size = `${width}x${height}`;
    }
    getContext() {
      return { fillRect: () => {}, drawImage: () => {} };
    }
    /** @param {{ type: string, quality?: number }} options */
    async convertToBlob({ type, quality }) {
      seen.drawn.push(`${type} ${this.size}`);
      return new Blob([new Uint8Array(quality === 0.7 ? MAX_THUMBNAIL + 1 : 100)], { type });
    }
  };
  return { seen, close: () => (delete scope["createImageBitmap"], delete scope["OffscreenCanvas"]) };
}

const png = (/** @type {number} */ width, height = 10) => {
  const bytes = new Uint8Array(64);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return bytes;
};
const jpeg = (/** @type {number} */ width, height = 10) =>
  Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0);

test("B15 only still raster pictures are decoded, by their first bytes, and only what says that it is small", async (t) => {
  assert.equal(await redraw(png(10)), null, "where nothing can be decoded there is none");
  const { seen, close } = studio();
  t.after(close);
  /** @type {[string, Uint8Array][]} */
  const refused = [
    ["SVG", encodeText("<svg xmlns='http://www.w3.org/2000/svg'/>")],
    ["HTML", encodeText("<html><script>alert(1)</script>")],
    ["PDF", encodeText("%PDF-1.7")],
    ["GIF", encodeText("GIF89a\u0001\u0000\u0001\u0000")],
    ["a PNG of 30,000 pixels", png(30_000)],
    ["a PNG of 2^32 − 1 pixels", png(0xffffffff)],
    ["a PNG of none", png(0)],
    ["a PNG cut off", png(10).subarray(0, 20)],
    ["a JPEG of 60,000 pixels", jpeg(60_000)],
    ["a JPEG without a frame", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0, 0)],
    ["an extended WebP", encodeText("RIFF\u0010\u0000\u0000\u0000WEBPVP8X\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000")],
    ["too many bytes", new Uint8Array(Buffer.concat([png(10), Buffer.alloc(MAX_THUMBNAIL)]))],
    ["nothing", new Uint8Array()],
  ];
  for (const [name, bytes] of refused) assert.equal(await redraw(bytes), null, name);
  assert.deepEqual(seen.decoded, []);
  const drawn = [await redraw(png(320)), await redraw(jpeg(320, 200))];
  assert.deepEqual(drawn.map((blob) => blob?.type), ["image/png", "image/png"], "what is shown was drawn here");
  assert.deepEqual(seen.decoded, ["image/png", "image/jpeg"]);
});

test("a thumbnail of an own picture is drawn small, and again until it fits; of what is no picture there is none", async (t) => {
  assert.equal(await makeThumbnail(new Blob([png(10)])), undefined, "where nothing can be decoded there is none");
  const { seen, close } = studio();
  t.after(close);
  assert.equal(await makeThumbnail(new Blob(["<svg/>"], { type: "image/png" })), undefined);
  assert.equal(await makeThumbnail(new Blob([], { type: "image/png" })), undefined);
  assert.deepEqual(seen.decoded, []);
  assert.equal((await makeThumbnail(new Blob([png(4_000)], { type: "text/plain" })))?.length, 100);
  assert.deepEqual(seen.drawn, ["image/jpeg 320x160", "image/jpeg 320x160"]);
});
