import { ManualClock } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { SystemMonitor } from "../../src/resources/system-monitor.ts";

interface Answers {
  status: object | Error;
  processes: readonly object[] | Error;
}

const GPU = { memory_available_mb: 64_000, gpu_type: "x", gpu_total_memory_mb: 24_000, gpu_free_memory_mb: 1_000 };

function monitored(answers: Answers | null, tree: readonly number[] = [1]) {
  const clock = new ManualClock();
  const asked = { status: 0, processes: 0 };
  const answer = async <T>(what: T | Error): Promise<T> => {
    if (what instanceof Error) throw what;
    return what;
  };
  const monitor = new SystemMonitor({
    isThere: () => answers !== null,
    client: async () =>
      answers === null
        ? null
        : {
            systemStatus: () => {
              asked.status += 1;
              return answer(answers.status) as never;
            },
            processes: () => {
              asked.processes += 1;
              return answer(answers.processes) as never;
            },
          },
    pidsOf: () => new Set(tree),
    clock,
  });
  return { monitor, clock, asked };
}

describe("the machine", () => {
  test("as the monitor tells it, each device by itself", async () => {
    const gpus = [{ index: 0, total_mb: 24_000, free_mb: 1_000 }, { index: 1 }];
    const { monitor } = monitored({ status: { ...GPU, gpus }, processes: [] });
    expect(await monitor.status()).toEqual({
      memoryAvailableMb: 64_000,
      gpuType: "x",
      gpuTotalMb: 24_000,
      gpuFreeMb: 1_000,
      gpuLoadPercent: null,
      gpus: [
        { index: 0, totalMb: 24_000, freeMb: 1_000 },
        { index: 1, totalMb: null, freeMb: null },
      ],
    });
  });

  test("without a GPU there are no figures of one, and nothing of it is used", async () => {
    const { monitor, asked } = monitored({ status: { memory_available_mb: 1, gpu_total_memory_mb: 0, gpu_type: "none" }, processes: [] });
    expect(await monitor.status()).toEqual({
      memoryAvailableMb: 1,
      gpuType: null,
      gpuTotalMb: null,
      gpuFreeMb: null,
      gpuLoadPercent: null,
    });
    expect([await monitor.gpuMemoryMb(1), monitor.lastGpuMemoryMb(1), monitor.isAskedFor()]).toEqual([0, 0, false]);
    expect(asked.processes).toBe(0);
  });

  test.each([
    ["no monitor", null],
    ["one that fails", { status: new Error("no"), processes: new Error("no") }],
  ])("%s: nothing is measured, which is not zero", async (_name, answers) => {
    const { monitor } = monitored(answers);
    expect([await monitor.status(), await monitor.gpuMemoryMb(1), monitor.lastGpuMemoryMb(1)]).toEqual([null, null, null]);
  });
});

describe("what is on the GPU", () => {
  const answers: Answers = { status: GPU, processes: [{ pid: 1, gpu_memory_mb: 700 }] };

  test("is asked for once a second, whoever asks and how often", async () => {
    const { monitor, clock, asked } = monitored(answers);
    expect(await Promise.all([monitor.gpuMemoryMb(1), monitor.gpuMemoryMb(1)])).toEqual([700, 700]);
    clock.advance(999);
    expect(monitor.isAskedFor()).toBe(false);
    await monitor.gpuMemoryMb(1);
    expect(asked.processes).toBe(1);
    clock.advance(1);
    expect(monitor.isAskedFor()).toBe(true);
    await monitor.gpuMemoryMb(1);
    expect(asked.processes).toBe(2);
  });

  test("is forgotten when it is too old", async () => {
    const { monitor, clock } = monitored(answers);
    await monitor.gpuMemoryMb(1);
    clock.advance(15_000);
    expect(monitor.lastGpuMemoryMb(1)).toBe(700);
    clock.advance(1);
    expect(monitor.lastGpuMemoryMb(1)).toBeNull();
  });

  test("a monitor that has just failed is left alone for a while; its last figure stands meanwhile", async () => {
    const failing: Answers = { ...answers };
    const { monitor, clock, asked } = monitored(failing);
    await monitor.gpuMemoryMb(1);
    failing.processes = new Error("it hangs");
    clock.advance(1_000);
    expect(await monitor.gpuMemoryMb(1)).toBe(700);
    clock.advance(5_000);
    expect([await monitor.gpuMemoryMb(1), monitor.isAskedFor()]).toEqual([700, false]);
    expect(asked.processes).toBe(2);
    clock.advance(10_000);
    expect(await monitor.gpuMemoryMb(1)).toBeNull();
    expect(asked.processes).toBe(3);
  });

  test("whoever gave up asking does not make it silent", async () => {
    const failing: Answers = { ...answers, status: new Error("aborted") };
    const { monitor } = monitored(failing);
    await monitor.status(AbortSignal.abort());
    failing.status = GPU;
    expect(await monitor.gpuMemoryMb(1)).toBe(700);
  });
});
