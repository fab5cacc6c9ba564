import { userInfo } from "node:os";
import { resolve } from "node:path";
import { createIdSource, resolveInputs } from "@cjm/core";
import { createPipeline, readComposition } from "@cjm/pipeline";
import { textsByKey } from "../arguments/assignments.ts";
import { allValues, lastValue } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { PLAN_FORMATS, type PlanFormat, partialInputs, printPlan } from "../run/dry-run.ts";
import { neededCapabilities } from "../run/needed-capabilities.ts";
import { drawerFor, writeGraph } from "../run/run-graph.ts";
import { showComposition } from "../run/show-composition.ts";
import { usageError } from "../usage-error.ts";

interface RunOptions extends GlobalOptions {
  readonly composition: string;
  readonly set: readonly string[];
  readonly dryRun: boolean;
  readonly format?: string | undefined;
  readonly graph?: string | undefined;
}

export const runCommand: Command<RunOptions> = {
  positionals: { composition: { type: "string", demandOption: true, describe: "YAML file of the composition" } },
  options: {
    set: {
      type: "string",
      nargs: 1,
      coerce: allValues,
      default: [],
      defaultDescription: "none",
      describe: "An input, as name=value; may be given several times",
    },
    "dry-run": { type: "boolean", default: false, describe: "Print what would be done, wave by wave, and start nothing" },
    format: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: `How --dry-run prints: ${PLAN_FORMATS.join(", ")}`,
      defaultDescription: "text",
    },
    graph: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Draw the finished run with states, times and critical path into this file: .mmd, .md, .dot",
    },
  },
  examples: [
    ["$0 run compositions/document-graph.yaml --set folder=docs", "results on stdout, progress on stderr"],
    ["$0 run flow.yaml --dry-run", "what it would do, in which order"],
    ["$0 run flow.yaml --graph run.mmd", "and a picture of the run"],
    ["$0 run flow.yaml --json | jq .results", "for programs"],
  ],
  exitCodes: [[1, "a node failed, or it was cancelled elsewhere"]],

  async run(args, { terminal, signal, cwd, config: configOf }): Promise<ExitCode> {
    const format = planFormat(args.format, args.dryRun);
    const draw = args.graph === undefined ? null : drawerFor(args.graph);
    if (args.dryRun && draw !== null) throw usageError("--graph draws a finished run, and --dry-run runs nothing.", DRAW_HINT);
    const { document, composition } = await readComposition(resolve(cwd, args.composition));
    const given = { texts: textsByKey("set", args.set), resolvePath: (path: string) => resolve(cwd, path) };
    if (args.dryRun) {
      printPlan(composition, partialInputs(composition, given), format, terminal);
      return 0;
    }
    const inputs = resolveInputs(composition, given);
    const { config } = await configOf();
    const runId = createIdSource().runId();

    const needed = neededCapabilities(composition);
    terminal.note(`Starting ${needed.map(({ instanceId }) => instanceId).join(", ")}`);

    await using pipeline = await createPipeline({
      capabilities: needed,
      config,
      actor: `cli:${userInfo().username}`,
      runId,
      recover: false,
      whenStopped: "fail",
      signal,
    });
    const { handle } = await pipeline.submitComposition(document, { inputs, runId, signal });
    const code = await showComposition(handle, composition, terminal);
    if (draw !== null && args.graph !== undefined) await writeGraph(resolve(cwd, args.graph), draw(handle.plan, handle.outcome()));
    return code;
  },
};

const DRAW_HINT = "Draw the plan with --dry-run --format mermaid, or leave --dry-run out.";

function planFormat(given: string | undefined, isDryRun: boolean): PlanFormat {
  if (given !== undefined && !isDryRun) throw usageError("--format says how --dry-run prints; without it there is nothing to format.");
  const format = PLAN_FORMATS.find((known) => known === (given ?? "text"));
  if (format !== undefined) return format;
  throw usageError(`There is no format '${given}'.`, `There are ${PLAN_FORMATS.join(", ")}.`);
}
