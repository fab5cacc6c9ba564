import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { AdmissionScan, scanAdmission } from "../../src/admission/admission-scan.ts";
import { breakScan } from "./scan-recorder.ts";
import { SimulatedTurns } from "./simulated-turns.ts";
import { simulate } from "./simulation.ts";
import { workloads } from "./workload.ts";

vi.mock("../../src/admission/admission-scan.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/admission/admission-scan.ts")>();
  const { overheard } = await import("./scan-recorder.ts");
  return { ...original, scanAdmission: overheard(original.scanAdmission) };
});

type Scan = typeof scanAdmission;
const MOST_WORKLOADS = 500;

/** Nothing of `without` is where it is looked for. */
function blindTo(without: "running" | "caps" | "reservations" | "holds"): (scan: Scan) => Scan {
  return (scan) => (input) => {
    if (without === "running") return scan({ ...input, running: input.running.slice(1) });
    if (without === "caps") return scan({ ...input, heads: input.heads.map((head) => ({ ...head, cap: 100 })) });
    if (without === "holds") return scan({ ...input, heads: input.heads.map((head) => ({ ...head, hold: null })) });
    return scan({ ...input, running: input.running.map((job) => ({ ...job, memoryMb: 0, gpuMb: 0, plateau: null })) });
  };
}

const asFound = (scan: AdmissionScan, admitted: AdmissionScan["admitted"]): AdmissionScan => ({ ...scan, admitted });

const BROKEN: readonly [string, (scan: Scan) => Scan, RegExp][] = [
  ["admits over the lanes", (scan) => (input) => scan({ ...input, limits: { ...input.limits, lanes: input.limits.lanes + 1 } }), /lanes/],
  [
    "ignores what runs alone",
    (scan) => (input) => scan({ ...input, running: input.running.map((job) => ({ ...job, exclusive: false })) }),
    /runs alone/,
  ],
  ["ignores the caps of instances", blindTo("caps"), /cap of its instance/],
  ["ignores what is reserved", blindTo("reservations"), /without room/],
  ["ignores what holds a job", blindTo("holds"), /held/],
  ["forgets one that runs", blindTo("running"), /admitted/],
  [
    "never admits a large job",
    (scan) => (input) => {
      const found = scan(input);
      return (found.admitted?.head.demand?.memoryMb ?? 0) >= 5_000 ? asFound(found, null) : found;
    },
    /passed over|nothing|could start/,
  ],
  [
    "lets nobody go first who starves",
    (scan) => (input) => scan({ ...input, heads: input.heads.map((head) => ({ ...head, blockedSinceMs: null })) }),
    /starves/,
  ],
  ["gives up", (scan) => (input) => (input.nowMs > 3_000 ? asFound(scan(input), null) : scan(input)), /passed over|nothing|could start/],
];

test.each(BROKEN)(
  "a scan that %s is found out",
  async (_, broken, told) => {
    using turns = new SimulatedTurns();
    using _broken = breakScan(broken);
    const property = fc.asyncProperty(workloads, async (workload) => void (await simulate(workload, turns)));
    const { failed, errorInstance } = await fc.check(property, { numRuns: MOST_WORKLOADS, seed: 1, endOnFailure: true });
    expect(failed).toBe(true);
    expect(errorInstance).toMatchObject({ name: "Violation", message: expect.stringMatching(told) });
  },
  60_000,
);
