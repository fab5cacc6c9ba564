import type { GpuProcess } from "@cjm/capability";
import { BoundedTurns } from "../bounded-turns.ts";
import type { Answer, Gpu, GpuSource } from "../gpu-source.ts";
import { readCommand } from "../machine-use.ts";
import { isKnown, NVML, NvmlFailure } from "./nvml-code.ts";
import { type ImportKoffi, type NvmlFunction, NvmlLibrary } from "./nvml-library.ts";
import { joinProcessRecords, type ProcessRecord, RECORD_BYTES, readProcessRecords, UNTOUCHED } from "./process-records.ts";

interface Device {
  readonly handle: bigint;
  readonly index: number;
  readonly name: string;
  readonly uuid: string | null;
}

interface NvmlOptions {
  /** Library files to try, in this order. */
  readonly paths: readonly string[];
  readonly importKoffi?: ImportKoffi;
  /** Longest wait for one answer. @default 2 000 */
  readonly timeoutMs?: number;
}

const TEXT_BYTES = 96;
const MOST_PROCESSES = 65_536;

/** NVIDIA devices through NVML in this process. It is initialised once; after a failure the next question begins anew. */
export class NvmlDriver implements GpuSource {
  readonly name = "NVML";
  readonly #options: NvmlOptions;
  readonly #turns: BoundedTurns;
  #library: Promise<NvmlLibrary | null> | null = null;
  #isInitialised = false;
  #devices: readonly Device[] | null = null;
  /** How many processes the last list had room for. */
  #room = 64;

  constructor(options: NvmlOptions) {
    this.#options = options;
    this.#turns = new BoundedTurns(options.timeoutMs ?? 2_000);
  }

  gpus(): Promise<Answer<readonly Gpu[]>> {
    return this.#ask(async (library, devices) => {
      const gpus: Gpu[] = [];
      for (const device of devices) gpus.push(await measure(library, device));
      return { kind: "answer", value: gpus };
    });
  }

  /** Processes that compute or draw, once per device. `absent` where the driver lists none at all, as under WSL. */
  processes(): Promise<Answer<readonly GpuProcess[]>> {
    return this.#ask(async (library, devices) => {
      const processes: GpuProcess[] = [];
      for (const { handle, index } of devices) {
        const computing = await this.#list(library, handle, "Compute");
        if (computing === null) return { kind: "absent" };
        const drawing = (await this.#list(library, handle, "Graphics")) ?? [];
        for (const [pid, usedMb] of joinProcessRecords(computing, drawing))
          processes.push({ pid, gpu_index: index, gpu_memory_mb: usedMb, command: await readCommand(pid) });
      }
      return { kind: "answer", value: processes };
    });
  }

  /** The library itself stays loaded: a call that hangs may still be in it. */
  async close(): Promise<void> {
    const library = await this.#library;
    if (library === null) return;
    await this.#turns.run(async () => {
      if (!this.#isInitialised) return;
      this.#isInitialised = false;
      this.#devices = null;
      await library.call("nvmlShutdown");
    });
  }

  async #ask<Value>(read: (library: NvmlLibrary, devices: readonly Device[]) => Promise<Answer<Value>>): Promise<Answer<Value>> {
    this.#library ??= NvmlLibrary.open(this.#options.paths, this.#options.importKoffi);
    const library = await this.#library;
    if (library === null) return { kind: "absent" };
    try {
      const answer = await this.#turns.run(async () => {
        try {
          this.#devices ??= await this.#initialise(library);
          return await read(library, this.#devices);
        } catch (error) {
          this.#devices = null;
          throw error;
        }
      });
      return answer === "late" ? { kind: "late", reason: "the driver does not return from a call" } : answer.value;
    } catch (error) {
      return { kind: "silent", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #initialise(library: NvmlLibrary): Promise<readonly Device[]> {
    if (this.#isInitialised) await library.call("nvmlShutdown");
    this.#isInitialised = false;
    await must(library, "nvmlInit_v2");
    this.#isInitialised = true;
    const count = Buffer.alloc(4);
    await must(library, "nvmlDeviceGetCount_v2", count);
    const devices: Device[] = [];
    for (let index = 0; index < count.readUInt32LE(); index += 1) {
      const device = await identify(library, index);
      if (device !== null) devices.push(device);
    }
    return devices;
  }

  /** Null: not told. The list is asked for again with more room as often as it has grown meanwhile. */
  async #list(library: NvmlLibrary, handle: bigint, kind: "Compute" | "Graphics"): Promise<readonly ProcessRecord[] | null> {
    const newest: NvmlFunction = `nvmlDeviceGet${kind}RunningProcesses_v3`;
    const name: NvmlFunction = library.has(newest) ? newest : `nvmlDeviceGet${kind}RunningProcesses_v2`;
    for (;;) {
      const count = Buffer.alloc(4);
      count.writeUInt32LE(this.#room);
      const records = Buffer.alloc(this.#room * RECORD_BYTES, UNTOUCHED);
      const code = await library.call(name, handle, count, records);
      if (code !== NVML.insufficientSize) return isKnown(name, code) ? readProcessRecords(records, count.readUInt32LE()) : null;
      if (this.#room >= MOST_PROCESSES) throw new NvmlFailure(name, code);
      this.#room = Math.min(MOST_PROCESSES, Math.max(this.#room * 2, count.readUInt32LE() + 16));
    }
  }
}

/** Null for a device that this user may not use. */
async function identify(library: NvmlLibrary, index: number): Promise<Device | null> {
  const address = Buffer.alloc(8);
  const code = await library.call("nvmlDeviceGetHandleByIndex_v2", index, address);
  if (!isKnown("nvmlDeviceGetHandleByIndex_v2", code)) return null;
  const handle = address.readBigUInt64LE();
  return {
    handle,
    index,
    name: (await text(library, "nvmlDeviceGetName", handle)) ?? "NVIDIA GPU",
    uuid: await text(library, "nvmlDeviceGetUUID", handle),
  };
}

async function text(library: NvmlLibrary, name: "nvmlDeviceGetName" | "nvmlDeviceGetUUID", handle: bigint): Promise<string | null> {
  const bytes = Buffer.alloc(TEXT_BYTES);
  const code = await library.call(name, handle, bytes, TEXT_BYTES);
  return isKnown(name, code) ? bytes.toString("utf8", 0, bytes.indexOf(0)) : null;
}

async function measure(library: NvmlLibrary, { handle, index, name, uuid }: Device): Promise<Gpu> {
  const memory = Buffer.alloc(24);
  const hasMemory = isKnown("nvmlDeviceGetMemoryInfo", await library.call("nvmlDeviceGetMemoryInfo", handle, memory));
  const rates = Buffer.alloc(8);
  const hasRates = isKnown("nvmlDeviceGetUtilizationRates", await library.call("nvmlDeviceGetUtilizationRates", handle, rates));
  const mb = (offset: number): number | null => (hasMemory ? Number(memory.readBigUInt64LE(offset)) / 1024 / 1024 : null);
  return {
    vendor: "NVIDIA",
    index,
    name,
    uuid,
    totalMb: mb(0),
    freeMb: mb(8),
    usedMb: mb(16),
    loadPercent: hasRates ? rates.readUInt32LE() : null,
    unifiedMemory: false,
  };
}

async function must(library: NvmlLibrary, name: NvmlFunction, ...args: readonly Buffer[]): Promise<void> {
  const code = await library.call(name, ...args);
  if (code !== NVML.success) throw new NvmlFailure(name, code);
}
