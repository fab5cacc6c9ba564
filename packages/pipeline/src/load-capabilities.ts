import { CjmError, errorMessage } from "@cjm/core";
import type { CapabilityManager } from "@cjm/host";
import type { CapabilityRequest } from "./pipeline-options.ts";

/**
 * Loads all of them, a few at a time. Either all are there afterwards or none is asked for again: the caller tears down.
 * @throws the one failure as it is, or one CjmError that lists them all
 */
export async function loadCapabilities(
  manager: Pick<CapabilityManager, "loadAll">,
  requests: readonly CapabilityRequest[],
  signal?: AbortSignal,
): Promise<void> {
  const outcomes = await manager.loadAll(
    requests.map((request) => (typeof request === "string" ? { name: request } : request)),
    signal === undefined ? {} : { signal },
  );
  const failures = outcomes.filter((outcome) => outcome.kind === "failed");
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0]?.error;
  throw new CjmError(
    "CJM_WORKER_START_FAILED",
    `${failures.length} of ${requests.length} capabilities could not be loaded:\n${failures.map(({ name, error }) => `  - ${name}: ${errorMessage(error)}`).join("\n")}`,
    {
      cause: new AggregateError(failures.map(({ error }) => error)),
      hint: "Run 'cjm-ctl install-all' when they were never installed, or look at 'cjm-ctl logs --chunks'.",
    },
  );
}
