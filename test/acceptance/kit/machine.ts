import { ManualClock } from "@cjm/testing";
import { AcceptanceHost, type HostOptions } from "./acceptance-host.ts";
import type { Answer } from "./record-folder.ts";

/** MiB by the pid of whoever holds them, or null where the driver does not tell. */
type Holding = readonly [pid: number, gpuMb: number | null];

/** A machine whose figures a test writes: the system monitor of its host answers with them. Time moves when the test moves it. */
export class Machine implements AsyncDisposable {
  readonly host: AcceptanceHost;
  readonly clock: ManualClock;
  readonly #monitorId: string;

  private constructor(host: AcceptanceHost, clock: ManualClock, monitorId: string) {
    this.host = host;
    this.clock = clock;
    this.#monitorId = monitorId;
  }

  /** @param monitorId of the instance that is the monitor; null: nobody measures. @default "monitor", the default instance */
  static async create(options: HostOptions = {}, monitorId: string | null = "monitor"): Promise<Machine> {
    const clock = new ManualClock();
    const host = await AcceptanceHost.create({ clock, ...options });
    const machine = new Machine(host, clock, monitorId ?? "");
    if (monitorId !== null) {
      host.install("monitor");
      machine.answer({});
      await host.manager.load("monitor", { instanceId: monitorId });
      host.manager.bindSystemMonitor(monitorId);
    }
    return machine;
  }

  get monitorPid(): number {
    return this.host.summary(this.#monitorId).pid ?? 0;
  }

  /** Replaces what the monitor answers, and lets so much time pass that it is asked anew. */
  answer({ status = {}, processes = {} }: { readonly status?: Answer; readonly processes?: Answer }): void {
    const figures = { memory_available_mb: 64_000, gpu_type: "NVIDIA", gpu_total_memory_mb: 24_000, gpu_free_memory_mb: 1_000 };
    this.host.records.setAnswers("monitor", {
      "/get_system_status": { body: figures, ...status },
      "/list_processes": { body: [], ...processes },
    });
    this.clock.advance(2_000);
  }

  /** Says what instances, or processes by pid, hold on the GPU; whatever is not named holds nothing. */
  holds(instances: Readonly<Record<string, number>>, others: readonly Holding[] = []): void {
    const own = Object.entries(instances).map(([id, gpuMb]): Holding => [this.host.summary(id).pid ?? 0, gpuMb]);
    const body = [...own, ...others].map(([pid, gpu_memory_mb]) => ({ pid, gpu_memory_mb, gpu_index: 0 }));
    this.answer({ processes: { body } });
  }

  /** Writes a record of earlier runs of an instance with its present configuration. */
  remember(instanceId: string, gpuMb: number, success = true): void {
    const { capabilityName, configHash } = this.host.summary(instanceId);
    this.host.profiles.record(
      { instanceId, capabilityName, configHash },
      { cpuPercent: 1, memoryPeakMb: 100, gpuMemoryPeakMb: gpuMb, durationMs: 1, success, observedAt: 0, usage: {} },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

/** The answer of a capability that needs more GPU memory than there is. */
export function outOfGpu(neededMb: number, availableMb: number): Answer {
  const shortfall = { resource: "gpu_vram_mb", needed: neededMb, available: availableMb };
  const message = "CUDA out of memory";
  const repr = `CapabilityResourceError('${message}')`;
  const error = { category: "resource", message, retriable: true, original_exc_repr: repr, resource_shortfall: shortfall };
  return { status: 500, body: { _job_error: error } };
}
