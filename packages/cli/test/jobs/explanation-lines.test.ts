import type { Explanation } from "@cjm/pipeline";
import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { explanationLines } from "../../src/jobs/explanation-lines.ts";
import type { ShownJob } from "../../src/jobs/open-work.ts";

const COLORS = createColors(false);
const NOW = 100_000;
const JOB: ShownJob = {
  jobId: "01a1ff9a-0b26-7ccc-9f32-02d1b23fa528",
  instanceId: "ocr",
  state: "waiting",
  call: "ocr.read",
  priority: 0,
  runId: null,
  actor: null,
  compositionId: null,
  nodeId: null,
  submittedAt: 95_000,
  startedAt: null,
  endedAt: null,
  progress: 0,
  statusMessage: "",
  waitsFor: null,
  retryCount: 0,
  cancelPhase: null,
  hostPid: 7,
};
const WAITS: Explanation = {
  reason: "Blocked on memory.",
  kind: "resources",
  ahead: 0,
  missing: { resource: "memory", neededMb: 3000, availableMb: 1000, shortfallMb: 2000 },
  heldBy: [{ jobId: "01a1ff9a-0b26-7eda-9de3-532106376055", instanceId: "big", holdsMb: 2500 }],
  evictable: [{ instanceId: "idle", holdsMb: 800, reloadMs: 2100 }],
  fitsHere: true,
};

const lines = (job: Partial<ShownJob>, explanation: Explanation | null): string =>
  explanationLines({ job: { ...JOB, ...job }, explanation }, NOW, COLORS).join("\n");

test("what is missing with figures, who holds it, what making room would cost", () => {
  expect(lines({}, WAITS)).toBe(`Waits for 5.0 s: Blocked on memory.
  job        01a1ff9a-0b26-7ccc-9f32-02d1b23fa528
  calls      ocr ocr.read
  host       pid 7
  missing    2000 MB of memory: it takes 3000 MB, 1000 MB can be had
  held by    job 06376055 of big: 2500 MB
  could end  idle idle: frees 800 MB, starting it again takes 2.1 s`);
});

test.each<readonly [string, Partial<ShownJob>, Explanation | null, RegExp]>([
  ["others first", {}, { ...WAITS, missing: null, ahead: 2, heldBy: [], evictable: [] }, /ahead +2 jobs of the same instance$/],
  ["never", {}, { ...WAITS, fitsHere: false }, /fits here +no: it can never run on this machine\n\nWay out: cjm-ctl cancel 01a1/],
  [
    "running",
    { state: "running", startedAt: 98_000, progress: 0.4, statusMessage: "page 4" },
    null,
    /^Does not wait: it runs for 2.0 s, 40 % done: page 4\./,
  ],
  ["being cancelled", { state: "cancelling", startedAt: 98_000, cancelPhase: "force" }, null, /^Is being cancelled for 2.0 s \(force\)\./],
  ["completed", { state: "completed", startedAt: 96_000, endedAt: 97_000 }, null, /^Is over: it completed after 1.0 s, 3.0 s ago\./],
  [
    "failed",
    { state: "failed", startedAt: 96_000, endedAt: 97_000, statusMessage: "no page" },
    null,
    /^Is over: it failed after 1.0 s, 3.0 s ago\. no page\n[\s\S]*More: cjm-ctl inspect/,
  ],
  ["cancelled early", { state: "cancelled", endedAt: 97_000 }, null, /^Is over: it was cancelled without having run, 3.0 s ago\./],
  [
    "a job whose host is gone",
    { state: "interrupted", hostPid: null, waitsFor: "its host is gone" },
    null,
    /^Is not over, and nobody does it: its host is gone\.\n[\s\S]*Way out: start a host with ocr again/,
  ],
  [
    "a member whose host is gone",
    { state: "interrupted", hostPid: null, compositionId: "c-1" },
    null,
    /Way out: cjm-ctl resume c-1, which keeps what was done/,
  ],
])("%s", (_what, job, explanation, expected) => {
  expect(lines(job, explanation)).toMatch(expected);
});
