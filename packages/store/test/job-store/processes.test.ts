import { fileURLToPath } from "node:url";
import { claimed, Program, sampleJob, until } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JobStoreKit } from "./job-store-kit.ts";
import { randomFrom, resultOf } from "./seeded-work.ts";

const PROGRAM = fileURLToPath(new URL("./host-program.ts", import.meta.url));

let kit: JobStoreKit;
beforeEach(async () => {
  kit = await JobStoreKit.make({ heartbeatMs: 200, maxInlineBytes: 2000 });
});
afterEach(() => kit[Symbol.asyncDispose]());

const host = (mode: string, argument = ""): Program => new Program(process.execPath, [PROGRAM, mode, kit.at(""), argument]);

const named = (output: string, what: string): readonly string[] =>
  output
    .split("\n")
    // The last line may be cut short by the kill.
    .slice(0, -1)
    .filter((line) => line.startsWith(`${what} `))
    .map((line) => line.slice(what.length + 1));

test("the same jobs submitted by two processes at once are there once, and paid for once", async () => {
  await using one = host("submit", "one");
  await using two = host("submit", "two");
  const results = await Promise.all([one.result, two.result]);
  expect(results.map(({ stderr }) => stderr)).toEqual(["", ""]);
  const store = kit.open();
  const { jobs } = await store.adopt(["i"]);
  expect(jobs).toHaveLength(100);
  const paidBy = new Map((await store.ledger()).map(({ data }) => [data["job"], data["by"]]));
  expect(await store.ledger()).toHaveLength(100);
  expect(jobs.map(({ job }) => paidBy.get(job.spec.jobId))).toEqual(jobs.map(({ job }) => job.spec.actor));
});

test("processes that adopt at the same time never both end a job, though one of them is killed meanwhile", async () => {
  const ids = Array.from({ length: 400 }, (_, index) => `j${index}`);
  {
    await using first = kit.open();
    await first.submit({ jobs: ids.map((id) => sampleJob(id)) });
    for (const id of ids.slice(0, 40)) await claimed(first, id);
  }
  await using one = host("adopt");
  await using two = host("adopt");
  await using three = host("adopt");
  const programs = [one, two, three];
  // Whoever got the jobs is killed in the midst of them; the others find out and go on.
  const victim = await Promise.race(programs.map((program) => program.line(/^settled j\d+/).then(() => program)));
  victim.kill("SIGKILL");
  const store = kit.open();
  await until("every job is over", async () => (await store.list({ status: "completed", limit: 400 })).length === 400);
  for (const program of programs) program.kill("SIGKILL");
  const outputs = await Promise.all(programs.map(({ result }) => result));
  const settledBy = new Map<string, number[]>();
  for (const [index, { stdout }] of outputs.entries()) {
    for (const id of named(stdout, "settled")) settledBy.set(id, [...(settledBy.get(id) ?? []), programs[index]?.pid ?? 0]);
  }
  expect([...settledBy.values()].filter((pids) => pids.length > 1)).toEqual([]);
  for (const id of ids) {
    const job = await store.find(id);
    const pids = settledBy.get(id);
    // Each of them was killed, and may have died between its commit and its line.
    const possible = pids ?? programs.map(({ pid }) => pid);
    expect(possible.map((by) => ({ by }))).toContainEqual(job?.result);
  }
  expect(await store.adopt(["i"])).toEqual({ jobs: [], compositions: [] });
});

test.each([[1], [2], [3], [4], [5]])(
  "six processes killed in the midst of their writing lose nothing that they acknowledged (seed %i)",
  async (seed) => {
    const random = randomFrom(seed);
    const submitted = new Set<string>();
    const settled = new Set<string>();
    for (let round = 0; round < 6; round++) {
      await using writer = host("write", `${seed}${round}`);
      await writer.line(new RegExp(`^submitted ${seed}${round}-${Math.floor(random() ** 2 * 400)}$`));
      writer.kill("SIGKILL");
      const { stdout, stderr } = await writer.result;
      expect(stderr).toBe("");
      for (const id of named(stdout, "submitted")) submitted.add(id);
      for (const id of named(stdout, "settled")) settled.add(id);

      await using store = kit.open();
      using database = disposable(kit);
      expect(database.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
      const { jobs } = await store.adopt(["i"]);
      const open = new Map(jobs.map(({ job, wasRunning }) => [job.spec.jobId as string, { job, wasRunning }]));
      const rows = await store.ledger();
      const written = (kind: string): readonly unknown[] => rows.filter((row) => row.kind === kind).map(({ data }) => data["jobId"]);
      for (const id of submitted) {
        const job = await store.find(id);
        expect(job?.spec).toEqual(sampleJob(id));
        if (job?.status === "completed") expect(job.result).toEqual(resultOf(id));
        else expect(open.get(id)).toMatchObject({ job: { status: "pending" }, wasRunning: job?.interruptions !== 0 });
      }
      for (const id of settled) expect(await store.find(id)).toMatchObject({ status: "completed" });
      // Rows are there exactly with their jobs.
      const known = await store.list({ limit: 1_000_000 });
      expect(new Set(written("submitted"))).toEqual(new Set(known.map(({ spec }) => spec.jobId)));
      const completedIds = known.filter(({ status }) => status === "completed").map(({ spec }) => spec.jobId);
      expect(new Set(written("settled"))).toEqual(new Set(completedIds));
      expect(written("settled")).toHaveLength(completedIds.length);
    }
    expect(submitted.size).toBeGreaterThan(0);
  },
  300_000,
);

function disposable(of: JobStoreKit): ReturnType<JobStoreKit["database"]> & Disposable {
  const database = of.database();
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}
