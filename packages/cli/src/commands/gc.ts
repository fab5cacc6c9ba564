import { collectGarbage, findGarbage, type GarbageItem } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { confirmed } from "../install/confirm.ts";
import { sizeText } from "../install/size-text.ts";

interface GcOptions extends GlobalOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export const gcCommand: Command<GcOptions> = {
  positionals: {},
  options: {
    yes: { alias: "y", type: "boolean", default: false, describe: "Do not ask" },
    "dry-run": { type: "boolean", default: false, describe: "Say what would be freed, and free nothing" },
  },
  examples: [["$0 gc --dry-run", "environments, leftovers and logs that no manifest refers to"]],

  async run({ yes, dryRun }, context): Promise<ExitCode> {
    const { terminal } = context;
    const { config } = await context.config();
    const items = await findGarbage(config);
    if (items.length === 0 || dryRun) {
      if (terminal.json) terminal.printJson({ items, freed: false });
      else terminal.print(items.length === 0 ? "There is nothing to free." : listing(items));
      return 0;
    }
    if (!terminal.json) terminal.note(listing(items));
    const answer = await confirmed(`Free ${sizeText(totalBytes(items))} in ${items.length} places?`, yes, context);
    if (answer === null) return 130;
    if (!answer) {
      terminal.print("Nothing was freed.");
      return 0;
    }
    const freed = await collectGarbage(config, items);
    if (terminal.json) terminal.printJson({ items: freed, freed: true });
    else terminal.print(`Freed ${sizeText(totalBytes(freed))} in ${freed.length} ${freed.length === 1 ? "place" : "places"}.`);
    return 0;
  },
};

function listing(items: readonly GarbageItem[]): string {
  const width = Math.max(...items.map(({ kind }) => kind.length));
  const lines = items.map(({ kind, path, bytes }) => `${kind.padEnd(width)}  ${sizeText(bytes).padStart(9)}  ${path}`);
  return [...lines, `${sizeText(totalBytes(items))} in all`].join("\n");
}

function totalBytes(items: readonly GarbageItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
