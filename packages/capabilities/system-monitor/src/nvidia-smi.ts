import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GpuProcess } from "@cjm/capability";
import { BoundedTurns } from "./bounded-turns.ts";
import type { Answer, Gpu, GpuSource } from "./gpu-source.ts";

const run = promisify(execFile);

/**
 * NVIDIA devices through the vendor's program, for machines where its library cannot be called. One question at a time: where
 * the driver hangs, the program cannot even be killed, and no second one is started beside it.
 */
export class NvidiaSmi implements GpuSource {
  readonly name = "nvidia-smi";
  readonly #program: string;
  #indexes: ReadonlyMap<string, number> = new Map();

  readonly #timeoutMs: number;
  readonly #turns: BoundedTurns;

  /** @param program a path, or a name to look for on the PATH; `timeoutMs` is the longest wait for one answer */
  constructor(program: string, timeoutMs = 2_000) {
    this.#program = program;
    this.#timeoutMs = timeoutMs;
    this.#turns = new BoundedTurns(timeoutMs);
  }

  async gpus(): Promise<Answer<readonly Gpu[]>> {
    const answer = await this.#ask("--query-gpu=index,uuid,name,memory.total,memory.free,memory.used,utilization.gpu");
    if (answer.kind !== "answer") return answer;
    const gpus = parseGpus(answer.value);
    this.#indexes = new Map(gpus.map(({ uuid, index }) => [uuid ?? "", index]));
    return { kind: "answer", value: gpus };
  }

  /** Processes that compute; it has no list of those that only draw. */
  async processes(): Promise<Answer<readonly GpuProcess[]>> {
    const answer = await this.#ask("--query-compute-apps=gpu_uuid,pid,used_memory,process_name");
    return answer.kind === "answer" ? { kind: "answer", value: parseGpuProcesses(answer.value, this.#indexes) } : answer;
  }

  async close(): Promise<void> {}

  async #ask(query: string): Promise<Answer<string>> {
    const answer = await this.#turns.run(() => ask(this.#program, query, this.#timeoutMs));
    return answer === "late" ? { kind: "late", reason: `no answer within ${this.#timeoutMs} ms` } : answer.value;
  }
}

async function ask(program: string, query: string, timeoutMs: number): Promise<Answer<string>> {
  try {
    const { stdout } = await run(program, [query, "--format=csv,noheader,nounits"], { timeout: timeoutMs, killSignal: "SIGKILL" });
    return { kind: "answer", value: stdout };
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): Answer<never> {
  const { code, killed, stdout, stderr } = error as { code?: unknown; killed?: unknown; stdout?: unknown; stderr?: unknown };
  if (code === "ENOENT") return { kind: "absent" };
  if (killed === true) return { kind: "late", reason: "it was ended, since it did not answer in time" };
  const said = [stdout, stderr].map((text) => (typeof text === "string" ? text.trim() : "")).find((text) => text !== "");
  return { kind: "silent", reason: said?.split("\n")[0] ?? `it ended with ${String(code)}` };
}

/** One line a device. Figures that the driver does not have (`[N/A]`) are null. */
export function parseGpus(text: string): readonly Gpu[] {
  return csvLines(text, 7).map(([index = "", uuid = "", name = "", total = "", free = "", used = "", load = ""]) => ({
    vendor: "NVIDIA",
    index: figure(index) ?? 0,
    uuid,
    name,
    totalMb: figure(total),
    freeMb: figure(free),
    usedMb: figure(used),
    loadPercent: figure(load),
    unifiedMemory: false,
  }));
}

/** One line a process and device. Memory that the driver hides, and a device that was not listed, are null. */
export function parseGpuProcesses(text: string, indexes: ReadonlyMap<string, number>): readonly GpuProcess[] {
  return csvLines(text, 4).map(([uuid = "", pid = "", used = "", ...command]) => ({
    pid: figure(pid) ?? 0,
    gpu_index: indexes.get(uuid) ?? null,
    gpu_memory_mb: figure(used),
    command: command.join(", ").slice(0, 120),
  }));
}

/** Lines with at least so many fields; what nvidia-smi says in words (`No running processes found`) is none. */
function csvLines(text: string, fields: number): string[][] {
  return text
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .filter((line) => line.length >= fields);
}

function figure(text: string): number | null {
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? value : null;
}
