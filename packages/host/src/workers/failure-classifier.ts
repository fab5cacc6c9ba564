import { CjmError, errorFromJobError, errorMessage } from "@cjm/core";
import { detailOfBody, jobErrorOfBody } from "@cjm/protocol";
import type { TransportFault } from "./transport-fault.ts";
import { describeExit, type WorkerExit } from "./worker-exit.ts";

export interface FailureSubject {
  readonly instanceId: string;
  readonly capabilityName: string;
}

/** The error for an answer of a worker that is not 200. Source: the contract's table of statuses. */
export function errorOfAnswer(status: number, body: unknown, subject: FailureSubject): CjmError {
  const jobError = jobErrorOfBody(body);
  if (jobError !== null) return errorFromJobError(jobError, subject);
  const detail = detailOfBody(body);
  if (status === 409) return new CjmError("CJM_CANCELLED", `The call of ${subject.instanceId} was cancelled.`, { details: { detail } });
  if (status === 404) {
    return new CjmError("CJM_TASK_NOT_SUPPORTED", `${subject.instanceId} cannot do that: ${detail}`, {
      hint: "Look at 'cjm-ctl list' for its tasks and actions.",
      details: { status },
    });
  }
  return new CjmError(
    "CJM_PROTOCOL_VIOLATION",
    `The worker of ${subject.instanceId} answered with status ${status}: ${detail.slice(0, 500)}`,
    { details: { status } },
  );
}

/** The error for an `initialise`, `prefetch`, ... that the capability refused or failed at, with its own words. */
export function errorOfLifecycle(body: unknown, subject: FailureSubject, step: string): CjmError {
  return new CjmError("CJM_CALL_FAILED", `${subject.instanceId} failed to ${STEP_WORDS[step] ?? step}: ${detailOfBody(body)}`, {
    details: { ...subject, step },
  });
}

const STEP_WORDS: Readonly<Record<string, string>> = {
  initialize: "initialise",
  onEnable: "run its on_enable hook",
  onDisable: "run its on_disable hook",
};

/** The error for an answer that is not what the contract says of that path; `fault` completes "answered ... with". */
export function errorOfShape(path: string, fault: string, subject: FailureSubject, cause: unknown): CjmError {
  return new CjmError("CJM_PROTOCOL_VIOLATION", `The worker of ${subject.instanceId} answered ${path} with ${fault}`, {
    cause,
    details: { path },
  });
}

export interface Death extends FailureSubject {
  readonly exit: WorkerExit;
  /** The last lines it printed. */
  readonly lastOutput: readonly string[];
  /** What was going on, such as `during the call` or `before it was ready`. */
  readonly when: string;
}

/** V8 aborts the process when its heap is full, after saying so. */
const V8_OUT_OF_MEMORY = /^FATAL ERROR: .*out of memory/i;

/** The error for calls that a worker took with it. A SIGKILL that was not ours is most likely the kernel's, for memory. */
export function errorOfDeath(death: Death): CjmError {
  const { instanceId, exit, lastOutput } = death;
  const details = { instanceId, exitCode: exit.code, signal: exit.signal, lastOutput };
  const output =
    lastOutput.length === 0 ? "It printed nothing." : `Its last output:\n${lastOutput.map((line) => `  | ${line}`).join("\n")}`;
  if (exit.endedBy !== null) {
    return new CjmError("CJM_WORKER_DIED", `The worker of ${instanceId} was ended ${death.when}: ${exit.endedBy}.`, { details });
  }
  if (exit.signal === "SIGKILL" || lastOutput.some((line) => V8_OUT_OF_MEMORY.test(line))) {
    return new CjmError(
      "CJM_WORKER_OUT_OF_MEMORY",
      `The worker of ${instanceId} was killed ${death.when}, most likely for want of memory. ${output}`,
      { details },
    );
  }
  return new CjmError("CJM_WORKER_DIED", `The worker of ${instanceId} died ${death.when} (${describeExit(exit)}). ${output}`, { details });
}

/** The error for a worker that lives, by what went wrong between it and us. */
export function errorOfTransport(error: unknown, fault: TransportFault, subject: FailureSubject): CjmError {
  const options = { cause: error, details: { ...subject } };
  if (fault === "foreign") {
    return new CjmError(
      "CJM_PROTOCOL_VIOLATION",
      `The worker of ${subject.instanceId} answered with what is no HTTP: ${errorMessage(error)}.`,
      options,
    );
  }
  return new CjmError(
    "CJM_WORKER_UNREACHABLE",
    `The worker of ${subject.instanceId} runs and does not answer: ${errorMessage(error)}.`,
    options,
  );
}
