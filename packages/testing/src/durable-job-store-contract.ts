import type { AdoptedWork, JobStore } from "@cjm/core";
import { describe, expect, test } from "vitest";
import type { JobStorePlace, OpenJobStore } from "./job-store-place.ts";
import { claimed, completed, failed, sampleComposition, sampleJob } from "./job-store-samples.ts";

const close = async (store: OpenJobStore): Promise<void> => {
  await store[Symbol.asyncDispose]?.();
};

const seen = ({ jobs }: AdoptedWork): readonly unknown[] =>
  jobs.map(({ job, wasRunning }) => [job.spec.jobId, job.status, wasRunning, job.interruptions]);

const memberStates = async (store: JobStore, compositionId: string): Promise<readonly unknown[]> =>
  (await store.members(compositionId)).map(({ job, wasRunning }) => [job.spec.jobId, job.status, wasRunning, job.interruptions]);

/** Registers the tests that every durable job store passes beside `jobStoreContract`: ends that are remembered, hosts that come and go. */
export function durableJobStoreContract(name: string, makePlace: () => Promise<JobStorePlace>): void {
  describe(`${name} as a durable job store`, () => {
    test("remembers how jobs ended, for every host", async () => {
      await using place = await makePlace();
      const store = place.open();
      const result = { text: "größe \u2028 😀", lone: "\ud800", numbers: [0, -1.5, 1e22], nothing: null, "": [[], {}] };
      await store.submit({ jobs: ["a", "b", "c", "d"].map((id) => sampleJob(id)) });
      await store.settle(completed("a", await claimed(store, "a"), result), []);
      await store.settle(failed("b", await claimed(store, "b")), []);
      await store.settle({ jobId: "c", lease: null, status: "cancelled", result: null, error: null }, []);
      await store.settle(completed("d", null), []);
      await close(store);
      const later = place.open();
      expect(later.durable).toBe(true);
      const over = { endedAt: expect.any(Number), interruptions: 0 };
      expect(await later.find("a")).toMatchObject({ ...over, status: "completed", result, error: null, startedAt: expect.any(Number) });
      expect(await later.find("b")).toMatchObject({ ...over, status: "failed", result: null, error: failed("b", null).error });
      expect(await later.find("c")).toMatchObject({ ...over, status: "cancelled", result: null, error: null, startedAt: null });
      expect(await later.find("d")).toMatchObject({ ...over, status: "completed", result: null });
      expect((await later.list({ status: "completed" })).map(({ spec, result: listed }) => [spec.jobId, listed])).toEqual([
        ["d", null],
        ["a", null],
      ]);
      expect(await later.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
    });

    test("does not run again what is over, when it is submitted again", async () => {
      await using place = await makePlace();
      const store = place.open();
      await store.submit({ jobs: [sampleJob("a")] });
      await store.settle(completed("a", await claimed(store, "a"), 1), []);
      await store.submit({ jobs: [sampleJob("a")] });
      await store.setPriority("a", 9);
      expect(await store.find("a")).toMatchObject({ status: "completed", result: 1, priority: 0 });
      expect(await store.claim(["a"])).toEqual([]);
    });

    test("leaves what is not over to another host, in order of submission", async () => {
      await using place = await makePlace();
      const first = place.open();
      await first.submit({ jobs: ["d", "b", "a", "c"].map((id) => sampleJob(id)) });
      await first.submit({ jobs: [sampleJob("elsewhere", { instanceId: "other" })] });
      await first.setPriority("d", 4);
      await claimed(first, "b");
      await first.settle(completed("a", await claimed(first, "a")), []);
      await close(first);
      const second = place.open();
      expect(await second.claim(["d"])).toEqual([]);
      const work = await second.adopt(["i", "unheard-of"]);
      expect(seen(work)).toEqual([
        ["d", "pending", false, 0],
        ["b", "pending", true, 1],
        ["c", "pending", false, 0],
      ]);
      expect(work.jobs[0]?.job).toMatchObject({ spec: sampleJob("d"), priority: 4 });
      expect(await second.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
      expect(await second.claim(["d", "b", "elsewhere"])).toMatchObject([{ jobId: "d" }, { jobId: "b" }]);
      expect(seen(await second.adopt(["other"]))).toEqual([["elsewhere", "pending", false, 0]]);
    });

    test("lets nobody touch the job of another host that is there", async () => {
      await using place = await makePlace();
      const [mine, theirs] = [place.open(), place.open()];
      await mine.submit({ jobs: [sampleJob("a"), sampleJob("b")], compositions: [sampleComposition("k")] });
      const lease = await claimed(mine, "a");
      await theirs.submit({ jobs: [sampleJob("b", { actor: "theirs" })] });
      expect(await theirs.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
      expect(await theirs.claim(["a", "b"])).toEqual([]);
      expect(await theirs.settle(completed("a", lease), [])).toBe(false);
      expect(await theirs.settle(completed("b", null), [])).toBe(false);
      expect(await theirs.renew(lease)).toBe(false);
      await theirs.updateComposition("k", { status: "failed", cancelRequested: true });
      expect(await mine.findComposition("k")).toMatchObject({ status: "running", cancelRequested: true });
      expect(await mine.settle(completed("a", lease), [])).toBe(true);
    });

    test("that a job ran is remembered until it is claimed, however many hosts die before", async () => {
      await using place = await makePlace();
      const first = place.open();
      await first.submit({ jobs: [sampleJob("a")] });
      await claimed(first, "a");
      await close(first);
      const second = place.open();
      await second.adopt(["i"]);
      await close(second);
      const third = place.open();
      expect(seen(await third.adopt(["i"]))).toEqual([["a", "pending", true, 1]]);
      await claimed(third, "a");
      await close(third);
      expect(seen(await place.open().adopt(["i"]))).toEqual([["a", "pending", true, 2]]);
    });

    test("hands a composition on with its members, to a host that has all its instances", async () => {
      await using place = await makePlace();
      const first = place.open();
      const composition = sampleComposition("k", { instanceIds: ["i", "j"] });
      await first.submit({ jobs: [], compositions: [composition, sampleComposition("over")] });
      await first.updateComposition("over", { status: "completed" });
      const member = (id: string, instanceId: string) => sampleJob(id, { instanceId, compositionId: "k", nodeId: id });
      await first.submit({ jobs: [member("a", "i"), member("b", "j"), member("c", "i"), sampleJob("plain")] });
      await first.settle(completed("a", await claimed(first, "a"), { rows: 3 }), []);
      await claimed(first, "b");
      await first.updateComposition("k", { cancelRequested: true });
      await close(first);
      const half = place.open();
      expect(await half.adopt(["i"])).toMatchObject({ jobs: [{ job: { spec: { jobId: "plain" } } }], compositions: [] });
      expect(await half.claim(["c"])).toEqual([]);
      const whole = place.open();
      expect(await whole.adopt(["j", "i"])).toEqual({ jobs: [], compositions: [{ ...composition, cancelRequested: true }] });
      expect(await memberStates(whole, "k")).toEqual([
        ["a", "completed", false, 0],
        ["b", "pending", true, 1],
        ["c", "pending", false, 0],
      ]);
      expect((await whole.members("k"))[0]?.job.result).toEqual({ rows: 3 });
      expect((await whole.claim(["b", "c"])).length).toBe(2);
      expect(await memberStates(whole, "k")).toMatchObject([{}, ["b", "running", false, 1], ["c", "running", false, 0]]);
      await whole.updateComposition("k", { status: "failed" });
      await whole.updateComposition("k", { status: "completed" });
      expect(await half.findComposition("k")).toMatchObject({ status: "failed", endedAt: expect.any(Number) });
    });

    test("gives each job to one of several hosts that adopt at the same time", async () => {
      await using place = await makePlace();
      const first = place.open();
      const ids = Array.from({ length: 60 }, (_, index) => `j${index}`);
      await first.submit({ jobs: ids.map((id) => sampleJob(id)) });
      await close(first);
      const hosts = [place.open(), place.open(), place.open()];
      const adopted = await Promise.all(hosts.map((host) => host.adopt(["i"])));
      expect(adopted.flatMap(({ jobs }) => jobs.map(({ job }) => job.spec.jobId)).sort()).toEqual([...ids].sort());
    });
  });
}
