import { readFileSync } from "node:fs";
import { errorMessage } from "@cjm/core";
import yargs, { type Argv } from "yargs";
import type { Command, CommandContext, GlobalOptions } from "./command.ts";
import { COMMANDS, commandName } from "./commands/command-table.ts";
import { EVERYWHERE, GLOBAL_OPTIONS, OWN } from "./global-options.ts";
import { requireDataFolder } from "./require-data-folder.ts";

/** What yargs says of a command line that it does not understand. */
export class Misunderstood extends Error {}

export interface Parser {
  readonly parser: Argv<GlobalOptions>;
  /** Names of all commands. */
  readonly commands: readonly string[];
  /** Runs the command. @returns its exit code; 0 when there is none, as for `--help` @throws Misunderstood, or what the command throws */
  readonly run: () => Promise<number>;
}

/** Joins the command table into one yargs parser. Parsing runs the command. */
export function createParser(argv: readonly string[], parts: Pick<CommandContext, "terminal" | "signal">): Parser {
  let exitCode = 0;
  // Told apart from what yargs throws, which is always about the command line.
  let failure: { readonly thrown: unknown } | null = null;
  const own = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (thrown) {
      failure = { thrown };
      throw thrown;
    }
  };
  let parser = yargs([...argv])
    .scriptName("cjm-ctl")
    .usage("$0 <command> [options]\n\nRuns capabilities, each in a process and an environment of its own, and workflows made of them.")
    .locale("en")
    .exitProcess(false)
    .parserConfiguration({ "boolean-negation": false, "parse-positional-numbers": false, "parse-numbers": false })
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .version(version())
    .alias("version", "V")
    .alias("help", "h")
    .group(["help", "version"], EVERYWHERE)
    .options(GLOBAL_OPTIONS) as unknown as Argv<GlobalOptions>;
  for (const { usage, summary, load } of COMMANDS) {
    parser = parser.command<GlobalOptions>(
      usage,
      summary,
      async (command: Argv<GlobalOptions>) => addArguments(command.usage(`$0 ${usage}\n\n${summary}.`), await own(load)),
      async (args) => {
        const command = await own(load);
        exitCode = await own(() => command.run(args, { ...parts, ...surroundings(args, command, parts) }));
      },
    );
  }
  parser
    .example("$0 install-all", "install the capabilities of ./capabilities.yaml")
    .example("$0 run flow.yaml --set folder=docs", "run a workflow")
    .example("$0 logs --journal --limit 20", "what happened last")
    .epilogue(
      `${exitCodeText()}\nThe data directory is --data-dir, else CJM_DATA_DIR, else that of the nearest cjm.yaml, else .cjm of the marked workspace (see workspace-init), else ~/.cjm.`,
    )
    .strict()
    .recommendCommands()
    .demandCommand(1, "")
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw new Misunderstood(message || error?.message || "");
    });
  const commands = COMMANDS.map(commandName);
  const run = async (): Promise<number> => {
    try {
      await parser.parseAsync();
      return exitCode;
    } catch (thrown) {
      if (failure !== null) throw failure.thrown;
      throw thrown instanceof Misunderstood ? thrown : new Misunderstood(errorMessage(thrown));
    }
  };
  return { parser, commands, run };
}

function addArguments(parser: Argv<GlobalOptions>, command: Command): Argv<GlobalOptions> {
  for (const [name, options] of Object.entries(command.positionals)) parser.positional(name, options);
  // In a group of their own, since yargs shows what is in none below all groups.
  for (const [name, options] of Object.entries(command.options)) parser.option(name, { group: OWN, ...options });
  for (const [line, purpose] of command.examples) parser.example(line, purpose);
  return parser.epilogue([...(command.notes === undefined ? [] : [command.notes]), exitCodeText(command.exitCodes)].join("\n"));
}

/** What every command's exit codes say, and what one of them says in particular. */
export function exitCodeText(particular: Command["exitCodes"] = []): string {
  const all = new Map<number, string>([[0, "done"], [1, "failed"], [2, "not understood"], [130, "interrupted here"], ...particular]);
  return `Exit codes: ${[...all].map(([code, meaning]) => `${code} ${meaning}`).join(", ")}.`;
}

/** Long names of the options of a command, or of those that stand before any; without dashes. */
export async function optionNames(name: string | undefined): Promise<readonly string[]> {
  const command = await COMMANDS.find((entry) => commandName(entry) === name)?.load();
  const declared = { ...GLOBAL_OPTIONS, ...command?.options };
  return ["help", "version", ...Object.entries(declared).flatMap(([name, { alias = [] }]) => [name, ...[alias].flat()])];
}

function surroundings(
  args: GlobalOptions,
  { looksAtAnyDataDir = false }: Command,
  { terminal, signal }: Pick<CommandContext, "terminal" | "signal">,
): Omit<CommandContext, "terminal" | "signal"> {
  const cwd = process.cwd();
  const { env } = process;
  const request = {
    cwd,
    env,
    ...(args.cjmConfig === undefined ? {} : { configPath: args.cjmConfig }),
    ...(args.dataDir === undefined ? {} : { dataDir: args.dataDir }),
    ...(args.condaPrefix === undefined ? {} : { condaPrefix: args.condaPrefix }),
    ...(args.condaType === undefined ? {} : { condaType: args.condaType }),
  };
  let resolved: ReturnType<CommandContext["config"]> | null = null;
  const resolve = async (): ReturnType<CommandContext["config"]> => {
    const { resolveConfig } = await import("@cjm/pipeline");
    const config = await resolveConfig(request);
    // Who was interrupted before anything was done does nothing.
    signal.throwIfAborted();
    if (!looksAtAnyDataDir) await requireDataFolder(config);
    for (const warning of config.warnings) terminal.note(`${terminal.noteColors.yellow("warning")} ${warning}`);
    return config;
  };
  return { cwd, env, stdin: process.stdin, config: () => (resolved ??= resolve()) };
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}
