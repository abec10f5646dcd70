// The README's plugin, word for word, against the declarations that npm gets and the real packages' own: make flex.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const head = "export function encrypt(Flex, manager, { files, orgKey, authority, isSealed, role = \"agent\" }) {";
const types = `import type * as RealFlex from "@twilio/flex-ui";
type Options = { files: string, orgKey: string, authority: { url: string, login: () => Promise<string> }, role?: "agent" | "supervisor",
  isSealed: (conversation: { sid: string, attributes?: unknown }) => boolean | undefined };
export const encrypt: (Flex: typeof RealFlex, manager: RealFlex.Manager, options: Options) => unknown = `;

test("the README's plugin, and what the plugin says of its host, compile against the real Flex UI and the real SDK", async () => {
  const readme = await readFile(join(here, "../../README.md"), "utf8");
  const [, snippet] = /^```js flex\n(.*?)^```$/ms.exec(readme) ?? [];
  assert.ok(snippet?.includes(head), "the README's plugin begins in another way");
  const dir = await mkdtemp(join(here, ".readme-"));
  try {
    await writeFile(join(dir, "readme.ts"), snippet.replace(head, `${types}function (Flex, manager, { files, orgKey, authority, isSealed, role = "agent" }) {`));
    const { exports } = JSON.parse(await readFile(join(here, "../../js/package.json"), "utf8"));
    const paths = Object.fromEntries(Object.entries(exports).filter(([, to]) => to.types).map(([name, to]) => [name.replace(".", "sealwire"), [join(here, "../../js", to.types)]]));
    const config = { extends: join(here, "tsconfig.json"), compilerOptions: { paths }, files: ["readme.ts", "../types.ts"] };
    await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config));
    await promisify(execFile)(join(here, "node_modules/.bin/tsc"), ["-p", dir]).catch(({ stdout }) => assert.fail(stdout));
  } finally {
    await rm(dir, { recursive: true });
  }
});
