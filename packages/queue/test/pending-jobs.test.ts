import { queryObjects } from "node:v8";
import type { JobSpec } from "@cjm/core";
import { expect, test } from "vitest";
import { Job } from "../src/job/job.ts";
import { PendingJobs } from "../src/pending-jobs.ts";

const spec = { instanceId: "a", priority: 0 } as JobSpec;

test("jobs that were cancelled behind one that waits are let go, and those that wait keep their order", () => {
  const pending = new PendingJobs();
  const first = new Job(spec, 0);
  pending.push(first);
  for (let sequence = 1; sequence <= 5000; sequence++) {
    const job = new Job(spec, sequence);
    pending.push(job);
    if (sequence % 1000 !== 0) job.status = "cancelled";
  }
  expect(queryObjects(Job, { format: "count" })).toBeLessThan(200);
  const order: number[] = [];
  for (let [head] = pending.heads(); head !== undefined; [head] = pending.heads()) {
    order.push(head.sequence);
    head.chosen = true;
  }
  expect(order).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
});
