import type { ResolvedConfig } from "@cjm/pipeline";
import type { Options, PositionalOptions } from "yargs";
import type { Terminal } from "./terminal/terminal.ts";

/** Options that every command has. */
export interface GlobalOptions {
  readonly cjmConfig?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly condaPrefix?: string | undefined;
  readonly condaType?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly noColor: boolean;
}

/** 0: done. 1: it failed, or did not complete. 2: it was called in a way it does not understand. 130: a question was answered with Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130;

/** What a command has beside its arguments. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C or SIGTERM; the second one ends the process. */
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where an answer is typed or a value piped in. */
  readonly stdin: NodeJS.ReadStream;
  /** The configuration in force, whose data directory is a folder or not there yet. @throws CjmError CJM_CONFIG_INVALID */
  readonly config: () => Promise<ResolvedConfig>;
}

/** A command line, and what it is good for. */
export type Example = readonly [string, string];

/** One command of `cjm-ctl`: reads its arguments, calls a package, prints what came of it. */
export interface Command<Given extends GlobalOptions = GlobalOptions> {
  /** By name; which of them are required stands in the command table. */
  readonly positionals: Readonly<Record<string, PositionalOptions>>;
  /** By long name. What they give is the rest of `Given`, which nobody checks: an option is declared as its field is typed. */
  readonly options: Readonly<Record<string, Options>>;
  /** Command lines with what each is good for; `$0` stands for the program. */
  readonly examples: readonly [Example, ...Example[]];
  /** What its exit codes say, where that is more than for all commands. */
  readonly exitCodes?: readonly (readonly [ExitCode, string])[];
  /** Says itself what is wrong with a data directory that is no folder. @default false: that is refused before it */
  readonly looksAtAnyDataDir?: boolean;
  /** Whatever else its help says, in whole sentences. */
  readonly notes?: string;
  /** @throws CjmError for whatever goes wrong; the caller prints it */
  run(args: Given, context: CommandContext): Promise<ExitCode>;
}
