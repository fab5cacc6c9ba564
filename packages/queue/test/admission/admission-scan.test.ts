import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AdmissionInput, PendingHead, Reservation } from "../../src/admission/admission-input.ts";
import { scanAdmission } from "../../src/admission/admission-scan.ts";

const limits = { lanes: 4, gpuHeadroomFraction: 0.9, machineMemoryMb: 10_000, starvingAfterMs: 1000 };
const status = { memoryAvailableMb: 10_000, gpuType: null, gpuTotalMb: 10_000, gpuFreeMb: 10_000, gpuLoadPercent: null };

const head = (jobId: string, rest: Partial<PendingHead> = {}): PendingHead => ({
  jobId,
  instanceId: jobId,
  priority: 0,
  sequence: 1,
  cap: 1,
  demand: { memoryMb: 0, gpuMb: 0 },
  resident: null,
  hold: null,
  gpuUnmeasured: false,
  blockedSinceMs: null,
  ...rest,
});
const running = (jobId: string, rest: Partial<Reservation> = {}): Reservation => ({
  jobId,
  instanceId: jobId,
  exclusive: false,
  memoryMb: 0,
  gpuMb: 0,
  sinceMs: 0,
  gpuDevice: null,
  plateau: null,
  resident: null,
  ...rest,
});
const scan = (heads: PendingHead[], jobs: Reservation[] = [], rest: Partial<AdmissionInput> = {}) =>
  scanAdmission({ heads, running: jobs, limits, status, nowMs: 10_000, ...rest });
const gpu = (gpuMb: number) => ({ demand: { memoryMb: 0, gpuMb } });
const memory = (memoryMb: number) => ({ demand: { memoryMb, gpuMb: 0 } });

describe("who goes first", () => {
  test("priority, then sequence; what is blocked is passed", () => {
    const heads = [
      head("late", { sequence: 3 }),
      head("urgent", { priority: 1, sequence: 9, ...gpu(8000) }),
      head("early", { sequence: 2 }),
    ];
    expect(scan(heads).admitted?.head.jobId).toBe("urgent");
    expect(scan(heads, [running("x", { gpuMb: 4000 })]).admitted?.head.jobId).toBe("early");
  });

  test.each<[string, Reservation[]]>([
    ["every lane is taken", ["1", "2", "3", "4"].map((id) => running(id))],
    ["one runs alone", [running("x", { exclusive: true })]],
  ])("nobody while %s", (_, jobs) => {
    expect(scan([head("a")], jobs)).toEqual({ admitted: null, unschedulable: [], waiting: [], needsTelemetry: false });
  });
});

