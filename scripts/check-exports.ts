/** Checks with publint that every published package.json of ours leads to files that exist, in the form npm would publish it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const root = fileURLToPath(new URL("../packages/", import.meta.url));
const stage = mkdtempSync(join(tmpdir(), "cjm-exports-"));
let faults = 0;
try {
  for (const name of readdirSync(root).filter((entry) => entry !== "capabilities")) {
    const folder = join(stage, name);
    // Packages that templates make are no part of ours.
    cpSync(join(root, name), folder, {
      recursive: true,
      filter: (source) => !/[\\/](node_modules|test|tests|templates)([\\/]|$)/.test(source),
    });
    const manifest = publishedManifest(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
    const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });
    for (const message of messages.filter(({ type }) => type !== "suggestion")) {
      faults += 1;
      console.error(`${name}: ${formatMessage(message, manifest) ?? message.code}`);
    }
  }
} finally {
  rmSync(stage, { recursive: true, force: true });
}
if (faults > 0) {
  console.error(`${faults} fault(s) in package exports`);
  process.exitCode = 1;
}

/** What pnpm publishes: `publishConfig` lays its entry points over those of development. */
function publishedManifest(manifest: Record<string, unknown>): Record<string, unknown> {
  const { publishConfig, ...rest } = manifest;
  return { ...rest, ...(publishConfig as Record<string, unknown> | undefined) };
}
