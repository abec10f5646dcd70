// Bundles the real Flex UI once; the Makefile asks for it only when an input changed.
import { build } from "esbuild";

const out = process.argv[2];
if (!out) throw new Error("usage: node build.mjs OUT");
const nothing = ["os", "fs", "http", "https", "net", "tls", "zlib", "child_process", "async_hooks", "worker_threads", "perf_hooks", "vm", "querystring"];
await build({
  entryPoints: ["entry.js"],
  outfile: out,
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  mainFields: ["browser", "main", "module"],
  loader: { ".js": "jsx", ".svg": "text", ".woff": "empty" },
  define: { "process.env.NODE_ENV": '"production"', "process.env": "{}", global: "window" },
  alias: {
    path: "path-browserify", stream: "stream-browserify", crypto: "crypto-browserify",
    ...Object.fromEntries(nothing.map((name) => [name, "./shims/empty.cjs"])),
  },
  inject: ["shims/globals.js"],
  logLevel: "error",
});