describe("one head", () => {
  const verdict = (one: PendingHead, jobs: Reservation[] = [], rest: Partial<AdmissionInput> = {}): string => {
    const { admitted, unschedulable, waiting } = scan([one], jobs, rest);
    if (admitted !== null) return admitted.exclusive ? "alone" : "starts";
    if (unschedulable.length > 0) return "never";
    return waiting[0]?.reason ?? "in line";
  };

  test.each<[string, PendingHead, Reservation[], Partial<AdmissionInput>, string]>([
    ["its instance has room", head("a", { cap: 2 }), [running("x", { instanceId: "a" })], {}, "starts"],
    ["its instance has none", head("a"), [running("x", { instanceId: "a" })], {}, "in line"],
    ["an extension holds it", head("a", { hold: { reason: "held by x: not yet", untilMs: null } }), [], {}, "held by x: not yet"],
    ["never measured, nothing runs", head("a", { demand: null }), [], {}, "alone"],
    [
      "never measured, something runs",
      head("a", { demand: null }),
      [running("x")],
      {},
      "waits to run alone: its first run measures what it takes",
    ],
    ["GPU, nobody measures", head("a", gpu(1)), [], { status: null }, "alone"],
    ["GPU exactly the budget", head("a", gpu(9000)), [], {}, "starts"],
    ["GPU over the budget", head("a", gpu(9001)), [], {}, "never"],
    [
      "GPU reserved by others",
      head("a", gpu(6000)),
      [running("x", { gpuMb: 6000 })],
      {},
      "awaiting 6000 MB of GPU memory: 6000 MB of 9000 MB are reserved by running jobs",
    ],
    ["GPU exactly what is left", head("a", gpu(3000)), [running("x", { gpuMb: 6000 })], {}, "starts"],
    [
      "GPU in use outside",
      head("a", gpu(6000)),
      [],
      { status: { ...status, gpuFreeMb: 5999 } },
      "awaiting 6000 MB of GPU memory: held by resident idle models or other processes",
    ],
    [
      "GPU held by its own worker",
      head("a", { ...gpu(6000), resident: { memoryMb: null, gpuMb: 6000 } }),
      [],
      { status: { ...status, gpuFreeMb: 0 } },
      "starts",
    ],
    [
      "GPU a running job has not taken yet",
      head("a", gpu(4000)),
      [running("x", { gpuMb: 4000 })],
      { status: { ...status, gpuFreeMb: 4500 } },
      "awaiting 4000 MB of GPU memory: held by resident idle models or other processes",
    ],
    [
      "GPU a running job has taken already",
      head("a", gpu(4000)),
      [running("x", { gpuMb: 4000, resident: { memoryMb: null, gpuMb: 4000 } })],
      { status: { ...status, gpuFreeMb: 4500 } },
      "starts",
    ],
    ["no GPU work looks at no GPU", head("a"), [running("x", { gpuMb: 9000 })], { status: { ...status, gpuFreeMb: 0 } }, "starts"],
    [
      "GPU held by its own worker, and reserved by a job that runs there",
      head("a", { ...gpu(4000), cap: 2, resident: { memoryMb: null, gpuMb: 4000 } }),
      [running("x", { instanceId: "a", gpuMb: 4000, resident: { memoryMb: null, gpuMb: 4000 } })],
      { status: { ...status, gpuFreeMb: 3999 } },
      "awaiting 4000 MB of GPU memory: held by resident idle models or other processes",
    ],
    [
      "GPU that two jobs on one worker have not taken yet",
      head("a", gpu(1000)),
      ["x", "y"].map((id) => running(id, { instanceId: "w", gpuMb: 3000, resident: { memoryMb: null, gpuMb: 3000 } })),
      { status: { ...status, gpuFreeMb: 3999 } },
      "awaiting 1000 MB of GPU memory: held by resident idle models or other processes",
    ],
    [
      "memory held by its own worker, less what a job there has reserved",
      head("a", { ...memory(3000), cap: 2, resident: { memoryMb: 4000, gpuMb: null } }),
      [running("x", { instanceId: "a", memoryMb: 3000, resident: { memoryMb: 4000, gpuMb: null } })],
      { status: { ...status, memoryAvailableMb: 1999 } },
      "awaiting 3000 MB of memory: held by idle workers or other processes",
    ],
    ["memory over the machine's", head("a", memory(10_001)), [], {}, "never"],
    [
      "memory reserved by others",
      head("a", memory(5000)),
      [running("x", { memoryMb: 5001 })],
      { status: null },
      "awaiting 5000 MB of memory: 5001 MB of 10000 MB are reserved by running jobs",
    ],
    [
      "memory in use outside",
      head("a", memory(5000)),
      [],
      { status: { ...status, memoryAvailableMb: 4999 } },
      "awaiting 5000 MB of memory: held by idle workers or other processes",
    ],
    [
      "memory held by its own worker",
      head("a", { ...memory(5000), resident: { memoryMb: 1000, gpuMb: null } }),
      [],
      { status: { ...status, memoryAvailableMb: 4000 } },
      "starts",
    ],
  ])("%s", (_, one, jobs, rest, expected) => {
    expect(verdict(one, jobs, rest)).toBe(expected);
  });

  test("only what the machine holds needs new telemetry", () => {
    expect(scan([head("a", gpu(6000))], [running("x", { gpuMb: 6000 })]).needsTelemetry).toBe(false);
    expect(scan([head("a", gpu(6000))], [], { status: { ...status, gpuFreeMb: 0 } }).needsTelemetry).toBe(true);
  });
});

