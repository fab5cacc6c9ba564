import { setImmediate as eventsOfStreams } from "node:timers/promises";
import { CjmError, isCjmError } from "@cjm/core";
import { COMMANDS, commandName } from "./commands/command-table.ts";
import { createParser, Misunderstood, optionNames } from "./parser.ts";
import { reportError } from "./report-error.ts";
import { Interruption } from "./terminal/interruption.ts";
import { Terminal } from "./terminal/terminal.ts";
import { usageErrorFrom } from "./usage-error.ts";

/**
 * Runs one command line, without the program's own name.
 * @returns the exit code: 0 done, 1 failed, 2 not understood, 128 and its number after a signal
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  // Looked up before the arguments are understood: what is wrong with them has to be said somehow.
  const given = (...names: string[]): boolean => names.some((name) => argv.includes(name));
  const terminal = new Terminal({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    json: given("--json"),
    quiet: given("--quiet", "-q"),
    noColor: given("--no-color"),
  });
  if (argv[0] === "__complete") {
    const { printCandidates } = await import("./completion/print-candidates.ts");
    await printCandidates(argv.slice(argv[1] === "--" ? 2 : 1), terminal);
    return 0;
  }
  using interruption = new Interruption(() => {
    terminal.note(terminal.noteColors.yellow("Cancelling; press Ctrl-C again to stop at once."));
  });
  process.once("uncaughtException", (error) => {
    reportError(error, terminal, given("--debug"));
    process.exit(1);
  });
  try {
    const code = await parseAndRun(argv, terminal, interruption.signal);
    await eventsOfStreams();
    const cause = terminal.writeFault;
    if (cause !== null) {
      throw new CjmError("CJM_STORE_FAILED", `The result could not be written: ${cause.message}.`, {
        hint: "Check that the disk that stdout leads to has room.",
        cause,
      });
    }
    return interruption.exitCode ?? code;
  } catch (error) {
    // Whatever ends because it was told to end has nothing more to say.
    const isAnswer = !isCjmError(error) || isCjmError(error, "CJM_CANCELLED");
    if (interruption.exitCode !== null && isAnswer && !given("--debug")) return interruption.exitCode;
    reportError(error, terminal, given("--debug"));
    return interruption.exitCode ?? (isCjmError(error, "CJM_USAGE") ? 2 : 1);
  }
}

/** `help run` means `run --help`. */
function withHelpLast(argv: readonly string[]): readonly string[] {
  const [first, second] = argv;
  return first === "help" && second !== undefined && !second.startsWith("-") ? [...argv.slice(1), "--help"] : argv;
}

async function parseAndRun(argv: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { parser, commands, run } = createParser(withHelpLast(argv), { terminal, signal });
  if (argv.length === 0) {
    terminal.print(await parser.getHelp());
    return 2;
  }
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Misunderstood)) throw error;
    const command = argv.find((arg) => commands.includes(arg));
    const options = await optionNames(command);
    const usage = COMMANDS.find((entry) => commandName(entry) === command)?.usage;
    throw usageErrorFrom(error.message, argv, { commands, options, usage });
  }
}
