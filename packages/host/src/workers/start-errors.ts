import { CjmError, errorFromJobError, errorMessage, type JobError } from "@cjm/core";
import type { FailureSubject } from "./failure-classifier.ts";

/** The program itself could not be run. */
export function cannotRun({ instanceId }: FailureSubject, command: string, cause: unknown): CjmError {
  return new CjmError("CJM_WORKER_START_FAILED", `${instanceId} could not be started: ${command} cannot be run (${errorMessage(cause)}).`, {
    hint: "Run 'cjm-ctl install-all' to make its environment anew.",
    cause,
  });
}

/** The worker itself said why it does not serve. */
export function reportedFailure(subject: FailureSubject, jobError: JobError): CjmError {
  const { capabilityName } = subject;
  return new CjmError("CJM_WORKER_START_FAILED", `${subject.instanceId} could not be started: ${jobError.message}`, {
    cause: errorFromJobError(jobError, { capabilityName }),
    jobError,
    category: jobError.category,
  });
}

/** It ended before it served. */
export function diedBeforeReady(death: CjmError): CjmError {
  return new CjmError("CJM_WORKER_START_FAILED", death.message, { details: death.details, cause: death });
}

export function startTimeout({ instanceId }: FailureSubject, timeoutMs: number, lastOutput: readonly string[]): CjmError {
  const output = lastOutput.map((line) => `\n  | ${line}`).join("");
  return new CjmError(
    "CJM_WORKER_START_TIMEOUT",
    `${instanceId} was not ready within ${timeoutMs / 1000} s.${output === "" ? " It printed nothing." : ` Its last output:${output}`}`,
    { details: { timeoutMs, lastOutput } },
  );
}
