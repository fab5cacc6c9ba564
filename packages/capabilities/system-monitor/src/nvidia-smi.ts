import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GpuProcess } from "@cjm/capability";

export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly totalMb: number;
  readonly freeMb: number;
  readonly usedMb: number;
  readonly loadPercent: number;
}

const run = promisify(execFile);
const TIMEOUT_MS = 2_000;

/** What asking came to: `absent`, there is no such program; `silent`, it did not answer in time, or not with success. */
export type Answer<Value> = { readonly kind: "answer"; readonly value: Value } | { readonly kind: "absent" } | { readonly kind: "silent" };

/** All NVIDIA devices. */
export async function queryGpus(): Promise<Answer<readonly Gpu[]>> {
  const answer = await ask("--query-gpu=index,uuid,name,memory.total,memory.free,memory.used,utilization.gpu");
  return answer.kind === "answer" ? { kind: "answer", value: parseGpus(answer.value) } : answer;
}

/** Processes that compute on a device. */
export async function queryGpuProcesses(gpus: readonly Gpu[]): Promise<Answer<readonly GpuProcess[]>> {
  const answer = await ask("--query-compute-apps=gpu_uuid,pid,used_memory,process_name");
  return answer.kind === "answer" ? { kind: "answer", value: parseGpuProcesses(answer.value, gpus) } : answer;
}

async function ask(query: string): Promise<Answer<string>> {
  try {
    const { stdout } = await run("nvidia-smi", [query, "--format=csv,noheader,nounits"], { timeout: TIMEOUT_MS });
    return { kind: "answer", value: stdout };
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { kind: isAbsent ? "absent" : "silent" };
  }
}

/** One line a device; figures that the driver does not have (`[N/A]`) count as zero. */
export function parseGpus(text: string): readonly Gpu[] {
  return csvLines(text, 7).map(([index = "", uuid = "", name = "", total = "", free = "", used = "", load = ""]) => ({
    index: number(index),
    uuid,
    name,
    totalMb: number(total),
    freeMb: number(free),
    usedMb: number(used),
    loadPercent: number(load),
  }));
}

/** One line a process and device; a process whose memory the driver hides counts with zero. */
export function parseGpuProcesses(text: string, gpus: readonly Gpu[]): readonly GpuProcess[] {
  return csvLines(text, 4).map(([uuid = "", pid = "", used = "", command = ""]) => ({
    pid: number(pid),
    gpu_index: gpus.find((gpu) => gpu.uuid === uuid)?.index ?? 0,
    gpu_memory_mb: number(used),
    command: command.slice(0, 120),
  }));
}

/** Lines with at least so many fields; what nvidia-smi says in words (`No running processes found`) is none. */
function csvLines(text: string, fields: number): string[][] {
  return text
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .filter((line) => line.length >= fields);
}

function number(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
}
