import { type CallTarget, CjmError, type JobId, type JobSpec, type JsonObject, type JsonValue, type RetryPolicy } from "@cjm/core";

/** One call to be made when there is room for it. */
export interface JobRequest {
  /** Instance that runs it; a capability's default instance has the capability's name. */
  readonly instanceId: string;
  /** Positional arguments; the execute channel alone has them. */
  readonly args?: readonly JsonValue[];
  /** Named arguments. On the execute channel `action` among them names the action. */
  readonly kwargs?: JsonObject;
  /** With `method`: calls a method of a task adapter instead of the execute channel. */
  readonly task?: string;
  readonly method?: string;
  /** Higher goes first; equals in the order of their submission. @default 0 */
  readonly priority?: number;
  /** @default the queue's run context */
  readonly runId?: string | null;
  /** @default the queue's run context */
  readonly actor?: string | null;
  /** Flags that travel beside the arguments, such as `force`. */
  readonly control?: JsonObject | null;
  /** Longest time the job may wait for its start; then it fails. @default no limit */
  readonly startTimeoutMs?: number | null;
  /** Longest time one call may take from its start; then it is ended and the job fails. @default no limit */
  readonly timeoutMs?: number | null;
  /** Calls again after transient errors. The job keeps its lane meanwhile. @default none */
  readonly retry?: RetryPolicy | null;
  /**
   * What becomes of it when its host dies while it runs: another host runs it again, or it fails. What was interrupted too
   * often fails whatever this says. @default "rerun"
   */
  readonly onInterruption?: "rerun" | "fail";
  /** Chosen by the caller, so that submitting twice makes one job, for as long as the store keeps it. @default a new id */
  readonly jobId?: string;
}

export interface RunContext {
  readonly runId: string | null;
  readonly actor: string | null;
}

/** @throws CjmError CJM_INPUT_INVALID naming the field that is wrong */
export function specOf(
  request: JobRequest,
  made: { readonly jobId: JobId; readonly submittedAt: number; readonly context: RunContext },
): JobSpec {
  const { priority = 0, timeoutMs = null, startTimeoutMs = null } = request;
  assertPriority(priority);
  if (timeoutMs !== null && !(timeoutMs > 0))
    throw invalid("timeoutMs", `The time limit of a job must be more than 0 ms, got ${timeoutMs}.`);
  if (startTimeoutMs !== null && !(startTimeoutMs > 0))
    throw invalid("startTimeoutMs", `The time a job may wait must be more than 0 ms, got ${startTimeoutMs}.`);
  if (request.jobId !== undefined && (request.jobId === "" || request.jobId.length > 200)) {
    throw invalid("jobId", "A job id has 1 to 200 characters.");
  }
  return {
    jobId: (request.jobId as JobId | undefined) ?? made.jobId,
    instanceId: request.instanceId,
    target: targetOf(request),
    priority,
    runId: request.runId === undefined ? made.context.runId : request.runId,
    actor: request.actor === undefined ? made.context.actor : request.actor,
    compositionId: null,
    nodeId: null,
    control: request.control ?? null,
    startTimeoutMs,
    timeoutMs,
    retry: request.retry ?? null,
    onInterruption: request.onInterruption ?? "rerun",
    submittedAt: made.submittedAt,
  };
}

/** @throws CjmError CJM_INPUT_INVALID */
export function assertPriority(priority: number): void {
  if (!Number.isFinite(priority)) throw invalid("priority", `The priority ${priority} of a job must be a finite number.`);
}

/** The error of a stream that names a job which is known already. */
export function outputTaken(jobId: string): CjmError {
  return new CjmError("CJM_INPUT_INVALID", `The job ${jobId} exists already, and what it gives is not given twice.`, {
    hint: "Give every stream a job id of its own, or none.",
    details: { fieldsInvalid: ["jobId"] },
  });
}

function targetOf({ args = [], kwargs = {}, task, method }: JobRequest): CallTarget {
  if (task === undefined && method === undefined) return { channel: "execute", args, kwargs };
  if (task === undefined || method === undefined) {
    throw invalid(["task", "method"], "A job names both 'task' and 'method', or neither of them for the execute channel.");
  }
  if (args.length > 0) throw invalid("args", "A method of a task takes named arguments only; give them as 'kwargs'.");
  return { channel: "task", task, method, kwargs };
}

function invalid(fields: string | readonly string[], message: string): CjmError {
  return new CjmError("CJM_INPUT_INVALID", message, { details: { fieldsInvalid: [fields].flat() } });
}
