/**
 * The package as those who install it get it: packed by npm, unpacked where an
 * application finds it, resolved as Node and TypeScript do.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const source = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(source, "node_modules/typescript/bin/tsc");

/** @type {string} */
let dir;
/** The package as it is installed. @type {string} */
let installed;
/** @type {Record<string, string | { types: string, default: string }>} */
let exported;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwire-package-"));
  const from = join(dir, "from/js");
  const left = ["node_modules", "types", "test", "demo"].map((name) => join(source, name));
  await cp(source, from, { recursive: true, filter: (path) => !left.includes(path) });
  await symlink(join(source, "node_modules"), join(from, "node_modules"));
  for (const name of ["README.md", "LICENSE"]) await cp(join(source, "..", name), join(dir, "from", name));
  const { stdout } = await run("npm", ["pack", "--json", "--offline", "--no-ignore-scripts", "--pack-destination", dir], { cwd: from, maxBuffer: 1 << 24 });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[")));
  installed = join(dir, "app/node_modules/sealwire");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", join(dir, filename), "-C", installed, "--strip-components=1"]);
  await writeFile(join(dir, "app/package.json"), '{"type":"module"}');
  exported = JSON.parse(await readFile(join(installed, "package.json"), "utf8")).exports;
});
after(() => rm(dir, { recursive: true, force: true }));

/** The names that an application imports scripts by. */
const scripts = () => Object.entries(exported).flatMap(([name, to]) => (typeof to === "string" ? [] : [name.replace(".", "sealwire")]));

/** What Node finds under names, from within an application. @param {string} body */
async function inApp(body) {
  const name = join(dir, "app/try.mjs");
  await writeFile(name, body);
  return (await run(process.execPath, [name])).stdout;
}

test("every export of package.json is a file that was packed, and what it imports is too", async () => {
  const names = Object.keys(exported);
  for (const name of [".", "./agent", "./agent/flex", "./widget", "./transports", "./transports/twilio", "./migration", "./core/sealwire.wasm", "./client/worker.js"]) {
    assert.ok(names.includes(name), name);
  }
  const found = JSON.parse(await inApp(`console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => import.meta.resolve(name.replace(".", "sealwire")))))`));
  for (const [i, url] of found.entries()) assert.ok((await readFile(new URL(url))).length > 0, names[i]);
  // The widget is an element: it needs a browser.
  const nodes = scripts().filter((name) => name !== "sealwire/widget");
  assert.ok(nodes.length > 6);
  await inApp(nodes.map((name) => `await import(${JSON.stringify(name)});`).join("\n"));
  assert.equal(await inApp('import { init } from "sealwire"; console.log((await init()).nacl.randomBytes(3).length)'), "3\n");
});

test("nothing was packed that no user needs, and the licence was", async () => {
  const files = await readdir(installed, { recursive: true });
  for (const name of ["LICENSE", "README.md", "types/index.d.ts"]) assert.ok(files.includes(name), name);
  assert.deepEqual(files.filter((name) => /(^|\/)(test|demo|node_modules|build|tsconfig.*)$|\.(go|ts|test\.js)$/.test(name) && !name.endsWith(".d.ts")), []);
  const emitted = files.filter((name) => name.startsWith("types/") && name.endsWith(".d.ts")).map((name) => relative("types", name).replace(/\.d\.ts$/, ".js"));
  assert.deepEqual(emitted.filter((name) => !files.includes(name)), [], "types of files that are not there");
});

test("a strict application compiles against every export, with the declarations themselves checked, and they hold no any", async () => {
  const app = join(dir, "app");
  const names = scripts();
  assert.ok(names.length > 7);
  await writeFile(
    join(app, "app.ts"),
    names.map((name, i) => `import * as e${i} from ${JSON.stringify(name)};\n`).join("") +
      `export const all = [${names.map((_, i) => `e${i}`).join(", ")}];\n` +
      `const kept: typeof e0 extends { init: (options?: e0.InitOptions) => Promise<e0.Sealwire> } ? true : false = true;\n` +
      `export async function use({ connect }: e0.Sealwire, options: e0.ClientOptions) {\n` +
      `  const client: e0.Client = await connect(options);\n` +
      `  client.on("pre:send", ({ text, file }) => void [text.length, file?.size, kept]);\n` +
      `  client.on("notice:over", ({ code }) => code.length);\n` +
      `  client.on("message", ({ message, conversation }) => void [message.text.length, conversation.id.length]);\n` +
      `  // @ts-expect-error: there is no such event\n` +
      `  client.on("no such event", () => {});\n` +
      `}\n`,
  );
  const lib = ["es2022", "dom", "dom.iterable", "dom.asynciterable"];
  const checked = ["nodenext", "bundler"].map(async (moduleResolution) => {
    const module = moduleResolution === "bundler" ? "esnext" : moduleResolution;
    const config = { compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, target: "es2022", module, moduleResolution, lib, types: [] }, files: ["app.ts"] };
    const project = join(app, `tsconfig.${moduleResolution}.json`);
    await writeFile(project, JSON.stringify(config));
    await run(process.execPath, [tsc, "-p", project]).catch((error) => assert.fail(`${moduleResolution}: ${error.stdout}`));
  });
  await Promise.all(checked);
  for (const name of await readdir(join(installed, "types"), { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const text = (await readFile(join(installed, "types", name), "utf8")).replaceAll(/\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\]|\\.)*"/g, "");
    assert.doesNotMatch(text, /\bany\b/, name);
  }
});

/** What the README's snippets leave to their reader, in types; a snippet that begins in another way than here is an error. */
const snippets = {
  transport: {
    head: "export async function begin(twilioClient, conversation, text) {",
    typed:
      'import type { Client } from "sealwire";\ntype Sdk = Parameters<typeof twilio>[0];\n' +
      'export const begin: (twilioClient: Sdk["client"], conversation: Sdk["conversation"], text: string) => Promise<Client> = async function (twilioClient, conversation, text) {',
  },
  agent: {
    head: "const sw = await init();\n",
    typed: "declare const relay: string, orgKey: string, url: string, employee: string, login: () => Promise<string>;\nconst sw = await init();\n",
  },
  browser: {
    head: "const sw = await init();\n",
    typed: "declare const relay: string, orgKey: string, identityToken: (request: { thumbprint: string }) => Promise<string>;\nconst sw = await init();\n",
  },
};

test("the README's snippets compile against what was packed, word for word", async () => {
  const readme = await readFile(join(installed, "README.md"), "utf8");
  const app = join(dir, "app");
  const files = [];
  for (const [kind, { head, typed }] of Object.entries(snippets)) {
    const found = [...readme.matchAll(new RegExp(`^\`\`\`js ${kind}\\n(.*?)^\`\`\`$`, "gms"))];
    assert.equal(found.length, 1, kind);
    const text = String(found[0]?.[1]).replace("./js/index.js", "sealwire").replace("./js/agent/kit.js", "sealwire/agent");
    assert.ok(text.includes(head), `${kind} begins in another way`);
    await writeFile(join(app, `${kind}.ts`), text.replace(head, typed));
    files.push(`${kind}.ts`);
  }
  const compilerOptions = { strict: true, noEmit: true, target: "es2022", module: "nodenext", lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"], types: [] };
  await writeFile(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  await run(process.execPath, [tsc, "-p", app]).catch((error) => assert.fail(error.stdout));
});

test("CommonJS finds it too, where Node can require modules", () => {
  const require = createRequire(join(dir, "app/app.cjs"));
  for (const name of scripts()) assert.ok(require.resolve(name).startsWith(installed), name);
});
