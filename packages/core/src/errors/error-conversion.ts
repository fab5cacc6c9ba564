import { formatTimestamp } from "../timestamp.ts";
import { CjmError, errorMessage, isCjmError } from "./cjm-error.ts";
import { classifyBareError } from "./classify-bare-error.ts";
import type { ErrorCode } from "./error-codes.ts";
import { type ErrorCategory, isCancelledJobError, type JobError } from "./job-error.ts";

/** The error a host raises for what a worker reported. */
export function errorFromJobError(error: JobError, subject: { readonly capabilityName: string }): CjmError {
  const code: ErrorCode = isCancelledJobError(error) ? "CJM_CANCELLED" : CODE_OF_CATEGORY[error.category];
  return new CjmError(code, error.message === "" ? `${subject.capabilityName} failed without a message` : error.message, {
    jobError: error,
    category: error.category,
    retriable: error.retriable,
    details: { capabilityName: subject.capabilityName, ...(error.fields_invalid === null ? {} : { fieldsInvalid: error.fields_invalid }) },
    ...(error.retry_after_seconds === null ? {} : { retryAfterMs: error.retry_after_seconds * 1000 }),
  });
}

const CODE_OF_CATEGORY: Record<ErrorCategory, ErrorCode> = {
  user_input: "CJM_INPUT_INVALID",
  transient: "CJM_CALL_TRANSIENT",
  resource: "CJM_RESOURCE_EXHAUSTED",
  fatal: "CJM_CALL_FAILED",
};

export interface JobErrorSubject {
  readonly capabilityName?: string | null;
  readonly instanceId?: string | null;
  /** Unix milliseconds. */
  readonly occurredAt: number;
}

/** The record of any thrown value, for job snapshots and journal rows. A worker's own record is kept as it came. */
export function jobErrorFrom(thrown: unknown, subject: JobErrorSubject): JobError {
  const names = { capability_name: subject.capabilityName ?? null, capability_instance_id: subject.instanceId ?? null };
  if (isCjmError(thrown) && thrown.jobError !== null) {
    return { ...thrown.jobError, ...names, occurred_at: thrown.jobError.occurred_at ?? formatTimestamp(subject.occurredAt) };
  }
  const known = isCjmError(thrown) ? thrown : null;
  const category = classifyBareError(thrown);
  const message = errorMessage(thrown);
  return {
    category,
    message: known?.hint == null ? message : `${message} ${known.hint}`,
    retriable: known?.retriable ?? category !== "fatal",
    original_exc_repr:
      known?.code === "CJM_CANCELLED"
        ? `CapabilityCancelledError('${message}')`
        : `${known?.code ?? constructorName(thrown)}('${message}')`,
    traceback: null,
    retry_after_seconds: known?.retryAfterMs == null ? null : known.retryAfterMs / 1000,
    fields_invalid: category === "user_input" ? stringList(known?.details["fieldsInvalid"]) : null,
    resource_shortfall: null,
    ...names,
    occurred_at: formatTimestamp(subject.occurredAt),
  };
}

function constructorName(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

function stringList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
