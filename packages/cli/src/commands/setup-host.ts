import { dirname, resolve } from "node:path";
import { hostLibraries, setupHost } from "@cjm/environments";
import { readCapabilitiesFile } from "@cjm/pipeline";
import { lastValue } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { confirmed } from "../install/confirm.ts";
import { StepLine } from "../install/step-line.ts";

interface SetupHostOptions extends GlobalOptions {
  readonly file?: string | undefined;
  readonly into?: string | undefined;
  readonly python?: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export const setupHostCommand: Command<SetupHostOptions> = {
  positionals: {},
  options: {
    file: {
      alias: "capabilities",
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "This capabilities.yaml instead of the configured one",
    },
    into: { type: "string", requiresArg: true, coerce: lastValue, describe: "Folder of the host program; this one unless given" },
    python: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Interpreter of a host in Python; without it its libraries are left out",
    },
    yes: { alias: "y", type: "boolean", default: false, describe: "Do not ask" },
    "dry-run": { type: "boolean", default: false, describe: "Say what would be installed, and install nothing" },
  },
  examples: [["$0 setup-host --into ./app", "install the interface libraries of all entries into a host program"]],

  async run(args, context): Promise<ExitCode> {
    const { terminal, signal, cwd } = context;
    const { config } = await context.config();
    const file = args.file === undefined ? config.capabilitiesFile : resolve(cwd, args.file);
    const all = hostLibraries((await readCapabilitiesFile(file)).capabilities);
    const python = args.python ?? null;
    const libraries = { node: all.node, python: python === null ? [] : all.python };
    const names = [...libraries.node, ...libraries.python];
    const leftOut = python === null ? all.python : [];
    if (leftOut.length > 0) terminal.note(`Left out, since they are for hosts in Python (see --python): ${leftOut.join(", ")}`);
    if (names.length === 0 || args.dryRun) {
      if (terminal.json) terminal.printJson({ libraries, installed: false });
      else terminal.print(names.length === 0 ? "The host needs no libraries." : names.join("\n"));
      return 0;
    }
    if (!terminal.json) terminal.note(names.join("\n"));
    const answer = await confirmed(
      `Install ${names.length === 1 ? "this library" : `these ${names.length} libraries`} for the host?`,
      args.yes,
      context,
    );
    if (answer === null) return 130;
    if (!answer) {
      terminal.print("Nothing was installed.");
      return 0;
    }
    using line = new StepLine(terminal);
    const into = resolve(cwd, args.into ?? ".");
    await setupHost({ config, libraries, python, into, baseDir: dirname(file), signal, onStep: (title) => line.say(title) });
    if (terminal.json) terminal.printJson({ libraries, installed: true });
    else terminal.print(`Installed ${names.join(", ")}.`);
    return 0;
  },
};
