import { expect, test } from "vitest";
import { attributeGpu, type GpuProcessEntry } from "../../src/resources/gpu-attribution.ts";

const on = (pid: number, gpu_memory_mb?: number | null, gpu_index?: number | null): GpuProcessEntry => ({ pid, gpu_memory_mb, gpu_index });

test.each<[string, readonly GpuProcessEntry[], readonly number[], ReturnType<typeof attributeGpu>]>([
  ["a child of the worker", [on(9999, 4096, 1), on(5, 8000, 0)], [1111, 9999], { memoryMb: 4096, gpuIndex: 1 }],
  ["nothing of it is listed: a measured zero", [on(5, 8000, 0)], [1111], { memoryMb: 0, gpuIndex: null }],
  ["nothing is listed at all", [], [1111], { memoryMb: 0, gpuIndex: null }],
  ["no tree", [on(5, 8000, 0)], [], { memoryMb: 0, gpuIndex: null }],
  ["a process once for each device", [on(1, 1000, 0), on(1, 3000, 1)], [1], { memoryMb: 4000, gpuIndex: 1 }],
  ["the first of equals", [on(1, 1000, 2), on(2, 1000, 0)], [1, 2], { memoryMb: 2000, gpuIndex: 2 }],
  ["a driver that does not tell", [on(1, null, 0)], [1], null],
  ["a driver that leaves it out", [on(1)], [1], null],
  ["a driver that tells of some", [on(1, null, 0), on(2, 500, 1)], [1, 2], { memoryMb: 500, gpuIndex: 1 }],
  ["a device without a number", [on(1, 500)], [1], { memoryMb: 500, gpuIndex: null }],
])("%s", (_name, processes, tree, use) => {
  expect(attributeGpu(processes, new Set(tree))).toEqual(use);
});
