import { planRemoval, type RemovalPlan, removeCapability } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { confirmed } from "../install/confirm.ts";
import { purge } from "../install/purge.ts";
import { refuseWhileInUse } from "../install/refuse-while-in-use.ts";
import { StepLine } from "../install/step-line.ts";

interface RemoveOptions extends GlobalOptions {
  readonly name: string;
  readonly keepEnv: boolean;
  readonly purge: boolean;
  readonly yes: boolean;
  readonly force: boolean;
}

export const removeCommand: Command<RemoveOptions> = {
  positionals: { name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" } },
  options: {
    "keep-env": { type: "boolean", default: false, describe: "Leave its environment, for 'gc' or another capability" },
    purge: { type: "boolean", default: false, describe: "Its configuration, secrets and data, too; the journal is never deleted from" },
    force: { type: "boolean", default: false, describe: "Also while a host uses it" },
    yes: { alias: "y", type: "boolean", default: false, describe: "Do not ask" },
  },
  examples: [["$0 remove documents", "manifest and environment; configuration and data stay"]],

  async run(args, context): Promise<ExitCode> {
    const { terminal, signal } = context;
    const { config } = await context.config();
    const plan = await planRemoval(args.name, { config });
    if (!args.force) await refuseWhileInUse([args.name], config.dataDir);
    if (!terminal.json) terminal.note(describe(plan, args));
    const answer = await confirmed(`Remove ${args.name}?`, args.yes, context);
    if (answer === null) return 130;
    if (!answer) {
      terminal.print("Nothing was removed.");
      return 0;
    }
    using line = new StepLine(terminal);
    const onStep = (title: string): void => line.say(`${args.name}: ${title}`);
    const removed = await removeCapability(args.name, { config, signal, onStep, keepEnvironment: args.keepEnv });
    const purged = args.purge ? await purge(args.name, config) : [];
    if (terminal.json) terminal.printJson({ ...removed, purged });
    else terminal.print(`Removed ${args.name}.${purged.length === 0 ? "" : ` Forgot its ${purged.join(", ")}.`}`);
    return 0;
  },
};

function describe({ manifestPath, environment, sharedWith }: RemovalPlan, { keepEnv, purge: isPurge }: RemoveOptions): string {
  const home =
    environment === null
      ? "it has no environment that could be removed"
      : sharedWith.length > 0
        ? `its environment stays, since ${sharedWith.join(", ")} ${sharedWith.length === 1 ? "lives" : "live"} in it`
        : keepEnv
          ? `its environment ${environment} stays`
          : `environment ${environment}`;
  return [`manifest ${manifestPath}`, home, isPurge ? "its configuration, secrets and data" : "configuration, secrets and data stay"].join(
    "\n",
  );
}
