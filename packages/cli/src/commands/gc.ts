import { collectGarbage, findGarbage, type GarbageItem } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { capabilitiesInUse } from "../install/capabilities-in-use.ts";
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
  notes: "Environments stay while a host has capabilities loaded: it may have been started before they were installed anew.",

  async run({ yes, dryRun }, context): Promise<ExitCode> {
    const { terminal } = context;
    const { config } = await context.config();
    const found = await findGarbage(config);
    const { items, kept, pids } = await apartFromInUse(found, config.dataDir);
    if (kept.length > 0 && !terminal.json) terminal.note(keptText(kept, pids));
    if (items.length === 0 || dryRun) {
      if (terminal.json) terminal.printJson({ items, kept, freed: false });
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
    if (terminal.json) terminal.printJson({ items: freed, kept, freed: true });
    else terminal.print(`Freed ${sizeText(totalBytes(freed))} in ${freed.length} ${freed.length === 1 ? "place" : "places"}.`);
    return 0;
  },
};

interface Sorted {
  readonly items: readonly GarbageItem[];
  /** Environments and their locks that stay while those hosts live. */
  readonly kept: readonly GarbageItem[];
  readonly pids: readonly number[];
}

/**
 * A host that loaded a capability before it was installed anew has its workers in the environment of that time, which no
 * manifest names any more. Which that is nobody can ask it, so all stay.
 */
async function apartFromInUse(found: readonly GarbageItem[], dataDir: string): Promise<Sorted> {
  const isHome = ({ kind }: GarbageItem): boolean => kind === "environment" || kind === "lock";
  const pids = found.some(isHome) ? (await capabilitiesInUse(dataDir)).map(({ pid }) => pid) : [];
  if (pids.length === 0) return { items: found, kept: [], pids };
  return { items: found.filter((item) => !isHome(item)), kept: found.filter(isHome), pids };
}

function keptText(kept: readonly GarbageItem[], pids: readonly number[]): string {
  const hosts = `the ${pids.length === 1 ? "host" : "hosts"} of pid ${pids.join(", ")}`;
  return `Kept while ${hosts} may still use them:\n${listing(kept)}`;
}

function listing(items: readonly GarbageItem[]): string {
  const width = Math.max(...items.map(({ kind }) => kind.length));
  const lines = items.map(({ kind, path, bytes }) => `${kind.padEnd(width)}  ${sizeText(bytes).padStart(9)}  ${path}`);
  return [...lines, `${sizeText(totalBytes(items))} in all`].join("\n");
}

function totalBytes(items: readonly GarbageItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
