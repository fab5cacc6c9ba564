import { mkdir, writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { type CompositionPlan, fileFault, type ObservedRun, toDot, toMermaid } from "@cjm/core";
import { usageError } from "../usage-error.ts";

/** Draws a run in the language that the extension of a file names. */
export type DrawRun = (plan: CompositionPlan, run: ObservedRun) => string;

const LANGUAGES: ReadonlyMap<string, DrawRun> = new Map<string, DrawRun>([
  [".mmd", toMermaid],
  [".mermaid", toMermaid],
  [".md", (plan, run) => `\`\`\`mermaid\n${toMermaid(plan, run)}\`\`\`\n`],
  [".dot", toDot],
  [".gv", toDot],
]);

/** @throws CjmError CJM_USAGE when the extension names none */
export function drawerFor(path: string): DrawRun {
  const draw = LANGUAGES.get(extname(path).toLowerCase());
  if (draw !== undefined) return draw;
  throw usageError(
    `--graph does not know how to draw '${path}'.`,
    `Name a file with one of the extensions ${[...LANGUAGES.keys()].join(", ")}.`,
  );
}

/** @throws CjmError CJM_USAGE when the file cannot be written */
export async function writeGraph(path: string, drawing: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, drawing);
  } catch (error) {
    throw usageError(
      `The composition ran, but its graph cannot be written to ${path}: ${fileFault(error)}.`,
      "Name another file with --graph.",
    );
  }
}
