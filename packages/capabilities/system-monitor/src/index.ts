import {
  action,
  type CallContext,
  type GpuProcess,
  type MachineStatus,
  type SystemMonitor as MonitorPort,
  ToolCapability,
  z,
} from "@cjm/capability";
import { gpuFigures } from "./gpu-figures.ts";
import { type GpuPlaces, gpuSources } from "./gpu-sources.ts";
import { GpuWatch } from "./gpu-watch.ts";
import { type Inventory, readInventory } from "./inventory.ts";
import { CpuMeter, readMemory } from "./machine-use.ts";

const figure = z.number().nullable().describe("null: not measured");

const StatusSchema = z.object({
  platform: z.string(),
  cpu: z.string(),
  memory: z.string(),
  gpu: z.string().nullable(),
  cpuPercent: z.number(),
  memoryTotalMb: z.number(),
  memoryAvailableMb: z.number(),
  gpus: z.array(
    z.object({
      index: z.int(),
      name: z.string(),
      uuid: z.string().nullable(),
      totalMb: figure,
      freeMb: figure,
      loadPercent: figure,
      unifiedMemory: z.boolean().describe("Its memory is the machine's"),
    }),
  ),
});

/** What a test puts in the place of the machine. */
export interface MonitorParts extends GpuPlaces {
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** Memory, processor and GPU use of this machine, and who uses the GPU. No GPU is a normal answer. */
export class SystemMonitor extends ToolCapability implements MonitorPort {
  static override readonly capabilityName = "cjm-capability-system-monitor";

  readonly #cpu = new CpuMeter();
  readonly #gpus: GpuWatch;
  #inventory: Promise<Inventory> | null = null;

  constructor({ now = () => performance.now(), ...places }: MonitorParts = {}) {
    super();
    this.#gpus = new GpuWatch(gpuSources(places), now);
  }

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
        processes: z.array(z.object({ pid: z.int(), gpu_index: z.int().nullable(), gpu_memory_mb: figure, command: z.string() })),
      }),
      idempotent: true,
      run: async () => ({ processes: [...(await this.listProcesses())] }),
    }),
  };

  /** Looks for devices, so that the first question of a host is not the one that loads libraries. */
  override async initialize(ctx: CallContext): Promise<void> {
    try {
      await this.#gpus.gpus();
    } catch (error) {
      ctx.log.warning("There is a GPU, and it cannot be asked.", { error });
    }
    for (const silence of this.#gpus.silences) ctx.log.warning(`GPUs are not counted until their driver answers. ${silence}.`);
  }

  override async cleanup(): Promise<void> {
    await this.#gpus.close();
  }

  /**
   * Figures for admission; GPU fields sum over all devices, and the load is that of the busiest.
   * @throws CapabilityTransientError when there is a GPU that cannot be measured: it must not look free
   */
  async getSystemStatus(): Promise<MachineStatus> {
    const [memory, gpus] = await Promise.all([readMemory(), this.#gpus.gpus()]);
    return {
      cpu_percent: this.#cpu.read(),
      memory_total_mb: memory.totalMb,
      memory_available_mb: memory.availableMb,
      memory_used_mb: memory.totalMb - memory.availableMb,
      ...gpuFigures(gpus),
    };
  }

  /** @throws CapabilityError when there is a GPU and its processes cannot be listed: not measured is not zero */
  async listProcesses(): Promise<readonly GpuProcess[]> {
    return await this.#gpus.processes();
  }

  async #status(): Promise<z.output<typeof StatusSchema>> {
    this.#inventory ??= readInventory();
    const [inventory, memory, gpus] = await Promise.all([this.#inventory, readMemory(), this.#gpus.gpus()]);
    return {
      ...inventory,
      memory: `${Math.round(memory.totalMb / 1024)} GiB`,
      gpu: gpus.length === 0 ? null : gpus.map(({ name }) => name).join(", "),
      cpuPercent: this.#cpu.read(),
      memoryTotalMb: memory.totalMb,
      memoryAvailableMb: memory.availableMb,
      gpus: gpus.map(({ index, name, uuid, totalMb, freeMb, loadPercent, unifiedMemory }) => ({
        index,
        name,
        uuid,
        totalMb,
        freeMb,
        loadPercent,
        unifiedMemory,
      })),
    };
  }
}
