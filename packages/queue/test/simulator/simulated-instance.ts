import { CjmError, type JsonValue } from "@cjm/core";
import type { Demand } from "../../src/admission/admission-input.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import { type InstanceSpec, type JobPlan, RESTART_MS } from "./workload.ts";

/** One call in a worker. The caller may have given it up; it holds what it holds all the same. */
interface RunningCall {
  readonly jobId: string;
  readonly plan: JobPlan;
  readonly beganMs: number;
  readonly settle: PromiseWithResolvers<JsonValue>;
  readonly cancelTimers: () => void;
}

/** What a call is to do. */
export interface CallOrder {
  readonly jobId: string;
  readonly plan: JobPlan;
  /** Which call of its job it is, from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

const NOTHING: Demand = { memoryMb: 0, gpuMb: 0 };
/** Less than this is not worth a start. */
const WORTHWHILE_MB = 64;
const FREE_DEATHS = 2;
const MOST_DEATHS = 6;

/** A worker that holds memory as its calls grow and keeps some of it when they are over, dies, is ended, and is started again. */
export class SimulatedInstance {
  readonly instanceId: string;
  readonly spec: InstanceSpec;
  enabled = true;
  cap: number;
  measured: InstanceSpec["measured"];
  readonly #clock: SimulatedClock;
  readonly #calls = new Set<RunningCall>();
  /** When its worker was or will be ready; null: it has none. */
  #readyMs: number | null;
  /** Number of its latest worker. */
  #worker = 0;
  #crashes: number;
  #startedForNobody = false;
  #deaths = 0;
  #lastDeathMs = 0;

  constructor(instanceId: string, spec: InstanceSpec, clock: SimulatedClock) {
    this.instanceId = instanceId;
    this.spec = spec;
    this.cap = spec.cap;
    this.measured = spec.measured;
    this.#clock = clock;
    this.#crashes = spec.crashes;
    this.#readyMs = spec.warm && spec.crashes === 0 ? 0 : null;
  }

  get runningCalls(): number {
    return this.#calls.size;
  }

  /** Its job gave up while its worker was starting, which nobody can see until it is up. */
  get startedForNobody(): boolean {
    return this.#startedForNobody && this.#readyMs !== null;
  }

  get isUp(): boolean {
    return this.#readyMs !== null && this.#readyMs <= this.#clock.monotonicMs();
  }

