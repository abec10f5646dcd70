/**
 * From where the module stands to a compiled WebAssembly.Module, in a window, a
 * worker or Node. Nothing is compiled that is not, byte for byte, the module
 * that this code was built with (module.js). Compile once: a compiled module
 * can be posted to workers, and every instance is made of the same one.
 */

import { SealwireError } from "../errors.js";
import { sha256, size } from "./module.js";

/**
 * @param {URL | string | BufferSource} [source] address or bytes of the module
 * @returns {Promise<WebAssembly.Module>}
 * @throws {SealwireError} `unsupported version` when it is not the module of this
 *   version; `unavailable` when it cannot be had or this place does not run it
 */
export async function loadModule(source = beside()) {
  if (typeof WebAssembly === "undefined") throw new SealwireError("unavailable", "WebAssembly is not available here");
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compile(await verified(copy(source)));
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new TypeError("module: expected a URL, a string or the module's bytes");
  }
  const url = new URL(source, globalThis.location === undefined ? undefined : globalThis.location.href);
  return url.protocol === "file:" ? compile(await verified(await readFile(url))) : fetchModule(url);
}

/**
 * Where the module stands unless the caller says otherwise. Asked when it is
 * wanted: in a bundle it may be nowhere, and a caller that says otherwise has no
 * need of it.
 */
function beside() {
  try {
    return new URL("./sealwire.wasm", import.meta.url);
  } catch {
    throw new SealwireError("unavailable", "the module is not beside this script; a bundle has to give init() \"module\"");
  }
}

/** @param {URL} url */
async function fetchModule(url) {
  let response;
  try {
    response = await fetch(url, { integrity: `sha256-${base64(sha256)}` });
  } catch {
    // It does not say whether the network failed or the hash: ask once more, and see.
    return compile(await verified(await body(await fetchPlain(url))));
  }
  if (response.ok && response.headers.get("Content-Type") === "application/wasm" && WebAssembly.compileStreaming !== undefined) {
    return WebAssembly.compileStreaming(response).catch(refuseCompile);
  }
  // A server that does not know the type: compileStreaming would refuse it.
  return compile(await verified(await body(response)));
}

/** @param {URL} url */
async function fetchPlain(url) {
  try {
    return await fetch(url);
  } catch {
    throw new SealwireError("unavailable", "the module could not be fetched");
  }
}

/** @param {Response} response */
async function body(response) {
  if (!response.ok) throw new SealwireError("unavailable", `the module could not be fetched: status ${response.status}`);
  try {
    return await response.arrayBuffer();
  } catch {
    throw new SealwireError("unavailable", "the module could not be fetched whole");
  }
}

/** @param {URL} url */
async function readFile(url) {
  // Only Node has files; a browser never comes here, and a bundler need not know.
  const name = "node:fs/promises";
  try {
    /** @type {typeof import("node:fs/promises")} */
    const fs = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
    return copy(await fs.readFile(url));
  } catch {
    throw new SealwireError("unavailable", "the module could not be read");
  }
}

/**
 * @param {BufferSource} source
 * @returns {ArrayBuffer} of our own, so that nobody changes it between check and use
 */
function copy(source) {
  const view = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  return new Uint8Array(view).buffer;
}

/**
 * @param {ArrayBuffer} bytes
 * @returns {Promise<ArrayBuffer>}
 */
async function verified(bytes) {
  if (globalThis.crypto?.subtle === undefined) {
    throw new SealwireError("unavailable", "no Web Cryptography to check the module with: the page needs https");
  }
  if (bytes.byteLength === size) {
    const digest = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", bytes));
    if (Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("") === sha256) return bytes;
  }
  throw new SealwireError("unsupported version", "the module is not the one of this version: an old copy, or altered");
}

/** @param {ArrayBuffer} bytes */
function compile(bytes) {
  return WebAssembly.compile(bytes).catch(refuseCompile);
}

/** @returns {never} */
function refuseCompile() {
  throw new SealwireError("unavailable", "the module could not be compiled: does the page's policy allow 'wasm-unsafe-eval'?");
}

/** @param {string} hex */
function base64(hex) {
  const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return btoa(String.fromCharCode(...bytes));
}
