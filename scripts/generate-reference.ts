/** Writes the parts of docs/reference that follow from code. With --check it only says whether they are up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DocumentName, documentJsonSchema } from "@cjm/core";
import { cliReference } from "./reference/cli-reference.ts";
import { configurationReference } from "./reference/configuration-reference.ts";
import { errorsReference } from "./reference/errors-reference.ts";

const schema = (name: DocumentName) => (): string => `${JSON.stringify(documentJsonSchema(name), null, 2)}\n`;

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  "cli.md": cliReference,
  "configuration.md": configurationReference,
  "errors.md": errorsReference,
  "composition.schema.json": schema("composition"),
  "capabilities.schema.json": schema("capabilities"),
  "cjm.schema.json": schema("cjm"),
};

const check = process.argv.includes("--check");
for (const [name, render] of Object.entries(pages)) {
  const path = fileURLToPath(new URL(`../docs/reference/${name}`, import.meta.url));
  const text = await render();
  if (!check) writeFileSync(path, text);
  else if (currentText(path) !== text) {
    console.error(`docs/reference/${name} is stale; run: node scripts/generate-reference.ts`);
    process.exitCode = 1;
  }
}

function currentText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
