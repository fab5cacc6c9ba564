import { resolve } from "node:path";
import { type CapabilityEntry, didYouMean } from "@cjm/core";
import { type InstallOutcome, installAll } from "@cjm/environments";
import { readCapabilitiesFile } from "@cjm/pipeline";
import { allValues, lastValue, wholeNumber } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { InstallProgress } from "../install/install-progress.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { usageError } from "../usage-error.ts";

interface InstallAllOptions extends GlobalOptions {
  readonly file?: string | undefined;
  readonly only: readonly string[];
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly concurrency?: string | undefined;
}

export const installAllCommand: Command<InstallAllOptions> = {
  positionals: {},
  options: {
    file: {
      alias: "capabilities",
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "This capabilities.yaml instead of the configured one",
    },
    only: {
      type: "string",
      requiresArg: true,
      coerce: allValues,
      default: [],
      defaultDescription: "none",
      describe: "Install this entry alone; may be given several times",
    },
    force: { alias: "f", type: "boolean", default: false, describe: "Build again what is already there" },
    "dry-run": { type: "boolean", default: false, describe: "Say what would be done, and do nothing" },
    concurrency: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Entries at the same time, 1 to 64  [default: 2]",
    },
  },
  examples: [["$0 install-all --only documents --force", "build one environment again"]],
  notes:
    "An environment that is there is never changed: another is made beside it, for whatever starts from now on. 'cjm-ctl gc' frees the old one.",

  async run(args, { terminal, signal, cwd, config: configOf }): Promise<ExitCode> {
    const concurrency = args.concurrency === undefined ? null : wholeNumber("concurrency", args.concurrency, { least: 1, most: 64 });
    const { config } = await configOf();
    const file = args.file === undefined ? config.capabilitiesFile : resolve(cwd, args.file);
    const entries = (await readCapabilitiesFile(file)).capabilities;
    const only = chosen(entries, args.only, file);
    const progress = new InstallProgress(only);
    terminal.live?.start(() => progress.lines(terminal.noteColors));
    let outcomes: readonly InstallOutcome[];
    try {
      outcomes = await installAll({
        config,
        file,
        entries,
        only,
        force: args.force,
        dryRun: args.dryRun,
        signal,
        ...(concurrency === null ? {} : { concurrency }),
        onEvent: (event) => {
          progress.apply(event);
          if (terminal.live === null && event.type !== "started") terminal.note(progress.line(event.name, terminal.noteColors));
        },
      });
    } finally {
      terminal.live?.stop();
    }
    return report(outcomes, terminal);
  },
};

function chosen(entries: readonly CapabilityEntry[], only: readonly string[], file: string): readonly string[] {
  const names = entries.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw usageError(`${file} has no entry '${unknown}'.${didYouMean(unknown, names)}`, `It has ${names.join(", ")}.`);
  return only.length === 0 ? names : names.filter((name) => only.includes(name));
}

function report(outcomes: readonly InstallOutcome[], terminal: Terminal): ExitCode {
  const failed = outcomes.filter((outcome) => outcome.status === "failed");
  if (terminal.json) {
    terminal.printJson({
      outcomes: outcomes.map((outcome) => {
        if (outcome.status !== "failed") return outcome;
        const { code, message, hint } = outcome.error;
        return { status: outcome.status, name: outcome.name, error: { code, message, hint } };
      }),
    });
  } else {
    const { bold, red } = terminal.colors;
    for (const { name, error } of failed) {
      terminal.print(`\n${red(bold(name))}: ${error.message}`);
      if (error.hint !== null) terminal.print(error.hint);
    }
    const count = (status: InstallOutcome["status"]): number => outcomes.filter((outcome) => outcome.status === status).length;
    const isDry = count("to-install") > 0;
    for (const outcome of outcomes) if (outcome.status === "to-install") terminal.print(planned(outcome));
    const done = isDry ? `${count("to-install")} to install` : `${count("installed")} installed`;
    terminal.print(`${done}, ${count("unchanged")} unchanged, ${failed.length} failed.`);
    if (!isDry && failed.length === 0 && outcomes.length > 0) terminal.note("Next: cjm-ctl list");
  }
  return failed.length > 0 ? 1 : 0;
}

function planned({ name, kind, environment }: Extract<InstallOutcome, { status: "to-install" }>): string {
  return `${name}: ${environment === "build" ? `a ${kind} environment would be built` : `its ${kind} environment is there; its manifest would be written`}`;
}
