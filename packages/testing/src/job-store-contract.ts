import type { JobStore } from "@cjm/core";
import { describe, expect, test } from "vitest";
import type { JobStorePlace } from "./job-store-place.ts";
import { claimed, completed, failed, jobIdsOf, sampleComposition, sampleJob } from "./job-store-samples.ts";

export { durableJobStoreContract } from "./durable-job-store-contract.ts";
export type { JobStorePlace, OpenJobStore } from "./job-store-place.ts";

/** Registers the tests that every job store passes. Stores that are not durable may forget a job as soon as it is over. */
export function jobStoreContract(name: string, makePlace: () => Promise<JobStorePlace>): void {
  describe(`${name} as a job store`, () => {
    test("knows a job from its submission on, as it was given", async () => {
      await using place = await makePlace();
      const store = place.open();
      const spec = sampleJob("a", {
        priority: 2.5,
        runId: "r",
        control: { force: true },
        retry: { maxAttempts: 2, initialDelayMs: 1, maxDelayMs: 9 },
      });
      await store.submit({ jobs: [spec] });
      const waiting = { status: "pending", priority: 2.5, interruptions: 0, startedAt: null, endedAt: null, result: null, error: null };
      expect(await store.find("a")).toEqual({ spec, ...waiting });
      expect(await store.find("b")).toBeNull();
    });

    test("keeps the first of two jobs of one id, and takes what is new beside it", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a", { actor: "first" })] });
      const lease = await claimed(store, "a");
      await store.submit({ jobs: [sampleJob("a", { actor: "second" }), sampleJob("b")] });
      expect(await store.find("a")).toMatchObject({ status: "running", spec: { actor: "first" } });
      expect(await store.claim(["a", "b"])).toMatchObject([{ jobId: "b" }]);
      expect(await store.settle(completed("a", lease), [])).toBe(true);
    });

    test("leases a job once, whoever asks at the same time", async () => {
      await using place = await makePlace();
      const store = place.open();
      const ids = Array.from({ length: 50 }, (_, index) => `j${index}`);
      await Promise.all(ids.map((id) => store.submit({ jobs: [sampleJob(id)] })));
      const claims = await Promise.all([...ids, ...ids].map((id) => store.claim([id, "unknown"])));
      const leases = claims.flat();
      expect(leases.map(({ jobId }) => jobId).sort()).toEqual([...ids].sort());
      expect(new Set(leases.map(({ token }) => token)).size).toBe(50);
      expect(await store.claim(ids)).toEqual([]);
      expect(await store.claim([])).toEqual([]);
    });

    test("takes one result for a lease, and none for another", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a"), sampleJob("b")] });
      const [lease, other] = await store.claim(["a", "b"]);
      if (lease === undefined || other === undefined) throw new Error("both could be claimed");
      expect(await store.settle(completed("a", { ...other, jobId: "a" }), [])).toBe(false);
      expect(await store.settle(completed("a", null), [])).toBe(false);
      expect(await store.renew(lease)).toBe(true);
      const [first, second] = await Promise.all([store.settle(completed("a", lease, 1), []), store.settle(failed("a", lease), [])]);
      expect([first, second]).toEqual([true, false]);
      expect(await store.renew(lease)).toBe(false);
      expect(await store.renew(other)).toBe(true);
      expect(await store.settle(completed("unknown", null), [])).toBe(false);
    });

    test("ends a job that waits without a lease, and then nobody claims it", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a")] });
      expect(await store.settle({ jobId: "a", lease: null, status: "cancelled", result: null, error: null }, [])).toBe(true);
      expect(await store.claim(["a"])).toEqual([]);
      expect(await store.settle(completed("a", null), [])).toBe(false);
    });

    test("a claim that meets an end in the same turn: one of them has it", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a")] });
      const [isEnded, leases] = await Promise.all([store.settle(completed("a", null), []), store.claim(["a"])]);
      expect([isEnded, leases.length]).toEqual([true, 0]);
    });

    test("shows a running job, and the priority that was set last", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a", { priority: 1 })] });
      await store.setPriority("a", 7);
      await store.setPriority("unknown", 7);
      await claimed(store, "a");
      expect(await store.find("a")).toMatchObject({ status: "running", priority: 7, spec: { priority: 1 }, startedAt: expect.any(Number) });
    });

    test("lists the newest first, by what they are asked for", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({
        jobs: [
          sampleJob("a", { instanceId: "x", runId: "r" }),
          sampleJob("b", { instanceId: "y", runId: "r" }),
          sampleJob("c", { instanceId: "x", compositionId: "k", nodeId: "n" }),
          sampleJob("d", { instanceId: "x" }),
        ],
      });
      await claimed(store, "a");
      await claimed(store, "d");
      const listed = async (query: Parameters<JobStore["list"]>[0]): Promise<string> => jobIdsOf(await store.list(query)).join("");
      expect(await listed({})).toBe("dcba");
      expect(await listed({ limit: 2 })).toBe("dc");
      expect(await listed({ instanceId: "x" })).toBe("dca");
      expect(await listed({ runId: "r" })).toBe("ba");
      expect(await listed({ compositionId: "k" })).toBe("c");
      expect(await listed({ status: "running" })).toBe("da");
      expect(await listed({ status: "pending", limit: 1 })).toBe("c");
      expect(await listed({ status: "running", runId: "r", instanceId: "x" })).toBe("a");
      expect(await listed({ runId: "nobody" })).toBe("");
    });

    test("keeps compositions until they are over, with who asked for their end", async () => {
      await using place = await makePlace();
      const store = place.open();
      const first = sampleComposition("k");
      await store.submit({ jobs: [], compositions: [first, sampleComposition("l", { runDir: "/runs/1" })] });
      await store.submit({ jobs: [], compositions: [sampleComposition("k", { actor: "second" })] });
      expect(await store.findComposition("k")).toEqual(first);
      expect(await store.findComposition("unknown")).toBeNull();
      await store.updateComposition("k", { cancelRequested: true });
      await store.updateComposition("unknown", { cancelRequested: true, status: "failed" });
      expect(await store.findComposition("k")).toEqual({ ...first, cancelRequested: true });
      await store.updateComposition("k", { status: "cancelled" });
      const running = await store.listCompositions({ status: "running" });
      expect(running.map(({ compositionId }) => compositionId)).toEqual(["l"]);
      expect(await store.listCompositions({ limit: 1 })).toMatchObject([{ compositionId: "l" }]);
    });

    test("gives the members of a composition in order of their submission", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [], compositions: [sampleComposition("k")] });
      const member = (id: string) => sampleJob(id, { compositionId: "k", nodeId: id });
      await store.submit({ jobs: [member("z"), member("a"), sampleJob("other")] });
      await store.submit({ jobs: [member("m")] });
      await claimed(store, "a");
      const members = await store.members("k");
      expect(members.map(({ job, wasRunning }) => [job.spec.jobId, job.status, wasRunning])).toEqual([
        ["z", "pending", false],
        ["a", "running", false],
        ["m", "pending", false],
      ]);
      expect(await store.members("unknown")).toEqual([]);
    });

    test("has nothing to adopt while its host is there", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a")], compositions: [sampleComposition("k")] });
      expect(await store.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
      const stop = store.onWake(() => {});
      stop();
      stop();
    });
  });
}