describe("a head that starves", () => {
  const starved = { blockedSinceMs: 9000, sequence: 0 };

  test("a job that waits to run alone lets nothing pass", () => {
    const heads = [head("alone", { demand: null, ...starved }), head("small")];
    expect(scan(heads, [running("x")]).admitted).toBeNull();
    expect(scan(heads, [running("x")]).waiting[1]?.reason).toBe("lets job alone go first, which has waited long enough");
    expect(scan(heads, [running("x")], { nowMs: 9999 }).admitted?.head.jobId).toBe("small");
  });

  test("a large one lets pass what fits beside it, and keeps a lane", () => {
    const big = head("big", { ...memory(8000), ...starved });
    const jobs = [running("x", { memoryMb: 5000 })];
    expect(scan([big, head("fits", memory(2000))], jobs).admitted?.head.jobId).toBe("fits");
    expect(scan([big, head("fits not", memory(2001))], jobs).admitted).toBeNull();
    const passed = [0, 1].map((id) => running(`p${id}`, { sinceMs: 10_000, memoryMb: 900 }));
    expect(scan([big, head("third", memory(100))], [...jobs, ...passed]).admitted?.head.jobId).toBe("third");
    expect(scan([big, head("lane")], [...jobs, ...passed], { limits: { ...limits, lanes: 3 } }).admitted).toBeNull();
  });

  test("one that waits for others than us holds nobody up: with a single lane the rest goes on", () => {
    const outside = { status: { ...status, gpuFreeMb: 0 }, limits: { ...limits, lanes: 1 } };
    expect(scan([head("big", { ...gpu(8000), ...starved }), head("small")], [], outside).admitted?.head.jobId).toBe("small");
    expect(scan([head("big", { ...gpu(8000), ...starved }), head("other", { ...gpu(0) })], [], outside).admitted?.head.jobId).toBe("other");
  });

  test("while jobs of ours hold some of the GPU, no other may take what it waits for", () => {
    const tight = { status: { ...status, gpuFreeMb: 4000 } };
    const jobs = [running("x", { gpuMb: 1000, resident: { memoryMb: null, gpuMb: 1000 } })];
    const heads = [head("big", { ...gpu(8000), ...starved }), head("small", gpu(2000)), head("cpu", { sequence: 5 })];
    expect(scan(heads, jobs, tight).admitted?.head.jobId).toBe("cpu");
  });
});

describe("several devices", () => {
  const twoGpus = {
    ...status,
    gpuTotalMb: 20_000,
    gpuFreeMb: 20_000,
    gpus: [0, 1].map((index) => ({ index, totalMb: 10_000, freeMb: 10_000 })),
  };

  test("jobs of one worker are planned where it is", () => {
    const jobs = [running("x", { instanceId: "a", gpuMb: 4000, gpuDevice: 0 })];
    expect(scan([head("a", { ...gpu(4000), cap: 2 })], jobs, { status: twoGpus }).admitted?.gpuDevice).toBe(0);
    expect(scan([head("b", gpu(4000))], jobs, { status: twoGpus }).admitted?.gpuDevice).toBe(1);
  });

  test("what passes a starving job leaves room for it on one device, not only on all together", () => {
    const starved = head("big", { ...gpu(8000), blockedSinceMs: 8000, sequence: 0 });
    const jobs = [running("old", { gpuMb: 4000, gpuDevice: 0 }), running("passed", { gpuMb: 2000, gpuDevice: 1, sinceMs: 9500 })];
    // On device 0 it could start once the old job has ended; a newcomer there would take its place.
    expect(scan([starved, head("small", gpu(2000))], jobs, { status: twoGpus }).admitted?.gpuDevice).toBe(1);
    const crowded = [...jobs, running("beside", { gpuMb: 6000, gpuDevice: 1 })];
    expect(scan([starved, head("small", gpu(2000))], crowded, { status: twoGpus }).admitted).toBeNull();
  });
});

