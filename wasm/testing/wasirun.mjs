// Runs a wasip1 program in Node's engine, for `go test -exec`:
//
//   GOOS=wasip1 GOARCH=wasm go test -exec="node --no-warnings $PWD/wasm/testing/wasirun.mjs" ./wasm/...
//
// The program sees the whole file system and its working directory, so that
// testdata and fuzz corpora are found.

import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { WASI } from "node:wasi";

// Node 20's fast calls from WebAssembly into node:wasi corrupt V8's heap: once
// the memory has grown often enough, a garbage collection crashes.
setFlagsFromString("--no-turbo-fast-api-calls");

const [, , program, ...args] = process.argv;
if (program === undefined) {
  console.error("usage: wasirun.mjs program.wasm [argument…]");
  process.exit(2);
}
const wasi = new WASI({
  version: "preview1",
  args: [program, ...args],
  env: { ...process.env, PWD: process.cwd() },
  preopens: { "/": "/" },
  returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
// Not process.exit: what was written to a pipe would be cut off.
process.exitCode = wasi.start(instance);
