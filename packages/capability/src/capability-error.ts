const BRAND: unique symbol = Symbol.for("cjm.capability-error") as never;

/** What kind of failure it was, and so who can do something about it. */
export type CapabilityErrorCategory = "user_input" | "transient" | "resource" | "fatal";

/** How much of what was missing. Amounts are MiB. */
export interface ResourceShortfall {
  readonly resource: "gpu_vram_mb" | "system_ram_mb" | "disk_mb";
  readonly needed: number;
  readonly available: number;
}

/** What a host needs to know of an error that an author threw on purpose. */
export interface CapabilityErrorFacts {
  readonly category: CapabilityErrorCategory;
  readonly retriable: boolean;
  readonly retryAfterSeconds: number | null;
  readonly fieldsInvalid: readonly string[] | null;
  readonly resourceShortfall: ResourceShortfall | null;
}

interface CapabilityErrorOptions extends Partial<CapabilityErrorFacts> {
  readonly cause?: unknown;
}

/** Base of the errors that a capability throws on purpose. Throw one of its descendants. */
export abstract class CapabilityError extends Error {
  readonly [BRAND]: CapabilityErrorFacts;

  constructor(message: string, category: CapabilityErrorCategory, options: CapabilityErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this[BRAND] = {
      category,
      retriable: options.retriable ?? category !== "fatal",
      retryAfterSeconds: options.retryAfterSeconds ?? null,
      fieldsInvalid: options.fieldsInvalid ?? null,
      resourceShortfall: options.resourceShortfall ?? null,
    };
  }
}

/** The caller sent something wrong. `fields` names what. */
export class CapabilityInputError extends CapabilityError {
  override readonly name: string = "CapabilityInputError";

  constructor(message: string, options: { readonly fields?: readonly string[]; readonly cause?: unknown } = {}) {
    super(message, "user_input", { fieldsInvalid: options.fields ?? [], cause: options.cause });
  }
}

/** The configuration is wrong. `fields` names what. */
export class CapabilityConfigError extends CapabilityInputError {
  override readonly name: string = "CapabilityConfigError";
}

/** Something outside failed for a passing reason; the same call may work later. */
export class CapabilityTransientError extends CapabilityError {
  override readonly name: string = "CapabilityTransientError";

  constructor(message: string, options: { readonly retryAfterSeconds?: number; readonly cause?: unknown } = {}) {
    super(message, "transient", options);
  }
}

/** A time limit of the capability's own has passed. */
export class CapabilityTimeoutError extends CapabilityTransientError {
  override readonly name: string = "CapabilityTimeoutError";
}

/** Memory, GPU memory or disk ran short. The host may make room and try again. */
export class CapabilityResourceError extends CapabilityError {
  override readonly name: string = "CapabilityResourceError";

  constructor(message: string, options: { readonly shortfall?: ResourceShortfall; readonly cause?: unknown } = {}) {
    super(message, "resource", { resourceShortfall: options.shortfall ?? null, cause: options.cause });
  }
}

/** Trying again cannot help: a dependency is missing, a model file is broken. */
export class CapabilityFatalError extends CapabilityError {
  override readonly name: string = "CapabilityFatalError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, "fatal", options);
  }
}

/** The call stopped because it was asked to. `ctx.throwIfCancelled()` throws it. */
export class CapabilityCancelledError extends CapabilityError {
  override readonly name: string = "CapabilityCancelledError";

  constructor(message = "The call was cancelled.", options: { readonly cause?: unknown } = {}) {
    super(message, "transient", { retriable: false, cause: options.cause });
  }
}

/** The facts of an error thrown on purpose, also by another copy of this package; null for any other value. */
export function capabilityErrorFacts(thrown: unknown): CapabilityErrorFacts | null {
  if (typeof thrown !== "object" || thrown === null || !(BRAND in thrown)) return null;
  return (thrown as CapabilityError)[BRAND];
}
