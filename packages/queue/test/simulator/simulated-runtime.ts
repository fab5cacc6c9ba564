import { CjmError, type JsonValue, type ResourceProfile, type SystemStatus } from "@cjm/core";
import type { EvictableWorker, MakeRoomRequest } from "../../src/capability-runtime.ts";
import type { CapabilityRuntime, InstanceResidency, RuntimeCall, RuntimeCallOptions, RuntimeInstance } from "../../src/index.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import { SimulatedInstance } from "./simulated-instance.ts";
import type { MonitorMode, Workload } from "./workload.ts";

const LATE_MS = 1_500;
const EVICTION_MS = 30;

/** The last thing that the queue was told of the machine. */
export interface ToldStatus {
  readonly status: SystemStatus | null;
  readonly atMs: number;
}

/** A machine with workers on it: it counts what they hold, and tells the queue what a host would. */
export class SimulatedRuntime implements CapabilityRuntime {
  readonly instances: readonly SimulatedInstance[];
  readonly log: string[] = [];
  /** What others than we hold. */
  readonly outside = { memoryMb: 0, gpuMb: 0 };
  monitor: MonitorMode;
  told: ToldStatus = { status: null, atMs: Number.NEGATIVE_INFINITY };
  statusCalls = 0;
  evictions = 0;
  readonly callsOf = new Map<string, number>();
  readonly #workload: Workload;
  readonly #clock: SimulatedClock;
  readonly #listeners = new Set<() => void>();

  constructor(workload: Workload, clock: SimulatedClock) {
    this.#workload = workload;
    this.#clock = clock;
    this.monitor = workload.machine.monitor;
    this.instances = workload.instances.map((spec, index) => new SimulatedInstance(`i${index}`, spec, clock));
    if (!workload.machine.makesRoom) Object.assign(this, { makeRoom: undefined, evictable: undefined });
  }

  find(instanceId: string): SimulatedInstance {
    const found = this.instances[Number(instanceId.slice(1))];
    if (found === undefined) throw new Error(`no instance ${instanceId}`);
    return found;
  }

  describe(instanceId: string): RuntimeInstance {
    const { enabled, cap, heldBack, spec } = this.find(instanceId);
    const requiresGpu = spec.gpuMb > 0;
    return { instanceId, capabilityName: instanceId, enabled, maxConcurrentCalls: cap, configHash: "c", requiresGpu, heldBack };
  }

  notLoaded(instanceId: string): CjmError {
    return new CjmError("CJM_CAPABILITY_NOT_LOADED", `Capability not loaded: ${instanceId}.`);
  }

  async execute({ instanceId, target, envelope }: RuntimeCall, { signal }: RuntimeCallOptions): Promise<JsonValue> {
    const jobId = String(envelope.job_id);
    const attempt = (this.callsOf.get(jobId) ?? 0) + 1;
    this.callsOf.set(jobId, attempt);
    this.note(`call ${attempt} of ${jobId} on ${instanceId}`);
    const plan = this.#workload.jobs[Number(target.kwargs["plan"])];
    if (plan === undefined) throw new Error(`no plan for ${jobId}`);
    return await this.find(instanceId).run({ jobId, plan, attempt, signal });
  }

  stream(): AsyncIterable<JsonValue> {
    throw new Error("nothing is streamed here");
  }

  async requestCancel(instanceId: string, jobId: string): Promise<void> {
    this.note(`asks ${instanceId} to stop ${jobId}`);
    this.find(instanceId).requestCancel(jobId);
  }

  async restart(instanceId: string): Promise<void> {
    this.note(`restarts ${instanceId}`);
    await this.find(instanceId).restart();
  }

  profile(instanceId: string): ResourceProfile | null {
    const { measured, spec } = this.find(instanceId);
    if (measured === "no") return null;
    return {
      instanceId,
      capabilityName: instanceId,
      configHash: "c",
      sampleCount: 1,
      successCount: 1,
      cpuPercentMean: 0,
      memoryPeakMaxMb: spec.memoryMb,
      memoryPeakMeanMb: spec.memoryMb,
      gpuMemoryPeakMaxMb: spec.gpuMb,
      gpuMemoryPeakMeanMb: spec.gpuMb,
      durationMeanMs: 0,
      lastObservedAt: 0,
      usageTotals: {},
      sizes: { memoryMb: spec.memoryMb, gpuMb: measured === "half" && spec.gpuMb > 0 ? null : spec.gpuMb },
    };
  }

