import type { Clock, ResourceSizes, SystemStatus } from "@cjm/core";
import { abortable } from "../internal/abortable.ts";

/** A call that wants to start. */
export interface SchedulingRequest {
  readonly instanceId: string;
  readonly capabilityName: string;
  /** As its manifest says. */
  readonly requiresGpu: boolean;
  /** What runs of it take, as far as that was measured; null: it never ran. */
  readonly sizes: ResourceSizes | null;
  /** What its worker holds already, MiB; null: not measured. */
  readonly resident: { readonly memoryMb: number | null; readonly gpuMb: number | null } | null;
  /** Asks the system monitor; null: nobody measures this machine. */
  readonly status: () => Promise<SystemStatus | null>;
  /** Idle workers were ended to make room for it already: what is refused now is refused for good. */
  readonly isLastAsk: boolean;
  readonly signal: AbortSignal;
}

export type SchedulingDecision =
  | { readonly kind: "start" }
  | { readonly kind: "refuse"; readonly reason: string; readonly resource: "gpu" | "memory"; readonly shortfallMb: number };

/**
 * Decides whether a call may start now. It is asked when the call has its turn at the instance, and once more after idle
 * workers were ended for it. Where a queue has admitted the job before, there is nothing left to decide; hosts
 * that call instances directly choose one that guards the machine.
 */
export interface SchedulingPolicy {
  decide(request: SchedulingRequest): Promise<SchedulingDecision> | SchedulingDecision;
  /** A call has ended, whatever came of it. */
  ended?(instanceId: string): void;
}

const START: SchedulingDecision = { kind: "start" };

/** Lets everything start. */
export const permissivePolicy: SchedulingPolicy = { decide: () => START };

/** Refuses what would not fit into the memory that is free now. What was never measured, or where nobody measures, starts. */
export const safetyPolicy: SchedulingPolicy = {
  decide: async (request) => fits(request, request.sizes === null ? null : await request.status()),
};

/** Whether a call of those sizes fits into what is free; memory that its own worker holds is its own. */
export function fits({ instanceId, sizes, resident }: SchedulingRequest, status: SystemStatus | null): SchedulingDecision {
  if (sizes === null || status === null) return START;
  const rows = [
    { resource: "gpu", what: "GPU memory", neededMb: sizes.gpuMb, heldMb: resident?.gpuMb, freeMb: status.gpuFreeMb },
    { resource: "memory", what: "memory", neededMb: sizes.memoryMb, heldMb: resident?.memoryMb, freeMb: status.memoryAvailableMb },
  ] as const;
  for (const { resource, what, neededMb, heldMb, freeMb } of rows) {
    if (neededMb === null || freeMb === null) continue;
    const shortfallMb = neededMb - (heldMb ?? 0) - freeMb;
    if (shortfallMb <= 0) continue;
    const reason = `${instanceId} takes ${Math.round(neededMb)} MB of ${what} and ${Math.round(freeMb)} MB are free`;
    return { kind: "refuse", reason, resource, shortfallMb };
  }
  return START;
}

const LOOK_AGAIN_MS = 1_000;

/**
 * Waits until a call fits, once idle workers could not make room for it: it looks again whenever a call ends and each
 * second, and refuses after `longestWaitMs`.
 */
export class QueuePolicy implements SchedulingPolicy {
  readonly #clock: Clock;
  readonly #longestWaitMs: number;
  #changed = Promise.withResolvers<void>();

  constructor(clock: Clock, longestWaitMs = 60_000) {
    this.#clock = clock;
    this.#longestWaitMs = longestWaitMs;
  }

  async decide(request: SchedulingRequest): Promise<SchedulingDecision> {
    const untilMs = this.#clock.monotonicMs() + this.#longestWaitMs;
    for (;;) {
      const decision = await safetyPolicy.decide(request);
      if (decision.kind === "start" || !request.isLastAsk || this.#clock.monotonicMs() >= untilMs) return decision;
      await this.#change(request.signal);
    }
  }

  ended(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #change(signal: AbortSignal): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancelTimer = this.#clock.schedule(LOOK_AGAIN_MS, late.resolve);
    try {
      await abortable(Promise.race([this.#changed.promise, late.promise]), signal);
    } finally {
      cancelTimer();
    }
  }
}