describe("several that starve", () => {
  test("each is let go first: one that waits for the machine does not open the door to what delays the next", () => {
    const tight = { status: { ...status, gpuFreeMb: 4000 } };
    const jobs = [running("x", { gpuMb: 1000, resident: { memoryMb: null, gpuMb: 1000 }, memoryMb: 5000 })];
    const heads = [
      head("first", { ...gpu(8000), blockedSinceMs: 0, sequence: 0 }),
      head("second", { ...memory(8000), blockedSinceMs: 0, sequence: 1 }),
      head("small", { ...memory(3000), sequence: 2 }),
    ];
    const { admitted, waiting } = scan(heads, jobs, tight);
    expect(admitted).toBeNull();
    expect(waiting.map(({ head: { jobId }, starving }) => [jobId, starving])).toEqual([
      ["first", true],
      ["second", true],
      ["small", false],
    ]);
    expect(waiting[2]?.reason).toBe("lets job second go first, which has waited long enough");
  });
});

describe("idle workers of ours that other jobs want", () => {
  const idle = head("idle", { ...gpu(6000), resident: { memoryMb: null, gpuMb: 6000 }, sequence: 1 });
  const big = (gpuMb: number): PendingHead => head("big", { ...gpu(gpuMb), blockedSinceMs: 0, sequence: 0 });
  const full = { status: { ...status, gpuFreeMb: 0 } };

  test("are held back for a starving job when their memory is all that it lacks", () => {
    const { admitted, waiting } = scan([big(6000), idle], [], full);
    expect(admitted).toBeNull();
    expect(waiting[0]).toMatchObject({ starving: true, blocked: { by: "machine", ours: true } });
  });

  test("go on when that would not be enough", () => {
    expect(scan([big(6001), idle], [], full).admitted?.head.jobId).toBe("idle");
  });
});

test("whatever is admitted fits, and a head that could start is never left while nothing runs and nothing starves", () => {
  const demand = fc.option(fc.record({ memoryMb: fc.nat(12_000), gpuMb: fc.constantFrom(0, 0, 500, 4000, 9000, 9500) }));
  const arbitraryHead = fc.record({
    priority: fc.integer({ min: -2, max: 2 }),
    cap: fc.integer({ min: 1, max: 3 }),
    demand,
    blockedSinceMs: fc.option(fc.nat(10_000)),
  });
  const arbitraryRunning = fc.record({ memoryMb: fc.nat(3000), gpuMb: fc.nat(3000), sinceMs: fc.nat(10_000) });
  fc.assert(
    fc.property(fc.array(arbitraryHead, { maxLength: 6 }), fc.array(arbitraryRunning, { maxLength: 3 }), (drawnHeads, drawnRunning) => {
      const heads = drawnHeads.map((one, index) => head(`h${index}`, { ...one, sequence: index }));
      const jobs = drawnRunning.map((one, index) => running(`r${index}`, one));
      const { admitted, unschedulable, waiting } = scan(heads, jobs, { limits: { ...limits, lanes: 4 } });
      const total = (of: "memoryMb" | "gpuMb"): number => jobs.reduce((sum, job) => sum + job[of], 0);
      if (admitted !== null) {
        const { head: one, exclusive } = admitted;
        expect(exclusive).toBe(one.demand === null);
        if (exclusive) expect(jobs).toEqual([]);
        expect(total("memoryMb") + (one.demand?.memoryMb ?? 0)).toBeLessThanOrEqual(10_000);
        if ((one.demand?.gpuMb ?? 0) > 0) expect(total("gpuMb") + (one.demand?.gpuMb ?? 0)).toBeLessThanOrEqual(9000);
      } else {
        expect(unschedulable.length + waiting.length).toBe(heads.length);
        if (jobs.length === 0) expect(unschedulable).toHaveLength(heads.length);
      }
    }),
  );
});