  /** Why it does not start now. */
  get heldBack(): { readonly reason: string; readonly untilMs: number | null } | null {
    if (this.isUp || this.#deaths <= FREE_DEATHS) return null;
    if (this.#deaths >= MOST_DEATHS) return { reason: `${this.instanceId} was stopped`, untilMs: null };
    const untilMs = this.#lastDeathMs + 1_000 * 2 ** (this.#deaths - FREE_DEATHS - 1);
    return untilMs <= this.#clock.monotonicMs() ? null : { reason: `${this.instanceId} is held back`, untilMs };
  }

  /** What its worker holds now. */
  holds(): Demand {
    if (!this.isUp) return NOTHING;
    const { memoryMb, gpuMb } = this.#kept();
    let total = { memoryMb, gpuMb };
    for (const { plan, beganMs } of this.#calls) {
      const level = grownShare(plan, this.#clock.monotonicMs() - beganMs);
      const added = (peakMb: number, keptMb: number): number => Math.max(0, peakMb * plan.share - keptMb) * level;
      total = {
        memoryMb: total.memoryMb + added(this.spec.memoryMb, memoryMb),
        gpuMb: total.gpuMb + added(this.spec.gpuMb, gpuMb),
      };
    }
    return total;
  }

  async run({ jobId, plan, attempt, signal }: CallOrder): Promise<JsonValue> {
    const held = this.heldBack;
    if (held !== null) throw new CjmError(held.untilMs === null ? "CJM_WORKER_CRASH_LOOP" : "CJM_WORKER_HELD_BACK", held.reason);
    const nowMs = this.#clock.monotonicMs();
    this.#readyMs ??= this.#start(nowMs);
    const beganMs = Math.max(nowMs, this.#readyMs);
    const settle = Promise.withResolvers<JsonValue>();
    const timers: (() => void)[] = [];
    const at = (ms: number, fn: () => void): void => void timers.push(this.#clock.schedule(ms - nowMs, fn));
    const cancelTimers = (): void => {
      for (const cancel of timers) cancel();
    };
    const call: RunningCall = { jobId, plan, beganMs, settle, cancelTimers };
    this.#calls.add(call);
    this.#startedForNobody = false;
    // Somebody looks when it holds most.
    at(beganMs + Math.min(plan.runMs, plan.growsAfterMs + plan.growsForMs), () => {});
    const isBad = plan.end !== "completes" && (plan.end === "fails" || plan.end === "hangs" || attempt <= plan.badCalls);
    if (!isBad || plan.end !== "hangs") at(beganMs + plan.runMs, () => this.#conclude(call, isBad));
    signal.addEventListener("abort", () => settle.reject(signal.reason), { once: true });
    return await settle.promise;
  }

  requestCancel(jobId: string): void {
    for (const call of this.#calls) {
      if (call.jobId === jobId && this.spec.heeds) this.#end(call, () => call.settle.reject(new CjmError("CJM_CANCELLED", "stopped")));
    }
  }

  async restart(): Promise<void> {
    this.#endWorker(new CjmError("CJM_WORKER_DIED", "the worker was restarted"));
    await new Promise<void>((resolve) => this.#clock.schedule(RESTART_MS, resolve));
    if (this.heldBack !== null) return;
    this.#readyMs ??= this.#start(this.#clock.monotonicMs());
    const startingMs = this.#readyMs - this.#clock.monotonicMs();
    if (startingMs > 0) await new Promise<void>((resolve) => this.#clock.schedule(startingMs, resolve));
  }

  /** Somebody mended it. */
  reload(): void {
    this.#deaths = 0;
    this.#crashes = 0;
    if (this.runningCalls === 0) this.#readyMs = null;
  }

  /** What ending it would free; null: it works, or is not worth it. */
  evictableMb(resource: "gpu" | "memory"): number | null {
    if (!this.isUp || this.runningCalls > 0) return null;
    const { gpuMb, memoryMb } = this.holds();
    const holdsMb = resource === "gpu" ? gpuMb : memoryMb;
    return holdsMb < WORTHWHILE_MB ? null : holdsMb;
  }

  evict(): void {
    this.#readyMs = null;
  }

  /** The machine had no more memory. */
  runOut(): void {
    this.#endWorker(new CjmError("CJM_RESOURCE_EXHAUSTED", "out of memory"));
  }

  #start(nowMs: number): number {
    const readyMs = nowMs + this.spec.startMs;
    const worker = ++this.#worker;
    if (this.#crashes > 0) {
      this.#crashes -= 1;
      this.#clock.schedule(this.spec.startMs, () => {
        if (worker === this.#worker && this.#readyMs !== null) this.#die();
      });
    }
    return readyMs;
  }

  #kept(): Demand {
    const share = (mb: number): number => (mb * this.spec.keptShare < WORTHWHILE_MB ? 0 : mb * this.spec.keptShare);
    return { memoryMb: share(this.spec.memoryMb), gpuMb: share(this.spec.gpuMb) };
  }

  #conclude(call: RunningCall, isBad: boolean): void {
    const { end } = call.plan;
    if (isBad && end === "kills its worker") {
      this.#die();
      return;
    }
    this.#end(call, () => {
      if (!isBad) {
        this.#deaths = 0;
        this.measured = "yes";
        call.settle.resolve(call.jobId);
      } else if (end === "passes by") call.settle.reject(new CjmError("CJM_CALL_TRANSIENT", "try later"));
      else call.settle.reject(new CjmError("CJM_CALL_FAILED", "no"));
    });
  }

  #die(): void {
    this.#deaths += 1;
    this.#lastDeathMs = this.#clock.monotonicMs();
    this.#endWorker(new CjmError("CJM_WORKER_DIED", "the worker died"));
  }

  #endWorker(error: CjmError): void {
    this.#readyMs = null;
    for (const call of this.#calls) this.#end(call, () => call.settle.reject(error));
  }

  #end(call: RunningCall, settle: () => void): void {
    if (!this.#calls.delete(call)) return;
    call.cancelTimers();
    if (this.#calls.size === 0 && !this.isUp) this.#startedForNobody = true;
    settle();
  }
}

function grownShare({ growsAfterMs, growsForMs }: JobPlan, sinceMs: number): number {
  if (sinceMs < growsAfterMs) return 0;
  return growsForMs === 0 ? 1 : Math.min(1, (sinceMs - growsAfterMs) / growsForMs);
}
