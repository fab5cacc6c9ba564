import { connectHosts } from "@cjm/pipeline";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import type { LiveLines } from "../terminal/live-lines.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { HostWatcher, statusOfAll } from "../top/host-watcher.ts";
import { QuitKey } from "../top/quit-key.ts";
import { statusLines } from "../top/status-lines.ts";

interface TopOptions extends GlobalOptions {
  readonly once: boolean;
}

export const topCommand: Command<TopOptions> = {
  positionals: {},
  options: { once: { type: "boolean", default: false, describe: "Print how it stands now, and end" } },
  examples: [
    ["$0 top", "until q or Ctrl-C"],
    ["$0 top --once", "one look; so it is without a terminal"],
  ],

  async run({ once }, context): Promise<ExitCode> {
    const { terminal, config } = context;
    const { dataDir } = (await config()).config;
    const isSeen = Number.isFinite(terminal.columns) && !terminal.json && !once;
    if (isSeen && terminal.live !== null) await showLive(terminal.live, dataDir, context);
    else await showOnce(dataDir, context);
    return 0;
  },
};

async function showOnce(dataDir: string, { terminal }: CommandContext): Promise<void> {
  using connected = await connectHosts(dataDir);
  const hosts = await statusOfAll(connected);
  const { silent } = connected;
  if (terminal.json) terminal.printJson({ hosts, silent });
  else
    for (const line of statusLines(hosts, silent, { nowMs: Date.now(), columns: widthOf(terminal), colors: terminal.colors }))
      terminal.print(line);
}

async function showLive(live: LiveLines, dataDir: string, { terminal, stdin, signal }: CommandContext): Promise<void> {
  using quit = new QuitKey(stdin);
  const over = AbortSignal.any([signal, quit.signal, terminal.closed]);
  const watcher = new HostWatcher(dataDir, over);
  const { noteColors: colors } = terminal;
  live.start(() => [
    ...statusLines(watcher.hosts, watcher.silent, { nowMs: Date.now(), columns: widthOf(terminal), colors }),
    "",
    colors.dim("q ends it"),
  ]);
  try {
    await watcher.run();
  } finally {
    live.stop();
  }
}

/** A terminal that does not know its width says 0; whatever draws there cuts what is too long. */
function widthOf({ columns }: Terminal): number {
  return columns === 0 ? Number.POSITIVE_INFINITY : columns;
}
