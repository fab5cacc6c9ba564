import { userInfo } from "node:os";
import { resolve } from "node:path";
import { createIdSource, resolveInputs } from "@cjm/core";
import { createPipeline, readComposition } from "@cjm/pipeline";
import { textsByKey } from "../arguments/assignments.ts";
import { allValues } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { neededCapabilities } from "../run/needed-capabilities.ts";
import { showComposition } from "../run/show-composition.ts";

interface RunOptions extends GlobalOptions {
  readonly composition: string;
  readonly set: readonly string[];
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
  },
  examples: [
    ["$0 run compositions/document-graph.yaml --set folder=docs", "results on stdout, progress on stderr"],
    ["$0 run flow.yaml --json | jq .results", "for programs"],
  ],

  async run(args, { terminal, signal, cwd, config: configOf }): Promise<ExitCode> {
    const { document, composition } = await readComposition(resolve(cwd, args.composition));
    const inputs = resolveInputs(composition, { texts: textsByKey("set", args.set), resolvePath: (path) => resolve(cwd, path) });
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
    return await showComposition(handle, composition, terminal);
  },
};
