import { test, vi } from "vitest";
import { playWorkloads } from "./played-workloads.ts";

vi.mock("../../src/admission/admission-scan.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/admission/admission-scan.ts")>();
  const { overheard } = await import("./scan-recorder.ts");
  return { ...original, scanAdmission: overheard(original.scanAdmission) };
});

test(
  "nothing is over-committed, nothing idles beside a job that could start, nobody starves, every job ends once",
  { timeout: 600_000 },
  () => playWorkloads({ workloads: 2_500, seed: 2 }),
);
