import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import type { ErrorCategory, JobError } from "./job-error.ts";

const BRAND: unique symbol = Symbol.for("cjm.error");

export interface CjmErrorOptions {
  /** The way out, as one sentence the reader can act on. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Facts for programs: names, sizes, exit codes. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the worker reported, when the error came over the wire. */
  readonly jobError?: JobError;
  /** Overrides the code's default. */
  readonly category?: ErrorCategory;
  readonly retriable?: boolean;
  readonly retryAfterMs?: number;
}

/**
 * The one error class of cjm. Match it by `code` (see `ERROR_CODES`), never by class or message: the code also survives a
 * process boundary and a second copy of this package.
 */
export class CjmError extends Error {
  override readonly name = "CjmError";
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly retriable: boolean;
  readonly retryAfterMs: number | null;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly jobError: JobError | null;

  constructor(code: ErrorCode, message: string, options: CjmErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.category = options.category ?? ERROR_CODES[code].category;
    this.retriable = options.retriable ?? ERROR_CODES[code].retriable;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.hint = options.hint ?? null;
    this.details = options.details ?? {};
    this.jobError = options.jobError ?? null;
  }
}

/** Whether `value` is a `CjmError`, also one of another copy of this package; with `code`, whether it is that one. */
export function isCjmError(value: unknown, code?: ErrorCode): value is CjmError {
  if (typeof value !== "object" || value === null || !(BRAND in value)) return false;
  return code === undefined || (value as CjmError).code === code;
}

/** The text of anything that was thrown, without its stack. */
export function errorMessage(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    // An object without a prototype has no text.
    return `a thrown ${typeof thrown}`;
  }
}
