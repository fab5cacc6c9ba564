import type { CallNode, JsonObject } from "@cjm/core";
import type { JobRequest } from "../job/job-request.ts";

/** The job that a node asks for. */
export function memberRequest(
  node: CallNode,
  args: JsonObject,
  context: { readonly priority: number; readonly runId: string | null; readonly actor: string | null },
): JobRequest {
  const { call, instanceId, timeoutMs, startTimeoutMs, retry, onInterruption } = node;
  return {
    instanceId,
    ...(call.channel === "task"
      ? { task: call.task, method: call.method, kwargs: args }
      : { kwargs: call.action === null ? args : { ...args, action: call.action } }),
    ...context,
    control: controlOf(node),
    timeoutMs,
    startTimeoutMs,
    retry,
    ...(onInterruption === null ? {} : { onInterruption }),
  };
}

/** Capabilities with a cache of their own heed `force`, as those of the original do. */
function controlOf({ cache, control }: CallNode): JsonObject | null {
  if (cache === null) return control;
  return cache === "refresh" ? { force: true, ...control, cache } : { ...control, cache };
}
