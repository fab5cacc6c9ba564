import { describe, expect, test } from "vitest";
import { gpuFigures } from "../src/gpu-figures.ts";
import type { Answer, Gpu, GpuSource } from "../src/gpu-source.ts";
import { GpuWatch } from "../src/gpu-watch.ts";

const gpu = (facts: Partial<Gpu> = {}): Gpu => ({
  vendor: "NVIDIA",
  index: 0,
  name: "x",
  uuid: null,
  totalMb: 10,
  freeMb: 8,
  usedMb: 2,
  loadPercent: 5,
  unifiedMemory: false,
  ...facts,
});

const SOME: Answer<readonly Gpu[]> = { kind: "answer", value: [gpu()] };
const NONE: Answer<readonly Gpu[]> = { kind: "answer", value: [] };
const ABSENT: Answer<never> = { kind: "absent" };
const SILENT: Answer<never> = { kind: "silent", reason: "the driver is not loaded" };
const LATE: Answer<never> = { kind: "late", reason: "no answer" };

/** A source that says what it is told to say, and counts. */
class Scripted implements GpuSource {
  readonly name: string;
  says: Answer<readonly Gpu[]>;
  asked = 0;

  constructor(name: string, says: Answer<readonly Gpu[]>) {
    this.name = name;
    this.says = says;
  }

  async gpus(): Promise<Answer<readonly Gpu[]>> {
    this.asked += 1;
    return this.says;
  }

  async processes(): Promise<Answer<never[]>> {
    return this.says.kind === "answer" ? { kind: "answer", value: [] } : this.says;
  }

  async close(): Promise<void> {}
}

describe("which way serves", () => {
  test.each<[string, Answer<readonly Gpu[]>]>([
    ["is not there", ABSENT],
    ["knows no device", NONE],
    ["cannot tell", SILENT],
  ])("the second, when the first %s", async (_, first) => {
    const [one, two] = [new Scripted("one", first), new Scripted("two", SOME)];
    const watch = new GpuWatch([one, two], () => 0);
    await expect(watch.gpus()).resolves.toHaveLength(1);
    await expect(watch.gpus()).resolves.toHaveLength(1);
    await expect(watch.processes()).resolves.toEqual([]);
    expect([one.asked, two.asked]).toEqual([1, 2]);
  });

  test("none yet, when the first is still at it: a slow driver is not a machine without a GPU", async () => {
    const [one, two] = [new Scripted("one", LATE), new Scripted("two", NONE)];
    const watch = new GpuWatch([one, two], () => 0);
    await expect(watch.gpus()).rejects.toThrow("one has not answered yet");
    await expect(watch.processes()).rejects.toThrow("one has not answered yet");
    one.says = SOME;
    await expect(watch.gpus()).resolves.toHaveLength(1);
    expect(two.asked).toBe(0);
  });

  test("is found once for all who ask at the same time", async () => {
    const one = new Scripted("one", NONE);
    const watch = new GpuWatch([one], () => 0);
    await Promise.all([watch.gpus(), watch.processes(), watch.gpus()]);
    expect(one.asked).toBe(1);
  });
});

describe("a way without devices", () => {
  test("that is not there is never asked again; one that is, only after half a minute", async () => {
    let nowMs = 0;
    const [absent, silent] = [new Scripted("absent", ABSENT), new Scripted("silent", SILENT)];
    const watch = new GpuWatch([absent, silent], () => nowMs);
    for (nowMs = 0; nowMs < 30_000; nowMs += 1_000) await expect(watch.gpus()).resolves.toEqual([]);
    expect([absent.asked, silent.asked]).toEqual([1, 1]);
    expect(watch.silences).toEqual(["silent: the driver is not loaded"]);
    silent.says = SOME;
    await expect(watch.gpus()).resolves.toHaveLength(1);
    expect([absent.asked, silent.asked]).toEqual([1, 2]);
  });
});

describe("a way that had devices", () => {
  test.each<[string, Answer<readonly Gpu[]>, string]>([
    ["does not tell any more", SILENT, "the driver is not loaded"],
    ["does not come back", LATE, "no answer"],
    ["has none any more", NONE, "it finds no device any more"],
  ])("and %s is an error until it has again, and no other way is asked", async (_, says, reason) => {
    const [one, two] = [new Scripted("one", SOME), new Scripted("two", SOME)];
    const watch = new GpuWatch([one, two], () => 0);
    await watch.gpus();
    one.says = says;
    await expect(watch.gpus()).rejects.toThrow(`one answered before and does not answer now: ${reason}`);
    one.says = SOME;
    await expect(watch.gpus()).resolves.toHaveLength(1);
    expect(two.asked).toBe(0);
  });

  test("that does not tell processes is an error, since none would be a figure", async () => {
    const one = new Scripted("one", SOME);
    const watch = new GpuWatch([one], () => 0);
    await watch.gpus();
    one.says = ABSENT;
    await expect(watch.processes()).rejects.toThrow("not measured");
    one.says = SILENT;
    await expect(watch.processes()).rejects.toThrow("does not answer now");
  });
});

describe("figures of all devices", () => {
  test.each<[string, readonly Gpu[], object]>([
    ["none", [], { gpu_type: "None", gpu_total_memory_mb: 0, gpu_free_memory_mb: 0, gpu_used_memory_mb: 0, gpu_load_percent: 0, gpus: [] }],
    [
      "two",
      [gpu(), gpu({ index: 1, loadPercent: 90 })],
      { gpu_type: "NVIDIA", gpu_total_memory_mb: 20, gpu_free_memory_mb: 16, gpu_used_memory_mb: 4, gpu_load_percent: 90 },
    ],
    ["a sum with an unknown part", [gpu(), gpu({ freeMb: null })], { gpu_total_memory_mb: 20, gpu_free_memory_mb: null }],
    ["a load that one does not tell", [gpu(), gpu({ loadPercent: null })], { gpu_load_percent: 5 }],
    ["a load that nobody tells", [gpu({ loadPercent: null })], { gpu_load_percent: null }],
    [
      "memory of the machine",
      [gpu({ vendor: "Apple", totalMb: null, unifiedMemory: true })],
      { gpu_type: "Apple", gpu_total_memory_mb: null, gpus: [{ total_mb: null, unified_memory: true }] },
    ],
  ])("%s", (_, gpus, figures) => {
    expect(gpuFigures(gpus)).toMatchObject(figures);
  });
});
