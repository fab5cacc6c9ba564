import {
  action,
  CapabilityTransientError,
  type GpuProcess,
  type MachineStatus,
  type SystemMonitor as MonitorPort,
  ToolCapability,
  z,
} from "@cjm/capability";
import { type Inventory, readInventory } from "./inventory.ts";
import { CpuMeter, readMemory } from "./machine-use.ts";
import { type Gpu, queryGpuProcesses, queryGpus } from "./nvidia-smi.ts";

const StatusSchema = z.object({
  platform: z.string(),
  cpu: z.string(),
  memory: z.string(),
  gpu: z.string().nullable(),
  cpuPercent: z.number(),
  memoryTotalMb: z.number(),
  memoryAvailableMb: z.number(),
  gpus: z.array(z.object({ index: z.int(), name: z.string(), totalMb: z.number(), freeMb: z.number(), loadPercent: z.number() })),
});

/** Memory, processor and GPU use of this machine, and who uses the GPU. No GPU is a normal answer. */
export class SystemMonitor extends ToolCapability implements MonitorPort {
  static override readonly capabilityName = "cjm-capability-system-monitor";

  readonly #cpu = new CpuMeter();
  #inventory: Promise<Inventory> | null = null;
  /** `none`: without `nvidia-smi`, which a machine does not get while we run; it is not looked for again. */
  #gpuState: "unknown" | "some" | "none" = "unknown";

  readonly actions = {
    status: action({
      description: "What this machine is, and how much of it is in use.",
      input: z.object({}),
      output: StatusSchema,
      idempotent: true,
      run: () => this.#status(),
    }),
    processes: action({
      description: "Processes that use a GPU, once per device.",
      input: z.object({}),
      output: z.object({
        processes: z.array(z.object({ pid: z.int(), gpu_index: z.int(), gpu_memory_mb: z.number(), command: z.string() })),
      }),
      idempotent: true,
      run: async () => ({ processes: [...(await this.listProcesses())] }),
    }),
  };

  /** Figures for admission; GPU fields sum over all devices, and the load is that of the busiest. */
  async getSystemStatus(): Promise<MachineStatus> {
    const [memory, gpus] = await Promise.all([readMemory(), this.#gpus()]);
    const sum = (pick: (gpu: Gpu) => number): number => gpus.reduce((total, gpu) => total + pick(gpu), 0);
    return {
      cpu_percent: this.#cpu.read(),
      memory_total_mb: memory.totalMb,
      memory_available_mb: memory.availableMb,
      memory_used_mb: memory.totalMb - memory.availableMb,
      gpu_type: gpus.length === 0 ? "None" : "NVIDIA",
      gpu_total_memory_mb: sum(({ totalMb }) => totalMb),
      gpu_free_memory_mb: sum(({ freeMb }) => freeMb),
      gpu_used_memory_mb: sum(({ usedMb }) => usedMb),
      gpu_load_percent: Math.max(0, ...gpus.map(({ loadPercent }) => loadPercent)),
    };
  }

  /** @throws Error when there is a GPU and its processes cannot be listed: not measured is not zero */
  async listProcesses(): Promise<readonly GpuProcess[]> {
    const gpus = await this.#gpus();
    if (gpus.length === 0) return [];
    const processes = await queryGpuProcesses(gpus);
    if (processes.kind !== "answer") throw new CapabilityTransientError("nvidia-smi does not list processes.");
    return processes.value;
  }

  async #status(): Promise<z.output<typeof StatusSchema>> {
    this.#inventory ??= readInventory();
    const [inventory, memory, gpus] = await Promise.all([this.#inventory, readMemory(), this.#gpus()]);
    return {
      ...inventory,
      memory: `${Math.round(memory.totalMb / 1024)} GiB`,
      gpu: gpus.length === 0 ? null : gpus.map(({ name }) => name).join(", "),
      cpuPercent: this.#cpu.read(),
      memoryTotalMb: memory.totalMb,
      memoryAvailableMb: memory.availableMb,
      gpus: gpus.map(({ index, name, totalMb, freeMb, loadPercent }) => ({ index, name, totalMb, freeMb, loadPercent })),
    };
  }

  /** A driver that never answered is no GPU; one that stops answering must not look like a GPU that is free, or gone. */
  async #gpus(): Promise<readonly Gpu[]> {
    if (this.#gpuState === "none") return [];
    const gpus = await queryGpus();
    if (gpus.kind === "answer") {
      this.#gpuState = "some";
      return gpus.value;
    }
    if (this.#gpuState === "some") throw new CapabilityTransientError("nvidia-smi answered before and does not answer now.");
    if (gpus.kind === "absent") this.#gpuState = "none";
    return [];
  }
}
