import { CjmError, errorMessage, type JsonObject } from "@cjm/core";
import type { CapabilityRequest } from "./pipeline-options.ts";

interface Loader {
  load(
    name: string,
    options: { instanceId?: string; config?: JsonObject; maxConcurrentCalls?: number; signal?: AbortSignal },
  ): Promise<unknown>;
}

/**
 * Loads all of them side by side. Either all are there afterwards or none is asked for again: the caller tears down.
 * @throws the one failure as it is, or one CjmError that lists them all
 */
export async function loadCapabilities(loader: Loader, requests: readonly CapabilityRequest[], signal?: AbortSignal): Promise<void> {
  const outcomes = await Promise.allSettled(
    requests.map((request) => {
      const { name, ...options } = typeof request === "string" ? { name: request } : request;
      return loader.load(name, { ...options, ...(signal === undefined ? {} : { signal }) });
    }),
  );
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [{ name: nameOf(requests[index]), reason: outcome.reason as unknown }] : [],
  );
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0]?.reason;
  throw new CjmError(
    "CJM_WORKER_START_FAILED",
    `${failures.length} of ${requests.length} capabilities could not be loaded:\n${failures.map(({ name, reason }) => `  - ${name}: ${errorMessage(reason)}`).join("\n")}`,
    {
      cause: new AggregateError(failures.map(({ reason }) => reason)),
      hint: "Run 'cjm-ctl install-all' when they were never installed, or look at 'cjm-ctl logs --chunks'.",
    },
  );
}

function nameOf(request: CapabilityRequest | undefined): string {
  return typeof request === "string" ? request : (request?.name ?? "");
}