  residency(instanceId: string): InstanceResidency | null {
    const instance = this.find(instanceId);
    return instance.isUp ? instance.holds() : null;
  }

  async makeRoom({ resource, shortfallMb, keep, reason }: MakeRoomRequest): Promise<{ readonly freedMb: number }> {
    const kept = new Set(keep);
    let freedMb = 0;
    for (const { instanceId } of this.evictable(resource)) {
      if (freedMb >= shortfallMb) break;
      if (kept.has(instanceId)) continue;
      await new Promise<void>((resolve) => this.#clock.schedule(EVICTION_MS, resolve));
      const instance = this.find(instanceId);
      const holdsMb = instance.evictableMb(resource);
      if (holdsMb === null) continue;
      instance.evict();
      this.evictions += 1;
      freedMb += holdsMb;
      this.note(`ends idle ${instanceId}: ${reason}`);
    }
    return { freedMb };
  }

  evictable(resource: "gpu" | "memory"): readonly EvictableWorker[] {
    return this.instances
      .flatMap((instance) => {
        const holdsMb = instance.evictableMb(resource);
        return holdsMb === null ? [] : [{ instanceId: instance.instanceId, holdsMb, reloadMs: instance.spec.startMs }];
      })
      .sort((a, b) => b.holdsMb - a.holdsMb);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async systemStatus(signal: AbortSignal): Promise<SystemStatus | null> {
    this.statusCalls += 1;
    const tell = (status: SystemStatus | null): SystemStatus | null => {
      // An answer that nobody waits for any more tells nobody anything.
      if (!signal.aborted) this.told = { status, atMs: this.#clock.monotonicMs() };
      return status;
    };
    signal.addEventListener("abort", () => (this.told = { status: null, atMs: this.#clock.monotonicMs() }), { once: true });
    switch (this.monitor) {
      case "prompt":
        return tell(this.status());
      case "late": {
        const asOf = this.status();
        await new Promise<void>((resolve) => this.#clock.schedule(LATE_MS, resolve));
        return tell(asOf);
      }
      case "silent":
        return await new Promise(() => {});
      case "failing":
        tell(null);
        throw new Error("the monitor is broken");
      case "absent":
        return tell(null);
      default:
        return this.monitor satisfies never;
    }
  }

  /** The machine as it is. */
  status(): SystemStatus {
    const { memoryMb, gpusMb, tellsDevices } = this.#workload.machine;
    const held = this.held();
    const free = gpusMb.map((totalMb, device) => Math.max(0, totalMb - (held.gpusMb[device] ?? 0)));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return {
      memoryAvailableMb: Math.max(0, memoryMb - held.memoryMb),
      gpuType: gpusMb.length === 0 ? null : "simulated",
      gpuTotalMb: gpusMb.length === 0 ? null : sum(gpusMb),
      gpuFreeMb: gpusMb.length === 0 ? null : sum(free),
      gpuLoadPercent: null,
      ...(tellsDevices ? { gpus: gpusMb.map((totalMb, index) => ({ index, totalMb, freeMb: free[index] ?? 0 })) } : {}),
    };
  }

  /** What everybody holds. */
  held(): { readonly memoryMb: number; readonly gpusMb: readonly number[] } {
    const devices = this.#workload.machine.gpusMb.length;
    const gpusMb = Array<number>(devices).fill(this.outside.gpuMb);
    let { memoryMb } = this.outside;
    for (const instance of this.instances) {
      const holds = instance.holds();
      memoryMb += holds.memoryMb;
      const device = instance.spec.device % Math.max(1, devices);
      if (devices > 0) gpusMb[device] = (gpusMb[device] ?? 0) + holds.gpuMb;
    }
    return { memoryMb, gpusMb };
  }

  note(what: string): void {
    this.log.push(`${this.#clock.monotonicMs()} ${what}`);
  }
}
