import { setTimeout } from "node:timers/promises";
import { type CjmConfig, dataLayout, type LogLevel } from "@cjm/core";
import { lastValue, wholeNumber } from "../arguments/option-values.ts";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import { LOG_LEVELS, type LogFilter, type LogKind, type LogSource, openLogSource } from "../logs/log-source.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { usageError } from "../usage-error.ts";

interface LogsOptions extends GlobalOptions {
  readonly journal: boolean;
  readonly chunks: boolean;
  readonly job?: string | undefined;
  readonly run?: string | undefined;
  readonly session?: string | undefined;
  readonly level?: string | undefined;
  readonly limit: string;
  readonly follow: boolean;
}

const POLL_MS = 500;

export const logsCommand: Command<LogsOptions> = {
  positionals: {},
  options: {
    journal: { type: "boolean", default: false, describe: "What cjm did: jobs, admissions, workers" },
    chunks: { type: "boolean", default: false, describe: "What workers printed, instead of what they logged" },
    job: { type: "string", requiresArg: true, coerce: lastValue, describe: "Of this job; a short id will do with --journal" },
    run: { type: "string", requiresArg: true, coerce: lastValue, describe: "Of this run; means --journal" },
    session: { type: "string", requiresArg: true, coerce: lastValue, describe: "Of this worker session" },
    level: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "This level and above: debug, info, warning, error, critical",
    },
    limit: {
      alias: "n",
      type: "string",
      requiresArg: true,
      default: "50",
      coerce: lastValue,
      describe: "Newest rows; 0 for all",
    },
    follow: { alias: "f", type: "boolean", default: false, describe: "Go on with what comes, until Ctrl-C or a row that nobody reads" },
  },
  examples: [
    ["$0 logs --journal --run run_20260101_120000_1a2b3c4d", "everything one run did"],
    ["$0 logs --level warning --follow", "watch for trouble"],
  ],

  async run(args, context): Promise<ExitCode> {
    const kind = kindOf(args);
    const filter = filterOf(args);
    const limit = wholeNumber("limit", args.limit);
    const { config } = await context.config();
    using source = openLogSource(kind, config, filter);
    if (source === null && !args.follow) {
      context.terminal.note(`Nothing was logged yet: there is no ${pathOf(kind, config)}.`);
      return 0;
    }
    let lastSeq = source === null ? 0 : show(source, limit === 0 ? {} : { limit }, 0, context.terminal);
    if (args.follow) {
      using late = source === null ? await waitForSource(() => openLogSource(kind, config, filter), context) : null;
      const followed = source ?? late;
      while (followed !== null && (await pause(context))) lastSeq = show(followed, { afterSeq: lastSeq }, lastSeq, context.terminal);
    } else if (lastSeq === 0) {
      context.terminal.note("Nothing fits.");
    }
    return 0;
  },
};

/** Prints rows and returns the place of the last one. */
function show(
  source: LogSource,
  range: { readonly limit?: number; readonly afterSeq?: number },
  lastSeq: number,
  terminal: Terminal,
): number {
  let seq = lastSeq;
  for (const entry of source.read(range)) {
    terminal.print(terminal.json ? entry.json() : entry.text(terminal.colors));
    seq = entry.seq;
  }
  return seq;
}

async function waitForSource(open: () => LogSource | null, context: CommandContext): Promise<LogSource | null> {
  for (;;) {
    const source = open();
    if (source !== null || !(await pause(context))) return source;
  }
}

/** Waits until it is time to look again; false when it is time to stop. */
async function pause({ signal, terminal }: CommandContext): Promise<boolean> {
  return await setTimeout(POLL_MS, true, { signal: AbortSignal.any([signal, terminal.closed]) }).catch(() => false);
}

function kindOf({ journal, chunks, run, job, level }: LogsOptions): LogKind {
  if (chunks && (journal || run !== undefined)) throw usageError("--chunks and --journal (or --run) are different logs; give one of them.");
  if (chunks && (job !== undefined || level !== undefined)) {
    throw usageError("What a worker prints belongs to no job and has no level.", "Use --session to narrow --chunks.");
  }
  if (level !== undefined && (journal || run !== undefined)) throw usageError("Rows of the journal have no level.");
  if (chunks) return "chunks";
  return journal || run !== undefined ? "journal" : "records";
}

function filterOf({ job, run, session, level }: LogsOptions): LogFilter {
  return {
    ...(job === undefined ? {} : { jobId: job }),
    ...(run === undefined ? {} : { runId: run }),
    ...(session === undefined ? {} : { workerSessionId: session }),
    ...(level === undefined ? {} : { level: levelOf(level) }),
  };
}

function levelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toUpperCase() || (text.toLowerCase() === "warn" && known === "WARNING"));
  if (level === undefined) throw usageError(`There is no level '${text}'.`, `Levels are ${LOG_LEVELS.join(", ").toLowerCase()}.`);
  return level;
}

function pathOf(kind: LogKind, config: CjmConfig): string {
  const layout = dataLayout(config.dataDir);
  return kind === "journal" ? layout.journal : layout.diagnostics;
}
