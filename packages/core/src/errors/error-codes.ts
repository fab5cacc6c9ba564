import type { ErrorCategory } from "./job-error.ts";

interface ErrorCodeFacts {
  readonly category: ErrorCategory;
  readonly retriable: boolean;
  /** One sentence for the reference: when this is raised. */
  readonly meaning: string;
}

/** Every code a `CjmError` can carry. `docs/reference/errors.md` is checked against this table. */
export const ERROR_CODES = {
  CJM_CONFIG_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "A configuration file or value is missing, unreadable or wrong.",
  },
  CJM_CAPABILITIES_FILE_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "capabilities.yaml does not say what it must, or cannot be read.",
  },
  CJM_MANIFEST_INVALID: { category: "user_input", retriable: false, meaning: "A manifest is not valid JSON or not a v2 manifest." },
  CJM_CAPABILITY_NOT_FOUND: { category: "user_input", retriable: false, meaning: "No manifest of that name was discovered." },
  CJM_CAPABILITY_NOT_LOADED: { category: "user_input", retriable: false, meaning: "The instance is not loaded." },
  CJM_CAPABILITY_DISABLED: { category: "user_input", retriable: false, meaning: "The instance is disabled." },
  CJM_CAPABILITY_CONFIG_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "A configuration for a capability has unknown or wrong fields.",
  },
  CJM_WORKER_ENVIRONMENT_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "A variable that was to be set for a worker is not declared by its capability, or is a secret.",
  },
  CJM_INSTANCE_ID_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "An instance id has other characters than letters, digits, _ and -, or is too long.",
  },
  CJM_ADAPTER_INCOMPATIBLE: {
    category: "user_input",
    retriable: false,
    meaning: "An adapter that was asked for is unknown, or the capability lacks what it needs; what is missing is named.",
  },
  CJM_INPUT_INVALID: { category: "user_input", retriable: false, meaning: "The capability refused its input." },
  CJM_TASK_NOT_SUPPORTED: {
    category: "user_input",
    retriable: false,
    meaning: "No adapter of the worker serves that task, or it has no such method.",
  },
  CJM_COMPOSITION_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "A composition does not hold together; every fault is listed.",
  },
  CJM_BINDING_FAILED: {
    category: "fatal",
    retriable: false,
    meaning: "A reference of a composition has no value at the moment its node starts.",
  },
  CJM_WORKER_START_FAILED: {
    category: "fatal",
    retriable: false,
    meaning: "The worker process ended, or reported a failure, before it was ready.",
  },
  CJM_WORKER_START_TIMEOUT: { category: "transient", retriable: true, meaning: "The worker was not ready in time and was ended." },
  CJM_WORKER_STALLED: {
    category: "transient",
    retriable: true,
    meaning: "Initialise or prefetch made no progress for longer than the threshold.",
  },
  CJM_WORKER_DIED: { category: "transient", retriable: true, meaning: "The worker process ended during the call." },
  CJM_WORKER_OUT_OF_MEMORY: {
    category: "resource",
    retriable: true,
    meaning: "The worker process was ended by SIGKILL that we did not send; most likely the kernel reclaimed its memory.",
  },
  CJM_WORKER_HELD_BACK: {
    category: "transient",
    retriable: true,
    meaning: "The worker died, or failed to start, several times in a row; it is not started again before a pause is over.",
  },
  CJM_WORKER_CRASH_LOOP: {
    category: "fatal",
    retriable: false,
    meaning: "The worker died, or failed to start, too many times in a row; it is not started again until someone reloads the instance.",
  },
  CJM_WORKER_UNREACHABLE: { category: "transient", retriable: true, meaning: "The worker lives and does not answer." },
  CJM_PROTOCOL_VIOLATION: {
    category: "fatal",
    retriable: false,
    meaning: "A worker answered with something that the contract does not know.",
  },
  CJM_CALL_FAILED: { category: "fatal", retriable: false, meaning: "The capability raised an error." },
  CJM_CALL_TRANSIENT: { category: "transient", retriable: true, meaning: "The capability failed for a passing reason." },
  CJM_RESOURCE_EXHAUSTED: { category: "resource", retriable: true, meaning: "The capability needed more of a resource than there was." },
  CJM_CANCELLED: { category: "transient", retriable: false, meaning: "The job was cancelled." },
  CJM_DEADLINE_EXCEEDED: { category: "transient", retriable: true, meaning: "The job did not end before its deadline." },
  CJM_UNSCHEDULABLE: { category: "resource", retriable: false, meaning: "The job needs more than this machine can ever give it." },
  CJM_QUEUE_STOPPED: { category: "transient", retriable: true, meaning: "The queue was stopped before the job ended." },
  CJM_JOB_NOT_FOUND: { category: "user_input", retriable: false, meaning: "No job of that id is known." },
  CJM_JOB_ELSEWHERE: { category: "transient", retriable: true, meaning: "The job is not over, and another host has it." },
  CJM_JOB_INTERRUPTED: {
    category: "transient",
    retriable: true,
    meaning: "The host died while the job ran, and the job is not one to be run again; or it was interrupted too often.",
  },
  CJM_JOURNAL_FAILED: {
    category: "fatal",
    retriable: false,
    meaning: "An append to the journal failed; the queue accepts no work until it is reset.",
  },
  CJM_STORE_FAILED: { category: "transient", retriable: true, meaning: "A database of cjm could not be opened or written." },
  CJM_SECRET_STORE_CORRUPT: { category: "fatal", retriable: false, meaning: "The secret file cannot be read; it is left as it is." },
  CJM_ENVIRONMENT_FAILED: { category: "fatal", retriable: false, meaning: "An environment could not be made; nothing half-made is used." },
  CJM_ENVIRONMENT_TOOL_MISSING: {
    category: "user_input",
    retriable: false,
    meaning: "A program that makes environments of this kind is not there.",
  },
  CJM_ENVIRONMENT_BUSY: {
    category: "transient",
    retriable: true,
    meaning: "Another process makes or removes environments of the same data directory, or runs workers in the one that is to go.",
  },
  CJM_ENVIRONMENT_LOCK_INVALID: {
    category: "user_input",
    retriable: false,
    meaning: "What an environment was made from was not recorded, or is damaged, so that it cannot be made again.",
  },
  CJM_DOWNLOAD_FAILED: {
    category: "transient",
    retriable: true,
    meaning: "Something could not be downloaded, or is not what its checksum says; nothing of it is used.",
  },
  CJM_INTROSPECTION_FAILED: {
    category: "user_input",
    retriable: false,
    meaning: "The installed package could not be introspected as a capability.",
  },
  CJM_USAGE: { category: "user_input", retriable: false, meaning: "A command was called in a way it does not understand." },
  CJM_INTERNAL: { category: "fatal", retriable: false, meaning: "A defect of cjm itself; please report it." },
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;
