import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { CjmError, type Composition, dataLayout, type StoredComposition, validateComposition } from "@cjm/core";
import { createPipeline } from "@cjm/pipeline";
import { SqliteJobStore } from "@cjm/store";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { neededCapabilities } from "../run/needed-capabilities.ts";
import { showComposition } from "../run/show-composition.ts";

interface ResumeOptions extends GlobalOptions {
  readonly id?: string | undefined;
}

export const resumeCommand: Command<ResumeOptions> = {
  positionals: { id: { type: "string", describe: "Only this composition, by its id; else all that were interrupted" } },
  options: {},
  examples: [["$0 resume", "after a crash or a power cut: what was done is kept, the rest is done now"]],
  exitCodes: [[1, "a node failed, or it was cancelled elsewhere"]],

  async run({ id }, { terminal, signal, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    const open = await unfinished(dataLayout(config.dataDir), id);
    if (open.length === 0) {
      if (terminal.json) terminal.printJson([]);
      else terminal.note("Nothing was interrupted.");
      return 0;
    }
    const compositions = new Map(open.map(({ compositionId, document }) => [compositionId, validateComposition(document)]));
    const needed = [...compositions.values()].flatMap(neededCapabilities);
    await using pipeline = await createPipeline({
      capabilities: [...new Map(needed.map((capability) => [capability.instanceId, capability])).values()],
      config,
      actor: `cli:${userInfo().username}`,
      whenStopped: "fail",
      signal,
    });
    signal.addEventListener("abort", () => void pipeline.destroy(), { once: true });

    let exitCode: ExitCode = 0;
    for (const [compositionId, composition] of compositions) {
      const code = await resumeOne(pipeline, compositionId, composition, terminal);
      if (code !== 0) exitCode = code;
    }
    return exitCode;
  },
};

async function resumeOne(
  pipeline: Awaited<ReturnType<typeof createPipeline>>,
  compositionId: string,
  composition: Composition,
  terminal: Parameters<typeof showComposition>[2],
): Promise<ExitCode> {
  const handle = pipeline.queue.composition(compositionId);
  if (handle === null) {
    terminal.note(`${composition.name} (${compositionId}) is being run by another host, which lives.`);
    return 0;
  }
  terminal.note(`Going on with ${composition.name} (${compositionId})`);
  return await showComposition(handle, composition, terminal);
}

/** Compositions that are not over, the oldest first. @throws CjmError CJM_JOB_NOT_FOUND for an id that is none of them */
async function unfinished(layout: ReturnType<typeof dataLayout>, id: string | undefined): Promise<readonly StoredComposition[]> {
  if (!existsSync(layout.jobs)) return [];
  await using jobs = SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults });
  const open = [...(await jobs.listCompositions({ status: "running", limit: 1000 }))].reverse();
  if (id === undefined) return open;
  const found = open.filter(({ compositionId }) => compositionId === id);
  if (found.length > 0) return found;
  throw new CjmError("CJM_JOB_NOT_FOUND", `No composition '${id}' was interrupted.`, {
    hint: open.length === 0 ? "None was." : `Interrupted are ${open.map(({ compositionId }) => compositionId).join(", ")}.`,
  });
}
